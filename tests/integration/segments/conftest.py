"""A lake and a store in memory, and customers as the features step leaves them."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from omnichannel.aws import clients
from omnichannel.contracts import zones
from omnichannel.contracts.environment.customers import SegmentWriterEnv
from omnichannel.contracts.scores import Model, ScoreManifest
from omnichannel.contracts.store import BY_SEGMENT, IN_SEGMENT
from omnichannel.playbook.segments import SegmentsPlaybook
from tests.unit.segmenting.conftest import AS_OF, left, playbook

__all__ = ["left", "playbook"]

LAKE, CUSTOMERS = "lake", "customers"
SIZES = {"regulars": 120, "lapsed": 200, "lookers": 80}


@dataclass
class Cloud:
    """The account."""

    queue_url: str

    @property
    def s3(self) -> Any:
        return clients.client("s3")

    @property
    def sqs(self) -> Any:
        return clients.client("sqs")

    @property
    def dynamodb(self) -> Any:
        return clients.client("dynamodb")

    def keys(self, prefix: str) -> list[str]:
        return [found["Key"] for found in self.s3.list_objects_v2(Bucket=LAKE, Prefix=prefix).get("Contents", [])]

    def body(self, key: str) -> bytes:
        return bytes(self.s3.get_object(Bucket=LAKE, Key=key)["Body"].read())

    def rows(self, manifest: dict[str, Any]) -> pa.Table:
        return pa.concat_tables([pq.read_table(io.BytesIO(self.body(key))) for key in manifest["parts"]])

    def scored(self, scores: dict[str, float], *, as_of: date = AS_OF, run: str = "r1", model: Model = Model.REPURCHASE) -> str:
        """A score run; a score of 0.5 or more is in the high band."""
        rows = {
            "customer_id": list(scores), "score": list(scores.values()),
            "band": ["high" if score >= 0.5 else "low" for score in scores.values()], "decile": pa.array([1] * len(scores), pa.int32()),
        }  # fmt: skip
        body = io.BytesIO()
        pq.write_table(pa.table(rows), body)
        prefix = zones.score_run(model, as_of, run)
        self.s3.put_object(Bucket=LAKE, Key=f"{prefix}part-000.parquet", Body=body.getvalue())
        manifest = ScoreManifest(
            model=model, run=run, as_of=as_of.isoformat(), model_version="1", published="xgboost", snapshot="s1",
            parts=[f"{prefix}part-000.parquet"], rows=len(scores), cut_offs={},
        )  # fmt: skip
        key = zones.score_manifest(model, as_of, run)
        self.s3.put_object(Bucket=LAKE, Key=key, Body=json.dumps(manifest.to_dict()).encode())
        return key


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with mock_aws():
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        clients.forget()
        clients.client("s3").create_bucket(Bucket=LAKE)
        clients.client("s3").put_bucket_versioning(Bucket=LAKE, VersioningConfiguration={"Status": "Enabled"})
        clients.client("dynamodb").create_table(
            TableName=CUSTOMERS,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("customer_id", IN_SEGMENT)],
            KeySchema=[{"AttributeName": "customer_id", "KeyType": "HASH"}],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": BY_SEGMENT,
                    "KeySchema": [
                        {"AttributeName": IN_SEGMENT, "KeyType": "HASH"},
                        {"AttributeName": "customer_id", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ],
        )
        url = clients.client("sqs").create_queue(QueueName="segments")["QueueUrl"]
        for name, value in SegmentWriterEnv(lake_bucket=LAKE, customers_table=CUSTOMERS, queue_url=url).variables().items():
            monkeypatch.setenv(name, value)
        yield Cloud(url)
    clients.forget()


@pytest.fixture
def monthly(playbook: SegmentsPlaybook) -> SegmentsPlaybook:
    return replace(playbook, clusters=replace(playbook.clusters, refit_days=28))
