"""The generated shop meets stage A: exactly what was made bad is refused, everything else is trusted."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import boto3
import orjson
import pytest
from moto import mock_aws

from omnichannel.contracts.ledger import QuarantineRecord
from omnichannel.contracts.reasons import Reason
from omnichannel.onboarding.history import Staged
from omnichannel.onboarding.stage import Landed, Stores, stage_file
from sandbox.shop.generate import generate
from sandbox.shop.truth import BadRecord, Rows, Truth

LANDING, LAKE, QUARANTINE, HISTORY = "landing", "lake", "quarantine", "history"


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    """Buckets and the history table as the stacks make them."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
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


def onboard(landing: Path, stores: Stores, work: Path) -> dict[str, Staged]:
    """Every file of the landing folder through stage A: its result by its key."""
    results = {}
    for number, path in enumerate(sorted(p for p in landing.rglob("*") if p.is_file())):
        key = path.relative_to(landing).as_posix()
        stores.s3.put_object(Bucket=LANDING, Key=key, Body=path.read_bytes())
        own = work / str(number)
        own.mkdir(parents=True)
        results[key] = stage_file(Landed(bucket=LANDING, key=key, size=path.stat().st_size), stores, own, now=datetime.now(UTC))
    return results


def quarantined(stores: Stores) -> list[BadRecord]:
    """Every quarantine record, as the truth file writes them."""
    found = []
    for item in stores.s3.list_objects_v2(Bucket=QUARANTINE).get("Contents", []):
        body = stores.s3.get_object(Bucket=QUARANTINE, Key=item["Key"])["Body"].read()
        for line in body.splitlines():
            record = QuarantineRecord(**orjson.loads(line))
            found.append(BadRecord(record.file, record.line, record.column, Reason(record.reason)))
    return sorted(found)


@pytest.fixture
def shop(tmp_path: Path) -> tuple[Path, Truth]:
    """A small shop with all its dirt."""
    landing = tmp_path / "shop" / "landing"
    return landing, generate(landing, customers=300, events=6_000)


def test_exactly_what_was_made_bad_is_refused(shop: tuple[Path, Truth], stores: Stores, tmp_path: Path) -> None:
    landing, truth = shop
    refused = {record.file for record in truth.refused_files}

    results = onboard(landing, stores, tmp_path / "work")
    once = {staged.content_id: staged for key, staged in results.items() if key not in refused}.values()
    landed = {name: sum(s.rows_in for s in once if s.dataset == name) for name in truth.rows}
    good = {name: sum(s.rows_staged for s in once if s.dataset == name) for name in truth.rows}

    assert quarantined(stores) == truth.bad
    assert {name: Rows(landed[name], good[name]) for name in landed} == truth.rows
    assert all(results[again].content_id == results[first].content_id for again, first in truth.duplicates.items())
