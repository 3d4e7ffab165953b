"""Asking the committer, and what a table looks like to whoever wonders whether to ask."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table

from omnichannel.aws import s3 as objects
from omnichannel.contracts.trusted import Request
from omnichannel.onboarding.schema import TABLES

_TOTALS = {"rows": "total-records", "files": "total-data-files", "bytes": "total-files-size"}


@dataclass(frozen=True, kw_only=True)
class TableState:
    """The present size of a table by its newest snapshot, and how many former states of it are kept."""

    table: str
    rows: int = 0
    files: int = 0
    bytes: int = 0
    snapshots: int = 0


def send(sqs: Any, queue_url: str, request: Request) -> None:
    """Puts a request on the committer's queue, behind all that is there for its table; the same id counts once within five minutes."""
    sqs.send_message(
        QueueUrl=queue_url,
        MessageBody=json.dumps(request.to_dict()),
        MessageGroupId=request.dataset,
        MessageDeduplicationId=f"{request.id}-{request.request}-{request.table}",
    )


def answer_of(s3: Any, bucket: str, request: Request) -> dict[str, Any] | None:
    """What the committer answered; None as long as it did not."""
    if not objects.exists(s3, bucket, request.result_key):
        return None
    found: dict[str, Any] = json.loads(objects.get(s3, bucket, request.result_key))
    return found


def states(catalog: Catalog, database: str) -> Iterator[TableState]:
    """Every trusted table; one that was not made yet is empty."""
    for name in sorted(TABLES):
        try:
            yield state_of(catalog.load_table((database, name)))
        except NoSuchTableError:
            yield TableState(table=name)


def state_of(table: Table) -> TableState:
    """From the summary of its newest snapshot, so no data file is read."""
    newest = table.current_snapshot()
    said = newest.summary.additional_properties if newest and newest.summary else {}
    totals = {name: int(said.get(total, 0)) for name, total in _TOTALS.items()}
    return TableState(table=table.name()[-1], snapshots=len(table.metadata.snapshots), **totals)
