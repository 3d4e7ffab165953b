"""A generated shop, staged by the real stage A, as tables of a lake without a catalog; and the plain files beside it."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from omnichannel.contracts import zones
from omnichannel.contracts.catalog import Zone
from omnichannel.contracts.datasets import BY_NAME
from omnichannel.contracts.ledger import Flow, LedgerRow, Sink, Status
from omnichannel.contracts.reasons import Reason
from omnichannel.contracts.scores import Model
from omnichannel.ledger import parts
from omnichannel.onboarding.history import Staged
from omnichannel.onboarding.schema import TABLES, arrow_schema
from omnichannel.onboarding.stage import Landed, Stores, stage_file
from omnichannel.transform.lake import Lake
from omnichannel.view.export import export
from sandbox.shop.generate import generate
from sandbox.shop.truth import Truth

LANDING, LAKE, QUARANTINE, HISTORY = "landing", "lake", "quarantine", "history"
BUCKETS = {Zone.LAKE: LAKE, Zone.QUARANTINE: QUARANTINE}
NOW = datetime(2026, 11, 1, 1, tzinfo=UTC)
SCORED = date(2026, 11, 1)


@dataclass(frozen=True)
class Shop:
    """The trusted tables, what stage A found of every file, the truth, and S3 with the plain files."""

    tables: dict[str, pa.Table]
    staged: list[Staged]
    truth: Truth
    s3: Any
    disk: Path

    def lake(self, **instead: pa.Table) -> Lake:
        """A fresh lake with the shop's tables, some of them replaced."""
        lake = Lake(None, "", self.disk, as_of=NOW)
        for name, rows in {**self.tables, **instead}.items():
            lake.put(name, rows)
        return lake

    @property
    def history(self) -> list[dict[str, Any]]:
        return [staged.to_dict() for staged in self.staged]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    disk = tmp_path_factory.mktemp("shop")
    truth = generate(disk / "landing", customers=200, events=4_000, as_of=SCORED)
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        stores = _stores()
        staged = list(_staged(disk / "landing", stores, disk))
        tables = _trusted(staged, stores.s3)
        activated = {"identity_links": _links(tables), "activation_log": _tries()}
        made = Shop(tables=tables | activated, staged=staged, truth=truth, s3=stores.s3, disk=disk)
        _scores(made)
        _segments(made)
        export(made.lake(), made.s3, LAKE, disk)
        _ledger(made)
        yield made


def _stores() -> Stores:
    s3, dynamodb = boto3.client("s3", region_name="us-east-1"), boto3.client("dynamodb", region_name="us-east-1")
    for bucket in (LANDING, LAKE, QUARANTINE):
        s3.create_bucket(Bucket=bucket)
    dynamodb.create_table(
        TableName=HISTORY,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "content_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "content_id", "AttributeType": "S"}],
    )
    return Stores(s3=s3, dynamodb=dynamodb, lake_bucket=LAKE, quarantine_bucket=QUARANTINE, history_table=HISTORY)


def _staged(landing: Path, stores: Stores, disk: Path) -> Iterator[Staged]:
    for number, path in enumerate(sorted(p for p in landing.rglob("*") if p.is_file())):
        key = path.relative_to(landing).as_posix()
        stores.s3.put_object(Bucket=LANDING, Key=key, Body=path.read_bytes())
        work = disk / "work" / str(number)
        work.mkdir(parents=True)
        staged = stage_file(Landed(bucket=LANDING, key=key, size=path.stat().st_size), stores, work, now=NOW)
        if staged.status != "duplicate":
            yield staged


def _trusted(staged: list[Staged], s3: Any) -> dict[str, pa.Table]:
    rows = {name: [arrow_schema(columns).empty_table()] for name, columns in TABLES.items()}
    for file in staged:
        if file.rows_staged:
            body = s3.get_object(Bucket=LAKE, Key=file.staged_key)["Body"].read()
            rows[BY_NAME[file.dataset].table].append(pq.read_table(io.BytesIO(body)))
    return {name: _conformed(pa.concat_tables(found, promote_options="default"), name) for name, found in rows.items()}


