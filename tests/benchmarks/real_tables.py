"""Real purchase logs as trusted tables in an Iceberg catalog of their own."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.catalog.sql import SqlCatalog

from examples.online_retail import convert
from examples.online_retail.tables import tables
from omnichannel.contracts.datasets import ORDER_LINES, ORDERS, PRODUCTS, RETURNS, Dataset
from omnichannel.contracts.identity import LINKS_TABLE
from omnichannel.onboarding.schema import TABLES, arrow_schema, iceberg_schema

DATABASE = "trusted"
ALWAYS = pd.Timestamp("1990-01-01", tz="UTC")


def catalog(tables_by_name: Mapping[str, pa.Table], folder: Path) -> Catalog:
    """An Iceberg catalog in a folder with the tables in the database `DATABASE`."""
    made = SqlCatalog(DATABASE, uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}/warehouse")
    made.create_namespace(DATABASE)
    for name, rows in tables_by_name.items():
        made.create_table((DATABASE, name), schema=iceberg_schema(TABLES[name])).append(rows)
    return made


def trusted(dataset: Dataset, frame: pd.DataFrame) -> pa.Table:
    """The rows of a frame as a first load; what the frame lacks is null."""
    full = frame.assign(op="I", _content_id="first", _line=range(1, len(frame) + 1))
    schema = arrow_schema(dataset.trusted_columns)
    return pa.Table.from_arrays(list(_columns(full, schema)), schema=schema)


def _columns(frame: pd.DataFrame, schema: pa.Schema) -> Iterator[pa.Array]:
    for field in schema:
        if field.name not in frame:
            yield pa.nulls(len(frame), field.type)
        elif pa.types.is_decimal(field.type):
            numbers = pc.round(pa.array(pd.to_numeric(frame[field.name]).astype(float), from_pandas=True), 4)
            yield numbers.cast(field.type, safe=False)
        elif pa.types.is_timestamp(field.type):
            yield pa.array(pd.to_datetime(frame[field.name], utc=True)).cast(field.type)
        else:
            yield pa.array(frame[field.name], from_pandas=True).cast(field.type)


def links(refs: "pd.Series[str]") -> pa.Table:
    """Every customer under their own reference, always."""
    known = sorted(set(refs.dropna()))
    held: dict[str, list[object]] = {
        "customer_id": [f"c_{ref}" for ref in known],
        "id_type": ["customer_ref"] * len(known),
        "id_value": known,
        "valid_from": [ALWAYS.to_pydatetime()] * len(known),
    }
    schema = arrow_schema(TABLES[LINKS_TABLE])
    columns = [pa.array(held[f.name], f.type) if f.name in held else pa.nulls(len(known), f.type) for f in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def cdnow(path: Path) -> dict[str, pa.Table]:
    """CDNOW_master.txt: a line a purchase with customer, day, number of CDs, dollars."""
    lines = pd.read_csv(path, sep=r"\s+", header=None, skiprows=1, names=["customer", "day", "cds", "dollars"], dtype={"customer": str})
    at, order = pd.to_datetime(lines["day"].astype(str)), [f"o{i}" for i in range(len(lines))]
    orders = pd.DataFrame(
        {
            "order_id": order,
            "customer_ref": lines["customer"],
            "ordered_at": at,
            "source_ts": at,
            "channel": "web",
            "status": "completed",
            "total": lines["dollars"],
            "discount": 0.0,
            "currency": "USD",
        }
    )
    price = lines["dollars"] / lines["cds"].clip(lower=1)
    sold = pd.DataFrame({"order_id": order, "line": 1, "product_id": "cd", "quantity": lines["cds"], "unit_price": price, "source_ts": at})
    return {ORDERS.table: trusted(ORDERS, orders), ORDER_LINES.table: trusted(ORDER_LINES, sold), LINKS_TABLE: links(lines["customer"])}


def online_retail(path: Path) -> dict[str, pa.Table]:
    """The invoices as the example converts them, without what the contracts quarantine."""
    made = tables(convert.read(path))
    sold = made.order_lines[made.order_lines["product_id"].notna() & (made.order_lines["quantity"] > 0)]
    rows = {ORDERS: made.orders, ORDER_LINES: sold, PRODUCTS: made.products, RETURNS: made.returns}
    return {**{d.table: trusted(d, frame) for d, frame in rows.items()}, LINKS_TABLE: links(made.customers["customer_ref"])}
