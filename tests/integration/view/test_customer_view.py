"""From trusted tables to the store: customers, redirects, products; and that nobody's write is lost on the way."""

from datetime import timedelta
from decimal import Decimal

import pytest

from omnichannel.consent.gate import consent_key
from omnichannel.contracts.feedback import CAMPAIGN_EVENTS
from omnichannel.contracts.store import POPULAR_KEY, IdType, link_key
from omnichannel.view.claim import NewerRebuild
from omnichannel.view.rebuild import rebuild
from tests.integration.view.building import AS_OF, LATER, LINKED, TABLES, Meanwhile, build, lake_of, link, links
from tests.integration.view.conftest import CUSTOMERS, PRODUCTS, Cloud, day, event, order

NO = {"granted": False, "at": "2026-01-09T12:00:00+00:00"}


def test_a_customer_is_what_every_source_says_together(shop: Cloud, tmp_path):
    counts = build(shop, tmp_path)

    one = shop.customers()["R1"]
    assert counts["customers"] == 3
    assert one["profile"] == {"first_name": "Zoë", "country": "NL", "age_band": "35-44", "since": "2025-05-01T00:00:00+00:00"}
    assert one["segments"] == {"frequency": "occasional", "lifecycle": "new", "demographic": "NL/35-44"}
    assert (one["email"], one["phone"], one["refs"]) == ("one@shop.example", "+31201234567", ["R1"])
    assert one["aggregates"] == {
        "orders": 2, "spend": {"EUR": {"orders": 2, "spend": Decimal("11.75"), "average_order": Decimal("5.88")}},
        "channels": {"store": 1, "web": 1}, "discount_share": 0, "first_order_at": day(1), "last_order_at": day(4),
        "returns": 1, "last_return_at": day(6), "subscriptions": 0,
        "categories": [{"category": "Home", "share": Decimal("0.58")}, {"category": "Kitchen", "share": Decimal("0.42")}],
        "views": 2, "carts": 1, "wishes": 0, "searches": 1, "visits": 0, "last_seen_at": day(3),
        "tickets": 2, "last_ticket_at": day(3), "average_csat": Decimal("4.5"), "messages": {"delivered": 1, "opened": 1, "clicked": 0},
    }  # fmt: skip


def test_consents_are_the_newest_word_of_every_source(shop: Cloud, tmp_path):
    build(shop, tmp_path)

    found = shop.customers()
    assert found["R1"]["consents"] == {
        "personalization/web": {"granted": False, "at": day(1)},
        "personalization/any": {"granted": True, "at": day(2)},
        "marketing/email": {"granted": False, "at": day(4)},
    }
    assert found["R2"]["consents"] == {"marketing/email": {"granted": True, "at": day(1)}}


def test_what_others_tell_of_a_customer_is_no_visit(shop: Cloud, tmp_path):
    about = [event(n, name, user_id="R1", timestamp=day(6)) for n, name in enumerate(CAMPAIGN_EVENTS, start=100)]
    calls = [
        {**event(n, "", user_id="R1", timestamp=day(7)), "type": kind, "event": None} for n, kind in ((200, "identify"), (201, "group"))
    ]
    shop.trust("events", [*about, *calls])

    build(shop, tmp_path)

    assert shop.customers()["R1"]["aggregates"]["last_seen_at"] == day(3)


def test_the_last_visit_is_known_however_long_ago_it_was(shop: Cloud, tmp_path):
    page = {**event(1, "", anonymous_id="device-3", timestamp="2024-06-01T00:00:00+00:00"), "type": "page", "event": None}
    shop.trust("events", [{**page, "message_id": "p1"}])

    build(shop, tmp_path, links(link("c_3", IdType.ANONYMOUS_ID, "device-3")))

    found = shop.customers()["R3"]["aggregates"]
    assert (found["last_seen_at"], found["views"]) == ("2024-06-01T00:00:00+00:00", 0)


def test_a_guest_is_a_customer_without_a_reference(shop: Cloud, tmp_path):
    guest = link("c_guest", IdType.LOYALTY_CARD, "CARD9")
    shop.trust("orders_changes", [order("O9", 5, 12, loyalty_card="card-9", channel="store")])

    build(shop, tmp_path, links(guest))

    found = shop.customers()["c_guest"]
    assert (found["aggregates"]["orders"], found["segments"]["frequency"]) == (1, "one-time")
    assert found["quality"] == ["without-crm", "without-address", "without-country"]
    assert "customer_ref" not in found


