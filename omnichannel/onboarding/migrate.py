"""Makes the trusted tables and brings them to the contracts' present state; running it again changes nothing."""

from dataclasses import dataclass
from enum import StrEnum

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table
from pyiceberg.types import DecimalType, IcebergType, IntegerType, LongType

from omnichannel.contracts import zones
from omnichannel.contracts.datasets import Column
from omnichannel.onboarding.schema import TABLES, iceberg_schema, iceberg_type

PROPERTIES = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    # In memory, before compression: bounds what the committer holds at once.
    "write.target-file-size-bytes": str(128 << 20),
}


class Action(StrEnum):
    """What a migration does to a table."""

    CREATED = "created"
    ADDED = "added"
    WIDENED = "widened"


@dataclass(frozen=True)
class Change:
    """One change that was made; `column` is empty for a table."""

    table: str
    action: Action
    column: str = ""


class IncompatibleColumn(Exception):
    """A column's stored type cannot become the contract's without rewriting data."""

    def __init__(self, table: str, column: str, stored: IcebergType, wanted: IcebergType) -> None:
        super().__init__(f"{table}.{column} is stored as {stored}, the contract says {wanted}; give the new meaning a new column name")


def migrate(catalog: Catalog, database: str, bucket: str) -> list[Change]:
    """Creates missing tables under the bucket's trusted zone, adds missing columns, widens types; says what it did.

    Nothing is ever dropped or renamed: columns that the contract no longer knows stay. Raises `IncompatibleColumn` before it
    touches that table.
    """
    return [change for table, columns in TABLES.items() for change in _migrate(catalog, database, bucket, table, columns)]


def _migrate(catalog: Catalog, database: str, bucket: str, name: str, columns: tuple[Column, ...]) -> list[Change]:
    try:
        table = catalog.load_table((database, name))
    except NoSuchTableError:
        location = zones.table_location(bucket, name)
        catalog.create_table((database, name), iceberg_schema(columns), location=location, properties=PROPERTIES)
        return [Change(name, Action.CREATED)]
    changes = [change for column in columns for change in _difference(name, table, column)]
    if changes:
        by_name = {c.name: c for c in columns}
        with table.update_schema() as update:
            for change in changes:
                column = by_name[change.column]
                if change.action is Action.ADDED:
                    update.add_column(column.name, iceberg_type(column), doc=column.meaning or None)
                else:
                    update.update_column(column.name, iceberg_type(column))
    return changes


def _difference(name: str, table: Table, column: Column) -> list[Change]:
    wanted = iceberg_type(column)
    try:
        stored = table.schema().find_type(column.name)
    except ValueError:
        return [Change(name, Action.ADDED, column.name)]
    if stored == wanted:
        return []
    if not _widens(stored, wanted):
        raise IncompatibleColumn(name, column.name, stored, wanted)
    return [Change(name, Action.WIDENED, column.name)]


def _widens(stored: IcebergType, wanted: IcebergType) -> bool:
    if isinstance(stored, DecimalType) and isinstance(wanted, DecimalType):
        return stored.scale == wanted.scale and stored.precision < wanted.precision
    return isinstance(stored, IntegerType) and isinstance(wanted, LongType)
