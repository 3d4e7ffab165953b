"""One audience part to Segment: what is due, through the gates, out, and remembered batch by batch.

The gates, in their order: the holdout, before a customer costs anything; then consent and suppression of everything, right before
every request.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from omnichannel.activation import live, reach, sent, suppression
from omnichannel.activation.delivery import traits_hash
from omnichannel.activation.live import Live
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.parts import Member, Traits
from omnichannel.activation.segment import Event, batches, identify, refusal
from omnichannel.activation.sender import Answer, OutOfTime, Sender, SinkUnavailable, Unauthorized
from omnichannel.activation.sent import Sent, Standing, message_name, standing
from omnichannel.activation.state import State
from omnichannel.activation.write_key import NoWriteKey
from omnichannel.aws.dynamodb import batches as in_lots
from omnichannel.contracts.decisions import NEXT_ACTION
from omnichannel.contracts.ledger import Sink
from omnichannel.contracts.reasons import Reason
from omnichannel.experiments.holdout import Holdout
from omnichannel.ledger.parts import read_part

PURPOSE, CHANNEL = "personalization", "web"
LOT = 1_000
"""Customers whose state is read ahead at a time."""


@dataclass(frozen=True, kw_only=True)
class Bridge:
    """What stands between one part's customers and Segment; `live` says that a relay tells Segment live changes besides."""

    outcomes: Outcomes
    state: State
    holdout: Holdout
    live: bool = False

    def deliver(self, members: Sequence[Member], sender: Sender) -> int | None:
        """Gives every member an outcome; what was acknowledged is remembered before the next batch goes out.

        Returns None when all is done, and how many are when the time is nearly over. The rest is noted as `sink-unavailable`, in case
        that nobody comes back; so it is before `SinkUnavailable` is raised, or `OutOfTime` when not even one was done: then the caller
        writes the ledger and is run again. A refused or missing write key ends the part with the rest rejected as `unauthorized`.
        """
        try:
            for batch in batches(self.due(members)):
                for answer in sender.send(batch, self.leaving):
                    self._record(answer)
        except (Unauthorized, NoWriteKey):
            self._reject_rest(members, Reason.UNAUTHORIZED)
        except SinkUnavailable:
            self._reject_rest(members, Reason.SINK_UNAVAILABLE)
            raise
        except OutOfTime:
            done = _leading(members, self.outcomes)
            self._reject_rest(members, Reason.SINK_UNAVAILABLE)
            if not done:
                raise
            return done
        return None

    def due(self, members: Iterable[Member]) -> Iterator[Event]:
        """The events of those who are not held out, have an id that Segment knows, and whose traits it does not hold already."""
        for lot in in_lots((member for member in members if self.takes_part(member)), LOT):
            told = self._told(lot)
            newest = [live.newest(member, told.get(member.customer_id)) for member in lot]
            values = {member.customer_id: hash_of(member.traits) for member, _ in newest}
            held, over = self._held_beside(told, [member for member, _ in newest if member.customer_id in told], values)
            for member, decided in newest:
                record = held.get(member.customer_id)
                believed = replace(record, traits_hash="") if record and member.customer_id in over else record
                event = self._event(member, values[member.customer_id], believed)
                if event is not None:
                    event = event._replace(replaces=record.traits_hash if record else None)
                    yield event._replace(decided=decided, apart=live.apart(member.traits)) if self.live else event

    def _told(self, lot: Sequence[Member]) -> dict[str, Live]:
        """What Segment was told live of the lot, by customer id."""
        return live.read(self.state.dynamodb, self.state.sent_table, (member.customer_id for member in lot)) if self.live else {}

    def _held_beside(
        self, told: Mapping[str, Live], members: Iterable[Member], values: dict[str, str]
    ) -> tuple[dict[str, Sent], frozenset[str]]:
        """The records of what Segment holds, by customer id, and of whom they are out of date; `members` are those who were told live too.

        Where that came after the last run's delivery, the two together are what Segment holds: `values` says the held hash when they are
        what would be sent, and the record is out of date when they are not.
        """
        before = sent.read(self.state.dynamodb, self.state.sent_table, Sink.SEGMENT, told) if told else {}
        over = {each for each, record in before.items() if live.overwrote(told[each], record)}
        there = {
            who
            for member in members
            if (who := member.customer_id) in over and before[who].traits_hash and live.holds(told[who], before[who], member.traits)
        }
        values |= {each: before[each].traits_hash for each in there}
        return self.held(values), frozenset(over - there)

    def held(self, values: Mapping[str, str]) -> dict[str, Sent]:
        """What Segment holds of those customers, by customer id; `values` are the hashes of their traits."""
        return sent.marked(self.state.dynamodb, self.state.sent_table, Sink.SEGMENT, values, self.outcomes.part)

    def permitted(self, events: Sequence[Event]) -> Sequence[Event]:
        """Those of the events whose customers' consent holds at this moment, and for whom not everything is closed."""
        state, ids = self.state, (event.customer_id for event in events)
        attributes = (suppression.ATTRIBUTE, *((NEXT_ACTION,) if self.live else ()))
        consenting = reach.permitted(
            state.dynamodb, state.customers_table, ids, purpose=PURPOSE, channel=CHANNEL, attributes=attributes
        )  # fmt: skip
        reasons = [_closed(event, consenting.get(event.customer_id)) for event in events]
        if not any(reasons):
            return events
        for event, reason in zip(events, reasons, strict=True):
            if reason:
                self.outcomes.withhold(event.customer_id, reason)
        return [event for event, reason in zip(events, reasons, strict=True) if not reason]

    def leaving(self, events: Sequence[Event]) -> Sequence[Event]:
        """Those that are permitted. From now on nobody believes that Segment holds what they replace, or nothing, until it has
        acknowledged them."""
        allowed = self.permitted(events)
        replaced = {event.customer_id: event.replaces for event in allowed if event.replaces is not None}
        sent.announce(self.state.dynamodb, self.state.sent_table, Sink.SEGMENT, replaced, self.outcomes.part)
        record = partial(Sent.by, self.outcomes.part, Sink.SEGMENT, traits_hash="", message_id="", at=self.outcomes.now())
        first = (replace(record(customer_id=each.customer_id), decided=each.decided) for each in allowed if each.replaces is None)
        sent.announce_first(self.state.dynamodb, self.state.sent_table, first)
        return allowed

    def takes_part(self, member: Member) -> bool:
        """The holdout's gate."""
        if self.holdout.has(member.customer_id):
            self.outcomes.withhold(member.customer_id, Reason.HOLDOUT)
            return False
        return True

    def _event(self, member: Member, values: str, held: Sent | None) -> Event | None:
        """The member's event (`values` is its traits hash), or None after noting why there is none."""
        part = self.outcomes.part
        match standing(held, run=part.run, as_of=part.as_of, order=part.order, traits_hash=values):
            case Standing.DELIVERED if held is not None:
                self.outcomes.deliver(member.customer_id, held.message_id, at=held.at)
            case Standing.UNCHANGED:
                self.outcomes.withhold(member.customer_id, Reason.UNCHANGED)
            case Standing.SUPERSEDED:
                self.outcomes.withhold(member.customer_id, Reason.SUPERSEDED)
            case _ if not member.customer_ref.strip():
                self.outcomes.withhold(member.customer_id, Reason.NO_SEGMENT_ID)
            case _:
                return self._checked(member, values, held)
        return None

    def _checked(self, member: Member, values: str, held: Sent | None) -> Event | None:
        found = event_of(member, values, self.outcomes.part.as_of, held=held, run=self.outcomes.part.run)
        if isinstance(found, Event):
            return found
        self.outcomes.reject(member.customer_id, found)
        return None

    def _record(self, answer: Answer) -> None:
        if answer.accepted:
            remember(answer.events, self.outcomes, self.state)
            return
        for event in answer.events:
            self.outcomes.reject(event.customer_id, Reason.REFUSED_BY_SINK, event.message_id)

    def _reject_rest(self, members: Iterable[Member], reason: Reason) -> None:
        self.outcomes.reject_rest((member.customer_id for member in members), reason)