def test_every_identifier_leads_to_its_customer(shop: Cloud, tmp_path):
    build(shop, tmp_path)

    stored = {key: item["customer"] for key, item in shop.items(CUSTOMERS).items() if "customer" in item}

    assert stored == {link_key(*key): customer for key, customer in LINKED.items()}


def test_a_second_rebuild_writes_nothing_and_a_loss_is_made_good(shop: Cloud, tmp_path):
    first = build(shop, tmp_path)
    shop.dynamodb.delete_item(TableName=CUSTOMERS, Key={"customer_id": {"S": "c_1"}})

    healed = build(shop, tmp_path, as_of=AS_OF + timedelta(minutes=1))
    third = build(shop, tmp_path, as_of=AS_OF + timedelta(minutes=2))

    assert first["items_written"] == first["customers"] + first["links"] + first["products"] + 1
    assert (healed["items_written"], third["items_written"], third["items_deleted"]) == (1, 0, 0)


def test_what_others_own_of_an_item_stays_as_it_is(shop: Cloud, tmp_path):
    build(shop, tmp_path)
    shop.dynamodb.update_item(
        TableName=CUSTOMERS, Key={"customer_id": {"S": "c_1"}}, UpdateExpression="SET scores = :s",
        ExpressionAttributeValues={":s": {"M": {"churn": {"M": {"score": {"N": "0.5"}}}}}},
    )  # fmt: skip
    shop.trust("orders_changes", [order("O8", 9, 8, customer_ref="R1")])

    build(shop, tmp_path, as_of=LATER)

    found = shop.customers()["R1"]
    assert (found["aggregates"]["orders"], found["scores"]) == (3, {"churn": {"score": Decimal("0.5")}})


def test_a_value_that_is_gone_from_the_sources_goes_from_the_item(shop: Cloud, tmp_path):
    build(shop, tmp_path)
    moved = {"source_ts": day(9), "customer_ref": "R1", "country": "FR", "created_at": day(1)}
    shop.trust("customers_changes", [moved])

    build(shop, tmp_path, as_of=LATER)

    found = shop.customers()["R1"]
    assert "phone" not in found
    assert found["profile"]["country"] == "FR"


@pytest.fixture
def written_live(shop: Cloud):
    """Puts a refusal onto a customer's item, as the writer of live consents does."""

    def write() -> None:
        shop.dynamodb.update_item(
            TableName=CUSTOMERS, Key={"customer_id": {"S": "c_1"}},
            UpdateExpression="SET consents.#key = :no ADD version :one", ExpressionAttributeNames={"#key": "personalization/any"},
            ExpressionAttributeValues={":no": {"M": {"granted": {"BOOL": False}, "at": {"S": NO["at"]}}}, ":one": {"N": "1"}},
        )  # fmt: skip

    return write


def test_a_consent_that_is_written_between_reading_and_writing_survives(shop: Cloud, tmp_path, written_live):
    build(shop, tmp_path)
    shop.trust("orders_changes", [order(f"N{ref}", 9, 8, customer_ref=ref) for ref in ("R1", "R2", "R3")])

    counts = build(shop, tmp_path, as_of=LATER, dynamodb=Meanwhile(shop.dynamodb, written_live))

    found = shop.customers()
    assert found["R1"]["consents"][consent_key("personalization", "any")] == NO
    assert [found[ref]["aggregates"]["orders"] for ref in ("R1", "R2", "R3")] == [3, 2, 2]
    assert counts["items_written"] == 3


def test_a_live_consent_is_kept_by_later_rebuilds_until_the_lake_knows_better(shop: Cloud, tmp_path, written_live):
    build(shop, tmp_path)
    written_live()

    kept = build(shop, tmp_path, as_of=LATER)
    held = shop.customers()["R1"]["consents"]["personalization/any"]
    shop.trust("consents", [{"consent_id": "9", "customer_ref": "R1", "purpose": "personalization", "channel": "any", "granted": True,
                             "recorded_at": "2026-01-10T12:00:00+00:00", "source": "shop"}])  # fmt: skip
    build(shop, tmp_path, as_of=LATER + timedelta(days=1))

    assert (kept["items_written"], held) == (0, NO)
    assert shop.customers()["R1"]["consents"]["personalization/any"] == {"granted": True, "at": "2026-01-10T12:00:00+00:00"}


