"""The relay's decisions: which of a batch of events go to Personalize, and what became of each.

Every event ends as one of: delivered, withheld or rejected with a reason, or undecided, which means that its queue shall bring it again.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from omnichannel.contracts.ledger import Status
from omnichannel.contracts.reasons import Reason
from omnichannel.realtime.events import Event
from omnichannel.recommendations.customer import Customer
from omnichannel.recommendations.interactions import Interaction, Unusable, by_session, interactions_of


class Invalid(Exception):
    """The sink says that something in this call can never be taken."""


class Unavailable(Exception):
    """The sink did not take this call now; it may take it later."""


@dataclass(frozen=True, kw_only=True)
class Received:
    """One event and the queue's name for it."""

    receipt: str
    event: Event


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one event for good."""

    event: Event
    customer_id: str
    status: Status
    reason: Reason | None = None


@dataclass(kw_only=True)
class Relayed:
    """What became of a batch: outcomes for good, and the receipts of events to bring again."""

    outcomes: list[Outcome] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)


Lookup = Callable[[Iterable[Event]], Callable[[Event], Customer | None]]
Send = Callable[[Sequence[Interaction]], None]


def received(receipt: str, body: str) -> Received:
    """The event inside a bus envelope; raises `ValueError`, `TypeError` or `KeyError` for a body that is none."""
    return Received(receipt=receipt, event=Event.from_detail(json.loads(body)["detail"]))


def readable(records: Iterable[Mapping[str, Any]]) -> tuple[list[Received], list[str]]:
    """The events of a queue's batch, and the ids of records that hold none: their queue dead-letters them."""
    batch, unreadable = [], []
    for record in records:
        try:
            batch.append(received(record["messageId"], record["body"]))
        except (ValueError, TypeError, KeyError):
            unreadable.append(record["messageId"])
    return batch, unreadable


def relay(batch: Iterable[Received], customers: Lookup, send: Send) -> Relayed:
    """Sends what may be sent, session by session. `send` raises `Invalid` or `Unavailable`."""
    result, usable = _sorted_out(batch)
    customer_of = customers([each.event for each in usable])
    sending: dict[str, _Sending] = {}
    for each in usable:
        customer = customer_of(each.event)
        customer_id = customer.customer_id if customer else ""
        if customer and not customer.consents_to_personalization:
            result.outcomes.append(Outcome(event=each.event, customer_id=customer_id, status=Status.WITHHELD, reason=Reason.NO_CONSENT))
        else:
            interactions = interactions_of(each.event, customer_id)
            sending[each.event.message_id] = _Sending(each, customer_id, {i.event_id for i in interactions}, interactions)
    refused, unsent = _send_all([i for each in sending.values() for i in each.interactions], send)
    for each_sent in sending.values():
        each_sent.settle(refused, unsent, result)
    return result


@dataclass(frozen=True)
class _Sending:
    received: Received
    customer_id: str
    event_ids: set[str]
    interactions: tuple[Interaction, ...]

    def settle(self, refused: set[str], unsent: set[str], result: Relayed) -> None:
        """An event of several products is delivered when all are; one that must come again is sent again whole."""
        if self.event_ids & unsent:
            result.undecided.append(self.received.receipt)
        elif self.event_ids & refused:
            result.outcomes.append(self._outcome(Status.REJECTED, Reason.REFUSED_BY_SINK))
        else:
            result.outcomes.append(self._outcome(Status.DELIVERED))

    def _outcome(self, status: Status, reason: Reason | None = None) -> Outcome:
        return Outcome(event=self.received.event, customer_id=self.customer_id, status=status, reason=reason)


def _sorted_out(batch: Iterable[Received]) -> tuple[Relayed, list[Received]]:
    """The events that Personalize can learn from, each once; the others already have their outcome."""
    result, usable, seen = Relayed(), [], set()
    for each in batch:
        reason: Reason | None = None
        try:
            interactions_of(each.event)
        except Unusable as unusable:
            reason = unusable.reason
        if each.event.message_id in seen:
            reason = Reason.DUPLICATE_EVENT
        seen.add(each.event.message_id)
        if reason is None:
            usable.append(each)
        else:
            status = Status.REJECTED if reason is Reason.ID_TOO_LONG else Status.WITHHELD
            result.outcomes.append(Outcome(event=each.event, customer_id="", status=status, reason=reason))
    return result, usable


def _send_all(interactions: Iterable[Interaction], send: Send) -> tuple[set[str], set[str]]:
    """Ids of events that were refused for good, and of those that were not sent."""
    refused: set[str] = set()
    unsent: set[str] = set()
    for call in by_session(interactions):
        waiting = [call]
        while waiting:
            part = waiting.pop()
            try:
                send(part)
            except Unavailable:
                unsent |= {i.event_id for i in part}
            except Invalid:
                # One bad event spoils its call: halves find it, and the others get through.
                middle = len(part) // 2
                waiting += [part[middle:], part[:middle]] if middle else []
                refused |= set() if middle else {part[0].event_id}
    return refused, unsent
