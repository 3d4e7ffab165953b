"""Where feature expressions run. What features are is said once, in Ibis over tables of no engine; an engine runs the SQL of it.

DuckDB stands here: one machine, a bounded memory, the rest on disk. Spark is in `pipelines.spark_engine`.
"""
# ruff: noqa: S608 - names and columns are the contracts'

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
from pyiceberg.table import Table

from omnichannel.contracts.datasets import Column, Type
from omnichannel.onboarding.rules import literal, sql_type
from omnichannel.transform.alike import alike
from omnichannel.transform.files import EVERY_ROW, fetch, field_ids

TYPES: Mapping[Type, str] = {
    Type.STRING: "string",
    Type.JSON: "string",
    Type.INTEGER: "int64",
    Type.DECIMAL: "decimal(18, 4)",
    Type.BOOLEAN: "boolean",
    Type.DATE: "date",
    Type.TIMESTAMP: "timestamp",
}
"""Ibis' type of a column's values; times are UTC without a zone."""


class Engine(Protocol):
    """Runs queries over tables that it keeps by name. `dialect` is Ibis' name for what it understands."""

    dialect: str

    def attach(self, name: str, table: Table | None, columns: Sequence[Column], rows: str = EVERY_ROW) -> None:
        """A trusted table's columns under that name; without a table no rows. `rows` is pyiceberg's filter of files, not of rows."""

    def keep(self, name: str, query: str) -> None:
        """The query's rows as a table of that name, computed once; replaces one of the same name."""

    def rows(self, query: str) -> pa.Table:
        """The query's answer, as a whole in memory: for counts and the like."""

    def write(self, query: str, folder: Path) -> None:
        """The query's answer as Parquet files in a folder of this machine."""

    def close(self) -> None:
        """Gives the memory back."""


def unbound(name: str, columns: Sequence[Column]) -> ir.Table:
    """A trusted table as expressions see it."""
    return ibis.table({c.name: TYPES[c.type] for c in columns}, name=name)


def unbound_as(name: str, rows: ir.Table) -> ir.Table:
    """A kept table as expressions see it: with the columns of what it was made from."""
    return ibis.table(rows.schema(), name=name)


def sql(rows: ir.Table, dialect: str) -> str:
    """The expression as a query of an engine."""
    return str(ibis.to_sql(alike(rows), dialect=dialect, pretty=False))


def answer(engine: Engine, rows: ir.Table) -> list[dict[str, Any]]:
    """What an expression says, as dictionaries: for counts and the like."""
    found: list[dict[str, Any]] = engine.rows(sql(rows, engine.dialect)).to_pylist()
    return found


class Plan:
    """Tables to be kept one after the other, each said as an expression over those before it."""

    def __init__(self) -> None:
        self.steps: dict[str, ir.Table] = {}

    def add(self, name: str, rows: ir.Table) -> ir.Table:
        """Another step; gives the table that it will be."""
        self.steps[name] = rows
        return unbound_as(name, rows)

    def queries(self, dialect: str) -> dict[str, str]:
        """The steps as queries of an engine."""
        return {name: sql(rows, dialect) for name, rows in self.steps.items()}


def run(engine: Engine, queries: Mapping[str, str]) -> None:
    """Computes the steps of a plan."""
    for name, query in queries.items():
        engine.keep(name, query)


class DuckDb:
    """DuckDB with files under `work` for what `memory_mb` do not hold."""

    dialect = "duckdb"

    def __init__(self, work: Path, *, memory_mb: int = 1200, threads: int = 2, ordered: bool = False) -> None:
        self._work = work
        work.mkdir(parents=True, exist_ok=True)
        self.connection = duckdb.connect(
            config={
                "memory_limit": f"{memory_mb}MB",
                "threads": threads,
                "temp_directory": str(work / "spill"),
                "home_directory": str(work),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "preserve_insertion_order": ordered,
            }
        )
        self.connection.execute("SET GLOBAL TimeZone = 'UTC'")
        # Joins are said in the order in which they should be done, the smaller side last. Guesses about how many rows a filter leaves
        # once put twenty million events into a join's memory, and once multiplied them with the links.
        self.connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")

    def attach(self, name: str, table: Table | None, columns: Sequence[Column], rows: str = EVERY_ROW) -> None:
        """A view of the table's data files, of which only the columns that are used are read."""
        files = fetch(table, self._work / name, rows) if table is not None else []
        ids = field_ids(table, tuple(columns)) if table is not None else {}
        nulls = ", ".join(f'CAST(NULL AS {_stored(c)}) AS "{c.name}"' for c in columns)
        if not files:
            self.connection.execute(f'CREATE OR REPLACE VIEW "{name}" AS SELECT {nulls} WHERE false')
            return
        schema = ", ".join(f"{n}: {{name: '{c.name}', type: '{sql_type(c)}', default_value: NULL}}" for c, n in ids.items() if n)
        values = ", ".join(f'{_value(c) if ids[c] else f"CAST(NULL AS {_stored(c)})"} AS "{c.name}"' for c in columns)
        paths = ", ".join(literal(str(path)) for path in files)
        self.connection.execute(
            f'CREATE OR REPLACE VIEW "{name}" AS SELECT {values} FROM read_parquet([{paths}], schema = MAP {{{schema}}})'
        )

    def keep(self, name: str, query: str) -> None:
        """A table in memory or, beyond the limit, on disk."""
        self.connection.execute(f'CREATE OR REPLACE TABLE "{name}" AS {query}')

    def rows(self, query: str) -> pa.Table:
        """The answer."""
        return self.connection.sql(query).to_arrow_table()

    def write(self, query: str, folder: Path) -> None:
        """One file."""
        folder.mkdir(parents=True, exist_ok=True)
        self.connection.execute(f"COPY ({query}) TO {literal(str(folder / 'part-000.parquet'))} (FORMAT parquet)")

    def close(self) -> None:
        """Closes the connection; the folder is the caller's."""
        self.connection.close()


def _stored(column: Column) -> str:
    return "TIMESTAMP" if column.type is Type.TIMESTAMP else str(sql_type(column))


def _value(column: Column) -> str:
    # A cast of a time with a zone asks a calendar for every row; its microseconds do not.
    return f'make_timestamp(epoch_us("{column.name}"))' if column.type is Type.TIMESTAMP else f'"{column.name}"'
