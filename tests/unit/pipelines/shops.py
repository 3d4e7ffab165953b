"""A small shop for the pipeline's tests: rows of trusted tables in memory, behind the face of an Iceberg catalog."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
from pyiceberg.exceptions import NoSuchTableError

from omnichannel.contracts.datasets import (
    EVENTS,
    ORDER_LINES,
    ORDERS,
    PRODUCTS,
    RETURNS,
    SUBSCRIPTIONS,
    TICKETS,
    Dataset,
)
from omnichannel.contracts.datasets import Type as ColumnType
from omnichannel.contracts.identity import LINKS_TABLE
from pipelines import source

AS_OF = date(2025, 3, 1)
DATASETS = (ORDERS, ORDER_LINES, PRODUCTS, RETURNS, SUBSCRIPTIONS, TICKETS, EVENTS)


class Shop:
    """Rows by data set and identity links; `add` fills in what a trusted row always has. Stands for a catalog."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.links: list[dict[str, Any]] = []

    def add(self, dataset: Dataset, **values: Any) -> None:
        rows = self.rows.setdefault(dataset.table, [])
        happened = values.get(dataset.ordered_by) or values.get("source_ts")
        rows.append({"op": "I", "source_ts": happened, "_content_id": "content", "_line": len(rows) + 1, **values})

    def customer(self, ref: str) -> str:
        self.link(ref, "customer_ref", ref, datetime(2020, 1, 1, tzinfo=UTC))
        return ref

    def link(self, ref: str, id_type: str, value: str, since: datetime) -> None:
        self.links.append({"customer_id": f"c_{ref}", "id_type": id_type, "id_value": value, "valid_from": since})

    def order(self, ref: str | None, at: datetime, **values: Any) -> None:
        number = values.pop("order_id", f"O{len(self.rows.get(ORDERS.table, []))}")
        given = {"status": "completed", "total": Decimal(20), "discount": Decimal(0), "channel": "web", "currency": "EUR", **values}
        self.add(ORDERS, order_id=number, customer_ref=ref, ordered_at=at, **given)

    def event(self, name: str, at: datetime, **values: Any) -> None:
        number = f"m{len(self.rows.get(EVENTS.table, []))}"
        self.add(EVENTS, **{"message_id": number, "type": "track", "event": name, "timestamp": at, **values})

    def load_table(self, identifier: tuple[str, str]) -> Any:
        name = identifier[1]
        table = self._links() if name == LINKS_TABLE else self._table(name)
        fields = [SimpleNamespace(name=n) for n in table.schema.names]
        reader = SimpleNamespace(to_arrow_batch_reader=lambda: table.to_reader())
        return SimpleNamespace(
            current_snapshot=lambda: SimpleNamespace(snapshot_id=len(table)),
            schema=lambda: SimpleNamespace(fields=fields),
            scan=lambda **_: reader,
        )

    def _table(self, name: str) -> pa.Table:
        dataset = next(d for d in DATASETS if d.table == name)
        if name not in self.rows:
            raise NoSuchTableError(name)
        return pa.Table.from_pylist(self.rows[name], schema=trusted_schema(dataset))

    def _links(self) -> pa.Table:
        return pa.Table.from_pylist(self.links, schema=pa.schema([*source.LINKS_SCHEMA, ("valid_to", pa.timestamp("us", "UTC"))]))


def trusted_schema(dataset: Dataset) -> pa.Schema:
    """The Arrow schema of a trusted table, with times in UTC as Iceberg returns them."""
    types = {**source.ARROW_TYPES, ColumnType.TIMESTAMP: pa.timestamp("us", "UTC")}
    return pa.schema([(c.name, types[c.type]) for c in dataset.trusted_columns])


def lively_shop(customers: int, as_of: date = AS_OF, days: int = 500, seed: int = 3) -> Shop:
    """Customers who buy at a rhythm of their own; those who stop looking stop buying."""
    rng, shop = np.random.default_rng(seed), Shop()
    for product in range(12):
        shop.add(
            PRODUCTS,
            product_id=f"P{product}",
            name="x",
            category_l1=f"C{product % 4}",
            price=Decimal(5),
            currency="EUR",
            active=True,
            source_ts=datetime(2020, 1, 1, tzinfo=UTC),
        )
    end = datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC)
    for number in range(customers):
        ref, gap = shop.customer(f"R{number:04d}"), float(rng.uniform(8, 50))
        stops = end - timedelta(days=float(rng.uniform(0, days))) if rng.random() < 0.5 else end + timedelta(days=1)
        at = end - timedelta(days=days) + timedelta(days=float(rng.uniform(0, gap)))
        while at < min(end, stops):
            order = f"O{len(shop.rows.get(ORDERS.table, []))}"
            shop.order(ref, at, order_id=order, total=Decimal(int(rng.integers(5, 90))))
            shop.add(
                ORDER_LINES, order_id=order, line=1, product_id=f"P{rng.integers(12)}", quantity=1, unit_price=Decimal(5), source_ts=at
            )
            shop.event("Product Viewed", at - timedelta(days=1), user_id=ref)
            at += timedelta(days=float(rng.exponential(gap)) + 0.5)
    return shop
