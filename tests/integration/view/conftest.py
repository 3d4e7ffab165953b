"""Trusted tables written straight, and the store and buckets that the customer view writes to."""

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pyarrow as pa
import pytest
import requests

from omnichannel.aws import clients, iceberg
from omnichannel.aws.dynamodb import batch_put, decode
from omnichannel.contracts.datasets import DATASETS
from omnichannel.contracts.environment.customers import CustomerViewEnv, ProfilesApiEnv
from omnichannel.contracts.environment.recommendations import InteractionsExportEnv
from omnichannel.onboarding.migrate import migrate
from omnichannel.onboarding.schema import TABLES, arrow_schema

LAKE, PROOF, DATABASE, CUSTOMERS, PRODUCTS, SENT, BUS = "lake", "proof", "trusted", "customers", "products", "sent", "bus"
KEYS = {CUSTOMERS: "customer_id", PRODUCTS: "product_id"}
TABLE_KEYS = {**{table: (key,) for table, key in KEYS.items()}, SENT: ("customer_id", "sink")}

Rows = Sequence[Mapping[str, Any]]


class Cloud:
    """Everything that is deployed around the view. Trusted tables are kept here; `land` writes them to the lake."""

    def __init__(self) -> None:
        self._lines = count(1)
        self._rows: dict[str, list[dict[str, Any]]] = {}

    @property
    def s3(self) -> Any:
        return clients.client("s3")

    @property
    def dynamodb(self) -> Any:
        return clients.client("dynamodb")

    @property
    def catalog(self) -> Any:
        return iceberg.catalog()

    def trust(self, table: str, rows: Rows) -> None:
        """Adds rows to a trusted table; times may be texts, lineage is added."""
        types = {field.name: field.type for field in arrow_schema(TABLES[table])}
        for row in rows:
            typed = {name: _typed(value, types[name]) for name, value in row.items()}
            self._rows.setdefault(table, []).append({**typed, "_content_id": "f", "_line": next(self._lines)})

    @property
    def tables(self) -> dict[str, pa.Table]:
        """The trusted tables of data sets, empty ones too."""
        wanted = {dataset.table: arrow_schema(TABLES[dataset.table]) for dataset in DATASETS}
        return {name: pa.Table.from_pylist(self._rows.get(name, []), schema=schema) for name, schema in wanted.items()}

    def land(self) -> None:
        """Writes the trusted tables as Iceberg tables, as migrations and the committer do."""
        migrate(self.catalog, DATABASE, LAKE)
        for name, rows in self.tables.items():
            self.catalog.load_table((DATABASE, name)).append(rows)

    def items(self, table: str) -> dict[str, dict[str, Any]]:
        """Every item of a table by its key, but for those that are no customer's and no product's."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=table)
        found = (decode(item) for page in pages for item in page["Items"])
        return {item[KEYS[table]]: item for item in found}

    def customers(self) -> dict[str, dict[str, Any]]:
        """Customer items by the retailer's own reference, or by our id where there is none."""
        return {i.get("customer_ref", key): i for key, i in self.items(CUSTOMERS).items() if "customer" not in i and key[0] != "#"}

    def put(self, table: str, *items: dict[str, Any]) -> None:
        """Writes items as they are."""
        batch_put(self.dynamodb, table, items)


def _typed(value: Any, kind: pa.DataType) -> Any:
    if isinstance(value, str) and pa.types.is_timestamp(kind):
        return datetime.fromisoformat(value)
    if isinstance(value, str) and pa.types.is_date(kind):
        return datetime.fromisoformat(value).date()
    return Decimal(str(value)) if pa.types.is_decimal(kind) and value is not None else value


@pytest.fixture
def cloud(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """Empty tables, an empty lake."""
    environments = (
        CustomerViewEnv(
            lake_bucket=LAKE,
            glue_database=DATABASE,
            customers_table=CUSTOMERS,
            products_table=PRODUCTS,
            sent_table=SENT,
            bus_name=BUS,
            consent_proof_bucket=PROOF,
        ),
        InteractionsExportEnv(lake_bucket=LAKE, glue_database=DATABASE, customers_table=CUSTOMERS),
        ProfilesApiEnv(customers_table=CUSTOMERS),
    )
    variables = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {**variables, **{k: v for env in environments for k, v in env.variables().items()}}.items():
        monkeypatch.setenv(name, value)
    requests.post(f"{endpoint}/moto-api/reset", timeout=10)
    clients.forget()
    deployed = Cloud()
    for bucket in (LAKE, PROOF):
        deployed.s3.create_bucket(Bucket=bucket)
    for table, keys in TABLE_KEYS.items():
        deployed.dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        )
    clients.client("events").create_event_bus(Name=BUS)
    clients.client("glue").create_database(DatabaseInput={"Name": DATABASE})
    yield deployed
    clients.forget()


DAY = "2026-01-0{}T00:00:00+00:00"


def day(number: int) -> str:
    """The start of a day of January 2026, UTC."""
    return DAY.format(number)


