"""SQL over the lake without Athena: a query in Athena's dialect, told in DuckDB's, over the same tables under the same names."""

import gzip
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from omnichannel.aws import s3 as objects
from omnichannel.contracts.catalog import PLAIN_TABLES, PlainTable, Zone
from omnichannel.contracts.datasets import Format
from omnichannel.onboarding.schema import TABLES
from omnichannel.quality.named_queries import named_queries
from omnichannel.transform.lake import Lake, manifest
from sandbox.errors import SandboxError
from sandbox.state import ROOT

QUERIES = ROOT / "queries"
PLAIN: Mapping[str, PlainTable] = {table.name: table for table in PLAIN_TABLES}
ARROW = {
    "string": pa.string(),
    "bigint": pa.int64(),
    "int": pa.int32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "decimal(18,4)": pa.decimal128(18, 4),
    "array<string>": pa.list_(pa.string()),
}
"""Athena's types of plain files, as Arrow has them."""
_MARKS = re.compile(r"\x1b\[[0-9;]*m")
"""With which sqlglot underlines what it could not read."""


def named(name: str) -> str:
    """The SQL of a named query; an unknown name is a SandboxError that lists them."""
    known = {query.name: query.sql for query in named_queries(QUERIES)}
    if name not in known:
        raise SandboxError("finding the query", f"there is no {name!r}", hint=f"one of {', '.join(sorted(known))}, or --sql")
    return known[name]


def for_duckdb(sql: str, as_of: datetime | None = None) -> tuple[str, frozenset[str]]:
    """The query in DuckDB's dialect and the tables that it reads; `current_timestamp` becomes `as_of` where one is given."""
    query: Any = _read_only(sql)
    own = {cte.alias for cte in query.find_all(exp.CTE)}
    tables = frozenset(table.name for table in query.find_all(exp.Table) if table.name not in own)
    if as_of:
        moment = exp.cast(exp.Literal.string(as_of.astimezone(UTC).isoformat()), "timestamptz")
        query = query.transform(lambda node: moment.copy() if isinstance(node, exp.CurrentTimestamp) else node)
    return query.sql(dialect="duckdb"), tables


def _read_only(sql: str) -> exp.Query:
    """The one question that the text asks. What is none, or would change something, is a SandboxError: nothing here can change a table."""
    try:
        statement = sqlglot.parse_one(sql, dialect="athena")
    except SqlglotError as wrong:
        reason = _MARKS.sub("", str(wrong)).strip()
        raise SandboxError("reading the query", reason, hint="Athena's dialect, one statement") from wrong
    if not isinstance(statement, exp.Query):
        given = "more than one statement" if statement.key == "block" else repr(sql.split()[0].upper())
        reason = f"{given} is no SELECT: nothing else is answered, and tables are never changed from here"
        raise SandboxError("reading the query", reason, hint="omni query --sql 'SELECT …'; omni migrate and omni load change tables")
    return statement


def ask(lake: Lake, s3: Any, buckets: Mapping[Zone, str], sql: str, as_of: datetime | None = None) -> pa.Table:
    """The answer to a query in Athena's dialect. Trusted tables, transformations of them and plain files are there by their names."""
    query, tables = for_duckdb(sql, as_of)
    unknown = sorted(tables - TABLES.keys() - PLAIN.keys() - manifest().keys())
    if unknown:
        known = ", ".join(sorted({*TABLES, *PLAIN}))
        raise SandboxError("reading the query", f"there is no table {unknown[0]!r}", hint=f"one of {known}")
    for name in tables & PLAIN.keys():
        lake.put(name, rows_of(PLAIN[name], s3, buckets[PLAIN[name].zone]))
    lake.build(*sorted(tables - PLAIN.keys()))
    return lake.connection.sql(query).to_arrow_table()


def rows_of(table: PlainTable, s3: Any, bucket: str) -> pa.Table:
    """Every row of a plain table, read as Athena reads it: all files below the prefix but hidden ones, partitions from the key."""
    fields = [(f.name, ARROW[f.type]) for f in table.fields] + [(p.name, ARROW[p.type]) for p in table.partitions]
    schema = pa.schema(fields)
    place = re.compile(re.escape(table.prefix) + re.sub(r"\\\$\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(table.path)))
    parts = [pa.Table.from_batches([], schema=schema)]
    for key in objects.keys(s3, bucket, table.prefix):
        found = place.match(key)
        hidden = key.rpartition("/")[2].startswith(("_", "."))
        if found and not hidden and all(not p.values or found[p.name] in p.values for p in table.partitions):
            parts.append(_with(_read(table, objects.get(s3, bucket, key)), found.groupdict(), schema))
    return pa.concat_tables(parts)


def _read(table: PlainTable, body: bytes) -> pa.Table:
    names = [f.name for f in table.fields]
    if table.format is Format.PARQUET:
        return pq.read_table(pa.BufferReader(body), columns=names)
    schema = pa.schema([(f.name, ARROW[f.type]) for f in table.fields])
    return pa.Table.from_pylist([{name: row.get(name) for name in names} for row in _json_lines(body)], schema=schema)


def _json_lines(body: bytes) -> Iterator[dict[str, Any]]:
    """The objects, one a line; what is none is a row of nothing, as the table's SerDe has it."""
    for line in (gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body).splitlines():
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            row = {}
        yield row if isinstance(row, dict) else {}


def _with(rows: pa.Table, partitions: Mapping[str, str], schema: pa.Schema) -> pa.Table:
    for name, text in partitions.items():
        kind = schema.field(name).type
        value: object = date.fromisoformat(text) if kind == pa.date32() else text
        rows = rows.append_column(name, pa.array([value] * rows.num_rows, kind))
    return rows.select(schema.names).cast(schema)


def lake_of(catalog: Any, database: str, work: Path, as_of: datetime) -> Lake:
    """The lake as of a moment, with room for what an analyst asks."""
    return Lake(catalog, database, work, as_of=as_of, memory_mb=2048)
