"""What the recommendations API reads of the tables, in DynamoDB's own terms."""

import pytest
from moto import mock_aws

from omnichannel.aws import clients, dynamodb
from omnichannel.aws.shelves import in_stock, lists
from omnichannel.aws.shoppers import shopper
from omnichannel.contracts.recommendations import Placement
from omnichannel.contracts.store import POPULAR_KEY

GRANTED = {"granted": True, "at": "2026-01-01T00:00:00Z"}


@pytest.fixture
def tables(monkeypatch):
    for name, value in {"AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t", "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        clients.forget()
        client = clients.client("dynamodb")
        for table, key in (("products", "product_id"), ("customers", "customer_id")):
            client.create_table(
                TableName=table, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            )  # fmt: skip
        yield client
        clients.forget()


def test_what_is_in_stock_is_active_and_there_or_of_a_shop_that_tells_no_stock(tables):
    shelf = [
        {"product_id": "there", "active": True, "stock": 2},
        {"product_id": "untold", "active": True},
        {"product_id": "sold-out", "active": True, "stock": 0},
        {"product_id": "gone", "active": False, "stock": 2},
        {"product_id": POPULAR_KEY, "items": ["there"]},
    ]
    dynamodb.batch_put(tables, "products", shelf)

    assert sorted(in_stock(tables, "products")) == ["there", "untold"]


def test_lists_are_read_at_once_and_what_is_not_there_is_empty(tables):
    product = {"product_id": "p-1", "related": ["p-2"], "active": True}
    dynamodb.batch_put(tables, "products", [product, {"product_id": POPULAR_KEY, "items": ["p-9", "p-8"]}])

    found = lists(tables, "products")(["p-1", "p-7", "p-1"])

    assert list(found.popular) == ["p-9", "p-8"]
    assert found.going_with(["p-1", "p-7"], "related") == ["p-2"]
    assert found.going_with(["p-1", "p-7"], "together") == []


def test_a_customer_is_found_by_every_id_and_through_a_merge_and_a_circle_is_nobody(tables):
    held = {"items": ["p-1"], "again": ["p-2"], "bought": ["p-3"], "at": "2026-11-01T00:00:00Z", "source": "own"}
    items = [
        {"customer_id": "c_1", "consents": {"personalization/web": GRANTED}, "recommended": held},
        {"customer_id": "c_0", "customer": "c_1"},
        {"customer_id": "customer_ref#r", "customer": "c_0"},
        {"customer_id": "anonymous_id#a", "customer": "c_9"},
        {"customer_id": "c_2", "customer": "c_3"},
        {"customer_id": "c_3", "customer": "c_2"},
        {"customer_id": "c_4"},
    ]
    dynamodb.batch_put(tables, "customers", items)

    found = [shopper(tables, "customers", key) for key in ("c_1", "customer_ref#r")]
    plain = shopper(tables, "customers", "c_4")

    assert [(each.customer_id, each.items, each.again, each.bought) for each in found] == [("c_1", ("p-1",), ("p-2",), ("p-3",))] * 2
    assert [found[0].allows(placement) for placement in (Placement.HOME, Placement.EMAIL)] == [True, False]
    assert (plain.items, plain.allows(Placement.HOME)) == ((), False)
    assert [shopper(tables, "customers", key) for key in ("", "anonymous_id#a", "c_2", "nobody")] == [None] * 4
