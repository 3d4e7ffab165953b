"""The first load of a domain: a part's profiles as one file of an upload job, instead of ten objects a call.

A job tells counts alone. So what a file may have done is remembered before the job starts, as "not known": who is in it is due still,
and an action can be taken back. After a job that took every row they are delivered; after any other the same customers go by batches,
to the same profiles under the same message ids.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Self

from omnichannel.activation import attributes, connect_objects, connect_upload, messaging
from omnichannel.activation.attributes import Catalog
from omnichannel.activation.connect_upload import FILE_BYTES, NotTaken, Stand, Uploads
from omnichannel.activation.messaging import Gates, Recipient
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.parts import Member, Part
from omnichannel.activation.pinpoint_adapter import Lake
from omnichannel.activation.pinpoint_notes import LINES, Pending
from omnichannel.activation.sent import Sent, write
from omnichannel.activation.state import State
from omnichannel.aws import s3 as objects
from omnichannel.aws.dynamodb import batches as in_lots
from omnichannel.contracts import zones
from omnichannel.contracts.decisions import Decision
from omnichannel.contracts.ledger import Sink

LOT = 2_000
"""Customers whose rows are made together: what is read of them is held no longer."""


@dataclass(frozen=True, kw_only=True)
class Note:
    """A part's job: its id, when it began, how many rows its file has, and who is in it."""

    job: str
    at: datetime
    rows: int
    pending: Sequence[Pending] = field(repr=False)

    def lines(self) -> bytes:
        """As JSON lines, a customer each, so that a person can be taken out."""
        head = {"job": self.job, "at": self.at.isoformat(), "rows": self.rows}
        return "".join(json.dumps({**head, **asdict(each)}, ensure_ascii=False) + "\n" for each in self.pending).encode()

    @classmethod
    def of(cls, text: bytes) -> Self:
        """From its lines, of which there is one at least."""
        lines = [json.loads(line) for line in text.splitlines()]
        pending = tuple(Pending(**{name: line[name] for name in Pending.__dataclass_fields__ if name in line}) for line in lines)
        return cls(job=lines[0]["job"], at=datetime.fromisoformat(lines[0]["at"]), rows=lines[0]["rows"], pending=pending)


def load(members: Sequence[Member], outcomes: Outcomes, state: State, gates: Gates, catalog: Catalog, uploads: Uploads, lake: Lake) -> bool:
    """Begins the part's job or looks how it stands: whether it is still running.

    Once it is not, everybody's outcome is `connect_adapter.deliver`'s to say, which finds what a job has delivered as delivered and
    sends the others: nothing of `outcomes` is used but its part and its clock. Only who was never delivered here goes into the file.
    Raises `NotTaken` when the service refuses; the part's job is then stopped, and not asked about again.
    """
    key = _key(outcomes.part)
    try:
        if not objects.exists(lake.s3, lake.bucket, key):
            return _begin(members, outcomes, state, gates, catalog, uploads, lake, key)
        note = _noted(lake, key)
        if note and _stands(note, outcomes, state, uploads) is Stand.RUNNING:
            return True
    except NotTaken:
        _give_up(uploads, lake, key)
        raise
    if note:
        _over(lake, key)
    return False


def leave(part: Part, uploads: Uploads, lake: Lake) -> None:
    """Stops the part's job, if there is one that nobody follows: its customers go by batches now, and no row of it comes after them."""
    if _noted(lake, _key(part)):
        _give_up(uploads, lake, _key(part))


def _key(part: Part) -> str:
    return f"{zones.import_notes(part.run, Sink.CONNECT)}{part.name}.jsonl"


