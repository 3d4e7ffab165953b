"""A lake with a few trusted tables: versioned as deployed, in a catalog that refuses what is out of date as Glue does."""

import json
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests
from moto.core.exceptions import JsonRESTError
from moto.glue.models import glue_backends
from moto.glue.responses import GlueResponse

from lambdas import commit_files
from omnichannel.aws import clients, iceberg
from omnichannel.aws.dynamodb import decode
from omnichannel.contracts import zones
from omnichannel.contracts.datasets import BY_NAME, Dataset
from omnichannel.contracts.environment.onboarding import CommitFilesEnv
from omnichannel.contracts.identity import LINKS_TABLE
from omnichannel.contracts.trusted import Request
from omnichannel.onboarding import history
from omnichannel.onboarding.history import Staged
from omnichannel.onboarding.migrate import PROPERTIES
from omnichannel.onboarding.schema import TABLES, arrow_schema, iceberg_schema

LAKE, DATABASE, HISTORY, PRIVACY = "lake", "trusted", "history", "privacy"
TABLES_HERE = ("orders_changes", "events", "tickets", "consents", LINKS_TABLE)
AT = datetime(2026, 11, 1, tzinfo=UTC)


class Context:
    """An invocation with time left."""

    seconds = 300.0

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


class Lake:
    """The lake, and the committer's door."""

    @property
    def s3(self) -> Any:
        return clients.client("s3")

    @property
    def dynamodb(self) -> Any:
        return clients.client("dynamodb")

    def table(self, name: str = "orders_changes") -> Any:
        return iceberg.catalog().load_table((DATABASE, name))

    def rows(self, name: str = "orders_changes") -> pa.Table:
        return self.table(name).scan().to_arrow()

    def snapshots(self, name: str = "orders_changes") -> list[Any]:
        return list(self.table(name).metadata.snapshots)

    def batches(self, name: str = "orders_changes") -> list[str]:
        """The batch id of every snapshot that brought contents."""
        return [s.summary["omni.batch"] for s in self.snapshots(name) if "omni.batch" in s.summary.additional_properties]

    def stage(self, content_id: str, *rows: dict[str, Any], dataset: str = "sales/orders") -> Staged:
        """What stage A leaves of a file: its good rows in staging, an item in the history, a message."""
        contract: Dataset = BY_NAME[dataset]
        schema = arrow_schema(contract.trusted_columns)
        full = [{**row, "_content_id": content_id, "_line": line} for line, row in enumerate(rows, start=1)]
        buffer = BytesIO()
        pq.write_table(pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in full], schema=schema), buffer)
        key = zones.staged(dataset, content_id)
        self.s3.put_object(Bucket=LAKE, Key=key, Body=buffer.getvalue())
        staged = Staged(
            content_id=content_id, dataset=dataset, key=f"landed/{content_id}", status="staged",
            staged_key=key, rows_in=len(rows), rows_staged=len(rows),
        )  # fmt: skip
        history.record(self.dynamodb, HISTORY, staged, AT)
        return staged

    def orders(self, content_id: str, *order_ids: str, **more: Any) -> Staged:
        """A staged file of orders."""
        rows = [{"op": "I", "source_ts": AT, "order_id": each, "ordered_at": AT, "channel": "web", **more} for each in order_ids]
        return self.stage(content_id, *rows)

    def deliver(self, *contents: Staged | Request, context: Any = None) -> list[str]:
        """One batch of the queue; gives the ids of the messages that come again."""
        records = [{"messageId": str(n), "body": json.dumps(each.to_dict())} for n, each in enumerate(contents)]
        answer = commit_files.handler({"Records": records}, context or Context())
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def history(self, content_id: str) -> dict[str, Any]:
        return decode(self.dynamodb.get_item(TableName=HISTORY, Key={"content_id": {"S": content_id}})["Item"])

    def json(self, key: str) -> Any:
        return json.loads(self.s3.get_object(Bucket=LAKE, Key=key)["Body"].read())

    def put(self, key: str, value: Any) -> None:
        self.s3.put_object(Bucket=LAKE, Key=key, Body=json.dumps(value).encode())

    def versions(self, prefix: str) -> dict[tuple[str, str], bytes]:
        """The bytes of every object version under the prefix, by key and version."""
        page = self.s3.list_object_versions(Bucket=LAKE, Prefix=prefix)
        assert not page["IsTruncated"]
        found = [(v["Key"], v["VersionId"]) for v in page.get("Versions", ())]
        return {(k, v): self.s3.get_object(Bucket=LAKE, Key=k, VersionId=v)["Body"].read() for k, v in found}


@pytest.fixture
def lake(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    variables = {
        **CommitFilesEnv(lake_bucket=LAKE, glue_database=DATABASE, history_table=HISTORY, privacy_table=PRIVACY).variables(),
        "AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
    }  # fmt: skip
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    requests.post(f"{endpoint}/moto-api/reset", timeout=10)
    clients.forget()
    monkeypatch.setattr(GlueResponse, "update_table", _refusing_what_is_out_of_date(GlueResponse.update_table))
    made = Lake()
    made.s3.create_bucket(Bucket=LAKE)
    made.s3.put_bucket_versioning(Bucket=LAKE, VersioningConfiguration={"Status": "Enabled"})
    for name, key in ((HISTORY, "content_id"), (PRIVACY, "id")):
        made.dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
        )
    clients.client("glue").create_database(DatabaseInput={"Name": DATABASE})
    for name in TABLES_HERE:
        location = zones.table_location(LAKE, name)
        iceberg.catalog().create_table((DATABASE, name), iceberg_schema(TABLES[name]), location=location, properties=PROPERTIES)
    yield made
    clients.forget()


def _refusing_what_is_out_of_date(update: Any) -> Any:
    """Moto takes any update; Glue compares the version that it is about with the present one."""
    one_at_a_time = threading.Lock()

    def checked(self: GlueResponse) -> Any:
        with one_at_a_time:
            asked = json.loads(self.body)
            tables = glue_backends["123456789012"]["us-east-1"].databases[asked["DatabaseName"]].tables
            present = tables[asked["TableInput"]["Name"]].as_dict()["VersionId"]
            if asked.get("VersionId", present) != present:
                raise JsonRESTError("ConcurrentModificationException", "the table was updated meanwhile")
            return update(self)

    return checked
