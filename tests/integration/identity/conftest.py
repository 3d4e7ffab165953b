"""A generated shop in a lake: every file through stage A, its good rows as the trusted tables."""

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests
from moto import mock_aws

from omnichannel.aws import clients, iceberg
from omnichannel.contracts.datasets import BY_NAME
from omnichannel.onboarding.migrate import migrate
from omnichannel.onboarding.schema import TABLES, arrow_schema
from omnichannel.onboarding.stage import Landed, Stores, stage_file
from omnichannel.transform.lake import Lake
from sandbox.shop.generate import generate
from sandbox.shop.truth import Truth

CUSTOMERS = 3_000
DATABASE = "trusted"
LANDING, LAKE, QUARANTINE, HISTORY = "landing", "lake", "quarantine", "history"


@dataclass
class Shop:
    """Its trusted tables, and the truth about it."""

    lake: Lake
    truth: Truth


@pytest.fixture(scope="module")
def stores() -> Iterator[Stores]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        s3, dynamodb = boto3.client("s3", region_name="us-east-1"), boto3.client("dynamodb", region_name="us-east-1")
        for bucket in (LANDING, LAKE, QUARANTINE):
            s3.create_bucket(Bucket=bucket)
        dynamodb.create_table(
            TableName=HISTORY,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "content_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "content_id", "AttributeType": "S"}],
        )
        yield Stores(s3=s3, dynamodb=dynamodb, lake_bucket=LAKE, quarantine_bucket=QUARANTINE, history_table=HISTORY)


@pytest.fixture(scope="module")
def shop(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("shop")
    truth = generate(folder / "landing", customers=CUSTOMERS, events=CUSTOMERS * 20)
    rows = staged(folder / "landing", stores, folder)
    work = folder / "lake"
    work.mkdir()
    lake = Lake(None, "trusted", work, as_of=datetime.now(UTC), memory_mb=512)
    for name, columns in TABLES.items():
        schema = arrow_schema(columns)
        lake.put(name, pa.concat_tables([schema.empty_table(), *(conform(t, schema) for t in rows[name])]))
    return Shop(lake, truth)


def staged(landing: Path, stores: Stores, folder: Path) -> dict[str, list[pa.Table]]:
    """By trusted table, the good rows of each of its files."""
    found = defaultdict(list)
    for number, path in enumerate(sorted(p for p in landing.rglob("*") if p.is_file())):
        key = path.relative_to(landing).as_posix()
        stores.s3.put_object(Bucket=LANDING, Key=key, Body=path.read_bytes())
        work = folder / f"work-{number}"
        work.mkdir()
        done = stage_file(Landed(bucket=LANDING, key=key, size=path.stat().st_size), stores, work, now=datetime.now(UTC))
        if done.status == "staged" and done.rows_staged:
            body = stores.s3.get_object(Bucket=LAKE, Key=done.staged_key)["Body"].read()
            found[BY_NAME[done.dataset].table].append(pq.read_table(pa.BufferReader(body)))
    return found


def conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The contract's columns in its types; a column that nobody sent is empty."""
    columns = [table[f.name].cast(f.type) if f.name in table.column_names else pa.nulls(table.num_rows, f.type) for f in schema]
    return pa.table(columns, schema=schema)


@pytest.fixture
def catalog(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A Glue catalog with the trusted tables, empty."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    given = {"ENDPOINT_URL": endpoint, "DEFAULT_REGION": "us-east-1", "ACCESS_KEY_ID": "testing", "SECRET_ACCESS_KEY": "testing"}
    for name, value in given.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    requests.post(f"{endpoint}/moto-api/reset", timeout=10)
    clients.forget()
    clients.client("s3").create_bucket(Bucket=LAKE)
    clients.client("glue").create_database(DatabaseInput={"Name": DATABASE})
    made = iceberg.catalog()
    migrate(made, DATABASE, LAKE)
    yield made
    clients.forget()
