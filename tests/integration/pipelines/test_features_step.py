"""The features step on shops as small and as bare as they come: what it leaves for whom, and what it refuses."""

import csv
import json
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from omnichannel.contracts.datasets import EVENTS, ORDER_LINES, ORDERS, PRODUCTS, SUBSCRIPTIONS
from omnichannel.contracts.scores import Model
from omnichannel.contracts.segments import Lifecycle
from pipelines import check, written
from pipelines.frames import feature_names
from pipelines.steps import features
from pipelines.steps.features import Order, task_of
from pipelines.tasks import (
    TASKS,
    AsOfBeyondDataError,
    CannotTrainError,
    FutureDateError,
    NobodyToScoreError,
    NoDataError,
    OneClassError,
    Purpose,
    SilentDataSetError,
    TooFewCustomersError,
)
from tests.unit.pipelines.shops import AS_OF, Shop, lively_shop

CHURN = Order(task=TASKS[Model.CHURN], purpose=Purpose.TRAIN, as_of=AS_OF)
REPURCHASE = Order(task=TASKS[Model.REPURCHASE], purpose=Purpose.TRAIN, as_of=AS_OF)
MIDNIGHT = datetime(AS_OF.year, AS_OF.month, AS_OF.day, tzinfo=UTC)


def scoring(order: Order) -> Order:
    return replace(order, purpose=Purpose.SCORE)


def make(shop: Shop, order: Order, out: Path) -> None:
    features.make(shop, "trusted", order, out)


def told(out: Path, name: str) -> Any:
    return json.loads((out / "meta" / f"{name}.json").read_text())


def scored(out: Path) -> dict[str, dict[str, float]]:
    rows = [row for path in sorted((out / "customers").iterdir()) for row in csv.reader(path.read_text().splitlines())]
    return {ref: dict(zip(feature_names(), map(float, values), strict=True)) for ref, *values in rows}


@pytest.fixture(scope="module")
def lively() -> Shop:
    return lively_shop(100)


@pytest.fixture(scope="module")
def made(lively: Shop, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Order], Path]:
    """What the step left of an order on a lively shop, for all tests that only look at it."""

    @cache
    def once(order: Order) -> Path:
        out = tmp_path_factory.mktemp("out")
        make(lively, order, out)
        return out

    return once


@pytest.mark.parametrize("order", [CHURN, REPURCHASE], ids=["churn", "repurchase"])
def test_customers_to_learn_from_are_split_by_time(order: Order, made: Callable[[Order], Path]) -> None:
    out = made(order)

    dates = told(out, "dates")["dates"]
    found = {name: pq.read_table(out / name / f"{name}.parquet") for name in ("train", "validation", "test")}

    assert all(table.column_names == ["customer_id", "cut_off", "label", *feature_names()] for table in found.values())
    seen = {name: sorted({day.isoformat() for day in table["cut_off"].to_pylist()}) for name, table in found.items()}
    assert seen == {"train": dates["train"], "validation": [dates["validation"]], "test": [dates["test"]]}
    assert told(out, "drivers")["recency_days"] == ("+" if order is CHURN else "-")
    assert {value for table in found.values() for value in table["label"].to_pylist()} == {0, 1}


def test_history_too_short_for_a_window_of_its_own_leaves_validation_empty(tmp_path: Path) -> None:
    make(lively_shop(120, days=250), CHURN, tmp_path)

    validation = pq.read_table(tmp_path / "validation" / "validation.parquet")
    assert (validation.num_rows, validation.column_names[:3]) == (0, ["customer_id", "cut_off", "label"])
    assert told(tmp_path, "dates")["dates"]["validation"] is None


def test_customers_to_score_come_in_files_of_bounded_size(lively: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written, "ROWS_OF_A_FILE", 40)

    make(lively, scoring(REPURCHASE), tmp_path)

    sizes = [len(path.read_text().splitlines()) for path in sorted((tmp_path / "customers").iterdir())]
    assert (sizes[:-1], sum(sizes)) == ([40, 40], len(scored(tmp_path)))
    assert list(scored(tmp_path)) == sorted(scored(tmp_path))