def order(order_id: str, number: int, total: float, **more: Any) -> dict[str, Any]:
    """A completed order on the web."""
    plain = {"order_id": order_id, "ordered_at": day(number), "channel": "web", "status": "completed", "total": total, "currency": "EUR"}
    return {"source_ts": day(9), **plain, **more}


def event(number: int, name: str, **more: Any) -> dict[str, Any]:
    """A track message on January 3."""
    return {"message_id": f"m{number}", "type": "track", "event": name, "timestamp": day(3), **more}


def consent(consent_id: str, number: int, granted: bool, purpose: str, channel: str, **who: str) -> dict[str, Any]:
    """A consent of somebody, recorded on a day."""
    said = {"consent_id": consent_id, "purpose": purpose, "channel": channel, "granted": granted}
    return {**said, "recorded_at": day(number), "source": "shop", **who}


SHOP: dict[str, Rows] = {
    "customers_changes": [
        {"source_ts": day(5), "customer_ref": "R1", "email": "one@shop.example", "phone": "+31201234567", "first_name": "Zoë",
         "country": "NL", "birth_date": "1990-05-01", "created_at": "2025-05-01T00:00:00+00:00"},
        {"source_ts": day(5), "customer_ref": "R2", "loyalty_card": "CARD-2", "country": "DE", "created_at": "2025-06-01T00:00:00+00:00"},
    ],
    "orders_changes": [
        order("O1", 1, 10.50, customer_ref="R1"),
        order("O2", 2, 99, customer_ref="R1", status="cancelled"),
        order("O3", 3, 20, loyalty_card="CARD-2", channel="store", discount=5),
        order("O4", 4, 1.25, email="ONE@shop.example", channel="store"),
        order("O5", 4, 3, customer_ref="R3", email="three@shop.example", channel="phone"),
    ],
    "order_lines_changes": [
        {"source_ts": day(9), "order_id": o, "line": 1, "product_id": p, "quantity": 1, "unit_price": 1}
        for o, p in (("O1", "P1"), ("O2", "P3"), ("O3", "P2"), ("O4", "P2"), ("O5", "P4"))
    ],
    "returns_changes": [
        {"source_ts": day(9), "return_id": "T1", "order_id": "O1", "product_id": "P1", "quantity": 1, "returned_at": day(6), "amount": 5},
    ],
    "products_changes": [
        {"source_ts": day(5), "product_id": p, "name": name, "category_l1": category, "price": price, "currency": "EUR", "active": active}
        for p, name, category, price, active in (
            ("P1", "Mug", "Kitchen", "5.25", True), ("P2", "Lamp", "Home", "20", True), ("P3", "Rug", "Home", "99.995", True),
            ("P9", "Old", "Home", "7", False),
        )
    ],
    "stock_levels_changes": [
        {"source_ts": day(5), "product_id": p, "location_id": place, "quantity": n, "updated_at": day(5)}
        for p, place, n in (("P1", "A", 2), ("P1", "B", 3), ("P2", "A", 0))
    ],
    "consents": [
        consent("1", 1, False, "personalization", "web", customer_ref="R1"),
        consent("2", 2, True, "personalization", "any", email="one@shop.example"),
        consent("3", 1, True, "marketing", "email", anonymous_id="device-2"),
        consent("4", 1, True, "marketing", "email", customer_ref="stranger"),
    ],
    "events": [
        event(1, "Product Viewed", user_id="R1", anonymous_id="device-1", product_id="P1"),
        event(2, "Product Added", anonymous_id="device-1", product_id="P2"),
        event(3, "Product Viewed", user_id="R2", anonymous_id="device-2", product_id="P1"),
        event(4, "Order Completed", user_id="R1", order_id="O1", products='[{"product_id":"P1"}]'),
        event(5, "Order Completed", user_id="R1", order_id="web-only", products='[{"product_id": "P3"}, {"product_id": "P3"}]'),
        event(6, "Product Viewed", user_id="R1", category="Home"),
        event(7, "Products Searched", user_id="R1", query="mug"),
        event(8, "Product Viewed", anonymous_id="unknown device", product_id="P1"),
    ],
    "tickets": [
        {"ticket_id": "K1", "customer_ref": "R1", "opened_at": day(2), "channel": "email", "csat": 4},
        {"ticket_id": "K2", "email": "one@shop.example", "opened_at": day(3), "channel": "email", "csat": 5},
    ],
    "messaging_feedback": [
        {"event_id": "F1", "sink": "pinpoint", "address": "one@shop.example", "type": "delivered", "at": day(2)},
        {"event_id": "F2", "sink": "pinpoint", "address": "One@shop.example", "type": "open", "at": day(3)},
        {"event_id": "F3", "sink": "pinpoint", "address": "one@shop.example", "type": "unsubscribe", "at": day(4)},
    ],
}  # fmt: skip


@pytest.fixture
def shop(cloud: Cloud) -> Cloud:
    """A few customers, what they did, and the catalogue."""
    for table, rows in SHOP.items():
        cloud.trust(table, rows)
    return cloud
