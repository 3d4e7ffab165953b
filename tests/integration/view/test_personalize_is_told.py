"""Products and customers out of the lake to Personalize, told once."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from lambdas import customer_view, personalize_put
from omnichannel.contracts.environment.recommendations import PersonalizePutEnv
from omnichannel.contracts.recommendations import ITEMS
from omnichannel.recommendations.told import read_digests
from tests.integration.view.conftest import CUSTOMERS, DATABASE, LAKE, Cloud


class Taking:
    """Stands for Personalize's event door."""

    def __init__(self) -> None:
        self.told: dict[str, list[str]] = {}

    def __call__(self, client: object, dataset_arn: str, **_: object) -> Callable[[Sequence[dict[str, str]]], None]:
        return lambda records: self.told.setdefault(dataset_arn, []).extend(each.get("itemId") or each["userId"] for each in records)


@pytest.fixture
def taking(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> Taking:
    env = PersonalizePutEnv(
        lake_bucket=LAKE, glue_database=DATABASE, customers_table=CUSTOMERS, items_dataset_arn="items", users_dataset_arn="users"
    )
    for name, value in env.variables().items():
        monkeypatch.setenv(name, value)
    made = Taking()
    monkeypatch.setattr(personalize_put, "putter", made)
    shop.land()
    customer_view.handler({"as_of": datetime.now(UTC).isoformat()}, None)  # type: ignore[arg-type]
    return made


def put() -> dict[str, dict[str, int]]:
    return personalize_put.handler({}, SimpleNamespace(get_remaining_time_in_millis=lambda: 900_000))  # type: ignore[arg-type]


def test_products_and_customers_who_allow_it_are_told_once(taking: Taking):
    first, second = put(), put()

    assert {name: len(told) for name, told in taking.told.items()} == {"items": 4, "users": 1}
    assert first["users"]["withheld"] > 0
    assert (second["items"]["unchanged"], second["items"]["told"], second["users"]["told"]) == (4, 0, 0)
    assert (first["done"], second["done"]) == (True, True)


def test_what_is_remembered_names_nobody(shop: Cloud, taking: Taking):
    put()

    assert all(len(each) == 32 and int(each, 16) >= 0 for each in read_digests(shop.s3, LAKE, ITEMS))