def test_what_is_scored_is_what_was_learned_from(made: Callable[[Order], Path], lively: Shop, tmp_path: Path) -> None:
    learned = made(REPURCHASE)
    day = date.fromisoformat(told(learned, "dates")["dates"]["test"])

    make(lively, replace(scoring(REPURCHASE), as_of=day), tmp_path)

    rows = pq.read_table(learned / "test" / "test.parquet").to_pylist()
    again = scored(tmp_path)
    assert len(again) == len(rows)
    assert all(
        again[row["customer_id"]][f] == pytest.approx(math.nan if row[f] is None else row[f], nan_ok=True)
        for row in rows
        for f in feature_names()
    )


def test_a_subscriber_who_never_bought_is_scored_for_churn(lively: Shop, tmp_path: Path) -> None:
    shop = lively_shop(30)
    shop.customer("S")
    given = {"plan": "p", "status": "active", "price": Decimal(9), "currency": "EUR", "renews_at": MIDNIGHT + timedelta(days=10)}
    shop.add(SUBSCRIPTIONS, subscription_id="S1", customer_ref="S", started_at=MIDNIGHT - timedelta(days=20), **given)

    make(shop, scoring(CHURN), tmp_path)

    one = scored(tmp_path)["c_S"]
    assert (one["subscription_active"], one["subscription_days_left"], one["orders_total"]) == (1, 10, 0)
    assert math.isnan(one["recency_days"])


def test_an_audience_is_everybody_with_where_they_stand(lively: Shop, tmp_path: Path) -> None:
    shop = lively_shop(30)
    shop.customer("Z")

    make(shop, Order(task=None, purpose=Purpose.AUDIENCE, as_of=AS_OF), tmp_path)

    table = pq.read_table(tmp_path / "customers" / "customers.parquet")
    stands = dict(zip(table["customer_id"].to_pylist(), table["lifecycle"].to_pylist(), strict=True))
    assert table.column_names == ["customer_id", "cut_off", *feature_names(), "lifecycle"]
    assert (len(stands), stands["c_Z"]) == (31, Lifecycle.PROSPECT)
    assert set(stands.values()) <= set(Lifecycle)


def test_orders_and_links_alone_are_enough(tmp_path: Path) -> None:
    shop = lively_shop(100)
    for dataset in (EVENTS, ORDER_LINES, PRODUCTS):
        del shop.rows[dataset.table]

    make(shop, REPURCHASE, tmp_path)

    described = {f["name"]: f for f in told(tmp_path, "check")["features"]}
    assert told(tmp_path, "snapshot")["tables"]["events"] is None
    assert (described["product_views_30d"]["constant"], described["days_since_visit"]["unknown"]) == (True, 1)


def test_the_check_tells_of_every_data_set(made: Callable[[Order], Path]) -> None:
    found = told(made(REPURCHASE), "check")

    by_name = {each["name"]: each for each in found["data_sets"]}
    assert (by_name["sales/orders"]["verdict"], by_name["sales/orders"]["needed"]) == (check.ARRIVING, True)
    assert by_name["support/tickets"]["verdict"] == check.ABSENT
    assert [f["name"] for f in found["features"]] == feature_names()
    assert found["warnings"] == []


def test_events_that_stopped_arriving_are_a_warning(tmp_path: Path) -> None:
    shop = lively_shop(100)
    shop.rows[EVENTS.table] = [e for e in shop.rows[EVENTS.table] if e["timestamp"] < MIDNIGHT - timedelta(days=40)]

    make(shop, REPURCHASE, tmp_path)

    found = told(tmp_path, "check")
    assert [each["verdict"] for each in found["data_sets"] if each["name"] == "events"] == [check.SILENT]
    assert "events stopped arriving" in found["warnings"][0]


def quiet(shop: Shop, days: int) -> None:
    shop.rows[ORDERS.table] = [o for o in shop.rows[ORDERS.table] if o["ordered_at"] < MIDNIGHT - timedelta(days=days)]


