"""From trusted tables to the store: customers, links, consents, products, and what Personalize may train on."""

import csv
import io
import json
from decimal import Decimal

import orjson
import pytest

from lambdas import commit_files, customer_view, interactions_export
from omnichannel.aws.dynamodb import batch_put
from omnichannel.contracts.store import POPULAR_KEY, IdType, link_key
from omnichannel.identity.resolve import customer_id, email_hash
from omnichannel.onboarding.read import scan
from tests.integration.onboarding.conftest import CUSTOMERS, DATABASE, LAKE, PRODUCTS

C1, C2, C3 = map(customer_id, ("R1", "R2", "R3"))
ORDERS = """source_ts,order_id,customer_ref,loyalty_card,email,ordered_at,channel,status,total,currency
2026-01-05T00:00:00Z,O1,R1,,,2026-01-01T00:00:00Z,web,completed,10.50,EUR
2026-01-05T00:00:00Z,O2,R1,,,2026-01-02T00:00:00Z,web,cancelled,99,EUR
2026-01-05T00:00:00Z,O3,,CARD-2,,2026-01-03T00:00:00Z,store,completed,20,EUR
2026-01-05T00:00:00Z,O4,,,ONE@shop.example,2026-01-04T00:00:00Z,store,completed,1.25,EUR
2026-01-05T00:00:00Z,O5,R3,,three@shop.example,2025-01-01T00:00:00Z,phone,completed,3,EUR
2026-01-05T00:00:00Z,O6,,,nobody@shop.example,2026-01-04T00:00:00Z,store,completed,7,EUR
"""
LINES = """source_ts,order_id,line,product_id,quantity,unit_price
2026-01-05T00:00:00Z,O1,1,P1,2,5.25
2026-01-05T00:00:00Z,O2,1,P3,1,99
2026-01-05T00:00:00Z,O3,1,P2,1,20
2026-01-05T00:00:00Z,O4,1,P2,1,1.25
2026-01-05T00:00:00Z,O5,1,P4,1,3
2026-01-05T00:00:00Z,O6,1,P9,1,7
"""
CRM = """source_ts,customer_ref,email,phone,loyalty_card,first_name,country,created_at
2026-01-05T00:00:00Z,R1,one@shop.example,+31,,Zoë,NL,2025-05-01T00:00:00Z
2026-01-05T00:00:00Z,R2,,,CARD-2,,DE,2025-06-01T00:00:00Z
"""
CATALOGUE = """source_ts,product_id,name,category_l1,brand,price,currency,active
2026-01-05T00:00:00Z,P1,Mug,Kitchen,Own,5.25,EUR,true
2026-01-05T00:00:00Z,P2,Lamp,Home,,20,EUR,true
2026-01-05T00:00:00Z,P3,Rug,Home,,99.995,EUR,true
2026-01-05T00:00:00Z,P9,Old,Home,,7,EUR,false
"""
STOCK = "source_ts,product_id,location_id,quantity,updated_at\n" + "".join(
    f"2026-01-05T00:00:00Z,{product},{place},{n},2026-01-05T00:00:00Z\n"
    for product, place, n in (("P1", "A", 2), ("P1", "B", 3), ("P2", "A", 0))
)
CONSENTS = """consent_id,customer_ref,email,anonymous_id,purpose,channel,granted,recorded_at,source
1,R1,,,personalization,web,false,2026-01-01T00:00:00Z,shop
2,,one@shop.example,,personalization,any,true,2026-01-02T00:00:00Z,shop
3,,,device-2,marketing,email,true,2026-01-01T00:00:00Z,shop
4,stranger,,,marketing,email,true,2026-01-01T00:00:00Z,shop
"""


def event(number, name, at="2026-01-03T00:00:00Z", **more):
    return orjson.dumps({"messageId": f"m{number}", "type": "track", "event": name, "timestamp": at, **more}).decode()


