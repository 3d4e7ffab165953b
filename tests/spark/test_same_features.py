"""Every feature of every customer, row by row: what DuckDB says, Spark says; over a generated shop and rows that engines differ about."""

import csv
import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from omnichannel.contracts.datasets import MESSAGING_FEEDBACK, PROFILE_TRAITS, SUBSCRIPTIONS, TICKETS
from omnichannel.contracts.events import EventName
from omnichannel.contracts.identity import LINKS_TABLE
from omnichannel.contracts.scores import Model
from pipelines import source
from pipelines.engine import DuckDb, Engine
from pipelines.features.population import labelled, population
from pipelines.features.registry import registered
from pipelines.features.service import TOPICS
from pipelines.frames import LABEL, Wide, feature_names
from pipelines.spark_engine import Spark
from pipelines.steps import features
from pipelines.tables import NOW, Facts
from pipelines.tasks import TASKS, Purpose
from tests.spark.test_same_rows import differences
from tests.unit.pipelines.shops import AS_OF as SHOP_AS_OF
from tests.unit.pipelines.shops import Shop, lively_shop

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

AS_OF = date(2026, 9, 1)
BEFORE = AS_OF - timedelta(days=90)


@pytest.fixture(scope="module")
def shop(tables: Mapping[str, pa.Table]) -> Shop:
    made = Shop()
    made.rows = {name: rows.to_pylist() for name, rows in tables.items() if name != LINKS_TABLE}
    made.links = tables[LINKS_TABLE].to_pylist()
    more(made, [link for link in made.links if link["id_type"] == "customer_ref" and not link["valid_to"]][:60])
    return made


def more(shop: Shop, links: list[dict[str, Any]]) -> None:
    """What a small generated shop has little of: wishes, messages, tickets, audiences, subscriptions that end."""
    chance, midnight = random.Random(11), datetime(AS_OF.year, AS_OF.month, AS_OF.day, tzinfo=UTC)
    for n in range(1200):
        link, at = chance.choice(links), midnight - timedelta(seconds=chance.randrange(86_400 * 120))
        ref, customer = link["id_value"], link["customer_id"]
        shop.event(
            chance.choice((EventName.PRODUCT_ADDED_TO_WISHLIST, EventName.CHECKOUT_STARTED)), at, user_id=ref, message_id=f"more{n // 2}"
        )
        feedback = chance.choice(("sent", "delivered", "open", "click", "bounce", "complaint"))
        shop.add(MESSAGING_FEEDBACK, event_id=f"more{n}", sink="file", customer_id=customer, type=feedback, at=at)
        topic = chance.choice((*TOPICS, " Delivery", "what else", None))
        closed, score = at + timedelta(days=chance.randrange(30)) if n % 3 else None, n % 5 + 1
        shop.add(TICKETS, ticket_id=f"more{n}", customer_ref=ref, opened_at=at, closed_at=closed, channel="mail", csat=score, topic=topic)
        links_to = {**link, "id_type": "segment_id", "id_value": f"use_{ref}", "valid_from": midnight - timedelta(days=500)}
        shop.links += [links_to] if n < 60 else []
        trait = {"canonical_segment_id": f"use_{ref}", "name": chance.choice(("vip", "big")), "value": chance.choice(("true", "false"))}
        shop.add(PROFILE_TRAITS, **trait, timestamp=at, seq=n)
        subscription = {"plan": f"p{n % 3}", "status": chance.choice(("active", "cancelled")), "price": Decimal(9), "currency": "EUR"}
        renewed = {"renews_at": at + timedelta(days=30), "started_at": midnight - timedelta(days=300), "source_ts": at}
        shop.add(SUBSCRIPTIONS, subscription_id=f"more{n % 40}", customer_ref=links[n % 40]["id_value"], **subscription, **renewed)


def wide(engine: Engine, shop: Shop, folder: Path) -> dict[date, list[dict[str, Any]]]:
    """Everybody's features on two dates, and labels where they are known."""
    source.read_trusted(shop, "trusted", engine, AS_OF, BEFORE)
    facts, task = Facts(engine, AS_OF, BEFORE), TASKS[Model.CHURN]
    people = labelled(task, population(task, facts.sources), facts.history, NOW)
    labels = Wide(engine, facts, people.drop("subscribed"), LABEL).write(BEFORE, folder / "labels")
    everybody = Wide(engine, facts, facts.history.customers).write(AS_OF, folder / "everybody")
    return {
        day: sorted(pq.read_table(at).to_pylist(), key=lambda row: row["customer_id"]) for day, at in ((BEFORE, labels), (AS_OF, everybody))
    }


@pytest.fixture(scope="module")
def on_duckdb(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> dict[date, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("duckdb")
    engine = DuckDb(folder)
    found = wide(engine, shop, folder / "made")
    engine.close()
    return found


@pytest.fixture(scope="module")
def on_spark(shop: Shop, spark: "SparkSession", tmp_path_factory: pytest.TempPathFactory) -> dict[date, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("spark")
    return wide(Spark(spark, folder), shop, folder / "made")


@pytest.mark.parametrize("day", [BEFORE, AS_OF])
def test_spark_says_the_same(day: date, on_duckdb: Any, on_spark: Any) -> None:
    ours, theirs = on_duckdb[day], on_spark[day]

    assert [row["customer_id"] for row in ours] == [row["customer_id"] for row in theirs]
    assert differences(ours, theirs) == []


def test_what_is_compared_says_something(on_duckdb: Any) -> None:
    rows = on_duckdb[AS_OF]

    silent = [name for name in feature_names() if len({row[name] for row in rows}) < 2]

    assert len(rows) > 200
    assert silent == []
    assert len(registered()) == len(feature_names())


@pytest.mark.parametrize("cluster", [False, True], ids=["one machine", "a cluster"])
def test_the_step_leaves_the_same_customers_to_score(
    cluster: bool, spark: "SparkSession", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines import spark as engine

    monkeypatch.setattr(engine, "session", lambda **_: spark)
    monkeypatch.setattr(type(spark), "stop", lambda _: None)
    monkeypatch.setattr(engine, "on_one_machine", lambda _: not cluster)
    few, order = lively_shop(8), features.Order(task=TASKS[Model.REPURCHASE], purpose=Purpose.SCORE, as_of=SHOP_AS_OF)

    for name, limits in (("duckdb", features.Limits()), ("spark", features.Limits(on_spark=True))):
        features.make(few, "trusted", order, tmp_path / name, limits)

    ours, theirs = (
        list(csv.reader((tmp_path / name / "customers" / "customers.csv").read_text().splitlines())) for name in ("duckdb", "spark")
    )
    assert [row[0] for row in ours] == [row[0] for row in theirs]
    assert [[float(v) for v in row[1:]] for row in theirs] == [pytest.approx([float(v) for v in row[1:]], nan_ok=True) for row in ours]
