"""Schemathesis over the OpenAPI document: the functions behind a gateway in one process, tables on moto."""

import os
from collections.abc import Iterator

import boto3
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from moto import mock_aws
from schemathesis.config import SchemathesisConfig

from lambdas import decisions_api, profiles_api, recommendations_api
from omnichannel.api.document import document
from omnichannel.aws import clients, dynamodb
from omnichannel.contracts.store import BY_SEGMENT, IN_SEGMENT, POPULAR_KEY, IdType, link_key
from tests.gateway import Gateway

SEEN = settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
GRANTED = {"granted": True, "at": "2026-01-01T00:00:00Z"}
EMAIL = "b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514"
TABLES = {"customers": ("customer_id",), "products": ("product_id",), "sent": ("customer_id", "sink")}
PASSWORD = "Bearer let-me-in"
APP = Gateway(
    {
        ("GET", "/recommendations/{placement}"): recommendations_api.handler,
        ("GET", "/profiles/{id}"): profiles_api.handler,
        ("GET", "/profiles"): profiles_api.handler,
        ("GET", "/members"): profiles_api.handler,
        ("POST", "/decisions"): decisions_api.handler,
    },
    PASSWORD,
)
schema = schemathesis.openapi.from_dict(document(), config=SchemathesisConfig.from_dict({"seed": 20261122}))
schema.app = APP


@pytest.fixture(scope="module", autouse=True)
def account() -> Iterator[None]:
    """The document's own examples are somebody, and there are products."""
    people = [
        {
            "customer_id": "c_4711",
            "updated_at": "2026-01-01T00:00:00+00:00",
            "consents": {"personalization/any": GRANTED},
            IN_SEGMENT: "Sleepers",
        },
        {"customer_id": link_key(IdType.CUSTOMER_REF, "user-00042"), "customer": "c_4711"},
        {"customer_id": link_key(IdType.EMAIL_SHA256, EMAIL), "customer": "c_4711"},
    ]
    priced = {"active": True, "stock": 3, "price": "9.90", "currency": "EUR"}
    products = [{"product_id": f"p-{n}", "name": f"Product {n}", **priced} for n in range(1001, 1031)]
    popular = {"product_id": POPULAR_KEY, "items": [product["product_id"] for product in products]}
    env = {**{f"{name.upper()}_TABLE": name for name in TABLES}, "SCORE_FUNCTION": "", "DATASET_GROUP_ARN": "", "PERSONALIZE_ASKS": "{}"}
    with pytest.MonkeyPatch.context() as patched, mock_aws():
        for name, value in {**env, "AWS_DEFAULT_REGION": "us-east-1"}.items():
            patched.setenv(name, value)
        clients.forget()
        recommendations_api._recommenders.cache_clear()
        _fill({"customers": people, "products": [*products, popular]})
        yield
    clients.forget()


def _fill(items: dict[str, list[dict[str, object]]]) -> None:
    client = boto3.client("dynamodb", region_name=os.environ["AWS_DEFAULT_REGION"])
    for name, keys in TABLES.items():
        schema_of = [{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)]
        index = [{"AttributeName": IN_SEGMENT, "KeyType": "HASH"}, {"AttributeName": "customer_id", "KeyType": "RANGE"}]
        projected = {"IndexName": BY_SEGMENT, "KeySchema": index, "Projection": {"ProjectionType": "KEYS_ONLY"}}
        more: dict[str, list[object]] = {"GlobalSecondaryIndexes": [projected]} if name == "customers" else {}
        typed = [{"AttributeName": key, "AttributeType": "S"} for key in (*keys, *([IN_SEGMENT] if more else []))]
        client.create_table(TableName=name, KeySchema=schema_of, AttributeDefinitions=typed, BillingMode="PAY_PER_REQUEST", **more)
        for item in items.get(name, ()):
            client.put_item(TableName=name, Item=dynamodb.encode(item))


@SEEN
@schema.parametrize()
def test_every_answer_is_one_that_the_document_promises(case):
    case.call_and_validate(headers={"Authorization": PASSWORD})
