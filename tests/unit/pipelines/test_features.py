"""Features as of a date: windows, absence, and that nothing of the future is in them."""

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from omnichannel.contracts.datasets import (
    EVENTS,
    MESSAGING_FEEDBACK,
    ORDER_LINES,
    ORDERS,
    PRODUCTS,
    PROFILE_TRAITS,
    RETURNS,
    SUBSCRIPTIONS,
    TICKETS,
)
from pipelines.engine import DuckDb, sql
from pipelines.features import customer_features, registered
from pipelines.tables import Facts, described
from tests.unit.pipelines.shops import Shop, lively_shop

DAY = date(2025, 3, 1)
MIDNIGHT = datetime(2025, 3, 1, tzinfo=UTC)


def ago(**time: float) -> datetime:
    return MIDNIGHT - timedelta(**time)


@cache
def query() -> str:
    """Compiled once for all tests: the tables have the same names and columns in each."""
    tables = described()
    return sql(customer_features(tables.history.customers, tables.sources).order_by("customer_id"), DuckDb.dialect)


def features(facts: Facts, on: date = DAY) -> pd.DataFrame:
    facts.as_of(on)
    return facts.engine.rows(query()).to_pandas().set_index("customer_id")


def test_windows_are_half_open(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    ref = empty_shop.customer("A")
    for at in (MIDNIGHT, ago(seconds=1), ago(days=30), ago(days=30, seconds=1)):
        empty_shop.order(ref, at)

    one = features(facts_of(empty_shop)).loc["c_A"]

    assert (one.orders_30d, one.orders_90d) == (2, 3)


def test_the_rhythm_of_buying_is_measured_in_own_intervals(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    ref = empty_shop.customer("A")
    for days in (40, 30, 20):
        empty_shop.order(ref, ago(days=days), total=Decimal(days))

    one = features(facts_of(empty_shop)).loc["c_A"]

    assert (one.recency_days, one.tenure_days, one.days_between_orders, one.overdue_ratio, one.spend_365d) == (20, 40, 10, 2, 90)


def test_a_single_order_has_no_rhythm(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    empty_shop.order(empty_shop.customer("A"), ago(days=40))

    one = features(facts_of(empty_shop)).loc["c_A"]

    assert all(math.isnan(one[name]) for name in ("days_between_orders", "overdue_ratio", "overdue_days"))


def test_orders_of_the_same_day_are_overdue_in_days(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    ref = empty_shop.customer("A")
    for hours in (48, 42):
        empty_shop.order(ref, ago(hours=hours))

    one = features(facts_of(empty_shop)).loc["c_A"]

    assert (one.days_between_orders, one.overdue_ratio) == (0.25, 1.75)


def test_of_changes_of_one_moment_the_later_file_s_holds(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    ref, at = empty_shop.customer("A"), ago(days=5)
    cancelled = {"status": "cancelled", "op": "U", "_sequence": 20250224000000002, "_line": 1}
    empty_shop.order(ref, at, order_id="O", _sequence=20250224000000001, _line=70)
    empty_shop.order(ref, at, order_id="O", source_ts=at, **cancelled)
    empty_shop.order(ref, at, order_id="O", _sequence=0, _line=900)

    one = features(facts_of(empty_shop)).loc["c_A"]

    assert one.orders_30d == 0


def test_another_account_s_orders_count_from_when_both_were_known_to_be_one(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    empty_shop.order(empty_shop.customer("A"), ago(days=60))
    empty_shop.link("A", "customer_ref", "B", ago(days=10))
    empty_shop.order("B", ago(days=50))

    facts = facts_of(empty_shop)
    now, before = features(facts).loc["c_A"], features(facts, on=DAY - timedelta(days=20)).loc["c_A"]

    assert (before.orders_total, now.orders_total) == (1, 2)


def test_cancelled_and_deleted_orders_do_not_count(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    ref = empty_shop.customer("A")
    for number in ("kept", "cancelled", "deleted"):
        empty_shop.order(ref, ago(days=5), order_id=number)
    empty_shop.order(ref, ago(days=5), order_id="cancelled", op="U", source_ts=ago(days=4), status="cancelled")
    empty_shop.order(ref, ago(days=5), order_id="deleted", op="D", source_ts=ago(days=4))

    one = features(facts_of(empty_shop)).loc["c_A"]

    assert one.orders_30d == 1


def test_a_full_load_tells_later_of_orders_that_were_there_before(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    ref = empty_shop.customer("A")
    empty_shop.order(ref, ago(days=100), source_ts=ago(days=1))

    earlier = features(facts_of(empty_shop), on=DAY - timedelta(days=90)).loc["c_A"]

    assert earlier.orders_30d == 1


def test_a_subscription_s_end_is_unknown_before_it_was_told(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    ref = empty_shop.customer("A")
    given = {"subscription_id": "S", "customer_ref": ref, "plan": "p", "started_at": ago(days=100), "price": Decimal(1), "currency": "EUR"}
    empty_shop.order(ref, ago(days=100))
    empty_shop.add(SUBSCRIPTIONS, **given, status="active", renews_at=ago(days=-20))
    empty_shop.add(SUBSCRIPTIONS, **given, status="cancelled", ends_at=ago(days=-5), op="U", source_ts=ago(days=1))

    facts = facts_of(empty_shop)
    now, before = features(facts).loc["c_A"], features(facts, on=DAY - timedelta(days=10)).loc["c_A"]

    assert (before.subscription_active, before.subscription_days_left, now.subscription_active) == (1, 30, 0)


def test_till_sales_find_their_customer_by_card_and_by_e_mail(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    empty_shop.customer("A")
    hashed = "3e693cf7e5b67880bff33b2d2626dadb7bf1d4bc737192e47cf8baa89acf2250"
    empty_shop.link("A", "loyalty_card", "1234", ago(days=50))
    empty_shop.link("A", "email_sha256", hashed, ago(days=50))
    empty_shop.order(None, ago(days=3), loyalty_card="12-34", channel="store")
    empty_shop.order(None, ago(days=2), email=" Zoe@Example.com ", channel="store")
    empty_shop.order(None, ago(days=1), loyalty_card="unknown", channel="store")

    one = features(facts_of(empty_shop)).loc["c_A"]

    assert one.orders_30d == 2


def test_anonymous_visits_count_from_the_day_they_were_linked(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    ref = empty_shop.customer("A")
    empty_shop.order(ref, ago(days=60))
    empty_shop.link("A", "anonymous_id", "visitor", ago(days=5))
    empty_shop.event("Product Viewed", ago(days=12), anonymous_id="visitor")

    facts = facts_of(empty_shop)
    now, before = features(facts).loc["c_A"], features(facts, on=DAY - timedelta(days=10)).loc["c_A"]

    assert (now.product_views_30d, before.product_views_30d) == (1, 0)


def test_what_is_done_under_a_user_id_that_is_nobodys_counts_for_nobody(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    ref = empty_shop.customer("A")
    empty_shop.order(ref, ago(days=60))
    empty_shop.link("A", "anonymous_id", "browser", ago(days=30))
    for user_id in ("till", None, "undefined"):
        empty_shop.event("Product Viewed", ago(days=2), user_id=user_id, anonymous_id="browser")

    assert features(facts_of(empty_shop)).loc["c_A"].product_views_30d == 2


def test_a_message_counts_once(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    ref = empty_shop.customer("A")
    empty_shop.order(ref, ago(days=60))
    for _ in range(3):
        empty_shop.event("Product Added", ago(days=2), user_id=ref, message_id="same")

    one = features(facts_of(empty_shop)).loc["c_A"]

    assert (one.cart_adds_30d, one.open_intent_30d) == (1, 1)


def test_a_rating_given_later_is_not_known_yet(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    ref = empty_shop.customer("A")
    empty_shop.order(ref, ago(days=60))
    empty_shop.add(TICKETS, ticket_id="T", customer_ref=ref, opened_at=ago(days=3), closed_at=ago(days=-1), channel="mail", csat=1)

    one = features(facts_of(empty_shop)).loc["c_A"]

    assert (one.tickets_180d, one.low_csat_90d, math.isnan(one.csat_180d)) == (1, 0, True)


def test_what_no_data_set_tells_has_the_absent_value(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    empty_shop.order(empty_shop.customer("A"), ago(days=60))

    one = features(facts_of(empty_shop)).loc["c_A"]

    elsewhere = [
        f
        for f in registered()
        if f.family in {"visits", "intent", "returns", "support", "subscription", "range", "interests", "messaging", "segments"}
    ]
    assert elsewhere
    assert all(math.isnan(one[f.name]) if f.absent is None else one[f.name] == f.absent for f in elsewhere)


def test_a_customer_without_any_history_has_a_row(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    empty_shop.order(empty_shop.customer("A"), ago(days=60))
    empty_shop.customer("Z")

    one = features(facts_of(empty_shop)).loc["c_Z"]

    assert all(math.isnan(one[f.name]) if f.absent is None else one[f.name] == f.absent for f in registered())


def test_no_value_is_infinite(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    ref = empty_shop.customer("A")
    empty_shop.order(ref, ago(days=400), total=Decimal("99999999999999.9999"))
    empty_shop.add(RETURNS, return_id="R", customer_ref=ref, product_id="P", quantity=1, returned_at=ago(days=2), amount=Decimal(0))

    found = features(facts_of(empty_shop))

    assert not found.isin([math.inf, -math.inf]).any().any()


def test_a_topic_that_nobody_foresaw_counts_as_another(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    ref = empty_shop.customer("A")
    for n, topic in enumerate((" Delivery ", "delivery", "my neighbour took it", None)):
        empty_shop.add(TICKETS, ticket_id=f"T{n}", customer_ref=ref, opened_at=ago(days=3), channel="mail", topic=topic)

    one = features(facts_of(empty_shop)).loc["c_A"]

    assert (one.tickets_180d, one.tickets_delivery_180d, one.tickets_other_180d, one.tickets_open) == (4, 2, 2, 4)


def test_a_product_that_the_catalog_does_not_know_is_of_no_category(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    empty_shop.order(empty_shop.customer("A"), ago(days=3), order_id="O")
    empty_shop.add(ORDER_LINES, order_id="O", line=1, product_id="new", quantity=2, unit_price=Decimal(5), source_ts=ago(days=3))

    one = features(facts_of(empty_shop)).loc["c_A"]

    assert (one.products_365d, one.units_per_order_365d, one.categories_365d) == (1, 2, 0)


def test_a_return_is_of_whoever_made_the_order(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    empty_shop.order(empty_shop.customer("A"), ago(days=30), order_id="O", status="cancelled")
    empty_shop.add(RETURNS, return_id="R", order_id="O", product_id="P", quantity=1, returned_at=ago(days=20), amount=Decimal(12))

    one = features(facts_of(empty_shop)).loc["c_A"]

    assert (one.returns_90d, one.returned_amount_90d) == (1, 12)


def test_wishes_of_days_before_the_last_order_are_not_open(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    ref = empty_shop.customer("A")
    empty_shop.order(ref, ago(days=5))
    for days in (10, 4.5, 4, 2):
        empty_shop.event("Product Added to Wishlist", ago(days=days), user_id=ref)

    one = features(facts_of(empty_shop)).loc["c_A"]

    assert (one.wishlist_90d, one.open_intent_30d) == (4, 2)


def test_messages_count_by_what_became_of_them(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    empty_shop.customer("A")
    for n, (kind, days) in enumerate(
        (("sent", 9), ("delivered", 9), ("delivered", 5), ("open", 5), ("click", 5), ("bounce", 100), ("open", 95))
    ):
        empty_shop.add(MESSAGING_FEEDBACK, event_id=f"E{n}", sink="file", customer_id="c_A", type=kind, at=ago(days=days))

    one = features(facts_of(empty_shop)).loc["c_A"]

    assert (one.messages_90d, one.opens_90d, one.clicks_90d, one.open_rate_90d, one.bounces_180d) == (2, 1, 1, 0.5, 1)


def test_orders_count_from_when_they_were_made_though_the_account_was_exported_with_its_address_later(
    facts_of: Callable[..., Facts], empty_shop: Shop
) -> None:
    empty_shop.link("A", "email_sha256", "a" * 64, ago(days=300))
    empty_shop.link("A", "customer_ref", "A", ago(days=1))
    empty_shop.order("A", ago(days=60))

    before = features(facts_of(empty_shop), on=DAY - timedelta(days=20)).loc["c_A"]

    assert before.orders_total == 1


def test_messages_to_a_merged_customer_are_the_survivor_s_from_the_merge_on(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    empty_shop.customer("A")
    held = {"customer_id": "c_old", "id_type": "customer_ref", "id_value": "B", "valid_from": ago(days=300), "valid_to": ago(days=10)}
    empty_shop.links.append(held)
    empty_shop.link("A", "customer_ref", "B", ago(days=10))
    for n, days in enumerate((40, 30, 5)):
        empty_shop.add(MESSAGING_FEEDBACK, event_id=f"E{n}", sink="file", customer_id="c_old", type="delivered", at=ago(days=days))

    facts = facts_of(empty_shop)
    now, before = features(facts).loc["c_A"], features(facts, on=DAY - timedelta(days=20)).loc["c_A"]

    assert (before.messages_90d, now.messages_90d) == (0, 3)


def test_audiences_of_segment_count_while_they_hold(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    empty_shop.link("A", "segment_id", "use_1", ago(days=300))
    told = (
        ("vip", "true", 50),
        ("vip", "false", 20),
        ("big", "true", 40),
        ("old", "true", 200),
        ("old", "false", 150),
        ("city", "Rome", 9),
    )
    for n, (name, value, days) in enumerate(told):
        empty_shop.add(PROFILE_TRAITS, canonical_segment_id="use_1", name=name, value=value, timestamp=ago(days=days), seq=n)

    facts = facts_of(empty_shop)
    now, before = features(facts).loc["c_A"], features(facts, on=DAY - timedelta(days=30)).loc["c_A"]

    assert (now.segments_in, now.segments_left_90d, before.segments_in, before.segments_left_90d) == (1, 1, 2, 0)


def test_an_audience_left_once_is_left_whatever_is_repeated(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    empty_shop.link("A", "segment_id", "use_1", ago(days=300))
    told = (
        ("vip", "true", 50),
        ("vip", "false", 20),
        ("vip", "false", 10),
        ("old", "true", 200),
        ("old", "false", 150),
        ("old", "false", 5),
    )
    for n, (name, value, days) in enumerate(told):
        empty_shop.add(PROFILE_TRAITS, canonical_segment_id="use_1", name=name, value=value, timestamp=ago(days=days), seq=n)

    one = features(facts_of(empty_shop)).loc["c_A"]

    assert (one.segments_in, one.segments_left_90d) == (0, 1)


def test_a_subscription_that_will_end_has_not_ended(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    given = {"started_at": ago(days=100), "price": Decimal(9), "currency": "EUR", "plan": "p", "source_ts": ago(days=2)}
    for ref, status, ends in (("will", "cancelled", -10), ("today", "cancelled", 0), ("has", "cancelled", 1), ("runs", "active", -10)):
        ref = empty_shop.customer(ref)
        empty_shop.add(SUBSCRIPTIONS, subscription_id=ref, customer_ref=ref, status=status, ends_at=ago(days=ends), **given)

    found = features(facts_of(empty_shop))

    years = (3 * 100 + 99) / 365
    assert found.subscriptions_ended_365d.to_dict() == {"c_will": 0, "c_today": 0, "c_has": 1, "c_runs": 0}
    assert found.plan_ended_share_max["c_runs"] == pytest.approx((1 + 20 / 4) / (4 + 20))
    assert found.plan_endings_a_year_max["c_runs"] == pytest.approx((1 + 20 / years) / (years + 20))


def test_a_subscription_without_an_end_has_ended_when_it_first_was_told_so(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    given = {"started_at": ago(days=700), "price": Decimal(9), "currency": "EUR", "plan": "p"}
    told = {
        "touched": ((700, "active"), (400, "cancelled"), (10, "cancelled")),
        "again": ((700, "active"), (600, "cancelled"), (450, "active"), (300, "cancelled"), (5, "cancelled")),
        "resumed": ((700, "active"), (50, "cancelled"), (20, "active")),
    }
    for name, versions in told.items():
        ref = empty_shop.customer(name)
        for days, status in versions:
            empty_shop.add(SUBSCRIPTIONS, subscription_id=ref, customer_ref=ref, status=status, source_ts=ago(days=days), **given)

    found = features(facts_of(empty_shop))

    assert found.subscriptions_ended_365d.to_dict() == {"c_touched": 0, "c_again": 1, "c_resumed": 0}
    years = (300 + 400 + 700) / 365
    assert found.plan_endings_a_year_max["c_resumed"] == pytest.approx((2 + 20 * 2 / years) / (years + 20))


def test_renewals_are_counted_as_they_were_told(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    ref = empty_shop.customer("A")
    given = {"subscription_id": "S", "customer_ref": ref, "plan": "p", "started_at": ago(days=100), "price": Decimal(9), "currency": "EUR"}
    for days in (100, 70, 40):
        empty_shop.add(SUBSCRIPTIONS, **given, status="active", renews_at=ago(days=days - 30), source_ts=ago(days=days))

    facts = facts_of(empty_shop)
    now, before = features(facts).loc["c_A"], features(facts, on=DAY - timedelta(days=50)).loc["c_A"]

    assert (now.subscription_renewals, before.subscription_renewals, now.subscription_price) == (2, 1, 9)


def test_what_became_of_a_plan_is_as_it_was_on_the_date(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    for n, (plan, ended) in enumerate([("left", 100), ("left", 20), ("left", None), ("kept", None)]):
        given = {"subscription_id": f"S{n}", "customer_ref": empty_shop.customer(f"C{n}"), "plan": plan, "started_at": ago(days=365)}
        rest = {"price": Decimal(9), "currency": "EUR", "renews_at": ago(days=0)}
        empty_shop.add(SUBSCRIPTIONS, **given, **rest, status="active", source_ts=ago(days=365))
        if ended:
            empty_shop.add(SUBSCRIPTIONS, **given, **rest, status="cancelled", ends_at=ago(days=ended), op="U", source_ts=ago(days=ended))

    facts = facts_of(empty_shop)
    now, before = features(facts), features(facts, on=DAY - timedelta(days=50))

    years = (265 + 345 + 365 + 365) / 365
    assert now.plan_ended_share_max["c_C2"] == pytest.approx((2 + 20 * 2 / 4) / (3 + 20))
    assert before.plan_ended_share_max["c_C2"] == pytest.approx((1 + 20 * 1 / 4) / (3 + 20))
    assert now.plan_endings_a_year_min["c_C3"] == pytest.approx((0 + 20 * 2 / years) / (1 + 20))
    assert np.isnan(now.plan_ended_share_max["c_C0"])


def test_what_binds_is_told_by_the_active_subscriptions(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    ref = empty_shop.customer("A")
    given = {"customer_ref": ref, "plan": "p", "status": "active", "price": Decimal(9), "currency": "EUR"}
    for n, ends in (("1", None), ("2", ago(days=-60))):
        dates = {"started_at": ago(days=30), "renews_at": ago(days=-60), "ends_at": ends, "source_ts": ago(days=30)}
        empty_shop.add(SUBSCRIPTIONS, subscription_id=n, **given, **dates)

    one = features(facts_of(empty_shop)).loc["c_A"]

    assert (one.subscriptions_active, one.subscription_renews_itself, one.subscription_term_days) == (2, 1, 90)


def test_every_feature_says_what_it_means() -> None:
    told = [f.to_dict() for f in registered()]

    assert 45 <= len(told) <= 80
    assert all(d["meaning"] and d["unit"] and d["owner"] for d in told)
    assert {(d["expected"], d["drives"]) for d in told} <= {(sign, model) for sign in "+-" for model in ("churn", "repurchase")}


FUTURE: dict[str, Callable[[Shop, str], Any]] = {
    "an order": lambda shop, ref: shop.order(ref, ago(days=-1)),
    "an order at midnight": lambda shop, ref: shop.order(ref, MIDNIGHT, total=Decimal(999)),
    "a cancellation": lambda shop, ref: shop.rows[ORDERS.table].append(
        {**shop.rows[ORDERS.table][0], "op": "U", "status": "cancelled", "source_ts": MIDNIGHT}
    ),
    "a deletion": lambda shop, ref: shop.rows[ORDERS.table].append({**shop.rows[ORDERS.table][0], "op": "D", "source_ts": ago(days=-3)}),
    "another line": lambda shop, ref: shop.rows[ORDER_LINES.table].append(
        {**shop.rows[ORDER_LINES.table][0], "op": "U", "product_id": "P11", "source_ts": MIDNIGHT}
    ),
    "another category": lambda shop, ref: shop.rows[PRODUCTS.table].append(
        {**shop.rows[PRODUCTS.table][0], "op": "U", "category_l1": "new", "source_ts": MIDNIGHT}
    ),
    "a return": lambda shop, ref: shop.add(
        RETURNS, return_id="R", customer_ref=ref, product_id="P1", quantity=1, returned_at=MIDNIGHT, amount=Decimal(1)
    ),
    "a ticket": lambda shop, ref: shop.add(TICKETS, ticket_id="T", customer_ref=ref, opened_at=MIDNIGHT, channel="mail", csat=1),
    "an event": lambda shop, ref: shop.event("Product Viewed", MIDNIGHT, user_id=ref),
    "a message again": lambda shop, ref: shop.rows[EVENTS.table].append({**shop.rows[EVENTS.table][-1], "timestamp": ago(days=-1)}),
    "a subscription": lambda shop, ref: shop.add(
        SUBSCRIPTIONS,
        subscription_id="S",
        customer_ref=ref,
        plan="p",
        started_at=MIDNIGHT,
        status="active",
        price=Decimal(1),
        currency="EUR",
    ),
    "a link": lambda shop, ref: shop.link(ref, "anonymous_id", "visitor", MIDNIGHT),
}


def test_nothing_that_happens_later_changes_a_feature(facts_of: Callable[..., Facts]) -> None:
    shop = lively_shop(15)
    shop.event("Product Viewed", ago(days=2), anonymous_id="visitor")
    before = features(facts_of(shop))

    for happen in FUTURE.values():
        happen(shop, "R0000")

    pd.testing.assert_frame_equal(features(facts_of(shop)), before)
