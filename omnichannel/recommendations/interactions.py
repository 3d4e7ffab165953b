"""Interactions as Personalize wants them: one product each, grouped by session and user, at most ten a call."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from omnichannel.contracts.reasons import Reason
from omnichannel.realtime.events import Event, Product
from omnichannel.recommendations.mapping import InteractionMap, Mapped, Value

EVENTS_PER_CALL = 10
IMPRESSIONS = 25
MAX_ID = 256
"""Personalize's limits: events of a call, products of an impression, characters of an id."""
Shown = Callable[[Event, str], tuple[str, ...]]
"""Of an event and its product: the products of the list that it was chosen from."""


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
    shown: tuple[str, ...] = ()

    def to_event(self) -> dict[str, Any]:
        """The interaction as one entry of PutEvents' `eventList`."""
        # Personalize keeps the first event of an id, so one that is sent twice is harmless.
        event: dict[str, Any] = {"eventId": self.event_id, "eventType": self.event_type, "itemId": self.item_id, "sentAt": self.at}
        if self.value is not None:
            event["eventValue"] = self.value
        if self.recommendation_id:
            event["recommendationId"] = self.recommendation_id
        if self.shown:
            event["impression"] = list(self.shown)
        return event


def nothing(event: Event, product_id: str) -> tuple[str, ...]:
    """Nobody knows what was shown."""
    return ()


def unusable(event: Event, mapping: InteractionMap) -> Reason | None:
    """Why Personalize cannot learn from the event; None when it can."""
    if event.type != "track" or event.name not in mapping.types:
        return Reason.UNMAPPED_EVENT
    if not event.products:
        return Reason.NO_ITEM
    if any(len(product.product_id) > MAX_ID for product in event.products):
        return Reason.ID_TOO_LONG
    return None if event.anonymous_id or event.session_id or event.user_id else Reason.NO_SESSION


def interactions_of(event: Event, mapping: InteractionMap, customer_id: str = "", shown: Shown = nothing) -> tuple[Interaction, ...]:
    """What the event says to Personalize, one for each product of an order; raises `Unusable` with the reason.

    `shown` tells the products among which one was chosen, where the event itself does not.
    """
    reason = unusable(event, mapping)
    if reason:
        raise Unusable(reason)
    mapped = mapping.types[event.name]
    several, session = len(event.products) > 1, session_of(event)
    return tuple(
        Interaction(
            event_id=f"{event.message_id}#{n}" if several else event.message_id,
            event_type=mapped.type,
            item_id=product.product_id,
            session_id=session,
            customer_id=customer_id,
            at=event.at,
            value=_value(mapped, event, product),
            recommendation_id=event.recommendation_id,
            shown=impression(event.shown or shown(event, product.product_id), product.product_id),
        )
        for n, product in enumerate(event.products)
    )


def impression(shown: tuple[str, ...], chosen: str) -> tuple[str, ...]:
    """At most as many as Personalize takes, the chosen one among them: a list in which it was not seen says nothing of it."""
    if chosen not in shown:
        return ()
    first = shown[:IMPRESSIONS]
    return first if chosen in first else (*first[:-1], chosen)


def _value(mapped: Mapped, event: Event, product: Product) -> float | None:
    if mapped.value is Value.NONE:
        return None
    # The amount of an event about one product is that product's.
    price = product.price if len(event.products) > 1 else product.price or event.value
    return price * (product.quantity or 1) if mapped.value is Value.AMOUNT and price is not None and product.price else price


def session_of(event: Event) -> str:
    """What links a visitor's events before and after login: the device's id, else the session, else a name for the user id.

    The user id itself stays ours: somebody whom we do not know is not told to Personalize by it.
    """
    if event.anonymous_id or event.session_id:
        return event.anonymous_id or event.session_id
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
