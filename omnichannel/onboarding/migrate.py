"""Makes the trusted tables and brings them to the contracts' present state; running it again changes nothing."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.table.update.schema import UpdateSchema
from pyiceberg.types import DecimalType, IcebergType, IntegerType, LongType

from omnichannel.contracts import zones
from omnichannel.contracts.datasets import Column
from omnichannel.onboarding.schema import TABLES, described, iceberg_schema, iceberg_type, stored_name

PROPERTIES = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    # In memory, before compression: bounds what the committer holds at once.
    "write.target-file-size-bytes": str(128 << 20),
}
TRIES = 8

Columns = tuple[Column, ...]


class Action(StrEnum):
    """What a migration does to a table."""

    CREATED = "created"
    ADDED = "added"
    RENAMED = "renamed"
    WIDENED = "widened"
    DESCRIBED = "described"


@dataclass(frozen=True)
class Change:
    """One change that was made; `column` is its name after it, empty for a table; `before` the former name of a renamed one."""

    table: str
    action: Action
    column: str = ""
    before: str = ""


class IncompatibleColumn(Exception):
    """Stored columns cannot become the contract's without rewriting data; the text names each of them and a way out."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problems))


def migrate(
    catalog: Catalog,
    database: str,
    bucket: str,
    tables: Mapping[str, Columns] | None = None,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Change]:
    """Creates missing tables under the bucket's trusted zone, adds, renames, widens and describes columns; says what it did.

    A column whose former name (`Column.was`) the table has is renamed by its field id: its rows stay. Nothing is ever dropped:
    columns that the contract no longer knows stay. Raises `IncompatibleColumn` before it touches any table, and
    `CommitFailedException` when the committer keeps winning; what was done until then holds, and the next run goes on.
    """
    wanted = TABLES if tables is None else tables
    found = {name: _load(catalog, database, name) for name in wanted}
    problems = [p for name, table in found.items() if table for p in _problems(name, table.schema(), wanted[name])]
    if problems:
        raise IncompatibleColumn(problems)
    done: list[Change] = []
    for name, columns in wanted.items():
        table = found[name]
        if table is None:
            location = zones.table_location(bucket, name)
            catalog.create_table((database, name), iceberg_schema(columns), location=location, properties=PROPERTIES)
            done.append(Change(name, Action.CREATED))
        else:
            done += _evolve(name, table, columns, sleep)
    return done


def _load(catalog: Catalog, database: str, name: str) -> Table | None:
    try:
        return catalog.load_table((database, name))
    except NoSuchTableError:
        return None


def _problems(name: str, schema: Schema, columns: Columns) -> Iterator[str]:
    """Every column that cannot become what the contract says."""
    names = set(schema.column_names)
    for column in columns:
        stored = stored_name(column, names)
        if stored is None:
            continue
        kind, wanted = schema.find_type(stored), iceberg_type(column)
        if kind != wanted and not _widens(kind, wanted):
            yield (
                f"{name}.{column.name} is stored as {kind}, the contract says {wanted}; types can only be widened: "
                f"give the new meaning a new column name"
            )
        both = [old for old in column.was if old in names and old != stored]
        if both:
            yield (
                f"{name} has {column.name} and also {', '.join(both)}, which the contract says became {column.name}; "
                f"take it out of `was` when its rows may stay behind, or give the new column another name"
            )


def _evolve(name: str, table: Table, columns: Columns, sleep: Callable[[float], None]) -> list[Change]:
    """One table's changes in one commit; begins again when the committer was faster."""
    for attempt in range(TRIES):
        changes = [change for column in columns for change in _difference(name, table.schema(), column)]
        if not changes:
            break
        try:
            with table.update_schema() as update:
                _apply(update, changes, {c.name: c for c in columns})
        except CommitFailedException:
            if attempt == TRIES - 1:
                raise
            sleep(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311 - jitter
            table = table.refresh()
        else:
            return changes
    return []


def _difference(name: str, schema: Schema, column: Column) -> Iterator[Change]:
    stored = stored_name(column, set(schema.column_names))
    if stored is None:
        yield Change(name, Action.ADDED, column.name)
        return
    field = schema.find_field(stored)
    if stored != column.name:
        yield Change(name, Action.RENAMED, column.name, stored)
    if field.field_type != iceberg_type(column):
        yield Change(name, Action.WIDENED, column.name)
    if (field.doc or "") != described(column):
        yield Change(name, Action.DESCRIBED, column.name)


def _apply(update: UpdateSchema, changes: Sequence[Change], columns: Mapping[str, Column]) -> None:
    """Stages the changes; a column is named by what it is called before all of them."""
    before = {change.column: change.before for change in changes if change.action is Action.RENAMED}
    for change in changes:
        column = columns[change.column]
        stored = before.get(column.name, column.name)
        match change.action:
            case Action.ADDED:
                update.add_column(column.name, iceberg_type(column), doc=described(column) or None)
            case Action.RENAMED:
                update.rename_column(stored, column.name)
            case Action.WIDENED:
                update.update_column(stored, iceberg_type(column))
            case Action.DESCRIBED:
                update.update_column(stored, doc=described(column))


def _widens(stored: IcebergType, wanted: IcebergType) -> bool:
    # Not pyiceberg's `promote`: it lets a decimal change its scale (0.12), and then every stored amount reads wrong.
    if isinstance(stored, DecimalType) and isinstance(wanted, DecimalType):
        return stored.scale == wanted.scale and stored.precision < wanted.precision
    return isinstance(stored, IntegerType) and isinstance(wanted, LongType)
