"""From trusted tables to lists on customers' and products' items, as the deployed functions write them."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from lambdas import customer_view, learn_recommendations
from omnichannel.aws.dynamodb import encode
from omnichannel.contracts.environment.customers import LearnRecommendationsEnv
from omnichannel.recommendations.learned.lists import ForCustomer
from omnichannel.recommendations.learned.store import write_customers, write_products
from omnichannel.recommendations.prepared import write as prepare
from omnichannel.view.claim import Claim
from tests.integration.view.building import LATER, Meanwhile
from tests.integration.view.conftest import CUSTOMERS, DATABASE, LAKE, PRODUCTS, Cloud, cloud, consent, day, order, shop

__all__ = ["cloud", "shop"]
MORE = [("O6", 5, "R1", "P2"), ("O7", 6, "R1", "P1"), ("O8", 4, "R2", "P1"), ("O9", 5, "R3", "P1")]


@pytest.fixture
def rebuilt(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """The shop with a few orders more, all of it in stock, and the customer view of it."""
    for name, value in (
        LearnRecommendationsEnv(lake_bucket=LAKE, glue_database=DATABASE, customers_table=CUSTOMERS, products_table=PRODUCTS)
        .variables()
        .items()
    ):
        monkeypatch.setenv(name, value)
    shop.trust("orders_changes", [order(number, day, 5, customer_ref=ref) for number, day, ref, _ in MORE])
    shop.trust(
        "order_lines_changes",
        [{"source_ts": day(9), "order_id": o, "line": 1, "product_id": p, "quantity": 1, "unit_price": 1} for o, _, _, p in MORE],
    )
    levels = {"source_ts": day(8), "location_id": "A", "quantity": 9, "updated_at": day(8)}
    shop.trust("stock_levels_changes", [{**levels, "product_id": product} for product in ("P1", "P2", "P3")])
    shop.trust("consents", [consent("9", 2, True, "personalization", "any", customer_ref="R3")])
    shop.land()
    customer_view.handler({"as_of": datetime.now(UTC).isoformat()}, SimpleNamespace())  # type: ignore[arg-type]
    return shop


def learn() -> dict[str, int]:
    return learn_recommendations.handler({"as_of": datetime.now(UTC).isoformat()}, SimpleNamespace())  # type: ignore[arg-type]


def test_who_allows_it_gets_lists_and_nobody_else(rebuilt: Cloud) -> None:
    learn()

    found = rebuilt.customers()
    held = found["R1"]["recommended"]
    assert (held["source"], set(held["items"]) <= {"P1", "P2", "P3"}, bool(held["items"])) == ("own", True, True)
    assert held["again"] == ["P1", "P2"]
    assert "recommended" not in found["R2"]


def test_what_a_batch_recommended_stays_for_a_week(rebuilt: Cloud) -> None:
    learn()
    item = rebuilt.customers()["R1"]
    customer, own = item["customer_id"], item["recommended"]

    def prepared(days: int) -> dict[str, int]:
        at = datetime.now(UTC) - timedelta(days=days)
        return prepare(rebuilt.dynamodb, CUSTOMERS, [(customer, ["P3"]), ("nobody", ["P1"])], at=at)

    counts = prepared(0)
    learn()
    fresh = rebuilt.customers()["R1"]["recommended"]
    prepared(9)
    learn()
    old = rebuilt.customers()["R1"]["recommended"]

    assert counts == {"answered": 2, "written": 1}
    assert (fresh["items"], fresh["source"], fresh["again"]) == (["P3"], "personalize", own["again"])
    assert (old["items"], old["source"], "prepared" in old) == (own["items"], "own", False)


def test_what_is_recommended_was_not_bought_while_anything_else_is_left(rebuilt: Cloud) -> None:
    learn()

    assert "P1" not in rebuilt.customers()["R3"]["recommended"]["items"]


def test_products_and_categories_have_lists(rebuilt: Cloud) -> None:
    learn()

    items = rebuilt.items(PRODUCTS)
    assert items["P1"]["related"][0] == "P2"
    assert all(product not in items[product]["related"] for product in ("P1", "P2", "P3", "P9"))
    assert "P9" not in {each for item in items.values() for name in ("items", "related", "together") for each in item.get(name, ())}
    assert set(items["#popular#Home"]["items"]) == {"P2", "P3"}
    assert items["#popular"]["items"][0] == "P1"


def test_the_same_again_writes_nothing_and_a_rebuild_leaves_it(rebuilt: Cloud) -> None:
    first = learn()
    again, before = learn(), (rebuilt.customers(), rebuilt.items(PRODUCTS))
    counts = customer_view.handler({"as_of": datetime.now(UTC).isoformat()}, SimpleNamespace())  # type: ignore[arg-type]

    assert min(first.values()) > 0
    assert again == {"products_recommended": 0, "customers_recommended": 0}
    assert (counts["items_written"], counts["items_deleted"]) == (0, 0)
    assert (rebuilt.customers(), rebuilt.items(PRODUCTS)) == before


def test_a_withdrawn_consent_takes_the_lists_away(rebuilt: Cloud) -> None:
    learn()
    customer_id = rebuilt.customers()["R1"]["customer_id"]
    refused = {"personalization/any": {"granted": False, "at": "2026-02-01T00:00:00+00:00"}}
    _set(rebuilt, CUSTOMERS, {"customer_id": customer_id}, consents=refused)

    learn()

    assert "recommended" not in rebuilt.customers()["R1"]


def test_a_changed_product_keeps_its_lists(rebuilt: Cloud) -> None:
    learn()
    lists = rebuilt.items(PRODUCTS)["P1"]["related"]
    _set(rebuilt, PRODUCTS, {"product_id": "P1"}, price="1")

    counts = customer_view.handler({"as_of": datetime.now(UTC).isoformat()}, SimpleNamespace())  # type: ignore[arg-type]

    item = rebuilt.items(PRODUCTS)["P1"]
    assert (counts["items_written"], item["price"], item["related"]) == (1, "5.25", lists)


def test_a_consent_withdrawn_while_lists_are_written_is_respected(cloud: Cloud) -> None:
    granted, refused = ({"personalization/any": {"granted": said, "at": day(number)}} for said, number in ((True, 1), (False, 2)))
    cloud.put(CUSTOMERS, *({"customer_id": each, "consents": granted} for each in ("c_1", "c_2")))
    cloud.put(CUSTOMERS, {"customer_id": "c_3", "customer": "c_1"})
    meanwhile: Any = Meanwhile(cloud.dynamodb, lambda: _set(cloud, CUSTOMERS, {"customer_id": "c_1"}, consents=refused))
    lists = [(each, ForCustomer(items=["P1"])) for each in ("c_1", "c_2", "c_3", "c_erased")]

    written = write_customers(meanwhile, CUSTOMERS, lists, at=day(3))

    found = cloud.items(CUSTOMERS)
    assert written == 1
    assert found["c_2"]["recommended"] == {"items": ["P1"], "at": day(3), "source": "own"}
    assert "recommended" not in found["c_1"]
    assert found.keys() == {"c_1", "c_2", "c_3"}


def test_a_list_of_a_category_that_is_gone_goes_too(cloud: Cloud) -> None:
    cloud.put(PRODUCTS, {"product_id": "P1"}, {"product_id": "#popular#Gone", "items": ["P1"], "source": "own"})

    written = write_products(cloud.dynamodb, PRODUCTS, [("P1", {"related": []}), ("P2", {"related": ["P1"]})], {"#popular": ["P1"]})

    items = cloud.items(PRODUCTS)
    assert (written, items.keys()) == (3, {"P1", "#popular"})
    assert items["P1"]["related"] == []


def test_it_gives_way_to_a_rebuild_that_began_later(rebuilt: Cloud) -> None:
    Claim(dynamodb=rebuilt.dynamodb, table=CUSTOMERS, began_at=LATER.replace(year=2999)).make()

    assert learn() == {"recommendations_gave_way": 1}


def _set(cloud: Cloud, table: str, key: dict[str, str], **values: Any) -> None:
    cloud.dynamodb.update_item(
        TableName=table,
        Key=encode(key),
        UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in values),
        ExpressionAttributeValues=encode({f":{name}": value for name, value in values.items()}),
    )
