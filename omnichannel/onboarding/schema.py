"""The trusted tables' schemas, made from the contracts: for Iceberg and for Arrow."""

from collections.abc import Collection

import pyarrow as pa
from pyiceberg.schema import Schema
from pyiceberg.types import (
    BooleanType,
    DateType,
    DecimalType,
    IcebergType,
    LongType,
    NestedField,
    StringType,
    TimestamptzType,
)  # fmt: skip

from omnichannel.contracts.datasets import DATASETS, Column, Type
from omnichannel.contracts.identity import EVENT_COLUMNS, EVENTS_TABLE, LINK_COLUMNS, LINKS_TABLE

_ICEBERG: dict[Type, IcebergType] = {
    Type.STRING: StringType(),
    Type.JSON: StringType(),
    Type.INTEGER: LongType(),
    Type.DECIMAL: DecimalType(18, 4),
    Type.BOOLEAN: BooleanType(),
    Type.DATE: DateType(),
    Type.TIMESTAMP: TimestamptzType(),
}
_ARROW: dict[Type, pa.DataType] = {
    Type.STRING: pa.string(),
    Type.JSON: pa.string(),
    Type.INTEGER: pa.int64(),
    Type.DECIMAL: pa.decimal128(18, 4),
    Type.BOOLEAN: pa.bool_(),
    Type.DATE: pa.date32(),
    Type.TIMESTAMP: pa.timestamp("us", tz="UTC"),
}

TABLES: dict[str, tuple[Column, ...]] = {d.table: d.trusted_columns for d in DATASETS} | {
    LINKS_TABLE: LINK_COLUMNS,
    EVENTS_TABLE: EVENT_COLUMNS,
}
"""Every table of the trusted zone with its columns."""


def iceberg_type(column: Column) -> IcebergType:
    """The Iceberg type of a trusted column."""
    return _ICEBERG[column.type]


def described(column: Column) -> str:
    """What Glue, Athena and Spark show beside the column: its meaning and the kind of personal data; empty when there is neither.

    Glue keeps at most 255 bytes (its model's `CommentString`).
    """
    marked = f"[personal data: {column.pii.replace('_', ' ')}]" if column.pii else ""
    return " ".join(filter(None, (column.meaning, marked)))


def stored_name(column: Column, names: Collection[str]) -> str | None:
    """Under which of these names rows have the column: its own, else a former one; `None` where they have it not."""
    return next((name for name in (column.name, *column.was) if name in names), None)


def iceberg_schema(columns: tuple[Column, ...]) -> Schema:
    """All fields optional: what is required is stage A's to check, and a delete has only its keys."""
    fields = [NestedField(n, c.name, iceberg_type(c), required=False, doc=described(c) or None) for n, c in enumerate(columns, start=1)]
    return Schema(*fields)


def arrow_schema(columns: tuple[Column, ...]) -> pa.Schema:
    """The same as Arrow reads and writes it."""
    return pa.schema([pa.field(c.name, _ARROW[c.type]) for c in columns])
