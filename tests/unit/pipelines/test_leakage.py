"""Nothing that happens on the date or later changes a feature: every row of every data set is told again, differently, and later."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnichannel.contracts.datasets import MESSAGING_FEEDBACK, PROFILE_TRAITS, RETURNS, SUBSCRIPTIONS, TICKETS, Column, Dataset, Type
from pipelines.source import READ
from pipelines.tables import Facts
from tests.unit.pipelines.shops import AS_OF, Shop, lively_shop
from tests.unit.pipelines.test_features import features

MIDNIGHT = datetime(AS_OF.year, AS_OF.month, AS_OF.day, tzinfo=UTC)
BEFORE = AS_OF - timedelta(days=45)


def full_shop() -> Shop:
    """A lively shop in which every data set that features read has rows."""
    shop, chance = lively_shop(12), random.Random(5)
    for n in range(40):
        ref, at = f"R{chance.randrange(12):04d}", MIDNIGHT - timedelta(days=chance.uniform(1, 200))
        shop.add(RETURNS, return_id=f"r{n}", customer_ref=ref, product_id="P1", quantity=1, returned_at=at, amount=Decimal(7))
        closed = at + timedelta(days=2)
        shop.add(TICKETS, ticket_id=f"t{n}", customer_ref=ref, opened_at=at, closed_at=closed, channel="mail", csat=chance.randint(1, 5))
        feedback = {"event_id": f"e{n}", "sink": "file", "customer_id": f"c_{ref}", "type": chance.choice(("sent", "open", "click"))}
        shop.add(MESSAGING_FEEDBACK, **feedback, at=at)
        shop.link(ref, "segment_id", f"use_{ref}", MIDNIGHT - timedelta(days=300))
        trait = {"canonical_segment_id": f"use_{ref}", "name": "vip", "value": chance.choice(("true", "false"))}
        shop.add(PROFILE_TRAITS, **trait, timestamp=at, seq=n)
        subscription = {
            "plan": chance.choice(("p", "q")),
            "status": "active",
            "price": Decimal(9),
            "currency": "EUR",
            "renews_at": at + timedelta(days=30),
        }
        shop.add(SUBSCRIPTIONS, subscription_id=f"s{n % 10}", customer_ref=ref, started_at=at, source_ts=at, **subscription)
    return shop


def told_later(shop: Shop, seed: int) -> None:
    """Each row again: of what changes a newer version with other values or a deletion, of what does not change another row."""
    chance = random.Random(seed)
    for dataset in READ:
        for row in list(shop.rows.get(dataset.table, [])):
            shop.rows[dataset.table].append({**row, **_other(dataset, row, chance)})


def _other(dataset: Dataset, row: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    later = MIDNIGHT + timedelta(seconds=chance.choice((0, 1, 86_400 * 40)))
    values = {
        c.name: _value(c, row, chance) for c in dataset.landed_columns if not c.key and c.name in row and c.type is not Type.TIMESTAMP
    }
    if dataset.changing:
        return {**values, "op": chance.choice("UD"), "source_ts": later, "_line": row["_line"] + 10_000}
    keys = {c.name: f"{row[c.name]}-again" for c in dataset.landed_columns if c.key and c.type is Type.STRING and chance.random() < 0.5}
    return {**values, **keys, dataset.ordered_by: later, "_line": row["_line"] + 10_000}


def _value(column: Column, row: dict[str, Any], chance: random.Random) -> Any:
    if column.values:
        return chance.choice(column.values)
    if column.name == "plan":
        return chance.choice(("p", "q", "r"))
    other = {Type.DECIMAL: Decimal(chance.randrange(10_000)), Type.INTEGER: chance.randrange(1, 6)}
    return other.get(column.type, row[column.name])


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_what_is_told_later_changes_no_feature(seed: int, facts_of: Callable[..., Facts]) -> None:
    shop = full_shop()
    facts = facts_of(shop)
    told = features(facts, AS_OF), features(facts, BEFORE)

    told_later(shop, seed)

    facts = facts_of(shop)
    for before, day in zip(told, (AS_OF, BEFORE), strict=True):
        pd.testing.assert_frame_equal(features(facts, day), before)


def test_every_family_says_something_in_that_shop(facts_of: Callable[..., Facts]) -> None:
    said = features(facts_of(full_shop()), AS_OF)

    wanted = [
        "returns_90d",
        "csat_180d",
        "subscription_active",
        "subscription_term_days",
        "opens_90d",
        "segments_in",
        "product_views_90d",
        "categories_365d",
    ]
    assert [name for name in wanted if not said[name].fillna(0).any()] == []
