"""The generated shop's drivers (docs/shop.md) are what models of it lean on, each with the sign that it was built in with."""

from datetime import date
from functools import cache
from pathlib import Path

import pytest
from pyiceberg.catalog import Catalog

from omnichannel.contracts.scores import Model
from omnichannel.scoring.model import TrainedModel
from pipelines import fitting, tuning
from pipelines.customers import Customers, read_features
from pipelines.importance import importance
from pipelines.steps import features
from pipelines.tasks import TASKS, Purpose
from sandbox.folder_lake import DATABASE, folder_lake

AS_OF = date(2026, 11, 1)
CUSTOMERS, ROUNDS = 3_000, 150
TOP = 15
"""How many an evaluation lists."""

BUILT_IN = {
    Model.CHURN: {
        "visits fade before purchases do": {"+days_since_visit", "-visit_days_30d", "-product_views_30d"},
        "returns": {"+return_share_90d", "+returned_amount_90d", "+returns_90d"},
        "bad support": {"-csat_180d", "+low_csat_90d"},
        "buys mostly with a discount": {"+discount_share_365d"},
        "subscription": {"-subscription_days_left", "-subscription_active", "-subscription_age_days"},
    },
    Model.REPURCHASE: {
        "overdue": {"+overdue_days", "+overdue_ratio"},
        "saved or put into the cart, not bought": {"+open_intent_30d", "+cart_adds_30d", "+wishlist_90d"},
        "fading": {"-days_since_visit", "+visit_days_30d"},
        "rhythm": {"-days_between_orders", "+orders_90d", "+orders_365d"},
    },
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return folder_lake(tmp_path_factory.mktemp("shop"), customers=CUSTOMERS, as_of=AS_OF)


@pytest.mark.parametrize("asked", Model)
def test_built_in_drivers_are_at_the_top_with_their_signs(asked: Model, shop: Catalog, tmp_path: Path) -> None:
    order = features.Order(task=TASKS[asked], purpose=Purpose.TRAIN, as_of=AS_OF)
    features.make(shop, DATABASE, order, tmp_path)
    read = cache(lambda name: Customers.read(tmp_path / name, read_features(tmp_path / "meta")))

    booster = fitting.fit_rounds(read("train").joined(read("validation")), tuning.FIXED, rounds=ROUNDS, seed=7)
    top = importance(TrainedModel(read("test").features, booster, {}), read("test").matrix)[:TOP]

    found = {f"{driver['direction']}{driver['name']}" for driver in top}
    assert {name: sorted(found & signs) for name, signs in BUILT_IN[asked].items() if not found & signs} == {}, sorted(found)
