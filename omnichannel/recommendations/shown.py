"""Lists of products that visitors were shown, beside what they chose from them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from omnichannel.realtime.events import Event
from omnichannel.recommendations.interactions import session_of

REMEMBERED = timedelta(minutes=30)
"""How long before a choice its list may have been shown."""


class Lists:
    """The lists in a batch of events; as a `Shown` it finds the one that a product was chosen from.

    `chosen_from` tells of each list, by its message id, which events chose from it.
    """

    def __init__(self, events: Iterable[Event]) -> None:
        self.chosen_from: defaultdict[str, set[str]] = defaultdict(set)
        self._by_session: defaultdict[str, list[tuple[Event, tuple[str, ...]]]] = defaultdict(list)
        for event in sorted(events, key=lambda event: event.at, reverse=True):
            products = tuple(product.product_id for product in event.products)
            self._by_session[session_of(event)].append((event, products))

    def __call__(self, event: Event, product_id: str) -> tuple[str, ...]:
        """The products of the latest list before the event that has the product; none when there is no such list."""
        for shown, products in self._by_session.get(session_of(event), ()):
            if product_id in products and timedelta() <= event.at - shown.at <= REMEMBERED:
                self.chosen_from[shown.message_id].add(event.message_id)
                return products
        return ()
