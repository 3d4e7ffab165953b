"""Runs compiled transformations over trusted tables, in DuckDB, within bounded memory. Knows no Ibis: functions import it.

lake = Lake(iceberg.catalog(), database, work, as_of=now)
lake.build("customers", "customer_orders")
for batch in lake.batches("customer_orders"): ...
"""
# ruff: noqa: S608 - names come from contracts and the committed manifest

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError

from omnichannel.contracts.datasets import Column
from omnichannel.onboarding.rules import literal, sql_type
from omnichannel.onboarding.schema import TABLES, arrow_schema
from omnichannel.transform.files import fetch, field_ids

SQL = Path(__file__).parent / "sql"
CLOCK = "clock"


class UnknownName(LookupError):
    """No transformation and no trusted table is called so."""


@dataclass(frozen=True)
class Compiled:
    """What the manifest says of a transformation: what it reads with which columns, and its own columns with their types."""

    reads: Mapping[str, tuple[str, ...]]
    columns: Mapping[str, str]


@cache
def manifest(folder: Path = SQL) -> Mapping[str, Compiled]:
    """Every compiled transformation by name, those that are read before those that read them."""
    listed = json.loads((folder / "manifest.json").read_text())
    return {name: Compiled({n: tuple(c) for n, c in each["reads"].items()}, each["columns"]) for name, each in listed.items()}


def needed(
    names: tuple[str, ...], compiled: Mapping[str, Compiled], there: Mapping[str, frozenset[str]] = MappingProxyType({})
) -> dict[str, frozenset[str]]:
    """Everything that has to be made for those names, with the columns that are used of it: what reads comes after what is read.

    What is there already, with its columns, needs nothing.
    """
    wanted: dict[str, frozenset[str]] = {}
    for name in names:
        if name not in compiled and name not in TABLES:
            raise UnknownName(f"unknown table {name!r}; expected a trusted table or one of {', '.join(sorted(compiled))}")
        wanted[name] = frozenset(compiled[name].columns if name in compiled else [c.name for c in TABLES[name]])
    for name in reversed(list(compiled)):
        if name in wanted and not _enough(wanted[name], there.get(name)):
            for read, columns in compiled[name].reads.items():
                wanted[read] = wanted.get(read, frozenset()) | set(columns)
    tables = [name for name in wanted if name not in compiled]
    return {n: wanted[n] for n in (*tables, *compiled) if n in wanted and not _enough(wanted[n], there.get(n))}


def _enough(wanted: frozenset[str], found: frozenset[str] | None) -> bool:
    return found is not None and wanted <= found