def event_of(member: Member, values: str, as_of: str, *, held: Sent | None = None, run: str = "") -> Event | Reason:
    """The member's event in a run (`values` is its traits hash, `held` what Segment holds), or why Segment would not take it."""
    if not values:
        return Reason.NOT_TEXT
    try:
        name = message_name(held, sink=Sink.SEGMENT, sink_id=member.customer_ref, run=run, as_of=as_of, values=values)
        body = identify(member.customer_ref, member.traits, as_of=as_of, message_id=name)
        event = Event(member.customer_id, values, name, body)
    except (TypeError, UnicodeEncodeError):
        return Reason.NOT_TEXT
    return refusal(member.customer_ref, event, member.traits) or event


def remember(events: Sequence[Event], outcomes: Outcomes, state: State) -> None:
    """Notes events as acknowledged, in the state and then in the ledger."""
    record = partial(Sent.by, outcomes.part, Sink.SEGMENT, at=outcomes.now())
    deliveries = [
        replace(record(customer_id=e.customer_id, traits_hash=e.traits_hash, message_id=e.message_id), decided=e.decided, apart=e.apart)
        for e in events
    ]
    sent.write(state.dynamodb, state.sent_table, deliveries)
    for delivery in deliveries:
        outcomes.deliver(delivery.customer_id, delivery.message_id, at=delivery.at)


def carry_on(members: Sequence[Member], offset: int, outcomes: Outcomes, s3: Any, bucket: str) -> Sequence[Member]:
    """The members from `offset` on, after the outcomes of those before it were taken over from the ledger of an earlier call."""
    if not offset:
        return members
    before = {member.customer_id for member in members[:offset]}
    rows = read_part(s3, bucket, flow=outcomes.sink.flow, run=outcomes.part.run, sink=outcomes.sink, part=outcomes.part.name)
    outcomes.restore(row for row in rows if row["customer_id"] in before)
    return members[offset:]


def _closed(event: Event, item: Mapping[str, Any] | None) -> Reason | None:
    """Why an event may not leave at this moment, by the item of who has consented; a later live decision is the relay's to tell."""
    if item is None:
        return Reason.NO_CONSENT
    if suppression.suppressed(item, CHANNEL):
        return Reason.SUPPRESSED
    decided = str((item.get(NEXT_ACTION) or {}).get("at", ""))
    return Reason.SUPERSEDED if event.decided and live.later(decided, event.decided) else None


def hash_of(traits: Traits) -> str:
    """The traits' hash; empty when they are no text: half of a surrogate pair, which JSON can carry and UTF-8 cannot."""
    try:
        return traits_hash(traits)
    except TypeError:
        return ""


def _leading(members: Sequence[Member], outcomes: Outcomes) -> int:
    """How many members, from the first on, have an outcome."""
    return next((n for n, member in enumerate(members) if not outcomes.knows(member.customer_id)), len(members))