EVENTS = "\n".join(
    [
        event(1, "Product Viewed", userId="R1", anonymousId="device-1", properties={"product_id": "P1"}),
        event(2, "Product Added", anonymousId="device-1", properties={"product_id": "P2"}),
        event(3, "Product Viewed", userId="R2", anonymousId="device-2", properties={"product_id": "P1"}),
        event(4, "Order Completed", userId="R1", properties={"order_id": "O1", "products": [{"product_id": "P1"}]}),
        event(
            5, "Order Completed", userId="R1", properties={"order_id": "web-only", "products": [{"product_id": "P3"}, {"product_id": "P3"}]}
        ),
        event(6, "Product Viewed", userId="R1", properties={"category": "Home"}),
        event(7, "Products Searched", userId="R1", properties={"query": "mug"}),
        event(8, "Product Viewed", anonymousId="unknown device", properties={"product_id": "P1"}),
    ]
)
SHOP = {
    "dms/sales/orders/LOAD1.csv": ORDERS,
    "dms/sales/order_lines/LOAD1.csv": LINES,
    "dms/crm/customers/LOAD1.csv": CRM,
    "dms/catalog/products/LOAD1.csv": CATALOGUE,
    "dms/inventory/stock_levels/LOAD1.csv": STOCK,
    "consents/consents.csv": CONSENTS,
    "segment-logs/web/1/part.gz": EVENTS,
}


def onboard(cloud, files):
    staged = [cloud.stage(key, content) for key, content in files.items()]
    assert {s.status for s in staged} == {"staged"}
    records = [{"messageId": s.content_id, "body": json.dumps(s.to_dict())} for s in staged]
    assert commit_files.handler({"Records": records}, None) == {"batchItemFailures": []}


@pytest.fixture
def shop(trusted):
    onboard(trusted, SHOP)
    return trusted


def by(items, key):
    return {item[key]: item for item in items}


def test_a_customer_is_what_the_crm_orders_and_consents_say_together(shop):
    counts = customer_view.handler({}, None)

    found = by(shop.items(CUSTOMERS), "customer_id")
    assert counts["customers"] == 3
    assert (found[C1]["customer_ref"], found[C1]["first_name"], found[C1]["country"]) == ("R1", "Zoë", "NL")
    assert (found[C1]["orders"], found[C1]["spend"], found[C1]["last_order_at"]) == (2, Decimal("11.75"), "2026-01-04T00:00:00+00:00")
    assert (found[C2]["orders"], found[C2]["spend"], found[C3]["email"]) == (1, Decimal(20), "three@shop.example")
    assert found[C1]["consents"] == {
        "personalization/web": {"granted": False, "at": "2026-01-01T00:00:00+00:00"},
        "personalization/any": {"granted": True, "at": "2026-01-02T00:00:00+00:00"},
    }
    assert found[C2]["consents"] == {"marketing/email": {"granted": True, "at": "2026-01-01T00:00:00+00:00"}}


def test_every_identifier_leads_to_its_customer_in_store_and_lake(shop):
    customer_view.handler({}, None)

    expected = {
        (IdType.CUSTOMER_REF, "R1"): C1,
        (IdType.CUSTOMER_REF, "R2"): C2,
        (IdType.CUSTOMER_REF, "R3"): C3,
        (IdType.EMAIL_SHA256, email_hash("one@shop.example")): C1,
        (IdType.EMAIL_SHA256, email_hash("three@shop.example")): C3,
        (IdType.LOYALTY_CARD, "CARD-2"): C2,
        (IdType.ANONYMOUS_ID, "device-1"): C1,
        (IdType.ANONYMOUS_ID, "device-2"): C2,
    }
    links = scan(shop.catalog, DATABASE, "identity_links", ["customer_id", "id_type", "id_value"]).to_pylist()
    stored = {item["customer_id"]: item["customer"] for item in shop.items(CUSTOMERS) if "customer" in item}
    assert {(r["id_type"], r["id_value"]): r["customer_id"] for r in links} == expected
    assert stored == {link_key(*key): customer for key, customer in expected.items()}


def test_products_have_text_prices_summed_stock_and_a_popularity(shop):
    customer_view.handler({}, None)

    found = by(shop.items(PRODUCTS), "product_id")
    assert {p: (found[p]["price"], found[p]["stock"], found[p]["active"]) for p in ("P1", "P2", "P3", "P9")} == {
        "P1": ("5.25", 5, True),
        "P2": ("20.00", 0, True),
        "P3": ("99.9950", 0, True),
        "P9": ("7.00", 0, False),
    }
    assert found[POPULAR_KEY]["items"] == ["P2", "P1"]