def gone(shop: Shop) -> None:
    """Of all who were there, one buys in the last month."""
    quiet(shop, 30)
    shop.order("R0000", MIDNIGHT - timedelta(days=1), order_id="last")


def orphaned(shop: Shop) -> None:
    shop.links = [{**shop.links[0], "id_value": "somebody else"}]


def unlinked(shop: Shop) -> None:
    shop.links = []


def guests_only(shop: Shop) -> None:
    shop.rows[ORDERS.table] = [{**o, "customer_ref": None, "email": None} for o in shop.rows[ORDERS.table]]


def guests_and_nobody_known(shop: Shop) -> None:
    guests_only(shop)
    unlinked(shop)


def emptied(shop: Shop) -> None:
    shop.rows, shop.links = {}, []


@pytest.mark.parametrize(
    ("spoil", "order", "error", "message"),
    [
        (emptied, CHURN, NoDataError, "no completed orders in the trusted zone"),
        (emptied, scoring(CHURN), NoDataError, "no completed orders in the trusted zone"),
        (unlinked, CHURN, NoDataError, "build the customer view first"),
        (guests_only, CHURN, NoDataError, "no order names a customer: land orders with customer_ref, loyalty_card or email"),
        (guests_and_nobody_known, CHURN, NoDataError, "no order names a customer: land orders with customer_ref, loyalty_card or email"),
        (orphaned, CHURN, NoDataError, "do crm/customers and sales/orders use the same customer_ref"),
        (lambda shop: quiet(shop, 20), CHURN, SilentDataSetError, r"sales/orders stopped arriving.* an as-of date up to 2025-02-"),
        (lambda shop: quiet(shop, 20), scoring(CHURN), SilentDataSetError, r"2\d days without one, and usually \d+ pass"),
        (lambda shop: quiet(shop, 60), CHURN, AsOfBeyondDataError, r"no completed order is known in the 6\d days before"),
        (gone, REPURCHASE, (OneClassError, TooFewCustomersError), r"too few customers to test repurchase .* 10 positive and 10 negative"),
    ],
)
def test_data_that_is_of_no_use_says_what_is_missing(spoil: Any, order: Order, error: Any, message: str, tmp_path: Path) -> None:
    shop = lively_shop(25)
    spoil(shop)

    with pytest.raises(error, match=message):
        make(shop, order, tmp_path)


def test_ten_customers_are_too_few_to_learn_from_and_enough_to_score(tmp_path: Path) -> None:
    shop = lively_shop(10)

    with pytest.raises(TooFewCustomersError, match="at least 10 positive and 10 negative are needed"):
        make(shop, REPURCHASE, tmp_path / "train")
    make(shop, scoring(REPURCHASE), tmp_path / "score")

    assert len(scored(tmp_path / "score")) == 10


def test_nobody_to_score_is_said(tmp_path: Path) -> None:
    shop = lively_shop(10)

    with pytest.raises(NobodyToScoreError, match=r"nobody is in the population on 2025-03-01: of active customers"):
        make(shop, replace(scoring(CHURN), task=replace(TASKS[Model.CHURN], active_days=0)), tmp_path)


def test_a_date_before_the_data_says_which_would_work(tmp_path: Path) -> None:
    with pytest.raises(CannotTrainError, match=r"an as-of date between 2024-05-1\d and 2025-0[23]-\d\d works for churn"):
        make(lively_shop(40), replace(CHURN, as_of=AS_OF - timedelta(days=1000)), tmp_path)


def test_a_date_in_the_future_is_refused_before_anything_is_read() -> None:
    ahead = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    asked = ["--model", "churn", "--purpose", "train", "--as-of", ahead, "--glue-database", "trusted", "--output", "out"]

    with pytest.raises(FutureDateError, match=f"as of {ahead} lies in the future"):
        features.main(asked)


@pytest.mark.parametrize(("model", "purpose"), [("all", Purpose.TRAIN), ("churn", Purpose.AUDIENCE)])
def test_a_model_goes_with_its_purposes(model: str, purpose: Purpose) -> None:
    with pytest.raises(ValueError, match="does not go with --purpose"):
        task_of(model, purpose, 90)
