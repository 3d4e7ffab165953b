"""The publishing step on a small lake, and what is then asked of single customers."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto import mock_aws
from pyiceberg.catalog import Catalog
from pyiceberg.catalog.sql import SqlCatalog

from omnichannel.aws import clients
from omnichannel.contracts.datasets import CONSENTS
from omnichannel.contracts.identity import LINKS_TABLE
from omnichannel.contracts.scores import Model
from omnichannel.onboarding.schema import TABLES, arrow_schema, iceberg_schema
from omnichannel.scoring.model import Matrix, TrainedModel
from pipelines.steps import publish
from tests.unit.scoring.archives import FEATURES, customers, model_archive

LAKE, DATABASE, AS_OF = "lake", "trusted", date(2026, 11, 1)


@dataclass
class World:
    """A bucket, a catalog, and the folders of the steps before publishing."""

    s3: Any
    catalog: Catalog
    folder: Path
    matrix: Matrix = field(default_factory=lambda: customers(60))
    model: TrainedModel = field(init=False)

    @property
    def ids(self) -> list[str]:
        return [f"c_{n:03d}" for n in range(len(self.matrix))]

    def train(self, **more: Any) -> None:
        """A model archive; `more` are other contents of it."""
        self.model = TrainedModel.load(model_archive(self.folder / "trained", **more))

    def transform(self) -> None:
        """What was sent to batch transform, as the features step writes it, and what came back."""
        for name in ("sent", "scored", "meta"):
            (self.folder / name).mkdir(exist_ok=True)
        lines = [
            ",".join([i, *("nan" if np.isnan(v) else repr(float(v)) for v in row)]) for i, row in zip(self.ids, self.matrix, strict=True)
        ]
        (self.folder / "sent" / "customers.csv").write_text("".join(f"{line}\n" for line in lines))
        scores = zip(self.ids, self.model.predict(self.matrix), strict=True)
        (self.folder / "scored" / "customers.csv.out").write_text("".join(f"{i},{float(score)!r}\n" for i, score in scores))
        (self.folder / "meta" / "features.json").write_text(json.dumps([{"name": name} for name in FEATURES]))
        (self.folder / "meta" / "snapshot.json").write_text(json.dumps({"digest": "d1", "tables": {}}))

    def publish(self, *more: str, as_of: date = AS_OF, model: Model = Model.CHURN) -> dict[str, Any]:
        """Runs the step; gives the manifest."""
        places = [text for name in ("trained", "sent", "scored", "meta") for text in (f"--{name}", str(self.folder / name))]
        common = [
            "--model",
            str(model),
            "--as-of",
            as_of.isoformat(),
            "--bucket",
            LAKE,
            "--version",
            "arn:package/7",
            "--database",
            DATABASE,
        ]
        before = set(self.listed())
        publish.main([*common, *places, *more])
        (new,) = (key for key in self.listed() if key.endswith("_manifest.json") and key not in before)
        manifest: dict[str, Any] = self.json(new)
        return manifest

    def listed(self, prefix: str = "") -> list[str]:
        return [found["Key"] for found in self.s3.list_objects_v2(Bucket=LAKE, Prefix=prefix).get("Contents", ())]

    def get(self, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket=LAKE, Key=key)["Body"].read()
        return body

    def json(self, key: str) -> Any:
        return json.loads(self.get(key))

    def rows(self, manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """The run's rows by customer."""
        tables = [pq.read_table(pa.BufferReader(self.get(key))) for key in manifest["parts"]]
        return {row["customer_id"]: row for row in pa.concat_tables(tables).to_pylist()}

    def consent(self, *customer_ids: str) -> None:
        """Lets them consent to marketing by e-mail, before the date."""
        at = datetime(2026, 10, 1, tzinfo=UTC)
        link = {"id_type": "customer_ref", "valid_from": at, "confidence": "exact"}
        links = [{**link, "customer_id": i, "id_value": f"ref {i}"} for i in customer_ids]
        said = {"purpose": "marketing", "channel": "email", "granted": True, "recorded_at": at, "source": "form"}
        consents = [{**said, "consent_id": i, "customer_ref": f"ref {i}", "_content_id": "f", "_line": 1} for i in customer_ids]
        for name, rows in ((LINKS_TABLE, links), (CONSENTS.table, consents)):
            table = self.catalog.create_table((DATABASE, name), schema=iceberg_schema(TABLES[name]))
            table.append(pa.Table.from_pylist(rows, schema=arrow_schema(TABLES[name])))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A trained model and sixty scored customers, not yet published."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    catalog = SqlCatalog("trusted", uri=f"sqlite:///{tmp_path}/catalog.db", warehouse=f"file://{tmp_path}/warehouse")
    catalog.create_namespace(DATABASE)
    monkeypatch.setattr(publish.iceberg, "catalog", lambda: catalog)
    with mock_aws():
        clients.forget()
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=LAKE)
        made = World(s3=s3, catalog=catalog, folder=tmp_path)
        made.train()
        made.transform()
        yield made
    clients.forget()
