"""What live events change: each rule names features that exist, and changes them as the batch will when it sees the event."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from omnichannel.contracts.events import EventName
from omnichannel.scoring.deltas import RULES, LiveEvent, UnusableEvent, apply, changed_by
from pipelines.features import registered

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)


def event(name: str, *, minutes: int = 1, **more: Any) -> LiveEvent:
    return LiveEvent(name=name, at=AS_OF + timedelta(minutes=minutes), **more)


def after(values: dict[str, float], *events: LiveEvent) -> dict[str, float]:
    return apply(values, events, since=AS_OF)[0]


def test_every_rule_names_features_that_exist():
    known = {feature.name for feature in registered()}

    assert {name for event_name in RULES for name in changed_by(event_name)} <= known


def test_every_event_that_we_act_on_has_its_rules():
    assert set(RULES) == set(EventName)


def test_without_events_nothing_changes():
    values = {"recency_days": 3.5, "days_since_visit": math.nan}

    fresh, changes = apply(values, (), since=AS_OF)

    assert (fresh["recency_days"], math.isnan(fresh["days_since_visit"]), changes) == (3.5, True, [])


def test_a_product_view_counts_and_is_a_visit():
    found = after({"product_views_30d": 4, "product_views_trend": -1, "days_since_visit": 8}, event("Product Viewed"))

    assert found == {"product_views_30d": 5, "product_views_trend": 0, "days_since_visit": 0}


def test_an_order_changes_what_it_alone_can_tell():
    before = {
        "orders_30d": 0, "orders_90d": 1, "orders_365d": 3, "spend_365d": 90, "average_order_365d": 30, "recency_days": 40,
        "overdue_ratio": 1.4, "open_intent_30d": 2, "store_share_365d": 1 / 3, "days_between_orders": 30, "tenure_days": 100,
        "orders_total": 4,
    }  # fmt: skip

    found = after(before, event("Order Completed", value=70))

    assert found == {
        "orders_30d": 1, "orders_90d": 2, "orders_365d": 4, "spend_365d": 160, "average_order_365d": 40, "recency_days": 0,
        "overdue_ratio": 0, "open_intent_30d": 0, "store_share_365d": 0.25, "days_between_orders": 25, "tenure_days": 100,
        "orders_total": 5,
    }  # fmt: skip


@pytest.mark.parametrize("orders", [0, 1, 2])
def test_returns_are_shared_by_one_order_more(orders: int):
    shared = 2 / orders if orders else 0.0

    assert after({"orders_90d": orders, "returns_90d": 2, "return_share_90d": shared}, event("Order Completed")) == {
        "orders_90d": orders + 1, "returns_90d": 2, "return_share_90d": 2 / (orders + 1)
    }  # fmt: skip


@pytest.mark.parametrize(("orders", "before", "mean"), [(4, 30.0, 25.0), (1, math.nan, 100.0)])
def test_one_order_more_makes_the_mean_interval_as_the_batch_will(orders: int, before: float, mean: float):
    values = {"tenure_days": 100, "orders_total": orders, "days_between_orders": before, "overdue_ratio": before, "overdue_days": before}

    found = after(values, event("Order Completed"))

    assert found == {
        "tenure_days": 100, "orders_total": orders + 1, "days_between_orders": mean, "overdue_ratio": 0, "overdue_days": -mean
    }  # fmt: skip


def test_a_first_order_has_no_interval():
    found = after({"tenure_days": 0, "orders_total": 0, "days_between_orders": math.nan}, event("Order Completed"))

    assert (found["orders_total"], math.isnan(found["days_between_orders"])) == (1, True)


def test_a_day_with_several_visits_is_one():
    visits = [event("Product Viewed", minutes=minutes) for minutes in (1, 2, 24 * 60 + 1)]

    assert after({"visit_days_30d": 4}, *visits) == {"visit_days_30d": 6}


def test_what_is_put_into_the_cart_on_the_day_of_an_order_is_not_open():
    found = after({"open_intent_30d": 5, "recency_days": 8}, event("Order Completed", minutes=1), event("Product Added", minutes=2))

    assert found["open_intent_30d"] == 0


def test_an_order_without_its_amount_leaves_amounts_alone():
    found = after({"orders_365d": 3, "spend_365d": 90, "average_order_365d": 30}, event("Order Completed"))

    assert found == {"orders_365d": 4, "spend_365d": 90, "average_order_365d": 30}


def test_an_unknown_value_stays_unknown_unless_the_event_tells_it():
    found = after({"overdue_ratio": math.nan, "recency_days": math.nan}, event("Order Completed"))

    assert math.isnan(found["overdue_ratio"])
    assert found["recency_days"] == 0


def test_features_that_a_model_does_not_read_are_not_made():
    assert after({"tenure_days": 10}, event("Order Completed", value=3)) == {"tenure_days": 10}


def test_what_the_batch_has_seen_and_what_comes_twice_count_once():
    events = [
        event("Products Searched", minutes=-1),
        event("Products Searched", message_id="m"),
        event("Products Searched", message_id="m"),
    ]

    fresh, changes = apply({"searches_30d": 2.0}, events, since=AS_OF)

    assert fresh == {"searches_30d": 3}
    assert [(change.event, change.feature, change.before, change.after) for change in changes] == [
        ("Products Searched", "searches_30d", 2, 3)
    ]


def test_events_that_no_rule_knows_change_nothing():
    assert after({"days_since_visit": 8}, event("Signed Up")) == {"days_since_visit": 8}


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ("text", "an event is a JSON object"),
        ({"at": "2026-11-01"}, "name is NoneType"),
        ({"name": "Product Viewed", "at": "yesterday"}, "ISO 8601"),
        ({"name": "Product Viewed", "at": 5}, "at is int"),
        ({"name": "Order Completed", "at": "2026-11-01", "value": math.inf}, "finite number"),
        ({"name": "Order Completed", "at": "2026-11-01", "value": "secret"}, "finite number"),
    ],
)
def test_an_event_that_cannot_be_read_says_what_was_expected(found: Any, message: str):
    with pytest.raises(UnusableEvent, match=message) as refused:
        LiveEvent.of(found)

    assert "secret" not in str(refused.value)


def test_an_event_of_the_bus_is_read():
    found = LiveEvent.of({"name": "Order Completed", "at": "2026-11-01T09:00:00+01:00", "value": 12, "message_id": "m", "products": []})

    assert found == LiveEvent(name="Order Completed", at=datetime(2026, 11, 1, 8, tzinfo=UTC), value=12.0, message_id="m")
