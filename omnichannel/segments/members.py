"""A finished run's customers onto their items in the store: told by its manifest, written a part at a time."""

import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow.parquet as pq

from omnichannel.aws import s3 as objects
from omnichannel.aws.dynamodb import batches
from omnichannel.contracts import zones
from omnichannel.segments.runs import parse
from omnichannel.view.scores import BEHAVIOUR, SEGMENTED, Scores, Written, write_scores

MESSAGES_AT_ONCE = 10
RFM = "rfm"
"""What a customer's item says beside the segment that behaviour puts them into: recency, frequency and value."""
_COLUMNS = ["customer_id", "segment", "segment_name", "rfm", "rfm_cell"]


def spread(s3: Any, sqs: Any, bucket: str, queue_url: str, manifest_key: str) -> int:
    """Asks for every part of the run in a message of its own; gives how many. Raises `NotASegmentsRun`, `NotSent`."""
    _, as_of, run = parse(manifest_key)
    parts = json.loads(objects.get(s3, bucket, manifest_key))["parts"]
    for lot in batches(parts, MESSAGES_AT_ONCE):
        bodies = [json.dumps({"run": run, "as_of": as_of.isoformat(), "part": key}) for key in lot]
        entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)]
        refused = sqs.send_message_batch(QueueUrl=queue_url, Entries=entries).get("Failed", ())
        if refused:
            raise NotSent(f"{len(refused)} of {len(entries)} parts of {manifest_key} were not asked for: {refused[0].get('Code')}")
    return len(parts)


class NotSent(OSError):
    """The queue took not every message."""


def write(s3: Any, dynamodb: Any, bucket: str, table: str, *, run: str, as_of: str, part: str, at: str) -> Written:
    """Writes one part's segments onto the items of its customers, where they hold none of a later date."""
    if not part.startswith(f"{zones.SEGMENTS}/"):
        raise ValueError(f"part {part!r} is none of a segments run")
    rows = pq.read_table(io.BytesIO(objects.get(s3, bucket, part)), columns=_COLUMNS).to_pylist()
    return write_scores(dynamodb, table, _entries(rows, run), as_of=as_of, at=at, attribute=SEGMENTED)


def _entries(rows: Iterable[dict[str, Any]], run: str) -> Iterator[tuple[str, Scores]]:
    for row in rows:
        behaviour = {"id": row["segment"], "name": row["segment_name"], "run": run}
        rfm = {"name": row["rfm"], **({"cell": row["rfm_cell"]} if row["rfm_cell"] else {}), "run": run}
        yield row["customer_id"], {BEHAVIOUR: behaviour, RFM: rfm}
