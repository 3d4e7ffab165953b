"""The current state of a changing table: orders with three changes each, as the customer view builds them from Iceberg's files.

The floor is what nobody can leave out: DuckDB reads the same columns of the same files and writes as many rows to a table as there are
in the end, of whichever changes come first; it groups, joins and orders nothing.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
from pyiceberg.catalog.sql import SqlCatalog

from omnichannel.contracts.datasets import ORDERS
from omnichannel.onboarding.schema import arrow_schema, iceberg_schema
from omnichannel.transform.lake import Lake

DATABASE = "trusted"
AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
CHANGES_EACH = 3
COMMITS = 8
REPEATS = 3
SECONDS, MEGABYTES, GROWTH = 3.0, 2048, 2.2
MEMORY_MB = 1024

# A change in six was made after the moment; one in five is a delete; every hundredth shares its commit time with another of its key.
_CHANGES = """
SELECT
    CASE hash(i * 7) % 5 WHEN 0 THEN 'I' WHEN 1 THEN 'D' ELSE 'U' END AS op,
    TIMESTAMPTZ '2026-01-01 00:00:00+00' + to_seconds(CAST(hash(i // (CASE WHEN i % 100 < 2 THEN 2 ELSE 1 END)) % 31536000 AS BIGINT))
        AS source_ts,
    'O' || lpad(CAST(hash(i // (CASE WHEN i % 100 < 2 THEN 2 ELSE 1 END) * 3) % {keys} AS VARCHAR), 9, '0') AS order_id,
    'C' || (hash(i) % 500000) AS customer_ref,
    CASE WHEN i % 3 = 0 THEN 'L' || (hash(i) % 500000) END AS loyalty_card,
    CASE WHEN i % 4 = 0 THEN 'person' || (hash(i) % 500000) || '@example.com' END AS email,
    TIMESTAMPTZ '2025-06-01 00:00:00+00' + to_seconds(CAST(hash(i + 5) % 31536000 AS BIGINT)) AS ordered_at,
    ['web', 'app', 'store', 'phone'][1 + i % 4] AS channel,
    'S' || (i % 50) AS store_id,
    CASE WHEN i % 7 = 0 THEN 'cancelled' ELSE 'completed' END AS status,
    CAST(hash(i) % 100000 AS DECIMAL(18, 4)) / 100 AS total,
    CASE WHEN i % 5 = 0 THEN CAST(1.5 AS DECIMAL(18, 4)) END AS discount,
    'EUR' AS currency,
    md5(CAST(i // 100000 AS VARCHAR)) AS _content_id,
    i % 100000 AS _line,
    20260101000000000 + i // 100000 AS _sequence
FROM range({first}, {last}) AS r(i)
"""


def measure(rows: int) -> list[dict[str, Any]]:
    """`rows` changes, and half as many for the growth; times in seconds of this machine, the best of several in turn."""
    with TemporaryDirectory() as folder:
        whole, half = (_made(Path(folder) / str(n), n) for n in (rows, rows // 2))
        halves, wholes = zip(*((_timed(lambda: _state(half)), _timed(lambda: _state(whole))) for _ in range(REPEATS)), strict=True)
        (_, half_cpu, _), (_, cpu, _) = (min(runs, key=lambda run: run[1]) for runs in (halves, wholes))
        seconds, _, orders = min(wholes)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        floor = min(_timed(lambda: _floor(whole, orders))[0] for _ in range(REPEATS))
    met = seconds <= SECONDS and peak <= MEGABYTES
    growth = cpu / half_cpu
    return [
        {
            "name": f"current state of {orders:,} orders", "value": seconds, "unit": "s", "floor": floor, "ratio": seconds / floor,
            "goal": f"≤ {SECONDS:g} s, {MEGABYTES // 1024} GiB", "met": met, "rows": rows, "peak_mb": peak,
        },
        {
            "name": "current state: twice the changes", "value": growth, "unit": "× CPU time", "floor": None, "ratio": None,
            "goal": f"≤ {GROWTH}", "met": growth <= GROWTH, "rows": rows, "peak_mb": None,
        },
    ]  # fmt: skip


def _made(folder: Path, rows: int) -> Path:
    """A trusted table of so many changes, made by a process of its own: what that takes is not counted here."""
    folder.mkdir()
    subprocess.run([sys.executable, "-m", "tests.benchmarks.current_state", str(folder), str(rows)], check=True)
    return folder


def make(folder: Path, rows: int) -> None:
    """Appends the changes in a few commits, as stage B does."""
    catalog = _catalog(folder)
    catalog.create_namespace(DATABASE)
    table = catalog.create_table((DATABASE, ORDERS.table), schema=iceberg_schema(ORDERS.trusted_columns))
    schema, share = arrow_schema(ORDERS.trusted_columns), -(-rows // COMMITS)
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for first in range(0, rows, share):
            query = _CHANGES.format(keys=rows // CHANGES_EACH, first=first, last=min(first + share, rows))
            table.append(connection.sql(query).to_arrow_table().select(schema.names).cast(schema))


def _catalog(folder: Path) -> SqlCatalog:
    return SqlCatalog("trusted", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}/warehouse")


def _state(folder: Path) -> int:
    with TemporaryDirectory(dir=folder) as work:
        lake = Lake(_catalog(folder), DATABASE, Path(work), as_of=AS_OF, memory_mb=MEMORY_MB)
        lake.build("orders")
        count = int(lake.rows("SELECT count(*) AS n FROM orders")[0]["n"])
        lake.close()
    return count


def _floor(folder: Path, kept: int) -> None:
    with TemporaryDirectory(dir=folder) as work:
        lake = Lake(_catalog(folder), DATABASE, Path(work), as_of=AS_OF, memory_mb=MEMORY_MB)
        lake.build(ORDERS.table)
        share = kept / int(lake.rows(f"SELECT count(*) AS n FROM {ORDERS.table}")[0]["n"])  # noqa: S608 - a contract's name
        known = f"SELECT * FROM {ORDERS.table} WHERE source_ts < getvariable('as_of')"  # noqa: S608 - as above
        lake.connection.execute(f"CREATE TABLE floor AS {known} AND hash(order_id) % 10000 < {int(10000 * share)}")
        lake.close()


def _timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Seconds by the clock, seconds of CPU (what growth is about: others use the machine too), and the result."""
    started, used = time.perf_counter(), time.process_time()
    done = work()
    return time.perf_counter() - started, time.process_time() - used, done


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
