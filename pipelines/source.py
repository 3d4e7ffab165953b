"""Reading trusted tables: from the Iceberg catalog, batch by batch, into DuckDB, with only the columns and rows that are used."""

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Protocol

import ibis
import pyarrow as pa
from ibis.backends.duckdb import Backend
from pyiceberg.exceptions import NoSuchTableError

from omnichannel.contracts.datasets import EVENTS, ORDER_LINES, ORDERS, PRODUCTS, RETURNS, SUBSCRIPTIONS, TICKETS, Dataset, Type
from omnichannel.contracts.events import EventName
from omnichannel.contracts.identity import LINKS_TABLE

log = logging.getLogger(__name__)

EVENT_DAYS = 90
"""No feature looks further back at events."""

EVENT_NAMES = tuple(str(n) for n in EventName if n is not EventName.ORDER_COMPLETED)
"""Events that features read; purchases are counted from orders, which every channel has."""

ARROW_TYPES: dict[Type, pa.DataType] = {
    Type.STRING: pa.string(),
    Type.INTEGER: pa.int64(),
    Type.DECIMAL: pa.decimal128(18, 4),
    Type.BOOLEAN: pa.bool_(),
    Type.DATE: pa.date32(),
    Type.TIMESTAMP: pa.timestamp("us"),
    Type.JSON: pa.string(),
}
CHANGE = ("op", "source_ts", "_content_id", "_line")

READ: dict[Dataset, tuple[str, ...]] = {
    ORDERS: (*CHANGE, "order_id", "customer_ref", "loyalty_card", "email", "ordered_at", "channel", "status", "total", "discount"),
    ORDER_LINES: (*CHANGE, "order_id", "line", "product_id"),
    PRODUCTS: (*CHANGE, "product_id", "category_l1"),
    RETURNS: (*CHANGE, "return_id", "order_id", "customer_ref", "returned_at"),
    SUBSCRIPTIONS: (*CHANGE, "subscription_id", "customer_ref", "started_at", "renews_at", "ends_at", "status"),
    TICKETS: ("_content_id", "_line", "ticket_id", "customer_ref", "email", "opened_at", "closed_at", "csat"),
    EVENTS: ("message_id", "event", "user_id", "anonymous_id", "timestamp"),
}
"""The columns that features and labels need, by data set."""

EVERY_ROW = "true"
LINKS_THAT_HOLD = "valid_to is null"

LINKS_SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("id_type", pa.string()),
        ("id_value", pa.string()),
        ("valid_from", pa.timestamp("us")),
    ]
)


class Catalog(Protocol):
    """What is needed of a pyiceberg catalog."""

    def load_table(self, identifier: tuple[str, str]) -> Any:
        """The table, or `NoSuchTableError`."""


@dataclass
class Snapshot:
    """Which state of every table was read: table -> Iceberg snapshot id, None for a table that is absent or empty."""

    tables: dict[str, int | None] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """The name of this state of the data: 16 hex digits."""
        return hashlib.sha256(json.dumps(self.tables, sort_keys=True).encode()).hexdigest()[:16]

    def to_dict(self) -> dict[str, object]:
        """The snapshot ids and their digest as JSON values."""
        return {"digest": self.digest, "tables": self.tables}


def engine(scratch: Path, memory: str = "1200MB") -> Backend:
    """DuckDB with a bounded memory; what does not fit goes to files under `scratch`."""
    con = ibis.duckdb.connect(memory_limit=memory, temp_directory=str(scratch))
    con.raw_sql("SET preserve_insertion_order = false")
    return con


def read_trusted(catalog: Catalog, database: str, con: Backend, as_of: date, oldest_cut_off: date) -> Snapshot:
    """Copies what features and labels need into DuckDB tables named like the trusted ones, and says what was read.

    Times become UTC without a zone. A missing table or column is empty. Events are read from `EVENT_DAYS` before the
    oldest cut-off, up to `as_of`.
    """
    snapshot = Snapshot()
    for dataset, columns in READ.items():
        types = {c.name: ARROW_TYPES[c.type] for c in dataset.trusted_columns}
        schema = pa.schema([(name, types[name]) for name in columns])
        rows = _events_between(oldest_cut_off - timedelta(days=EVENT_DAYS), as_of) if dataset is EVENTS else EVERY_ROW
        snapshot.tables[dataset.table] = _copy(catalog, database, con, dataset.table, schema, rows)
    snapshot.tables[LINKS_TABLE] = _copy(catalog, database, con, LINKS_TABLE, LINKS_SCHEMA, LINKS_THAT_HOLD)
    return snapshot


def _events_between(start: date, end: date) -> str:
    first, last = (datetime.combine(d, time(), UTC).isoformat() for d in (start, end))
    names = ", ".join(f"'{name}'" for name in EVENT_NAMES)
    return f"event IN ({names}) AND timestamp >= '{first}' AND timestamp < '{last}'"


def _copy(catalog: Catalog, database: str, con: Backend, name: str, schema: pa.Schema, rows: str) -> int | None:
    try:
        table = catalog.load_table((database, name))
    except NoSuchTableError:
        log.warning("table %s.%s does not exist: its features are absent", database, name)
        _fill(con, name, schema, iter(()))
        return None
    current = table.current_snapshot()
    if current is None:
        _fill(con, name, schema, iter(()))
        return None
    known = {f.name for f in table.schema().fields}
    selected = tuple(n for n in schema.names if n in known)
    scan = table.scan(row_filter=rows, selected_fields=selected, snapshot_id=current.snapshot_id)
    _fill(con, name, schema, (_conform(batch, schema) for batch in scan.to_arrow_batch_reader()))
    return int(current.snapshot_id)


def _conform(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    present: Mapping[str, pa.Array] = {name: batch.column(name) for name in batch.schema.names}
    columns = [present[f.name].cast(f.type) if f.name in present else pa.nulls(batch.num_rows, f.type) for f in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _fill(con: Backend, name: str, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
    reader = pa.RecordBatchReader.from_batches(schema, batches)
    con.con.register("_incoming", reader)
    con.raw_sql(f'CREATE OR REPLACE TABLE "{name}" AS SELECT * FROM _incoming')  # noqa: S608 - the name is a contract's
    con.con.unregister("_incoming")
