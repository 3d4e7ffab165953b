"""The quarantine file of one landed content: a record for each refused row, the value itself only as a hash.

Standard library only: it also runs in a processing job, whose image has no faster JSON.
"""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from omnichannel.contracts.ledger import QuarantineRecord
from omnichannel.onboarding.check import BadRow


def write(bad: Iterable[BadRow], to: Path, *, dataset: str, file: str, content_id: str, at: datetime) -> Counter[str]:
    """Writes JSON lines, one record a bad row, and returns how many rows each reason took. Nothing bad leaves an empty file."""
    counted: Counter[str] = Counter()
    stamp = at.isoformat()
    with to.open("wb") as out:
        for row in bad:
            counted[row.reason.value] += 1
            record = QuarantineRecord(
                dataset=dataset,
                file=file,
                line=row.line,
                column=row.column,
                reason=row.reason,
                value_hash=row.value_hash,
                batch=content_id,
                at=stamp,
            )
            out.write(json.dumps(record.to_dict(), ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return counted
