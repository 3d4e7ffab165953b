"""What Personalize may train on: of those who allow it, each interaction once, in the schemas that the stack deploys."""

import csv
import json

import pytest

from omnichannel.aws.dynamodb import encode
from omnichannel.contracts import zones
from omnichannel.contracts.recommendations import TRAINING_DATA
from omnichannel.view.training import export
from sandbox.twins.personalize import schemas
from tests.integration.view.building import build, lake_of
from tests.integration.view.conftest import CUSTOMERS, LAKE, Cloud


@pytest.fixture
def exported(shop: Cloud, tmp_path):
    """Exports the shop as it is; the counts, and the rows of each file."""

    def run():
        lake = lake_of(shop, tmp_path)
        answer = export(lake, shop.dynamodb, shop.s3, customers_table=CUSTOMERS, bucket=LAKE, work=tmp_path)
        bodies = {d.folder: shop.s3.get_object(Bucket=LAKE, Key=answer[f"{d.folder}_key"])["Body"].read().decode() for d in TRAINING_DATA}
        return answer, {folder: list(csv.DictReader(body.splitlines())) for folder, body in bodies.items()}, bodies

    return run


def test_interactions_of_those_who_allow_it_each_once(shop: Cloud, tmp_path, exported):
    build(shop, tmp_path)

    answer, rows, _ = exported()

    assert [(r["USER_ID"], r["ITEM_ID"], r["EVENT_TYPE"], r["TIMESTAMP"]) for r in rows["interactions"]] == [
        ("c_1", "P1", "Purchase", "1767225600"),
        ("c_1", "P1", "View", "1767398400"),
        ("c_1", "P2", "AddToCart", "1767398400"),
        ("c_1", "P3", "Purchase", "1767398400"),
        ("c_1", "P2", "Purchase", "1767484800"),
    ]
    assert (answer["interactions"], answer["users"], answer["withheld_customers"], answer["items"]) == (5, 1, 2, 4)
    assert (answer["ready"], answer["reason"].split(" of ")[0]) == (False, "5 interactions")


def test_items_and_users_say_what_may_be_learned_from(shop: Cloud, tmp_path, exported):
    build(shop, tmp_path)

    _, rows, _ = exported()

    assert rows["items"][1] == {
        "ITEM_ID": "P2", "PRICE": "20.0", "CATEGORY_L1": "Home", "CATEGORY_L2": "", "BRAND": "", "CREATION_TIMESTAMP": "1767571200",
        "AVAILABLE": "no",
    }  # fmt: skip
    assert {row["ITEM_ID"]: row["AVAILABLE"] for row in rows["items"]} == {"P1": "yes", "P2": "no", "P3": "yes", "P9": "no"}
    assert rows["users"] == [{"USER_ID": "c_1", "COUNTRY": "NL", "AGE_BAND": "35-44", "FREQUENCY": "occasional", "LIFECYCLE": "new"}]


def test_a_batch_is_told_of_those_who_allow_both_what_is_learned_from_and_messages(shop: Cloud, tmp_path):
    build(shop, tmp_path)

    def told() -> list[str]:
        export(lake_of(shop, tmp_path), shop.dynamodb, shop.s3, customers_table=CUSTOMERS, bucket=LAKE, work=tmp_path, batch=True)
        return shop.s3.get_object(Bucket=LAKE, Key=zones.PERSONALIZE_USERS)["Body"].read().decode().splitlines()

    both = told()
    web = {"personalization/web": {"granted": True, "at": "2026-01-01T00:00:00Z"}}
    shop.dynamodb.update_item(
        TableName=CUSTOMERS,
        Key=encode({"customer_id": "c_1"}),
        UpdateExpression="SET consents = :c",
        ExpressionAttributeValues=encode({":c": web}),
    )

    assert ([json.loads(line) for line in both], told()) == ([{"userId": "c_1"}], [])


def test_the_same_data_is_the_same_bytes(shop: Cloud, tmp_path, exported):
    build(shop, tmp_path)

    first, second = exported(), exported()

    assert (first[0], first[2]) == (second[0], second[2])


def test_without_a_view_there_is_nobody_to_export(exported):
    answer, rows, _ = exported()

    assert (answer["interactions"], answer["users"], rows["users"]) == (0, 0, [])


@pytest.mark.parametrize("data", TRAINING_DATA, ids=lambda data: data.folder)
def test_every_schema_is_one_that_an_ecommerce_group_takes_and_every_file_has_its_columns(shop: Cloud, tmp_path, exported, data):
    build(shop, tmp_path)
    fields = schemas.parsed(json.dumps(data.schema()))

    _, _, bodies = exported()

    schemas.check_dataset(fields, data.kind.upper(), "ECOMMERCE")
    assert bodies[data.folder].splitlines()[0] == ",".join(fields)
