"""Reading trusted tables: the present state of each is given to an engine, with only the columns and files that are used."""

import hashlib
import json
import logging
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

import ibis.expr.types as ir
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table

from omnichannel.contracts.datasets import (
    EVENTS,
    MESSAGING_FEEDBACK,
    ORDER_LINES,
    ORDERS,
    PRODUCTS,
    PROFILE_TRAITS,
    RETURNS,
    SUBSCRIPTIONS,
    TICKETS,
    Column,
    Dataset,
)
from omnichannel.contracts.events import EventName
from omnichannel.contracts.identity import LINK_COLUMNS, LINKS_TABLE
from omnichannel.transform.files import EVERY_ROW
from pipelines.engine import Engine, unbound

log = logging.getLogger(__name__)

EVENT_DAYS = 90
"""No feature looks further back at events."""

EVENT_NAMES = tuple(str(n) for n in EventName if n is not EventName.ORDER_COMPLETED)
"""Events that features read; purchases are counted from orders, which every channel has."""

CHANGE = ("op", "source_ts", "_sequence", "_content_id", "_line")
ORIGIN = ("_content_id", "_line")

READ: dict[Dataset, tuple[str, ...]] = {
    ORDERS: (*CHANGE, "order_id", "customer_ref", "loyalty_card", "email", "ordered_at", "channel", "status", "total", "discount"),
    ORDER_LINES: (*CHANGE, "order_id", "line", "product_id", "quantity"),
    PRODUCTS: (*CHANGE, "product_id", "category_l1"),
    RETURNS: (*CHANGE, "return_id", "order_id", "customer_ref", "returned_at", "amount"),
    SUBSCRIPTIONS: (*CHANGE, "subscription_id", "customer_ref", "plan", "started_at", "renews_at", "ends_at", "status", "price"),
    TICKETS: (*ORIGIN, "ticket_id", "customer_ref", "email", "opened_at", "closed_at", "csat", "topic"),
    EVENTS: (*ORIGIN, "message_id", "event", "user_id", "anonymous_id", "timestamp", "category"),
    MESSAGING_FEEDBACK: (*ORIGIN, "event_id", "customer_id", "address", "type", "at"),
    PROFILE_TRAITS: (*ORIGIN, "canonical_segment_id", "name", "value", "timestamp", "seq"),
}
"""The columns that features and labels need, by data set."""


def columns_read(dataset: Dataset) -> tuple[Column, ...]:
    """Those of the data set's columns, in its order."""
    return tuple(c for c in dataset.trusted_columns if c.name in READ[dataset])


def trusted(dataset: Dataset) -> ir.Table:
    """A trusted table with the columns that are read."""
    return unbound(dataset.table, columns_read(dataset))


def links() -> ir.Table:
    """The identity links that hold."""
    table = links_ever()
    return table.filter(table.valid_to.isnull()).drop("valid_to")


def links_ever() -> ir.Table:
    """The identity links, those that have ended, too."""
    return unbound(LINKS_TABLE, LINK_COLUMNS)


class Catalog(Protocol):
    """What is needed of a pyiceberg catalog."""

    def load_table(self, identifier: tuple[str, str]) -> Table:
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


def read_trusted(catalog: Catalog, database: str, engine: Engine, as_of: date, oldest_cut_off: date) -> Snapshot:
    """Gives the engine what features and labels need, under the trusted tables' names, and says what that is.

    Times become UTC without a zone. A missing table is empty, a missing column null. Of events, files from outside of
    [oldest cut-off - `EVENT_DAYS`, as_of) are left where they are.
    """
    snapshot = Snapshot()
    for dataset in READ:
        rows = _events_between(oldest_cut_off - timedelta(days=EVENT_DAYS), as_of) if dataset is EVENTS else EVERY_ROW
        snapshot.tables[dataset.table] = _attach(catalog, database, engine, dataset.table, columns_read(dataset), rows)
    snapshot.tables[LINKS_TABLE] = _attach(catalog, database, engine, LINKS_TABLE, LINK_COLUMNS, EVERY_ROW)
    return snapshot


def _events_between(start: date, end: date) -> str:
    first, last = (datetime.combine(d, time(), UTC).isoformat() for d in (start, end))
    return f"timestamp >= '{first}' AND timestamp < '{last}'"


def _attach(catalog: Catalog, database: str, engine: Engine, name: str, columns: tuple[Column, ...], rows: str) -> int | None:
    try:
        table = catalog.load_table((database, name))
    except NoSuchTableError:
        log.warning("table %s.%s does not exist: its features are absent", database, name)
        engine.attach(name, None, columns)
        return None
    current = table.current_snapshot()
    engine.attach(name, table if current else None, columns, rows)
    return int(current.snapshot_id) if current else None
