"""Features of a customer from web and app events: trusted files in, every feature of everybody out, for one date.

The floor is DuckDB's scan of the same columns of the same files in the same run: the greatest value of each, so that every value is read.
The second measurement is the same within 2 GiB, in a process of its own like every other here.
"""
# ruff: noqa: S608 - names are the contracts'

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog.sql import SqlCatalog

from omnichannel.contracts.datasets import EVENTS, ORDERS
from omnichannel.contracts.identity import LINKS_TABLE
from omnichannel.onboarding.schema import TABLES, arrow_schema, iceberg_schema
from pipelines.engine import DuckDb
from pipelines.frames import feature_names
from pipelines.source import EVENT_DAYS, columns_read, read_trusted
from pipelines.steps.features import Order, features_of
from pipelines.tasks import Purpose

AS_OF = date(2026, 11, 1)
DATABASE = "trusted"
GOAL, WITHIN_MEMORY = 15.0, 2.0
ROOMY_MB, LIMIT_MB, WHOLE_MB = 8192, 1600, 2048
"""DuckDB's limit leaves room for what else the process holds within the whole."""
EVENTS_EACH, ORDERS_EACH, EVENTS_OF_A_VISIT, VISITS_OF_A_SIGN_IN = 40, 4, 5, 3
ROWS_OF_A_COMMIT = 1_000_000

# A visit is five events on one day in two categories; every third is signed in, the rest are known by their browser; one message in a
# hundred came twice.
_EVENTS = """
SELECT 'c' AS _content_id, i AS _line, 'track' AS type, md5(CAST(CASE WHEN i % 100 = 7 THEN i - 1 ELSE i END AS VARCHAR)) AS message_id,
    CASE WHEN h % 100 < 60 THEN 'Product Viewed' WHEN h % 100 < 75 THEN 'Product List Viewed' WHEN h % 100 < 85 THEN 'Products Searched'
        WHEN h % 100 < 95 THEN 'Product Added' ELSE 'Product Added to Wishlist' END AS event,
    CASE WHEN v % {signed} = 0 THEN 'R' || p END AS user_id, 'browser-' || p || '-' || (v % 2) AS anonymous_id,
    TIMESTAMPTZ '{start} 00:00:00+00' + to_seconds(CAST(v * {step} + i % 600 AS BIGINT)) AS timestamp,
    'category-' || ((v + h % 2) % 12) AS category
FROM (SELECT i, hash(i) AS h, i // {visit} AS v, hash(i // {visit}) % {people} AS p FROM range({first}, {last}) AS r(i))"""
_LINKS = """
SELECT 'c_' || p AS customer_id, id_type, id_value, TIMESTAMPTZ '2025-01-01 00:00:00+00' AS valid_from FROM range({first}, {last}) AS r(p),
    (VALUES ('customer_ref', 'R' || p), ('anonymous_id', 'browser-' || p || '-0'), ('anonymous_id', 'browser-' || p || '-1'))
    AS k(id_type, id_value)"""
_ORDERS = """
SELECT 'I' AS op, moment AS source_ts, 'c' AS _content_id, i AS _line, 'O' || i AS order_id, 'R' || (hash(i) % {people}) AS customer_ref,
    moment AS ordered_at, 'web' AS channel, 'completed' AS status, CAST(20 + i % 80 AS DECIMAL(18, 4)) AS total, 'EUR' AS currency
FROM (SELECT i, TIMESTAMPTZ '{start} 00:00:00+00' + to_seconds(CAST(i * {step} AS BIGINT)) AS moment FROM range({first}, {last}) AS r(i))"""


