"""A small shop for the pipeline's tests: rows of trusted tables in memory, behind the face of an Iceberg catalog."""

import shutil
import tempfile
import weakref
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.exceptions import NoSuchTableError

from omnichannel.contracts.datasets import EVENTS, ORDER_LINES, ORDERS, PRODUCTS, Column, Dataset
from omnichannel.contracts.identity import LINKS_TABLE
from omnichannel.onboarding.schema import TABLES, arrow_schema

AS_OF = date(2025, 3, 1)


class Shop:
    """Rows by data set and identity links; `add` fills in what a trusted row always has. Stands for a catalog of Parquet files."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp())
        weakref.finalize(self, shutil.rmtree, self._folder)
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
        rows = self.links if name == LINKS_TABLE else self.rows.get(name)
        if rows is None:
            raise NoSuchTableError(name)
        path = self._folder / f"{name}.parquet"
        pq.write_table(pa.Table.from_pylist(rows, schema=numbered(TABLES[name])), path)
        file = SimpleNamespace(delete_files=[], file=SimpleNamespace(file_path=str(path), file_size_in_bytes=0))
        fields = [SimpleNamespace(name=c.name, field_id=n) for n, c in enumerate(TABLES[name], start=1)]
        return SimpleNamespace(
            name=lambda: identifier,
            current_snapshot=lambda: SimpleNamespace(snapshot_id=len(rows)),
            schema=lambda: SimpleNamespace(fields=fields),
            scan=lambda **_: SimpleNamespace(plan_files=lambda: [file]),
        )


def numbered(columns: tuple[Column, ...]) -> pa.Schema:
    """The Arrow schema of a trusted table's files, which name their fields by id."""
    return pa.schema([f.with_metadata({"PARQUET:field_id": str(n)}) for n, f in enumerate(arrow_schema(columns), start=1)])


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
