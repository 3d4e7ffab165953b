"""Checks one file set-based in DuckDB: good rows typed into a staged Parquet file, bad rows with a reason each."""
# ruff: noqa: S608 - names and literals in the SQL go through `rules.identifier` and `rules.literal`

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from omnichannel.contracts.datasets import Dataset
from omnichannel.contracts.reasons import Reason
from omnichannel.onboarding.numbered import HASH_LENGTH
from omnichannel.onboarding.recognise import FileRefused
from omnichannel.onboarding.rules import Check, checks, duplicate_key, identifier, literal, sql_type, typed
from omnichannel.onboarding.sources import Source

FETCH = 10_000


@dataclass(frozen=True)
class BadRow:
    """One refused row; `value_hash` is empty where nothing stood in the column."""

    line: int
    column: str
    reason: Reason
    value_hash: str


def connect(work: Path, *, memory_mb: int, threads: int) -> duckdb.DuckDBPyConnection:
    """A DuckDB of its own that keeps to that much memory, spills into `work` and reaches for nothing outside."""
    connection = duckdb.connect(
        config={
            "memory_limit": f"{memory_mb}MB",
            "threads": threads,
            "temp_directory": str(work / "spill"),
            "home_directory": str(work),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": False,
        }
    )
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def check(connection: duckdb.DuckDBPyConnection, dataset: Dataset, source: Source, received: datetime) -> tuple[Check, ...]:
    """Fills the table `checked`: every row typed, with `_failure` = the position (from 1) of the check it failed, or 0.

    Returns the checks. Raises `FileRefused` when the file turns out to be broken inside.
    """
    every = (*source.checks, *checks(dataset, source.texts, received))
    raw = [f"{source.line} AS _line", *(_raw(source))]
    values = [f"{typed(t.column, identifier(f'raw_{t.column.name}'))} AS {identifier(t.column.name)}" for t in source.texts]
    failure = " ".join(f"WHEN {c.condition} THEN {n}" for n, c in enumerate(every, start=1))
    names = [identifier(t.column.name) for t in source.texts] + [f"x{n}" for n in range(len(source.extras))]
    value = " ".join(f"WHEN {n} THEN {c.value}" for n, c in enumerate(every, start=1))
    hashed = f"CASE WHEN _failure > 0 THEN substr(sha256(CASE _failure {value} END), 1, {HASH_LENGTH}) END"
    kept = "message, found, " if source.malformed_reason is Reason.MALFORMED_JSON else ""
    query = f"""
        CREATE OR REPLACE TABLE checked AS
        SELECT _line, {", ".join(names)}, _failure, {hashed} AS _value_hash FROM (
            SELECT *, CASE {failure} ELSE 0 END AS _failure FROM (
                SELECT *, {", ".join(values)} FROM (SELECT {kept}{", ".join(raw)} FROM {source.relation})))
    """
    try:
        connection.execute(query)
    except (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException) as broken:
        wrong = Reason.WRONG_ENCODING if "encoding" in str(broken) else Reason.UNREADABLE_FILE
        raise FileRefused(wrong) from broken
    return every


def _raw(source: Source) -> Iterator[str]:
    for text in source.texts:
        yield f"{text.value} AS {identifier(f'raw_{text.column.name}')}"
        yield f"{text.nested} AS {identifier(f'nested_{text.column.name}')}"
    for n, sql in enumerate(source.extras.values()):
        yield f"{sql} AS x{n}"


def find_duplicates(connection: duckdb.DuckDBPyConnection, dataset: Dataset) -> None:
    """Fills the table `duplicates` with the lines that repeat the key of an earlier good row."""
    key = ", ".join(map(identifier, duplicate_key(dataset)))
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE duplicates AS
        SELECT _line FROM checked JOIN (
            SELECT {key}, min(_line) AS _first FROM checked WHERE _failure = 0 GROUP BY {key} HAVING count(*) > 1
        ) USING ({key}) WHERE _failure = 0 AND _line > _first
        """
    )


def write_good(connection: duckdb.DuckDBPyConnection, dataset: Dataset, extras: Sequence[str], content_id: str, to: Path) -> int:
    """Writes the good rows, in the data set's trusted columns and types with the extra columns after them; returns how many."""
    columns = [f"CAST({identifier(c.name)} AS {sql_type(c)}) AS {identifier(c.name)}" for c in dataset.landed_columns]
    columns += [f"{literal(content_id)} AS _content_id", "_line"]
    columns += [f"x{n} AS {identifier(name)}" for n, name in enumerate(extras)]
    counted = connection.execute(
        f"""
        COPY (SELECT {", ".join(columns)} FROM checked WHERE _failure = 0 AND _line NOT IN (SELECT _line FROM duplicates))
        TO {literal(str(to))} (FORMAT parquet, COMPRESSION zstd)
        """
    ).fetchall()
    return int(counted[0][0])


def bad_rows(connection: duckdb.DuckDBPyConnection, dataset: Dataset, source: Source, every: Sequence[Check]) -> Iterator[BadRow]:
    """Every refused row by line, exactly one record each."""
    failed = "SELECT _line, _failure, coalesce(_value_hash, '') AS _value_hash FROM checked WHERE _failure > 0"
    first_key = identifier(dataset.keys[0])
    hashed = f"substr(sha256(CAST({first_key} AS VARCHAR)), 1, {HASH_LENGTH})"
    repeated = f"SELECT _line, -1, {hashed} FROM checked SEMI JOIN duplicates USING (_line)"
    parts = [failed, repeated]
    if source.malformed is not None and source.malformed.stat().st_size:
        options = "auto_detect=false, header=false, columns={'_line': 'BIGINT', 'hash': 'VARCHAR'}"
        parts.append(f"SELECT _line, -2, hash FROM read_csv({literal(str(source.malformed))}, {options})")
    cursor = connection.execute(f"SELECT * FROM ({' UNION ALL '.join(parts)}) ORDER BY _line")
    names: dict[int, tuple[str, Reason]] = {-1: (dataset.keys[0], Reason.DUPLICATE_KEY), -2: ("", source.malformed_reason)}
    names |= {n: (c.column, c.reason) for n, c in enumerate(every, start=1)}
    while rows := cursor.fetchmany(FETCH):
        yield from (BadRow(line, *names[failure], hashed) for line, failure, hashed in rows)
