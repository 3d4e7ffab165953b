"""The relay's decisions: which of a batch of events go to Personalize, and what became of each.

Every event ends as one of: delivered, withheld or rejected with a reason, or undecided, which means that its queue shall bring it again.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from omnichannel.contracts.consent import SEGMENT_CATEGORIES, Purpose
from omnichannel.contracts.ledger import Status
from omnichannel.contracts.reasons import Reason
from omnichannel.realtime.events import Event
from omnichannel.recommendations.customer import Customer
from omnichannel.recommendations.interactions import Interaction, by_session, interactions_of, unusable
from omnichannel.recommendations.mapping import InteractionMap
from omnichannel.recommendations.shown import Lists


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


def relay(batch: Iterable[Received], mapping: InteractionMap, customers: Lookup, send: Send) -> Relayed:
    """Sends what may be sent, session by session. `send` raises `Invalid` or `Unavailable`."""
    result, usable, listed = _sorted_out(batch, mapping)
    customer_of, lists = customers([each.event for each in usable]), Lists([each.event for each in listed])
    sending: list[_Sending] = []
    for each in usable:
        customer = customer_of(each.event)
        customer_id = customer.customer_id if customer else ""
        if _consents(each.event, customer):
            sending.append(_Sending(each, customer_id, interactions_of(each.event, mapping, customer_id, lists)))
        else:
            result.outcomes.append(Outcome(event=each.event, customer_id=customer_id, status=Status.WITHHELD, reason=Reason.NO_CONSENT))
    refused, unsent = _send_all([i for each in sending for i in each.interactions], send)
    for each_sent in sending:
        each_sent.settle(refused, unsent, result)
    _settle_lists(listed, lists, sending, result)
    return result


def _consents(event: Event, customer: Customer | None) -> bool:
    """A customer has to have allowed it. A visitor whom we do not know is a device, unless the event itself refuses, or has no device."""
    refused = any(SEGMENT_CATEGORIES.get(name.lower()) is Purpose.PERSONALIZATION and not yes for name, yes in event.preferences.items())
    if refused or customer is None:
        return not refused and bool(event.anonymous_id or event.session_id)
    return customer.consents_to_personalization


def _settle_lists(listed: Iterable[Received], lists: Lists, sending: Iterable["_Sending"], result: Relayed) -> None:
    """A list goes the way of what was chosen from it: it comes again with it, so that it is still known then."""
    again = set(result.undecided)
    waiting = {each.received.event.message_id for each in sending if each.received.receipt in again}
    for each in listed:
        chosen = lists.chosen_from.get(each.event.message_id, set())
        if chosen & waiting:
            result.undecided.append(each.receipt)
        elif chosen:
            result.outcomes.append(Outcome(event=each.event, customer_id="", status=Status.DELIVERED))
        else:
            result.outcomes.append(Outcome(event=each.event, customer_id="", status=Status.WITHHELD, reason=Reason.NOTHING_CHOSEN))


@dataclass(frozen=True)
class _Sending:
    received: Received
    customer_id: str
    interactions: tuple[Interaction, ...]

    @property
    def event_ids(self) -> set[str]:
        return {interaction.event_id for interaction in self.interactions}

    def settle(self, refused: set[str], unsent: set[str], result: Relayed) -> None:
        """An event of several products is delivered when all are; one that must come again is sent again whole."""
        ids = self.event_ids
        if ids & unsent:
            result.undecided.append(self.received.receipt)
        elif ids & refused:
            result.outcomes.append(self._outcome(Status.REJECTED, Reason.REFUSED_BY_SINK))
        else:
            result.outcomes.append(self._outcome(Status.DELIVERED))

    def _outcome(self, status: Status, reason: Reason | None = None) -> Outcome:
        return Outcome(event=self.received.event, customer_id=self.customer_id, status=status, reason=reason)


def _sorted_out(batch: Iterable[Received], mapping: InteractionMap) -> tuple[Relayed, list[Received], list[Received]]:
    """The events that Personalize can learn from, and lists of what was shown, each once; the others already have their outcome."""
    result, seen = Relayed(), set[str]()
    usable: list[Received] = []
    listed: list[Received] = []
    for each in batch:
        shown = each.event.name in mapping.shown
        reason = Reason.DUPLICATE_EVENT if each.event.message_id in seen else None if shown else unusable(each.event, mapping)
        seen.add(each.event.message_id)
        if reason is None:
            (listed if shown else usable).append(each)
        else:
            status = Status.REJECTED if reason is Reason.ID_TOO_LONG else Status.WITHHELD
            result.outcomes.append(Outcome(event=each.event, customer_id="", status=status, reason=reason))
    return result, usable, listed


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