def _begin(
    members: Sequence[Member],
    outcomes: Outcomes,
    state: State,
    gates: Gates,
    catalog: Catalog,
    uploads: Uploads,
    lake: Lake,
    key: str,
) -> bool:
    found, rows = _rows(members, outcomes, state, gates, catalog)
    if not found:
        _over(lake, key)
        return False
    # Before consent is asked for a last time: an erasure, which withdraws it and then looks for jobs, misses no file with the person in it.
    with _given_back(found, state):
        job = uploads.create(f"{outcomes.part.run}-{outcomes.part.name}")
    allowed = {each.message_id for each in messaging.permitted(found, outcomes, state, gates)}
    going = [(each, row) for each, row in zip(found, rows, strict=True) if each.message_id in allowed]
    if not going:
        uploads.stop(job)
        _over(lake, key)
        return False
    note = Note(job=job, at=outcomes.now(), rows=len(going), pending=tuple(Pending.of(each) for each, _ in going))
    objects.put(lake.s3, lake.bucket, key, note.lines(), LINES)
    write(state.dynamodb, state.sent_table, (replace(_sent(each, outcomes.part, note.at), **_NOT_KNOWN) for each in note.pending))
    with _given_back([each for each, _ in going], state):
        uploads.put(job, connect_upload.file(row for _, row in going))
    uploads.start(job)
    return True


def _rows(members: Sequence[Member], outcomes: Outcomes, state: State, gates: Gates, catalog: Catalog) -> tuple[list[Recipient], list[str]]:
    """Whom the file may hold, and their lines, as many as go into one file."""
    found: list[Recipient] = []
    rows: list[str] = []
    size = 0
    for lot in in_lots(members, LOT):
        made = _made(lot, outcomes, state, gates, catalog)
        for place, (each, row) in enumerate(made):
            size += len(row.encode())
            if size > FILE_BYTES:
                messaging.give_back((left for left, _ in made[place:]), state)
                return found, rows
            found.append(replace(each, item={}))
            rows.append(row)
    return found, rows


def _made(lot: Sequence[Member], outcomes: Outcomes, state: State, gates: Gates, catalog: Catalog) -> list[tuple[Recipient, str]]:
    """Whom the file may hold, and their lines. The contacts of the others are given back: batches reserve their own."""
    reached = list(messaging.recipients(lot, outcomes, state, gates))
    first = [each for each in reached if each.before is None]
    names = attributes.names(first, catalog)
    bodies = [(each, connect_objects.profile_object(each, names, as_of=outcomes.part.as_of, now=outcomes.now())) for each in first]
    found = [(each, connect_upload.row(body)) for each, body in bodies if connect_objects.refusal(each, body) is None]
    going = {each.message_id for each, _ in found}
    messaging.give_back((each for each in reached if each.message_id not in going), state)
    return found


@contextmanager
def _given_back(found: Sequence[Recipient], state: State) -> Iterator[None]:
    """Where the service refuses what comes before a job's start, nobody of the file was sent anything."""
    try:
        yield
    except NotTaken:
        messaging.give_back(found, state)
        raise


def _stands(note: Note, outcomes: Outcomes, state: State, uploads: Uploads) -> Stand:
    """How the job stands; after one that took every row, who is in it has been delivered."""
    now = outcomes.now()
    stand = uploads.stand(note.job, note.rows, note.at, now)
    if stand is Stand.TAKEN:
        deliveries = [(_sent(each, outcomes.part, now), _decision(each)) for each in note.pending]
        messaging.acknowledge(deliveries, state, now)
    return stand


def _noted(lake: Lake, key: str) -> Note | None:
    """The part's job, if there is one that is not over."""
    text = objects.get(lake.s3, lake.bucket, key) if objects.exists(lake.s3, lake.bucket, key) else b""
    return Note.of(text) if text else None


def _give_up(uploads: Uploads, lake: Lake, key: str) -> None:
    """No row is read any more of what goes by batches now; a service that does not stop either is as it was."""
    if note := _noted(lake, key):
        with suppress(NotTaken):
            uploads.stop(note.job)
    _over(lake, key)


def _over(lake: Lake, key: str) -> None:
    """Nobody is in a job of this part any more."""
    objects.put(lake.s3, lake.bucket, key, b"", LINES)


def _decision(pending: Pending) -> Decision | None:
    return Decision.of(pending.decision) if pending.decision else None


def _sent(pending: Pending, part: Part, at: datetime) -> Sent:
    found = Sent.by(
        part, Sink.CONNECT, customer_id=pending.customer_id, traits_hash=pending.traits_hash, message_id=pending.message_id, at=at
    )
    return replace(found, action=str((pending.decision or {}).get("action", "")), channel=pending.channel)


_NOT_KNOWN = {"traits_hash": "", "message_id": ""}
"""Of a record of what may have been delivered. Without a message id before it, a delivery has the same id as the one in the file."""
