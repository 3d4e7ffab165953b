"""Outcomes are counted from each customer's own day, for everybody who was drawn, over trusted tables."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnichannel.experiments.measure import EXPOSURE_SCHEMA, Arm, arms
from omnichannel.onboarding.schema import TABLES
from omnichannel.transform.lake import Lake, manifest

NOW = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 14
LONG_AGO = NOW - timedelta(days=30)


MOMENT, MONEY = pa.timestamp("us", tz="UTC"), pa.decimal128(18, 4)
TEXTS = {"order_id": pa.string(), "customer_id": pa.string()}
ORDER = {**TEXTS, "ordered_at": MOMENT, "total": MONEY, "status": pa.string(), "currency": pa.string()}


def lake(work: Path, *, orders=(), feedback=(), subscriptions=(), merged=()) -> Lake:
    """Tables as the transformations leave them. `orders`: customer, when, total, and optionally status and currency."""
    made = Lake(None, "trusted", work, as_of=NOW)
    every = [(*order, *("completed", "EUR")[len(order) - 3 :]) for order in orders]
    rows = [(f"o{n}", who, at, Decimal(str(total)), status, currency) for n, (who, at, total, status, currency) in enumerate(every)]
    links = [(row[0].removeprefix("ref-"), "customer_ref", row[0]) for row in subscriptions]
    put(made, "orders_of_customers", ORDER, rows)
    put(made, "messages_said", {"customer_id": pa.string(), "type": pa.string(), "at": MOMENT}, feedback)
    put(made, "subscriptions", {"customer_ref": pa.string(), "started_at": MOMENT, "ends_at": MOMENT}, subscriptions)
    put(made, "links_now", {"customer_id": pa.string(), "id_type": pa.string(), "id_value": pa.string()}, links)
    put(made, "redirects", {"customer_id": pa.string(), "survivor": pa.string()}, merged)
    return made


def put(lake: Lake, name: str, columns: dict[str, pa.DataType], rows) -> None:
    """The table with the columns that the test is about; the others are null."""
    found = table(columns, rows)
    for other in manifest()[name].columns if name in manifest() else (c.name for c in TABLES[name]):
        if other not in columns:
            found = found.append_column(other, pa.nulls(len(found), pa.string()))
    lake.put(name, found)


def table(columns: dict[str, pa.DataType], rows) -> pa.Table:
    schema = pa.schema(list(columns.items()))
    return pa.Table.from_pylist([dict(zip(columns, row, strict=True)) for row in rows], schema=schema)


def day(number: int | None) -> datetime | None:
    return None if number is None else LONG_AGO + timedelta(days=number)


def drawn(*rows: tuple[str, str, datetime]) -> pa.Table:
    return table({field.name: field.type for field in EXPOSURE_SCHEMA}, rows)


def measured(found: Lake, exposures: pa.Table) -> dict[str, Arm]:
    try:
        return arms(found, exposures, window_days=DAYS, currency="EUR")
    finally:
        found.close()


def test_orders_count_from_the_customers_own_day_until_the_window_is_over(tmp_path: Path):
    found = lake(tmp_path, orders=[
        ("a", LONG_AGO - timedelta(seconds=1), 10), ("a", LONG_AGO, 20), ("a", LONG_AGO + timedelta(days=DAYS), 40),
        ("b", LONG_AGO + timedelta(days=DAYS) - timedelta(seconds=1), 5),
    ])  # fmt: skip

    arm = measured(found, drawn(("a", "t", LONG_AGO), ("b", "t", LONG_AGO)))["t"]

    assert (arm.buyers, arm.orders, arm.spent, arm.spent_squares) == (2, 2, 25, 425)


def test_whoever_bought_nothing_counts_as_well(tmp_path: Path):
    arm = measured(lake(tmp_path, orders=[("a", LONG_AGO, 10)]), drawn(("a", "t", LONG_AGO), ("b", "t", LONG_AGO), ("c", "t", LONG_AGO)))[
        "t"
    ]

    assert arm.conversion.value == pytest.approx(1 / 3)
    assert arm.order_value.value == pytest.approx(10 / 3)


def test_cancelled_orders_and_other_currencies_are_no_sales(tmp_path: Path):
    found = lake(tmp_path, orders=[("a", LONG_AGO, 10, "cancelled"), ("b", LONG_AGO, 10, "completed", "USD")])

    assert measured(found, drawn(("a", "t", LONG_AGO), ("b", "t", LONG_AGO)))["t"].buyers == 0


def test_a_window_that_still_runs_is_not_counted_for_anybody(tmp_path: Path):
    late = NOW - timedelta(days=DAYS) + timedelta(seconds=1)

    arm = measured(lake(tmp_path, orders=[("a", late, 10)]), drawn(("a", "t", late), ("b", "t", LONG_AGO)))["t"]

    assert (arm.drawn, arm.customers, arm.buyers) == (2, 1, 0)


def test_customers_who_were_merged_count_once_and_those_of_both_arms_not_at_all(tmp_path: Path):
    found = lake(tmp_path, orders=[("a", LONG_AGO + timedelta(days=1), 10)], merged=[("old", "a"), ("left", "right")])

    both = measured(found, drawn(
        ("a", "t", LONG_AGO), ("old", "t", LONG_AGO + timedelta(days=2)), ("left", "t", LONG_AGO), ("right", "control", LONG_AGO),
    ))  # fmt: skip

    assert list(both) == ["t"]
    assert (both["t"].customers, both["t"].buyers) == (1, 1)


def test_engagement_and_staying_are_counted_within_the_window(tmp_path: Path):
    found = lake(
        tmp_path,
        feedback=[
            (who, kind, day(n)) for who, kind, n in (("a", "open", 0), ("a", "click", 0), ("b", "delivered", 0), ("c", "open", DAYS))
        ],
        subscriptions=[(f"ref-{who}", day(a), day(b)) for who, a, b in (("a", -9, None), ("b", -9, 3), ("c", 1, None), ("d", -9, -1))],
    )

    arm = measured(found, drawn(*((who, "t", LONG_AGO) for who in "abcd")))["t"]

    assert (arm.engaged, arm.subscribers, arm.stayed) == (1, 2, 1)


orders = st.lists(st.tuples(st.sampled_from("abcde"), st.integers(-5, 40), st.integers(1, 500)), max_size=30)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders=orders, days=st.dictionaries(st.sampled_from("abcde"), st.integers(0, 30), min_size=1))
def test_it_is_what_counting_by_hand_gives(tmp_path: Path, orders, days: dict[str, int]):
    start = NOW - timedelta(days=30)
    found = lake(tmp_path, orders=[(who, start + timedelta(days=day), total) for who, day, total in orders])
    arm_of = {who: "t" if who in "abc" else "control" for who in days}

    told = measured(found, drawn(*((who, arm_of[who], start + timedelta(days=day)) for who, day in days.items())))

    for arm, result in told.items():
        counted = [who for who, day in days.items() if arm_of[who] == arm and day + DAYS <= 30]
        spent = {who: sum(t for w, d, t in orders if w == who and days[who] <= d < days[who] + DAYS) for who in counted}
        assert result.customers == len(counted)
        assert result.buyers == sum(total > 0 for total in spent.values())
        assert result.spent == sum(spent.values())
        assert result.spent_squares == sum(total**2 for total in spent.values())