@dataclass
class Lake:
    """Trusted tables and transformations of them as of one moment, as tables of `connection` (DuckDB).

    `work` is a folder of its own for the tables' data files and for what does not fit into `memory_mb`. Each trusted table is read
    in the state that it had when it was first asked for. A table that does not exist yet is empty, a column that no row has is null.
    """

    catalog: Catalog | None
    database: str
    work: Path
    as_of: datetime = field(kw_only=True)
    memory_mb: int = field(default=1024, kw_only=True)
    threads: int = field(default=2, kw_only=True)
    connection: duckdb.DuckDBPyConnection = field(init=False)
    _built: dict[str, frozenset[str]] = field(init=False, default_factory=dict)
    _given: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        """Opens a DuckDB of its own that reaches for nothing outside. Raises `ValueError` for a moment without a zone."""
        if self.as_of.tzinfo is None:
            raise ValueError(f"as_of={self.as_of} has no time zone; give it one, e.g. UTC")
        self.connection = duckdb.connect(
            config={
                "memory_limit": f"{self.memory_mb}MB",
                "threads": self.threads,
                "temp_directory": str(self.work / "spill"),
                "home_directory": str(self.work),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "preserve_insertion_order": False,
                "python_enable_replacements": False,
            }
        )
        moment = f"TIMESTAMPTZ '{self.as_of.isoformat()}'"
        self.connection.execute("SET GLOBAL TimeZone = 'UTC'")
        self.connection.execute(f"SET VARIABLE as_of = {moment}")
        self.connection.execute(f"CREATE TABLE {CLOCK} AS SELECT {moment} AS as_of")

    def close(self) -> None:
        """Gives the memory back; the folder is the caller's."""
        self.connection.close()

    def build(self, *names: str) -> None:
        """Makes the transformations (or trusted tables) of those names, with all their columns, and what they read; each once."""
        wanted = needed(names, manifest(), self._built)
        for name in self._given & wanted.keys():
            raise UnknownName(f"{name} was put here without the columns {', '.join(sorted(wanted[name] - self._built[name]))}")
        for name, columns in wanted.items():
            self._make(name, columns)

    def _make(self, name: str, columns: frozenset[str]) -> None:
        if name in TABLES:
            self._attach(name)
            columns = frozenset(c.name for c in TABLES[name])
        else:
            # A cast to the declared type: DuckDB's own sum of integers, for one, is wider.
            types = {column: kind for column, kind in manifest()[name].columns.items() if column in columns}
            kept = ", ".join(f'CAST("{column}" AS {kind}) AS "{column}"' for column, kind in types.items())
            self.connection.execute(f'CREATE OR REPLACE TABLE "{name}" AS SELECT {kept} FROM ({_query(name)})')
        self._built[name] = columns

    def put(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> None:
        """A table of that name that was computed elsewhere; what is built from now on reads it instead of the trusted one."""
        self._fill(name, rows)
        self._take(name)

    def attach(self, name: str, files: Sequence[Path]) -> None:
        """The same of Parquet files on this disk, which have to stay there."""
        paths = ", ".join(literal(str(path)) for path in files)
        self.connection.execute(f'CREATE OR REPLACE VIEW "{name}" AS SELECT * FROM read_parquet([{paths}])')
        self._take(name)

    def _take(self, name: str) -> None:
        self._given.add(name)
        self._built[name] = frozenset(row[0] for row in self.connection.execute(f'DESCRIBE "{name}"').fetchall())

    def arrow(self, name: str) -> pa.Table:
        """All rows of a table that is there, in no order."""
        return self.connection.sql(f'SELECT * FROM "{name}"').to_arrow_table()

    def batches(self, name: str, rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """The same, that many rows in memory at a time; other queries may run meanwhile."""
        with self.connection.cursor() as cursor:
            yield from cursor.sql(f'SELECT * FROM "{name}"').to_arrow_reader(rows)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """The answer to a query as dictionaries; times are in UTC."""
        return list(self.connection.sql(sql).to_arrow_table().to_pylist())

    def _fill(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> None:
        stored = f"_rows_of_{name}" if name in TABLES else name
        self.connection.register("_incoming", rows)
        self.connection.execute(f'CREATE OR REPLACE TABLE "{stored}" AS SELECT * FROM _incoming')
        self.connection.unregister("_incoming")
        if name in TABLES:
            present = rows.schema.names
            self._view(name, f'"{stored}"', [c for c in TABLES[name] if c.name not in present])

    def _attach(self, name: str) -> None:
        """A view of the table's data files; DuckDB reads from them only the columns that are used."""
        if self.catalog is None:
            raise UnknownName(f"table {name!r} was not put here, and there is no catalog to read it from")
        try:
            table = self.catalog.load_table((self.database, name))
        except NoSuchTableError:
            return self._fill(name, arrow_schema(TABLES[name]).empty_table())
        files = fetch(table, self.work / name)
        if not files:
            return self._fill(name, arrow_schema(TABLES[name]).empty_table())
        ids = field_ids(table, TABLES[name])
        schema = ", ".join(f"{n}: {{name: '{c.name}', type: '{sql_type(c)}', default_value: NULL}}" for c, n in ids.items() if n)
        paths = ", ".join(literal(str(path)) for path in files)
        return self._view(name, f"read_parquet([{paths}], schema = MAP {{{schema}}})", [c for c, n in ids.items() if not n])

    def _view(self, name: str, rows: str, absent: Sequence[Column]) -> None:
        nulls = "".join(f', CAST(NULL AS {sql_type(c)}) AS "{c.name}"' for c in absent)
        self.connection.execute(f'CREATE OR REPLACE VIEW "{name}" AS SELECT *{nulls} FROM {rows}')


def _query(name: str) -> str:
    # Not as text: a carriage return in a literal would be read as a line feed.
    return (SQL / f"{name}.sql").read_bytes().decode()
