"""A batch of changes to Segment: one identify a customer, with what holds at the moment of reading, through the gates of every send.

Changes wait in their queue for the debounce before they come here. What was read after a change has it, so a change that is older than
the last delivery needs no other one: however much happens, a customer is told of once a debounce.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from omnichannel.activation import live, sent
from omnichannel.activation.live import SHARED, Live
from omnichannel.activation.segment import Event, batches, identify, refusal
from omnichannel.activation.sender import Answer, OutOfTime, Sender, SinkUnavailable, Unauthorized
from omnichannel.activation.sent import Sent
from omnichannel.activation.state import State
from omnichannel.activation.write_key import NoWriteKey
from omnichannel.aws import dynamodb as tables
from omnichannel.contracts.ledger import Flow, LedgerRow, Sink, Status
from omnichannel.contracts.reasons import Reason
from omnichannel.experiments.holdout import Holdout
from omnichannel.realtime.reverse import state as rules
from omnichannel.realtime.reverse.changes import Changed

STOPPED = (SinkUnavailable, OutOfTime, Unauthorized, NoWriteKey)
"""After one of these nothing more is sent; the queue brings the rest again."""

WITHHELD = frozenset({Reason.NO_CONSENT, Reason.SUPPRESSED, Reason.NO_SEGMENT_ID, Reason.UNCHANGED})
"""Reasons that are ours; the others say that it cannot be sent."""


@dataclass(kw_only=True)
class Relay:
    """What stands between a batch of changes and Segment; `rows` are the outcomes for good."""

    state: State
    holdout: Holdout
    now: Callable[[], datetime]
    rows: list[LedgerRow] = field(default_factory=list)
    _again: set[str] = field(default_factory=set, init=False)
    _now_called: dict[str, str] = field(default_factory=dict, init=False, repr=False)
    _before: dict[str, Live] = field(default_factory=dict, init=False, repr=False)
    _claims: dict[str, Live] = field(default_factory=dict, init=False, repr=False)

    def relay(self, changes: Sequence[Changed], sender: Sender) -> str:
        """Brings every customer to an outcome, or to come again; gives the name of what stopped it, empty for nothing."""
        events = self._claimed(self._due(self._current(changes)))
        waiting, stopped = {event.customer_id for event in events}, ""
        try:
            for batch in batches(events):
                for answer in sender.send(batch, self._permitted):
                    self._record(answer)
                    waiting -= {event.customer_id for event in answer.events}
        except STOPPED as why:
            stopped = type(why).__name__
        self._again |= waiting - {row.customer_id for row in self.rows}
        return stopped

    def again(self, changes: Iterable[Changed]) -> list[str]:
        """The queue's names for the changes that it shall bring again."""
        return [name for each in changes if self._now_called.get(each.customer_id) in self._again for name in each.receipts]

    def _current(self, changes: Sequence[Changed]) -> dict[str, Mapping[str, Any]]:
        """The items of whom a change is not covered yet, by id; who was merged is read where they are now."""
        items = self._items(each.customer_id for each in changes)
        self._now_called = {each.customer_id: str(items.get(each.customer_id, {}).get("customer", each.customer_id)) for each in changes}
        items |= self._items(set(self._now_called.values()) - items.keys())
        self._before = live.read(self.state.dynamodb, self.state.sent_table, dict.fromkeys(self._now_called.values()))
        # The newest of a customer's changes, under whichever of their ids, is the one that counts.
        newest = {self._now_called[each.customer_id]: each for each in sorted(changes, key=lambda each: each.at)}
        current: dict[str, Mapping[str, Any]] = {}
        for who, each in newest.items():
            if self.holdout.has(who):
                self._add(who, Status.WITHHELD, Reason.HOLDOUT)
            elif each.covered(rules.read_at(self._before.get(who))):
                self._add(who, Status.WITHHELD, Reason.UNCHANGED)
            else:
                current[who] = items.get(who, {})
        return current

    def _due(self, items: Mapping[str, Mapping[str, Any]]) -> list[Event]:
        """What is to be sent; everybody else has an outcome."""
        runs = sent.read(self.state.dynamodb, self.state.sent_table, Sink.SEGMENT, items)
        found = []
        for who, item in items.items():
            event = self._event(item, self._before.get(who) or Live(customer_id=who), runs.get(who))
            if isinstance(event, Event):
                found.append(event)
            else:
                self._add(who, Status.WITHHELD if event in WITHHELD else Status.REJECTED, event)
        return found

    def _event(self, item: Mapping[str, Any], before: Live, run: Sent | None) -> Event | Reason:
        """The customer's event, with its claim put down, or why there is none."""
        ref, now = str(item.get("customer_ref") or "").strip(), self.now()
        if reason := rules.refusal(item) or (None if ref else Reason.NO_SEGMENT_ID):
            return reason
        names, record = rules.segments(item, now), rules.told(item, before, run)
        traits = rules.traits_of(names, record, run)
        try:
            values = rules.values_of(names, record)
            claim = rules.claimed(before, record, customer_ref=ref, values=values, shared=SHARED[0] in traits, now=now)
            body = identify(ref, traits, at=_stamp(now), message_id=claim.message_id)
        except (TypeError, UnicodeEncodeError):
            return Reason.NOT_TEXT
        if values == before.traits_hash and not before.open:
            return Reason.UNCHANGED
        self._claims[before.customer_id] = claim
        event = Event(before.customer_id, values, claim.message_id, body)
        return refusal(ref, event, traits) or event

    def _claimed(self, due: Sequence[Event]) -> list[Event]:
        """Those whose claim was written; who else was faster is left to a later delivery."""
        lost = live.write(self.state.dynamodb, self.state.sent_table, [self._claims[event.customer_id] for event in due])
        self._again |= lost
        return [event for event in due if event.customer_id not in lost]

    def _permitted(self, events: Sequence[Event]) -> Sequence[Event]:
        """Those of the events whose customers' consent holds at this moment, and for whom not everything is closed."""
        items = self._items(event.customer_id for event in events)
        going = []
        for event in events:
            if reason := rules.refusal(items.get(event.customer_id, {})):
                self._add(event.customer_id, Status.WITHHELD, reason, event.message_id)
            else:
                going.append(event)
        return going

    def _record(self, answer: Answer) -> None:
        """Notes what Segment has; of whom another delivery went out meanwhile it is not known what Segment holds: they come again."""
        if not answer.accepted:
            for event in answer.events:
                self._add(event.customer_id, Status.REJECTED, Reason.REFUSED_BY_SINK, event.message_id)
            return
        claims = [self._claims[event.customer_id] for event in answer.events]
        done = [replace(claim, open=False, version=claim.version + 1) for claim in claims]
        lost = live.write(self.state.dynamodb, self.state.sent_table, done)
        live.reopen(self.state.dynamodb, self.state.sent_table, lost)
        self._again |= lost
        for event in answer.events:
            if event.customer_id not in lost:
                self._add(event.customer_id, Status.DELIVERED, None, event.message_id)

    def _items(self, customer_ids: Iterable[str]) -> dict[str, Mapping[str, Any]]:
        keys = ({"customer_id": each} for each in dict.fromkeys(customer_ids))
        read = tables.batch_get(self.state.dynamodb, self.state.customers_table, keys, rules.ATTRIBUTES)
        return {item["customer_id"]: item for item in read}

    def _add(self, customer_id: str, status: Status, reason: Reason | None, message_id: str = "") -> None:
        now = self.now()
        self.rows.append(
            LedgerRow(
                flow=Flow.LIVE_TRAITS, run=f"{now:%Y-%m-%d}", customer_id=customer_id, sink=Sink.SEGMENT, status=status, reason=reason,
                message_id=message_id, at=now.isoformat(timespec="seconds"),
            )
        )  # fmt: skip


def _stamp(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"