def test_somebody_who_is_deleted_while_a_rebuild_runs_does_not_come_back_by_it(shop: Cloud, tmp_path):
    build(shop, tmp_path)
    shop.trust("orders_changes", [order("O8", 9, 8, customer_ref="R1"), order("O9", 9, 8, customer_ref="R2")])

    def erase() -> None:
        shop.dynamodb.delete_item(TableName=CUSTOMERS, Key={"customer_id": {"S": "c_1"}})

    build(shop, tmp_path, as_of=LATER, dynamodb=Meanwhile(shop.dynamodb, erase))

    assert sorted(shop.customers()) == ["R2", "R3"]
    assert shop.customers()["R2"]["aggregates"]["orders"] == 2


def test_an_older_rebuild_gives_way_to_a_newer_one(shop: Cloud, tmp_path):
    build(shop, tmp_path, as_of=LATER)

    with pytest.raises(NewerRebuild):
        build(shop, tmp_path, as_of=AS_OF)


def test_an_older_rebuild_overwrites_nothing_that_a_newer_one_wrote_while_it_ran(shop: Cloud, tmp_path):
    old = lake_of(shop, tmp_path / "old")
    shop.trust("orders_changes", [order("O8", 9, 8, customer_ref="R1")])
    build(shop, tmp_path, as_of=LATER)
    shop.dynamodb.delete_item(TableName=CUSTOMERS, Key={"customer_id": {"S": "#view"}})
    old.build("links_now")

    rebuild(old, shop.dynamodb, TABLES, as_of=AS_OF)

    found = shop.customers()["R1"]
    assert (found["aggregates"]["orders"], found["updated_at"]) == (3, LATER.isoformat())


def test_a_merged_customer_becomes_a_redirect_and_its_live_consents_go_along(shop: Cloud, tmp_path):
    build(shop, tmp_path)
    shop.dynamodb.update_item(
        TableName=CUSTOMERS, Key={"customer_id": {"S": "c_2"}}, UpdateExpression="SET consents.#key = :no ADD version :one",
        ExpressionAttributeNames={"#key": "marketing/sms"},
        ExpressionAttributeValues={":no": {"M": {"granted": {"BOOL": False}, "at": {"S": NO["at"]}}}, ":one": {"N": "1"}},
    )  # fmt: skip
    merged = {key: "c_1" if customer == "c_2" else customer for key, customer in LINKED.items()}
    ended = [link("c_2", kind, value, until=LATER) for (kind, value), customer in LINKED.items() if customer == "c_2"]

    build(shop, tmp_path, links(*ended, linked=merged), as_of=LATER)

    items = shop.items(CUSTOMERS)
    assert items["c_2"] == {"customer_id": "c_2", "customer": "c_1", "updated_at": LATER.isoformat()}
    assert (items["c_1"]["consents"]["marketing/sms"], items["c_1"]["aggregates"]["orders"]) == (NO, 3)
    assert sorted(items["c_1"]["refs"]) == ["R1", "R2"]


def test_items_and_redirects_of_nobody_are_deleted_but_never_all(shop: Cloud, tmp_path):
    build(shop, tmp_path)
    without = {key: customer for key, customer in LINKED.items() if customer != "c_3"}

    counts = build(shop, tmp_path, links(linked=without), as_of=LATER)
    build(shop, tmp_path, links(linked={}), as_of=LATER + timedelta(days=1))

    assert counts["items_deleted"] == 3
    assert sorted(shop.customers()) == ["R1", "R2"]


def test_products_have_text_prices_summed_stock_and_a_popularity(shop: Cloud, tmp_path):
    build(shop, tmp_path)

    found = shop.items(PRODUCTS)
    assert {p: (found[p]["price"], found[p]["stock"], found[p]["active"]) for p in ("P1", "P2", "P3", "P9")} == {
        "P1": ("5.25", 5, True),
        "P2": ("20.00", 0, True),
        "P3": ("99.9950", 0, True),
        "P9": ("7.00", 0, False),
    }
    assert found[POPULAR_KEY]["items"] == ["P2", "P1"]


def test_nothing_at_all_makes_no_error_and_without_stock_a_product_says_nothing_about_it(cloud: Cloud, tmp_path):
    empty = build(cloud, tmp_path, links(linked={}))
    product = {"product_id": "P1", "name": "Mug", "category_l1": "K", "price": 1, "currency": "EUR", "active": True}
    cloud.trust("products_changes", [{"source_ts": day(5), **product}])

    build(cloud, tmp_path, links(linked={}), as_of=LATER)

    found = cloud.items(PRODUCTS)
    assert (empty["customers"], empty["products"]) == (0, 0)
    assert "stock" not in found["P1"]
    assert found[POPULAR_KEY]["items"] == ["P1"]
