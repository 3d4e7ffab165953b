"""A request to the committer, from the message to the answer: done once, however often it is delivered and wherever it broke off."""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot

from omnichannel.aws import s3 as objects
from omnichannel.contracts.privacy import EraseRows
from omnichannel.contracts.trusted import DATASET_OF, Compact, Expire, Request, Retain
from omnichannel.trusted import files
from omnichannel.trusted.compact import compact
from omnichannel.trusted.erase import Changed, TimeLeft, Wanted, erase
from omnichannel.trusted.files import AT_ONCE, GRACE, Sweep
from omnichannel.trusted.memory import Memory, contents_of
from omnichannel.trusted.retain import protected_by, retain
from omnichannel.trusted.write import claim

SNAPSHOTS_KEPT = 500
"""Of however young ones: each commit of a table reads and writes the list of them all."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What a request is worked on with."""

    catalog: Catalog
    database: str
    s3: Any
    bucket: str
    memory: Memory
    held: Callable[[], Collection[str]]
    """The customers for whom a legal hold stands."""
    now: Callable[[], datetime]
    time_left: TimeLeft


Answer = dict[str, Any]


def fulfil(request: Request, desk: Desk) -> Answer:
    """Does what is asked and writes the answer; a request that is answered already is left alone. Gives the answer.

    What will be deleted is written down before anything is, so that an answer says what all deliveries of the request did together.
    """
    answered = _read(desk, request.result_key)
    if answered is not None:
        return answered
    try:
        table = desk.catalog.load_table((desk.database, request.table))
    except NoSuchTableError:
        return _answer(request, desk, Changed(), (), Sweep((), 0))
    claim(table)
    match request:
        case EraseRows():
            changed = erase(table, Wanted.of(objects.get(desk.s3, desk.bucket, request.values_key)), request.id, desk.time_left)
            return _clear(request, desk, table, changed)
        case Expire():
            return _clear(request, desk, table, Changed())
        case Compact():
            changed = compact(table, request.id, desk.time_left)
            return _answer(request, desk, changed, (), Sweep((), 0))
        case Retain():
            protected = protected_by(desk.catalog, desk.database, desk.held())
            changed = retain(table, years_before(desk.now(), request.years), protected, request.id, desk.time_left)
            return _answer(request, desk, changed, (), Sweep((), 0))


def years_before(now: datetime, years: int) -> datetime:
    """The same day and time so many years ago; of a 29th of February the 28th."""
    try:
        return now.replace(year=now.year - years)
    except ValueError:
        return now.replace(year=now.year - years, day=28)


def _clear(request: EraseRows | Expire, desk: Desk, table: Table, changed: Changed) -> Answer:
    """Forgets snapshots and deletes what no other names."""
    old = _old(request, table, desk.now())
    kept = [snapshot for snapshot in table.metadata.snapshots if snapshot not in old]
    # Nobody but the committer has files of a data set's table in hand.
    grace = AT_ONCE if isinstance(request, EraseRows) and request.table in DATASET_OF else GRACE
    given_up = _forgotten(request, desk, table, old) if isinstance(request, EraseRows) and grace else set()
    swept = files.sweep(desk.s3, table, kept, desk.now(), grace=grace, given_up=given_up)
    plan = _said(desk, _plan_key(request), _counts(request, changed, old, swept, desk.now()))
    desk.memory.keep(contents_of(old), desk.now())
    if old:
        table.maintenance.expire_snapshots().by_ids([snapshot.snapshot_id for snapshot in old]).commit()
    files.delete(desk.s3, files.place(table)[0], swept.doomed)
    return _said(desk, request.result_key, plan)


def _forgotten(request: EraseRows, desk: Desk, table: Table, old: Sequence[Snapshot]) -> set[str]:
    """The files that the forgotten snapshots named, those of an earlier delivery too: noted before anything is forgotten.

    The erasure's own manifest of what it removed is among them: it holds bounds, so the first and the last value of each column.
    """
    known = files.named(table, old)
    noted: list[str] = _said(desk, _plan_key(request, "files."), {"keys": sorted(known)})["keys"]
    return known | set(noted)


def _old(request: EraseRows | Expire, table: Table, now: datetime) -> list[Snapshot]:
    """The snapshots to forget: of an erasure all but the present one, else those of too long ago; never one with a name."""
    named = {ref.snapshot_id for ref in table.metadata.refs.values()}
    newest_first = sorted(table.metadata.snapshots, key=lambda snapshot: snapshot.sequence_number or 0, reverse=True)
    if isinstance(request, EraseRows):
        return [snapshot for snapshot in newest_first if snapshot.snapshot_id not in named]
    since = (now - timedelta(days=request.days)).timestamp() * 1000
    old = [s for place, s in enumerate(newest_first) if s.timestamp_ms < since or place >= SNAPSHOTS_KEPT]
    return [snapshot for snapshot in old if snapshot.snapshot_id not in named]


def _answer(request: Request, desk: Desk, changed: Changed, old: Sequence[Snapshot], swept: Sweep) -> Answer:
    return _said(desk, request.result_key, _counts(request, changed, old, swept, desk.now()))


def _counts(request: Request, changed: Changed, old: Sequence[Snapshot], swept: Sweep, now: datetime) -> Answer:
    return {
        "request": request.request, "id": request.id, "table": request.table, "rows": changed.rows, "files": changed.files,
        "snapshots": len(old), "objects": len(swept.doomed), "bytes": swept.bytes, "later": swept.later, "at": now.isoformat(),
    }  # fmt: skip


def _plan_key(request: Request, what: str = "") -> str:
    return f"{request.result_key.removesuffix('.json')}.{what}plan.json"


def _read(desk: Desk, key: str) -> Answer | None:
    if not objects.exists(desk.s3, desk.bucket, key):
        return None
    found: Answer = json.loads(objects.get(desk.s3, desk.bucket, key))
    return found


def _said(desk: Desk, key: str, answer: Answer) -> Answer:
    """What stands at the key: this answer, unless another delivery was first."""
    try:
        body = json.dumps(answer).encode()
        desk.s3.put_object(Bucket=desk.bucket, Key=key, Body=body, ContentType=objects.JSON, IfNoneMatch="*")
    except ClientError as refused:
        if refused.response["Error"]["Code"] not in {"PreconditionFailed", "ConditionalRequestConflict"}:
            raise
        return json.loads(objects.get(desk.s3, desk.bucket, key))  # type: ignore[no-any-return]
    return answer
