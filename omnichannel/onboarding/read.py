"""A trusted table as Arrow, for whoever needs all of it at once; what transforms tables reads them through `omnichannel.transform.lake`."""

from collections.abc import Sequence

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.expressions import AlwaysTrue, BooleanExpression

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
