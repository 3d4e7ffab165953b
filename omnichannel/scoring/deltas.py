"""What a live event changes about the features that were stored last night: rules over plain values, one table.

An event changes what it alone can tell. What needs a customer's history (how evenly orders came, categories and channels bought through,
discounts) stays as the batch made it until the next batch; so do windows, from which nothing drops out during a day. A feature that the
model does not read is left alone, and so is one whose value is unknown, unless the event says what it is.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Self

from omnichannel.contracts.events import EventName

Values = Mapping[str, float]
"""Features by name, NaN where unknown."""


class UnusableEvent(ValueError):
    """An event that no rule can read; the message says what was expected, never what the event said."""


@dataclass(frozen=True, kw_only=True)
class LiveEvent:
    """What rules need of an event: its name, when it happened, its amount if it has one, and the id by which it is known again."""

    name: str
    at: datetime
    value: float = math.nan
    message_id: str = ""
    first_of_day: bool = True

    @classmethod
    def of(cls, found: object) -> Self:
        """From an event as the bus carries it (`name`, `at`, `value`, `message_id`); raises `UnusableEvent`."""
        if not isinstance(found, Mapping):
            raise UnusableEvent("an event is a JSON object with name and at, as the bus carries it")
        return cls(name=_text(found, "name"), at=_time(found), value=_amount(found), message_id=str(found.get("message_id") or ""))


@dataclass(frozen=True, kw_only=True)
class Change:
    """One feature that an event changed."""

    event: str
    feature: str
    before: float | None
    after: float


Rule = Callable[[Values, LiveEvent], float]
"""The feature's value after the event; NaN where it cannot be told, which leaves the feature as it was."""


def more(name: str) -> Rule:
    """One more than so far."""
    return lambda values, _: _of(values, name) + 1


def now(_: Values, __: LiveEvent) -> float:
    """It is zero days ago, or nothing is left open."""
    return 0.0


def spent(name: str) -> Rule:
    """What the order cost is added."""
    return lambda values, event: _of(values, name) + event.value


def _average(values: Values, event: LiveEvent) -> float:
    orders = _of(values, "orders_365d")
    return (_of(values, "average_order_365d") * orders + event.value) / (orders + 1)


def _in_shops(values: Values, _: LiveEvent) -> float:
    orders = _of(values, "orders_365d")
    return _of(values, "store_share_365d") * orders / (orders + 1)


def _visit_days(values: Values, event: LiveEvent) -> float:
    return _of(values, "visit_days_30d") + event.first_of_day


def _wanted(values: Values, _: LiveEvent) -> float:
    # What is put aside on the day of an order is counted as bought, as in the batch.
    return _of(values, "open_intent_30d") + (values.get("recency_days") != 0)


def _returned(values: Values, _: LiveEvent) -> float:
    return _of(values, "returns_90d") / (_of(values, "orders_90d") + 1)


def _interval(values: Values, _: LiveEvent) -> float:
    # The mean days between orders: from the first to this one, over the orders before it.
    return _of(values, "tenure_days") / (_of(values, "orders_total") or math.nan)


def _no_longer_overdue(values: Values, event: LiveEvent) -> float:
    return _interval(values, event) * 0.0


def _due_again(values: Values, event: LiveEvent) -> float:
    return -_interval(values, event)


def _of(values: Values, name: str) -> float:
    return values.get(name, math.nan)


_VISIT: dict[str, Rule] = {"days_since_visit": now, "visit_days_30d": _visit_days}
_ORDERS = ("orders_30d", "orders_90d", "orders_180d", "orders_365d", "orders_total", "orders_trend_90d")
RULES: dict[str, dict[str, Rule]] = {
    EventName.PRODUCT_VIEWED: {n: more(n) for n in ("product_views_30d", "product_views_90d", "product_views_trend")},
    EventName.PRODUCT_ADDED: {"cart_adds_30d": more("cart_adds_30d"), "open_intent_30d": _wanted},
    EventName.PRODUCT_ADDED_TO_WISHLIST: {"wishlist_90d": more("wishlist_90d"), "open_intent_30d": _wanted},
    EventName.PRODUCTS_SEARCHED: {"searches_30d": more("searches_30d")},
    EventName.PRODUCT_LIST_VIEWED: {},
    EventName.CHECKOUT_STARTED: {"checkouts_30d": more("checkouts_30d")},
    EventName.ORDER_COMPLETED: {
        **{n: more(n) for n in _ORDERS},
        **{n: spent(n) for n in ("spend_90d", "spend_365d", "spend_trend_90d")},
        "average_order_365d": _average,
        # Live events come from the web and the app, so what they tell of was not bought in a shop.
        "store_share_365d": _in_shops,
        "return_share_90d": _returned,
        "recency_days": now,
        "days_between_orders": _interval,
        "overdue_ratio": _no_longer_overdue,
        "overdue_days": _due_again,
        "open_intent_30d": now,
    },
}
"""By event, every feature that it changes and how; each event is a visit as well. All rules of one event see the values before it."""


def changed_by(name: str) -> dict[str, Rule]:
    """The features that an event of that name changes; none for one that no rule knows."""
    return {**_VISIT, **RULES[name]} if name in RULES else {}


def apply(values: Values, events: Sequence[LiveEvent], *, since: datetime) -> tuple[dict[str, float], list[Change]]:
    """The values after those events that happened at `since` or later, in the order of their times, each message once."""
    result, changes = dict(values), []
    for event in _counted(events, since):
        found = {name: rule(result, event) for name, rule in changed_by(event.name).items() if name in result}
        told = {name: value for name, value in found.items() if not math.isnan(value) and value != result[name]}
        changes += [Change(event=event.name, feature=n, before=_known(result[n]), after=v) for n, v in told.items()]
        result.update(told)
    return result, changes


def _counted(events: Sequence[LiveEvent], since: datetime) -> Iterator[LiveEvent]:
    seen: set[object] = set()
    for event in sorted(events, key=lambda each: (each.at, each.message_id)):
        if event.at >= since and (not event.message_id or event.message_id not in seen):
            yield replace(event, first_of_day=event.at.date() not in seen)
            seen |= {event.message_id, event.at.date()}


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _text(found: Mapping[Any, Any], key: str) -> str:
    value = found.get(key)
    if not isinstance(value, str) or not value:
        raise UnusableEvent(f"an event's {key} is {type(value).__name__}; expected text")
    return value


def _time(found: Mapping[Any, Any]) -> datetime:
    text = _text(found, "at")
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UnusableEvent("an event's at is no ISO 8601 time, e.g. 2026-11-01T09:30:00+00:00") from None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _amount(found: Mapping[Any, Any]) -> float:
    value = found.get("value")
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise UnusableEvent(f"an event's value is {type(value).__name__}; expected a finite number or null")
    return float(value)
