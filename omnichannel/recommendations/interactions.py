"""Interactions as Personalize wants them: one product each, grouped by session and user, at most ten a call."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from omnichannel.contracts.events import PERSONALIZE_EVENT_TYPES
from omnichannel.contracts.reasons import Reason
from omnichannel.realtime.events import Event

EVENTS_PER_CALL = 10
MAX_ID = 256


class Unusable(Exception):
    """An event that Personalize cannot learn from."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(str(reason))


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """One customer or visitor did one thing to one product. `customer_id` is empty for somebody we do not know."""

    event_id: str
    event_type: str
    item_id: str
    session_id: str
    customer_id: str
    at: datetime
    value: float | None = None
    recommendation_id: str = ""

    def to_event(self) -> dict[str, Any]:
        """The interaction as one entry of PutEvents' `eventList`."""
        # Personalize keeps the first event of an id, so one that is sent twice is harmless.
        event: dict[str, Any] = {"eventId": self.event_id, "eventType": self.event_type, "itemId": self.item_id, "sentAt": self.at}
        if self.value is not None:
            event["eventValue"] = self.value
        if self.recommendation_id:
            event["recommendationId"] = self.recommendation_id
        return event


def interactions_of(event: Event, customer_id: str = "") -> tuple[Interaction, ...]:
    """What the event says to Personalize, a purchase for each product of an order; raises `Unusable` with the reason."""
    event_type = PERSONALIZE_EVENT_TYPES.get(event.name)
    if event_type is None:
        raise Unusable(Reason.UNMAPPED_EVENT)
    if not event.products:
        raise Unusable(Reason.NO_ITEM)
    if any(len(product.product_id) > MAX_ID for product in event.products):
        raise Unusable(Reason.ID_TOO_LONG)
    several = len(event.products) > 1
    return tuple(
        Interaction(
            event_id=f"{event.message_id}#{n}" if several else event.message_id,
            event_type=event_type,
            item_id=product.product_id,
            session_id=session_of(event),
            customer_id=customer_id,
            at=event.at,
            value=product.price if several else product.price or event.value,
            recommendation_id=event.recommendation_id,
        )
        for n, product in enumerate(event.products)
    )


def session_of(event: Event) -> str:
    """What links a visitor's events before and after login: the session, else the device's id, else a name for the user id.

    The user id itself stays ours: somebody whom we do not know is not told to Personalize by it.
    """
    if event.session_id or event.anonymous_id:
        return event.session_id or event.anonymous_id
    if not event.user_id:
        raise Unusable(Reason.NO_SESSION)
    return "user-" + hashlib.sha256(event.user_id.encode()).hexdigest()[:32]


def by_session(interactions: Iterable[Interaction]) -> Iterator[tuple[Interaction, ...]]:
    """The interactions in calls: one session and one user each, in order of time, at most ten."""
    groups: dict[tuple[str, str], list[Interaction]] = {}
    for interaction in interactions:
        groups.setdefault((interaction.session_id, interaction.customer_id), []).append(interaction)
    for group in groups.values():
        group.sort(key=lambda interaction: interaction.at)
        for start in range(0, len(group), EVENTS_PER_CALL):
            yield tuple(group[start : start + EVENTS_PER_CALL])