def measure(rows: int) -> list[dict[str, Any]]:
    """Features from `rows` events, and the same within 2 GiB; times in seconds of this machine."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        _prepare(folder, rows)
        roomy = _apart(folder, ROOMY_MB)
        limited = _apart(folder, LIMIT_MB)
    slower, fits = limited["seconds"] / roomy["seconds"], limited["peak_mb"] <= WHOLE_MB
    ratio = roomy["seconds"] / roomy["floor"]
    goal = f"≤ {WITHIN_MEMORY:g} × without, 2 GiB"
    return [
        _row(f"features: {len(feature_names())} from events", roomy, f"≤ {GOAL:g} × scan", ratio, ratio <= GOAL, rows),
        _row("features: within 2 GiB", limited, goal, slower, slower <= WITHIN_MEMORY and fits, rows),
    ]


def _prepare(folder: Path, rows: int) -> None:
    """Events of the days that features look at, orders, and who is who, as tables of a catalog on this disk."""
    catalog, people = _catalog(folder), max(rows // EVENTS_EACH, 1)
    catalog.create_namespace(DATABASE)
    start, seconds = AS_OF - timedelta(days=EVENT_DAYS), (EVENT_DAYS - 1) * 86_400
    given = {"people": people, "rows": rows, "visit": EVENTS_OF_A_VISIT, "signed": VISITS_OF_A_SIGN_IN, "start": start}
    _land(catalog, EVENTS.table, _EVENTS, rows, {**given, "step": seconds * EVENTS_OF_A_VISIT / rows})
    _land(catalog, ORDERS.table, _ORDERS, people * ORDERS_EACH, {**given, "step": seconds / (people * ORDERS_EACH)})
    _land(catalog, LINKS_TABLE, _LINKS, people, given)


def _catalog(folder: Path) -> SqlCatalog:
    return SqlCatalog("bench", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}/warehouse")


def _land(catalog: SqlCatalog, name: str, query: str, rows: int, given: dict[str, Any]) -> None:
    """Appends the rows in a few commits, as stage B does."""
    columns, schema = TABLES[name], arrow_schema(TABLES[name])
    table = catalog.create_table((DATABASE, name), schema=iceberg_schema(columns))
    with duckdb.connect(config={"memory_limit": "1GB", "threads": 2}) as con:
        con.execute("SET TimeZone = 'UTC'")
        for first in range(0, rows, ROWS_OF_A_COMMIT):
            found = con.sql(query.format(**given, first=first, last=min(first + ROWS_OF_A_COMMIT, rows))).to_arrow_table()
            there = {c: found[c] if c in found.column_names else pa.nulls(len(found), schema.field(c).type) for c in schema.names}
            table.append(pa.table(there).cast(schema))


def _apart(folder: Path, memory_mb: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.features", str(folder), str(memory_mb)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def _run(folder: Path, memory_mb: int) -> dict[str, float]:
    with TemporaryDirectory(dir=folder) as work, closing(DuckDb(Path(work), memory_mb=memory_mb, threads=2)) as engine:
        order = Order(task=None, purpose=Purpose.AUDIENCE, as_of=AS_OF)
        catalog = _catalog(folder)
        read_trusted(catalog, DATABASE, engine, AS_OF, AS_OF)
        asked = ", ".join(f'max("{c.name}")' for c in columns_read(EVENTS))
        floor = min(_timed(lambda: engine.connection.execute(f"SELECT {asked} FROM {EVENTS.table}").fetchall()) for _ in range(2))
        seconds = _timed(lambda: features_of(order, engine, Path(work) / "made"))
        made = pq.read_metadata(next((Path(work) / "made").rglob("*.parquet"))).num_rows
    return {"seconds": seconds, "floor": floor, "customers": made, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _row(name: str, told: dict[str, float], goal: str, ratio: float, met: bool, rows: int) -> dict[str, Any]:
    return {
        "name": name,
        "value": told["seconds"],
        "unit": "s",
        "floor": told["floor"],
        "ratio": ratio,
        "goal": goal,
        "met": met,
        "rows": rows,
        "peak_mb": told["peak_mb"],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_run(Path(sys.argv[1]), int(sys.argv[2]))))