def _conformed(rows: pa.Table, name: str) -> pa.Table:
    schema = arrow_schema(TABLES[name])
    return rows.select(schema.names).cast(schema)


def _tries() -> pa.Table:
    """What an activation did about one customer."""
    row = {"customer_id": "c_1", "sink": "file", "run": "r1", "status": "delivered", "message_id": "m1", "at": NOW - timedelta(days=1)}
    return pa.Table.from_pylist([row], schema=arrow_schema(TABLES["activation_log"]))


def _links(tables: dict[str, pa.Table]) -> pa.Table:
    """Every customer by its reference, and half of them by the anonymous ids of their events."""
    refs = sorted(set(tables["customers_changes"]["customer_ref"].to_pylist()))
    known = {ref: f"c_{ref}" for ref in refs}
    events = zip(*(tables["events"][name].to_pylist() for name in ("anonymous_id", "user_id")), strict=True)
    visits = {anonymous: known[user] for anonymous, user in events if anonymous and user in known}
    found = [("customer_ref", ref, customer) for ref, customer in known.items()]
    found += [("anonymous_id", visit, customer) for visit, customer in sorted(visits.items())]
    rows = [
        {"id_type": kind, "id_value": value, "customer_id": customer, "valid_from": NOW - timedelta(days=500), "valid_to": None}
        for kind, value, customer in found
    ]
    return pa.Table.from_pylist(rows, schema=arrow_schema(TABLES["identity_links"]))


def _scores(shop: Shop) -> None:
    for model in Model:
        customers = shop.tables["identity_links"].column("customer_id").unique().to_pylist()
        rows = [
            {
                "customer_id": customer, "score": n / len(customers), "band": "high" if n % 3 else "low",
                "decile": 1 + n * 10 // len(customers),
                "reasons": ["-orders_90d", "+days_since_order"], "model_version": "1", "as_of": SCORED,
            }
            for n, customer in enumerate(customers)
        ]  # fmt: skip
        types = {"decile": pa.int32(), "as_of": pa.date32()}
        table = pa.Table.from_pylist(rows)
        table = table.cast(pa.schema([(f.name, types.get(f.name, f.type)) for f in table.schema]))
        body = io.BytesIO()
        pq.write_table(table, body)
        run = zones.score_run(model, SCORED, "r1")
        shop.s3.put_object(Bucket=LAKE, Key=f"{run}part-000.parquet", Body=body.getvalue())
        shop.s3.put_object(Bucket=LAKE, Key=run + zones.MANIFEST, Body=b"{}")


def _segments(shop: Shop) -> None:
    customers = shop.tables["identity_links"].column("customer_id").unique().to_pylist()
    kinds = (("s01", "Frequent buyers", "champions", "555", "active"), ("s02", "Long silent", "lost", "111", "churned"))
    names = ("customer_id", "segment", "segment_name", "rfm", "rfm_cell", "lifecycle", "distance", "as_of")
    rows = [dict(zip(names, (customer, *kinds[n % 2], 0.5, SCORED), strict=True)) for n, customer in enumerate(customers)]
    body = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), body)
    run = zones.segments_run(SCORED, "r1")
    shop.s3.put_object(Bucket=LAKE, Key=f"{run}part-000.parquet", Body=body.getvalue())
    shop.s3.put_object(Bucket=LAKE, Key=run + zones.MANIFEST, Body=b"{}")


def _ledger(shop: Shop) -> None:
    rows = [
        LedgerRow(flow=Flow.SEGMENT, run="r1", customer_id=f"c_{n}", sink=Sink.SEGMENT, status=status, reason=reason, at=NOW.isoformat())
        for n, (status, reason) in enumerate([(Status.DELIVERED, None)] * 3 + [(Status.WITHHELD, Reason.NO_CONSENT)] * 2)
    ]
    parts.write_part(shop.s3, LAKE, flow=Flow.SEGMENT, run="r1", sink=Sink.SEGMENT, part="part-000", rows=rows)
    summary = orjson.dumps({"rows": [{"flow": "segment"}]}, option=orjson.OPT_INDENT_2)
    shop.s3.put_object(Bucket=LAKE, Key=zones.ledger_summary(Flow.SEGMENT, "r1"), Body=summary)
