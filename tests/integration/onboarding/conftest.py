"""The services that onboarding talks to."""

import os
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
import pytest
import requests

from omnichannel.aws import clients, iceberg
from omnichannel.aws.dynamodb import decode
from omnichannel.contracts import zones
from omnichannel.contracts.environment.customers import CustomerViewEnv
from omnichannel.contracts.environment.onboarding import CommitFilesEnv, StageFileEnv
from omnichannel.contracts.environment.recommendations import InteractionsExportEnv
from omnichannel.onboarding.history import Staged
from omnichannel.onboarding.migrate import migrate
from omnichannel.onboarding.stage import Landed, Stores, stage_file

LANDING, LAKE, QUARANTINE, DATABASE = "landing", "lake", "quarantine", "trusted"
HISTORY, CUSTOMERS, PRODUCTS = "history", "customers", "products"
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass
class Cloud:
    """Everything that is deployed, and the folder of the function's disk."""

    disk: Path
    files: int = 0

    @property
    def s3(self) -> Any:
        return clients.client("s3")

    @property
    def dynamodb(self) -> Any:
        return clients.client("dynamodb")

    @property
    def catalog(self) -> Any:
        return iceberg.catalog()

    @property
    def stores(self) -> Stores:
        return Stores(s3=self.s3, dynamodb=self.dynamodb, lake_bucket=LAKE, quarantine_bucket=QUARANTINE, history_table=HISTORY)

    def stage(self, key: str, content: bytes | str, now: datetime = NOW, *, tolerant: bool = True, redrive: int = 0) -> Staged:
        """Lands a file and takes it through stage A; most tests' files are too small for the share of bad rows that they have."""
        body = content.encode() if isinstance(content, str) else content
        if not redrive:
            self.s3.put_object(Bucket=LANDING, Key=key, Body=body)
        work = self.disk / str(self.files)
        work.mkdir()
        self.files += 1
        landed = Landed(bucket=LANDING, key=key, size=len(body), redrive=redrive)
        with patch("omnichannel.onboarding.examine.tolerated", lambda _, rows: rows) if tolerant else nullcontext():
            staged = stage_file(landed, self.stores, work, now=now)
        assert staged.status == "duplicate" or staged.rows_in == staged.rows_staged + sum(staged.quarantined.values())
        return staged

    def quarantined(self, staged: Staged) -> list[tuple[int, str, str]]:
        """Line, column and reason of every refused row of a file."""
        if not staged.quarantined:
            return []
        key = zones.quarantined(staged.dataset, staged.content_id)
        body = self.s3.get_object(Bucket=QUARANTINE, Key=key)["Body"].read()
        return [(r["line"], r["column"], r["reason"]) for r in map(orjson.loads, body.splitlines())]

    def history(self, content_id: str) -> dict[str, Any]:
        return decode(self.dynamodb.get_item(TableName=HISTORY, Key={"content_id": {"S": content_id}})["Item"])

    def items(self, table: str) -> list[dict[str, Any]]:
        return [decode(item) for page in self.dynamodb.get_paginator("scan").paginate(TableName=table) for item in page["Items"]]


@pytest.fixture
def cloud(endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Cloud]:
    environments = (
        StageFileEnv(lake_bucket=LAKE, quarantine_bucket=QUARANTINE, history_table=HISTORY),
        CommitFilesEnv(lake_bucket=LAKE, glue_database=DATABASE, history_table=HISTORY, privacy_table="privacy"),
        CustomerViewEnv(
            lake_bucket=LAKE,
            glue_database=DATABASE,
            customers_table=CUSTOMERS,
            products_table=PRODUCTS,
            sent_table="sent",
            bus_name="bus",
            consent_proof_bucket=LAKE,
        ),
        InteractionsExportEnv(lake_bucket=LAKE, glue_database=DATABASE, customers_table=CUSTOMERS),
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
    deployed = Cloud(tmp_path)
    for bucket in (LANDING, LAKE, QUARANTINE):
        deployed.s3.create_bucket(Bucket=bucket)
    for table, key in ((HISTORY, "content_id"), (CUSTOMERS, "customer_id"), (PRODUCTS, "product_id")):
        deployed.dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
        )
    deployed.dynamodb.create_table(
        TableName="sent",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "customer_id", "KeyType": "HASH"}, {"AttributeName": "sink", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("customer_id", "sink")],
    )
    clients.client("events").create_event_bus(Name="bus")
    clients.client("glue").create_database(DatabaseInput={"Name": DATABASE})
    yield deployed
    clients.forget()


@pytest.fixture
def trusted(cloud: Cloud) -> Cloud:
    """The same, with the trusted tables made."""
    migrate(cloud.catalog, DATABASE, LAKE)
    return cloud
