"""Who is asked about, and what became of them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from omnichannel.contracts.datasets import SUBSCRIPTIONS
from omnichannel.contracts.scores import Model
from pipelines.engine import answer
from pipelines.features.population import labelled, population
from pipelines.tables import NOW, Facts
from pipelines.tasks import TASKS
from tests.unit.pipelines.shops import AS_OF, Shop

CUT_OFF = date(2024, 11, 1)
THEN = datetime(2024, 11, 1, tzinfo=UTC)


def days(n: float) -> datetime:
    return THEN + timedelta(days=n)


def subscribe(shop: Shop, ref: str, **values: Any) -> None:
    given = {
        "subscription_id": f"S-{ref}",
        "customer_ref": ref,
        "plan": "p",
        "started_at": days(-200),
        "price": Decimal(1),
        "currency": "EUR",
    }
    shop.add(SUBSCRIPTIONS, **{**given, "status": "active", **values})


def labels(model: Model, facts: Facts) -> dict[str, int]:
    people = population(TASKS[model], facts.as_of(CUT_OFF))
    rows = answer(facts.engine, labelled(TASKS[model], people, facts.history, NOW))
    return {row["customer_id"].removeprefix("c_"): row["label"] for row in rows}


def test_repurchase_is_an_order_in_the_thirty_days_from_the_cut_off(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    for ref, next_order in (("at-once", 0), ("last-moment", 29.99), ("too-late", 30), ("never", None), ("new", 3)):
        empty_shop.customer(ref)
        if ref != "new":
            empty_shop.order(ref, days(-300))
        if next_order is not None:
            empty_shop.order(ref, days(next_order))

    found = labels(Model.REPURCHASE, facts_of(empty_shop))

    assert found == {"at-once": 1, "last-moment": 1, "too-late": 0, "never": 0}


def test_a_cancelled_order_is_no_repurchase(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    ref = empty_shop.customer("A")
    empty_shop.order(ref, days(-300))
    empty_shop.order(ref, days(3), order_id="O-next")
    empty_shop.order(ref, days(3), order_id="O-next", op="U", source_ts=days(4), status="cancelled")

    found = labels(Model.REPURCHASE, facts_of(empty_shop))

    assert found == {"A": 0}


def test_churn_asks_about_active_customers_only(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    for ref, orders in (("stays", (-10, 40)), ("leaves", (-10,)), ("gone", (-91,)), ("edge", (-90, 89.9))):
        empty_shop.customer(ref)
        for at in orders:
            empty_shop.order(ref, days(at))

    found = labels(Model.CHURN, facts_of(empty_shop))

    assert found == {"stays": 0, "leaves": 1, "edge": 0}


def test_of_subscribers_churn_asks_whether_the_subscription_ends(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    for ref in ("runs", "ends", "ends-later", "already-cancelled", "lapses-but-buys"):
        empty_shop.customer(ref)
        empty_shop.order(ref, days(-300))
        subscribe(empty_shop, ref)
    empty_shop.order("ends", days(20))
    subscribe(empty_shop, "ends", status="cancelled", ends_at=days(60), op="U", source_ts=days(30))
    subscribe(empty_shop, "ends-later", status="cancelled", ends_at=days(110), op="U", source_ts=days(30))
    subscribe(empty_shop, "already-cancelled", status="cancelled", ends_at=days(10), op="U", source_ts=days(-5))
    empty_shop.order("lapses-but-buys", days(50))
    subscribe(empty_shop, "lapses-but-buys", status="expired", op="U", source_ts=days(45))

    found = labels(Model.CHURN, facts_of(empty_shop, AS_OF + timedelta(days=60)))

    assert found == {"runs": 0, "ends": 1, "ends-later": 0, "lapses-but-buys": 1}


def test_what_became_of_a_subscription_after_the_window_does_not_change_its_label(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    for ref in ("taken-up-again", "told-again", "deleted-later", "row-deleted"):
        empty_shop.customer(ref)
        subscribe(empty_shop, ref)
    subscribe(empty_shop, "taken-up-again", status="expired", ends_at=days(30), op="U", source_ts=days(30))
    subscribe(empty_shop, "taken-up-again", op="U", source_ts=days(100))
    subscribe(empty_shop, "told-again", status="cancelled", op="U", source_ts=days(30))
    subscribe(empty_shop, "told-again", status="cancelled", op="U", source_ts=days(100), price=Decimal(2))
    subscribe(empty_shop, "deleted-later", op="D", source_ts=days(100))
    subscribe(empty_shop, "row-deleted", op="D", source_ts=days(30))

    found = labels(Model.CHURN, facts_of(empty_shop, AS_OF + timedelta(days=60)))

    assert found == {"taken-up-again": 1, "told-again": 1, "deleted-later": 0, "row-deleted": 1}


def test_a_subscription_that_is_taken_up_again_within_the_window_is_kept(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    for ref in ("same", "another"):
        empty_shop.customer(ref)
        subscribe(empty_shop, ref)
        subscribe(empty_shop, ref, status="expired", ends_at=days(30), op="U", source_ts=days(30))
    subscribe(empty_shop, "same", op="U", source_ts=days(60))
    subscribe(empty_shop, "another", subscription_id="S-new", started_at=days(60))

    found = labels(Model.CHURN, facts_of(empty_shop, AS_OF + timedelta(days=60)))

    assert found == {"same": 0, "another": 0}


def test_an_end_that_a_full_load_tells_only_later_counts(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    for ref, ends in (("ended", 30), ("runs", 200)):
        empty_shop.customer(ref)
        subscribe(empty_shop, ref, status="expired" if ref == "ended" else "active", ends_at=days(ends), source_ts=days(110))

    found = labels(Model.CHURN, facts_of(empty_shop, AS_OF + timedelta(days=60)))

    assert found == {"ended": 1, "runs": 0}


def test_an_end_that_is_told_after_the_window_counts_from_when_it_was(facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    empty_shop.customer("A")
    subscribe(empty_shop, "A")
    subscribe(empty_shop, "A", status="expired", ends_at=days(80), op="U", source_ts=days(95))

    found = labels(Model.CHURN, facts_of(empty_shop, AS_OF + timedelta(days=60)))

    assert found == {"A": 1}
