"""Trusted tables as Arrow: what functions read."""

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.expressions import AlwaysTrue, BooleanExpression

from omnichannel.contracts.datasets import Dataset
from omnichannel.onboarding.schema import TABLES, arrow_schema

_EVERY_ROW = AlwaysTrue()


def scan(catalog: Catalog, database: str, table: str, columns: Sequence[str], rows: str | BooleanExpression = _EVERY_ROW) -> pa.Table:
    """Those columns of every row (or of the `rows` that match), in the contract's types; empty when the table does not exist yet."""
    known = {c.name: c for c in TABLES[table]}
    schema = arrow_schema(tuple(known[name] for name in columns))
    try:
        found = catalog.load_table((database, table))
    except NoSuchTableError:
        return schema.empty_table()
    read = found.scan(row_filter=rows, selected_fields=tuple(columns)).to_arrow()
    return read.select(list(columns)).cast(schema)


def current(table: pa.Table, dataset: Dataset, as_of: datetime | None = None) -> pa.Table:
    """One row per key, as the source had it just before `as_of` (None = the newest): deleted rows are gone.

    Of a changing data set that is the newest by `source_ts`, then by line and content; it needs those columns, `op`, and the keys.
    Of any other it is the first by the data set's own time: what was said again changes nothing. Row order is kept by key.
    """
    time = "source_ts" if dataset.changing else dataset.ordered_by
    if as_of is not None:
        table = table.filter(pc.less(table[time], pa.scalar(as_of, table.schema.field(time).type)))
    direction = "descending" if dataset.changing else "ascending"
    order = [(name, direction) for name in (time, "_line", "_content_id")]
    keys = list(dataset.keys)
    table = table.sort_by([*((key, "ascending") for key in keys), *order])
    table = table.filter(_first_of_key(table, keys))
    return table.filter(pc.not_equal(table["op"], "D")) if dataset.changing else table


def _first_of_key(table: pa.Table, keys: Sequence[str]) -> pa.Array:
    """True where a row of a table sorted by key begins a new key."""
    if table.num_rows < 2:
        return pa.array([True] * table.num_rows, pa.bool_())
    differs = None
    for key in keys:
        column = table[key].combine_chunks()
        changed = pc.not_equal(column.slice(1), column.slice(0, len(column) - 1))
        differs = changed if differs is None else pc.or_(differs, changed)
    return pa.concat_arrays([pa.array([True]), pc.fill_null(differs, True)])
