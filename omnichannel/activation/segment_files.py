"""One audience part as files for Segment's source "Amazon S3 from Lambda": `identify_*.csv` and `track_*.csv`, dotted columns.

A column's name is the path of a field in the call that Segment's function makes of a row; a list has a column for each place. What a
customer lacks is empty. Who is in the files, and what the ledger says, is as over the API.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from omnichannel.activation.delivery import message_id
from omnichannel.activation.parts import Member
from omnichannel.activation.segment import Event, timestamp
from omnichannel.activation.segment_bridge import LOT, Bridge, event_of, hash_of, remember
from omnichannel.activation.sent import Sent, Standing, standing
from omnichannel.aws import s3 as objects
from omnichannel.aws.dynamodb import batches as in_lots
from omnichannel.contracts import zones
from omnichannel.contracts.ledger import Sink
from omnichannel.contracts.reasons import Reason
from omnichannel.contracts.scores import Trait

CSV = "text/csv; charset=utf-8"
DECIDED = "Next Best Action Decided"
_DECISION = {"action": "action", "campaign": "campaign", "channel": "channel", "probability": "p", "value": "value", "score": "score"}
"""The event's properties by what the decision calls them."""

Row = dict[str, object]


class Line(NamedTuple):
    """A customer of the files; `held` is what this very run has delivered before, if it has."""

    member: Member
    event: Event
    held: Sent | None


@dataclass(frozen=True, kw_only=True)
class Files:
    """Writes the files of one part below its run's prefix."""

    bridge: Bridge
    s3: Any = field(repr=False)
    bucket: str

    def deliver(self, members: Sequence[Member]) -> None:
        """Gives every member an outcome; run again, it writes the same files, without those who have withdrawn their consent since."""
        lines = [line for lot in in_lots(members, LOT) for line in self._permitted(self._lines(lot))]
        part = self.bridge.outcomes.part
        self._write("identify", [identified(line, part.as_of) for line in lines])
        self._write("track", [decided(line, part.as_of) for line in lines if (line.member.decision or {}).get("action")])
        for line in lines:
            if line.held:
                self.bridge.outcomes.deliver(line.member.customer_id, line.held.message_id, at=line.held.at)
        remember([line.event for line in lines if not line.held], self.bridge.outcomes, self.bridge.state)

    def _lines(self, lot: Sequence[Member]) -> list[Line]:
        members = [member for member in lot if self.bridge.takes_part(member)]
        values = {member.customer_id: hash_of(member.traits) for member in members}
        held = self.bridge.held(values)
        found = (self._line(member, values[member.customer_id], held.get(member.customer_id)) for member in members)
        return [line for line in found if line]

    def _line(self, member: Member, values: str, held: Sent | None) -> Line | None:
        part = self.bridge.outcomes.part
        where = standing(held, run=part.run, as_of=part.as_of, order=part.order, traits_hash=values)
        if where in (Standing.DELIVERED, Standing.DUE) and member.customer_ref.strip():
            event = event_of(member, values, part.as_of, held=held, run=part.run)
            if isinstance(event, Event):
                return Line(member, event, held if where is Standing.DELIVERED else None)
            self.bridge.outcomes.reject(member.customer_id, event)
            return None
        self.bridge.outcomes.withhold(member.customer_id, _WITHHELD.get(where, Reason.NO_SEGMENT_ID))
        return None

    def _permitted(self, lines: Sequence[Line]) -> Iterator[Line]:
        permitted = {event.customer_id for event in self.bridge.permitted([line.event for line in lines])}
        return (line for line in lines if line.member.customer_id in permitted)

    def _write(self, call: str, rows: Sequence[Row]) -> None:
        """Nothing to say makes no file, unless it replaces one that said something."""
        part = self.bridge.outcomes.part
        key = f"{zones.segment_files(part.run)}{call}_{part.name}.csv"
        if rows or objects.exists(self.s3, self.bucket, key):
            objects.put(self.s3, self.bucket, key, as_csv(rows, _COLUMNS[call]), CSV)


def identified(line: Line, as_of: str) -> Row:
    """The row of an identify call."""
    traits = _flat("traits", ((trait.value, line.member.traits.get(trait.value)) for trait in Trait))
    return {"userId": line.member.customer_ref, **traits, "messageId": line.event.message_id, "timestamp": timestamp(as_of)}


def decided(line: Line, as_of: str) -> Row:
    """The row of a track call: what is next for the customer."""
    decision: Mapping[str, Any] = line.member.decision or {}
    properties = [*((name, decision.get(field)) for name, field in _DECISION.items()), ("items", decision.get("items"))]
    name = message_id(f"{Sink.SEGMENT}/track", line.member.customer_ref, line.event.message_id, as_of)
    return {
        "userId": line.member.customer_ref,
        "event": DECIDED,
        **_flat("properties", properties),
        "messageId": name,
        "timestamp": decision.get("at") or timestamp(as_of),
    }


def as_csv(rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    """UTF-8 with a header: these columns, each list's as wide as the longest of them."""
    widest = {name for row in rows for name in row}
    names = [name for column in columns for name in ([column] if not column.endswith(".*") else _places(column, widest))]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _flat(root: str, values: Iterable[tuple[str, Any]]) -> Row:
    row: Row = {}
    for name, value in values:
        if isinstance(value, list):
            row |= {f"{root}.{name}.{place}": each for place, each in enumerate(value)}
        elif value is not None:
            row[f"{root}.{name}"] = value
    return row


def _places(column: str, names: set[str]) -> list[str]:
    stem = column.removesuffix("*")
    return sorted((name for name in names if name.startswith(stem)), key=lambda name: int(name.removeprefix(stem)))


_WITHHELD = {Standing.UNCHANGED: Reason.UNCHANGED, Standing.SUPERSEDED: Reason.SUPERSEDED}
_COLUMNS = {
    "identify": (
        "userId",
        *(f"traits.{trait}.*" if trait is Trait.RECOMMENDED_ITEMS else f"traits.{trait}" for trait in Trait),
        "messageId",
        "timestamp",
    ),
    "track": ("userId", "event", *(f"properties.{name}" for name in _DECISION), "properties.items.*", "messageId", "timestamp"),
}