def test_a_second_rebuild_writes_nothing_and_a_loss_is_made_good(shop):
    first = customer_view.handler({}, None)
    shop.dynamodb.delete_item(TableName=CUSTOMERS, Key={"customer_id": {"S": C1}})

    healed, third = customer_view.handler({}, None), customer_view.handler({}, None)

    assert (healed["items_written"], third["items_written"], third["items_deleted"]) == (1, 0, 0)
    assert first["items_written"] == first["customers"] + first["links"] + first["products"] + 1
    assert len(shop.catalog.load_table((DATABASE, "identity_links")).metadata.snapshots) == 1


def test_newer_consents_and_items_in_the_store_survive_a_rebuild_and_what_is_gone_is_deleted(shop):
    customer_view.handler({}, None)
    later = {"granted": False, "at": "2026-02-01T00:00:00+00:00"}
    live = {"customer_id": C1, "customer_ref": "R1", "consents": {"personalization/any": later}, "updated_at": "2026-01-09T00:00:00+00:00"}
    ahead = {"customer_id": C2, "first_name": "streamed", "consents": {}, "updated_at": "2999-01-01T00:00:00+00:00"}
    stale = {"customer_id": "c_gone", "updated_at": "2026-01-09T00:00:00+00:00"}
    batch_put(shop.dynamodb, CUSTOMERS, [live, ahead, stale])

    customer_view.handler({}, None)

    found = by(shop.items(CUSTOMERS), "customer_id")
    assert found[C1]["consents"]["personalization/any"] == later
    assert found[C1]["first_name"] == "Zoë"
    assert found[C2]["first_name"] == "streamed"
    assert "c_gone" not in found


def test_orders_alone_make_customers_and_nothing_at_all_makes_no_error(trusted):
    empty = customer_view.handler({}, None)
    onboard(trusted, {"dms/sales/orders/LOAD1.csv": ORDERS})

    counts = customer_view.handler({}, None)

    assert (empty["customers"], counts["customers"], counts["products"]) == (0, 2, 0)
    assert trusted.items(PRODUCTS) == [{"product_id": POPULAR_KEY, "items": [], "updated_at": trusted.items(PRODUCTS)[0]["updated_at"]}]


def test_without_any_stock_data_a_product_says_nothing_about_stock(trusted):
    onboard(trusted, {"dms/catalog/products/LOAD1.csv": CATALOGUE})

    customer_view.handler({}, None)

    found = by(trusted.items(PRODUCTS), "product_id")
    assert "stock" not in found["P1"]
    assert found[POPULAR_KEY]["items"] == ["P1", "P2", "P3"]


def export(cloud):
    answer = interactions_export.handler({}, None)
    body = cloud.s3.get_object(Bucket=LAKE, Key=answer["interactions_key"])["Body"].read().decode()
    assert body.splitlines()[0] == "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE"
    return answer, list(csv.DictReader(io.StringIO(body)))


def test_interactions_of_those_who_allow_it_each_once(shop):
    customer_view.handler({}, None)

    answer, rows = export(shop)

    assert [(r["USER_ID"], r["ITEM_ID"], r["EVENT_TYPE"], r["TIMESTAMP"]) for r in rows] == [
        (C1, "P1", "Purchase", "1767225600"),
        (C1, "P1", "View", "1767398400"),
        (C1, "P2", "AddToCart", "1767398400"),
        (C1, "P3", "Purchase", "1767398400"),
        (C1, "P2", "Purchase", "1767484800"),
    ]
    assert (answer["interactions"], answer["customers"], answer["withheld_customers"]) == (5, 1, 2)
    assert answer["data_location"] == f"s3://{LAKE}/personalize/interactions/"
    assert (answer["ready"], answer["reason"].split(" of ")[0]) == (False, "5 interactions")


def test_items_are_the_catalogue_and_the_same_interactions_are_the_same_run(shop):
    customer_view.handler({}, None)

    first, second = export(shop)[0], export(shop)[0]

    items = shop.s3.get_object(Bucket=LAKE, Key=first["items_key"])["Body"].read().decode()
    assert first == second
    assert items.splitlines()[:2] == ["ITEM_ID,PRICE,CATEGORY_L1", "P1,5.2500,Kitchen"]


def test_without_a_view_there_is_nobody_to_export(shop):
    answer, rows = export(shop)

    assert (answer["interactions"], rows) == (0, [])
