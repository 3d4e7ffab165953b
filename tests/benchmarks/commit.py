"""Stage B: forty staged files in one commit, against pyarrow writing the same rows once.

Both read and write one S3, a moto server in a process of its own. The floor has the rows in memory and writes one Parquet object with
the same compression; the commit reads forty objects, writes data files with statistics, manifests and metadata, and asks Glue and
the history. A few hundred requests of it cost the same for few rows as for many, so the ratio falls with the rows.
"""

import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.request import urlopen

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import S3FileSystem

from omnichannel.aws import clients, iceberg
from omnichannel.contracts import zones
from omnichannel.contracts.datasets import ORDERS
from omnichannel.onboarding import history
from omnichannel.onboarding.commit import FILES_A_COMMIT, commit_files
from omnichannel.onboarding.history import Staged
from omnichannel.onboarding.migrate import PROPERTIES
from omnichannel.onboarding.schema import arrow_schema, iceberg_schema
from omnichannel.trusted.memory import Memory

LAKE, DATABASE, HISTORY = "lake", "trusted", "history"
AT = datetime(2026, 11, 1, tzinfo=UTC)
REPEATS = 3
TIMES_FLOOR, MEGABYTES = 4.0, 1024
SCHEMA = arrow_schema(ORDERS.trusted_columns)


def measure(rows: int) -> list[dict[str, Any]]:
    """The commit's time over the floor's, how many snapshots it made, and what the process held at most."""
    with _cloud() as endpoint:
        batches = [[_stage(f"{repeat:02}-{n:02}", rows // FILES_A_COMMIT) for n in range(FILES_A_COMMIT)] for repeat in range(REPEATS)]
        started = _peak()
        timed = [_commit(batch) for batch in batches]
        peak = _peak()
        floor = min(_floor(endpoint, batch) for batch in batches)
        table = iceberg.catalog().load_table((DATABASE, ORDERS.table))
        snapshots, there = len(table.metadata.snapshots), table.scan().count()
    seconds = min(timed)
    common = {"rows": rows, "peak_mb": peak}
    whole = there == REPEATS * FILES_A_COMMIT * (rows // FILES_A_COMMIT)
    return [
        common | {
            "name": "commit of 40 staged files", "value": seconds, "unit": "s", "floor": floor, "ratio": seconds / floor,
            "goal": f"<= {TIMES_FLOOR:g} x floor", "met": seconds <= TIMES_FLOOR * floor and whole,
        },
        common | {
            "name": "commits of 40 staged files", "value": snapshots / REPEATS, "unit": "snapshots", "floor": None, "ratio": None,
            "goal": "1 and every row", "met": snapshots == REPEATS and whole,
        },
        common | {
            "name": "commit: memory", "value": peak, "unit": "MB", "floor": started, "ratio": None,
            "goal": f"<= {MEGABYTES} MB", "met": peak <= MEGABYTES,
        },
    ]  # fmt: skip


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _rows(content_id: str, count: int) -> pa.Table:
    """Orders as a shop has them: ids and addresses differ, the rest repeats."""
    draw = np.random.default_rng(int(content_id.replace("-", "")))
    customers = draw.integers(0, 200_000, count)
    times = pa.array([AT + timedelta(seconds=int(s)) for s in draw.integers(0, 10_000_000, count)], SCHEMA.field("ordered_at").type)
    values = {
        "op": pa.array(["I"] * count), "source_ts": times, "order_id": pa.array([f"{content_id}-{n}" for n in range(count)]),
        "customer_ref": pa.array([f"R{c}" for c in customers]), "email": pa.array([f"person{c}@example.com" for c in customers]),
        "ordered_at": times, "channel": pa.array(["web"] * count), "status": pa.array(["completed"] * count),
        "total": pa.array(draw.integers(5, 500, count), pa.int32()).cast(pa.decimal128(18, 4)), "currency": pa.array(["EUR"] * count),
        "_content_id": pa.array([content_id] * count), "_line": pa.array(range(count), pa.int64()),
    }  # fmt: skip
    columns = [values[f.name].cast(f.type) if f.name in values else pa.nulls(count, f.type) for f in SCHEMA]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _stage(content_id: str, count: int) -> Staged:
    buffer, key = BytesIO(), zones.staged(ORDERS.name, content_id)
    pq.write_table(_rows(content_id, count), buffer, compression="zstd", row_group_size=122_880)
    clients.client("s3").put_object(Bucket=LAKE, Key=key, Body=buffer.getvalue())
    staged = Staged(
        content_id=content_id, dataset=ORDERS.name, key=content_id, status="staged", staged_key=key, rows_in=count, rows_staged=count
    )
    history.record(clients.client("dynamodb"), HISTORY, staged, AT)
    return staged


def _commit(batch: list[Staged]) -> float:
    """From opening the catalog to the snapshot; the history is told after it, and is not in the time: that is moto's DynamoDB."""
    started = time.perf_counter()
    memory = Memory(clients.client("dynamodb"), HISTORY)
    commits = commit_files(iceberg.committing_catalog(), DATABASE, ORDERS, batch, LAKE, memory.of)
    seconds = time.perf_counter() - started
    memory.keep(commits, AT)
    return seconds


def _floor(endpoint: str, batch: list[Staged]) -> float:
    """The same rows, in memory already, as one object."""
    s3 = S3FileSystem(endpoint_override=endpoint, access_key="testing", secret_key="testing", region="us-east-1")
    rows = pa.concat_tables([pq.read_table(f"{LAKE}/{staged.staged_key}", filesystem=s3) for staged in batch])
    started = time.perf_counter()
    pq.write_table(rows, f"{LAKE}/floor/{batch[0].content_id}.parquet", filesystem=s3, compression="zstd")
    return time.perf_counter() - started


@contextmanager
def _cloud() -> Iterator[str]:
    """A moto server in another process, with a lake and an empty table."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    endpoint = f"http://127.0.0.1:{port}"
    try:
        _answers(endpoint, server)
        os.environ |= {
            "AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
        }  # fmt: skip
        clients.forget()
        _deploy()
        yield endpoint
    finally:
        server.terminate()
        server.wait()


def _answers(endpoint: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < until:
        try:
            urlopen(f"{endpoint}/moto-api/", timeout=1).close()  # noqa: S310 - our own server
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"moto does not answer at {endpoint}")


def _deploy() -> None:
    clients.client("s3").create_bucket(Bucket=LAKE)
    clients.client("dynamodb").create_table(
        TableName=HISTORY, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "content_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "content_id", "AttributeType": "S"}],
    )  # fmt: skip
    clients.client("glue").create_database(DatabaseInput={"Name": DATABASE})
    location, schema = zones.table_location(LAKE, ORDERS.table), iceberg_schema(ORDERS.trusted_columns)
    iceberg.catalog().create_table((DATABASE, ORDERS.table), schema, location=location, properties=PROPERTIES)
