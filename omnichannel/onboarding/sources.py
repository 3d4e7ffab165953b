"""A landed file as a relation of texts: for each format, the SQL that gives every contract column as text and every other as is."""
# ruff: noqa: S608 - names and literals in the SQL go through `rules.identifier` and `rules.literal`

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from omnichannel.contracts.datasets import Column, Dataset, Type
from omnichannel.contracts.reasons import Reason
from omnichannel.onboarding import numbered
from omnichannel.onboarding.decode import LONGEST_RECORD
from omnichannel.onboarding.keys import LONGEST_NAME, MOST_EXTRA_COLUMNS
from omnichannel.onboarding.native import native_value
from omnichannel.onboarding.recognise import NO_SPACE, PARQUET_MAGIC, FileRefused
from omnichannel.onboarding.rules import Check, Text, identifier, literal

ROW_NUMBER = "file_row_number"
"""DuckDB's name of a row's place in a Parquet file, from 0; its reader refuses a file with a column of that name."""
_FLOATS = ("FLOAT", "DOUBLE")
ROWS = "{rows}"
"""Stands in `Source.select` for the rows that it reads."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """One file ready to be checked.

    `rows` is SQL after FROM, with the row's number in `line`, and `select` the SQL over them (empty: just they); `records` is how many
    there are. `texts` has every landed column of the data set; `extras` maps the names of unknown columns to SQL; `checks` come before
    those of the columns and read `carried` columns beside theirs. `malformed` is a file of `number,hash` of records that are not in
    the relation.
    `quick` is a faster `select`. `proofs` is SQL that is true only where it gives the same as the exact one, and none of `checks` fails.
    """

    rows: str
    records: int
    select: str = ""
    quick: str = ""
    line: str = "_line"
    texts: tuple[Text, ...]
    extras: dict[str, str] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    carried: tuple[str, ...] = ()
    proofs: tuple[str, ...] = ()
    malformed: Path | None = None
    malformed_records: int = 0
    malformed_reason: Reason = Reason.MALFORMED_ROW

    def every_row(self) -> str:
        """SQL after FROM of all rows, the quick way."""
        return (self.quick or self.select or ROWS).replace(ROWS, self.rows)

    def these_rows(self, condition: str) -> str:
        """SQL after FROM of the rows whose `line` meets a condition, exactly read; nothing is parsed of any other row."""
        return (self.select or ROWS).replace(ROWS, f"(SELECT * FROM {self.rows} WHERE {condition})")


def csv_source(dataset: Dataset, chunks: Iterator[bytes], work: Path) -> Source:
    """A CSV file; `chunks` is its whole content in UTF-8. Raises `FileRefused` when the header breaks the contract."""
    header, records = numbered.csv_header(chunks)
    good, bad = work / "records.csv", work / "malformed.csv"
    with good.open("wb") as good_file, bad.open("wb") as bad_file:
        found = numbered.csv_records(records, max(1, len(header)), good_file, bad_file)
    columns = {"_line": "BIGINT"} | {f"c{n}": "VARCHAR" for n in range(len(header))}
    names = _names(dataset, header, found.good + found.bad)
    return Source(
        rows=read_csv(good, columns, delimiter=",", quote='"'),
        records=found.good,
        texts=tuple(text_of(c, f"c{names.known[c.name]}" if c.name in names.known else None) for c in dataset.landed_columns),
        extras={name: f"c{n}" for name, n in names.extra.items()},
        malformed=bad,
        malformed_records=found.bad,
    )


def parquet_source(connection: duckdb.DuckDBPyConnection, dataset: Dataset, path: Path, work: Path) -> Source:
    """A Parquet file; raises `FileRefused` when it is not whole or its columns break the contract, DuckDB's error when the disk is full."""
    with path.open("rb") as file:
        if file.read(len(PARQUET_MAGIC)) != PARQUET_MAGIC:
            raise FileRefused(Reason.UNREADABLE_FILE)
        file.seek(-len(PARQUET_MAGIC), 2)
        if file.read() != PARQUET_MAGIC or path.stat().st_size <= 2 * len(PARQUET_MAGIC):
            raise FileRefused(Reason.TRUNCATED_FILE)
    try:
        rows = connection.execute(f"SELECT num_rows FROM parquet_file_metadata({literal(str(path))})").fetchall()[0][0]
        landed = _top_level(connection.execute(f"SELECT name, num_children FROM parquet_schema({literal(str(path))})").fetchall())
        names = _names(dataset, landed, rows)
        path, header = _beside_row_numbers(connection, path, landed, work)
        relation = f"read_parquet({literal(str(path))}, {ROW_NUMBER}=true, binary_as_string=true)"
        described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    except duckdb.Error as broken:
        if NO_SPACE in str(broken):
            raise
        raise FileRefused(Reason.UNREADABLE_FILE) from broken
    types = {name: kind for name, kind, *_ in described}
    spelled = {name: header[at] for name, at in names.known.items()}
    strings = [identifier(f"raw_{name}") for name, at in spelled.items() if types[at] == "VARCHAR"]
    return Source(
        rows=relation,
        records=rows,
        line=f"({ROW_NUMBER} + 1)",
        texts=tuple(_parquet_text(c, spelled.get(c.name), types) for c in dataset.landed_columns),
        extras={name: f"CAST({identifier(header[n])} AS VARCHAR)" for name, n in names.extra.items() if header[n]},
        checks=tuple(
            Check(column=name, reason=Reason.MALFORMED_ROW, condition=f"contains({value}, chr(0))", value=value)
            for name, value in ((name, identifier(f"raw_{name}")) for name, at in spelled.items() if types[at] == "VARCHAR")
        ),
        proofs=tuple(f"{value} IS NULL OR NOT contains({value}, chr(0))" for value in strings),
    )


def _beside_row_numbers(connection: duckdb.DuckDBPyConnection, path: Path, header: list[str], work: Path) -> tuple[Path, list[str]]:
    """The file and its names as they can be read with the numbers of rows: a column of their name is renamed in a copy, in its order."""
    own = next((name for name in header if name.lower() == ROW_NUMBER), "")
    if not own:
        return path, header
    taken, free, renamed = {name.lower() for name in header}, f"{own}_", work / "renamed.parquet"
    while free.lower() in taken:
        free += "_"
    query = f"SELECT * RENAME ({identifier(own)} AS {identifier(free)}) FROM read_parquet({literal(str(path))})"
    connection.execute("SET preserve_insertion_order = true")
    connection.execute(f"COPY ({query}) TO {literal(str(renamed))} (FORMAT parquet)")
    connection.execute("SET preserve_insertion_order = false")
    return renamed, [free if name == own else name for name in header]


@dataclass(frozen=True)
class _Names:
    """Positions of the contract's columns and of the others in a header."""

    known: dict[str, int]
    extra: dict[str, int]


def _names(dataset: Dataset, header: Sequence[str], rows: int) -> _Names:
    """Raises `FileRefused` with the duplicate or missing names; case does not matter."""
    lower = [name.lower() for name in header]
    # First what is missing: of a file without its header the names are values, which nobody may be told.
    missing = [name for name in _required(dataset) if name not in lower]
    if missing:
        raise FileRefused(Reason.MISSING_COLUMN, ",".join(missing), max(1, rows))
    twice = sorted({name for name in lower if name and lower.count(name) > 1})
    if twice:
        raise FileRefused(Reason.DUPLICATE_COLUMN, ",".join(twice), max(1, rows))
    wanted = {c.name for c in dataset.landed_columns}
    reserved = {c.name for c in dataset.trusted_columns}
    extra = {}
    for n, name in enumerate(header):
        if name.lower() not in wanted:
            extra[f"extra_{name}" if name.lower() in reserved else name or f"unnamed_{n + 1}"] = n
    kept = sorted((name, at) for name, at in extra.items() if len(name) <= LONGEST_NAME)[:MOST_EXTRA_COLUMNS]
    return _Names(known={name: n for n, name in enumerate(lower) if name in wanted}, extra=dict(kept))


def _required(dataset: Dataset) -> tuple[str, ...]:
    return tuple(c.name for c in dataset.landed_columns if c.required)


def text_of(column: Column, sql: str | None, nested: str = "") -> Text:
    """`sql` is NULL where nothing or an empty text stands in the file."""
    if sql is None:
        return Text(column=column, value="'I'" if column.name == "op" else "CAST(NULL AS VARCHAR)")
    return Text(column=column, value=f"coalesce({sql}, 'I')" if column.name == "op" else sql, nested=nested)


def _parquet_text(column: Column, name: str | None, types: dict[str, str]) -> Text:
    if name is None:
        return text_of(column, None)
    held, kind = identifier(name), types[name]
    nested = kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION"))
    spelt = _spelt_float(held) if column.type is Type.STRING and kind in _FLOATS else f"nullif(CAST({held} AS VARCHAR), '')"
    text = text_of(column, spelt, f"({held} IS NOT NULL)" if nested else "")
    native = native_value(column, held, kind)
    return replace(text, native=native, absent=f"{held} IS NULL") if native else text


def _spelt_float(held: str) -> str:
    """SQL of a number's text: whole ones have no point, since data frames make floats of ids where one is missing, and that one NaN."""
    whole = f"{held} = trunc({held}) AND abs({held}) < {2**53}"
    return f"CASE WHEN {whole} THEN CAST(CAST({held} AS BIGINT) AS VARCHAR) WHEN NOT isnan({held}) THEN CAST({held} AS VARCHAR) END"


def _top_level(schema: Sequence[tuple[str, int | None]]) -> list[str]:
    """Names of the first level of a Parquet schema, which is listed depth first."""
    names, skip = [], 0
    for name, children in schema[1:]:
        if skip == 0:
            names.append(name)
        skip = max(0, skip - 1) + (children or 0)
    return names


def read_csv(path: Path, columns: dict[str, str], *, delimiter: str, quote: str) -> str:
    """SQL after FROM of a text file of ours; an empty value is NULL."""
    listed = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in columns.items())
    return (
        f"read_csv({literal(str(path))}, auto_detect=false, header=false, delim={literal(delimiter)}, quote={literal(quote)}, "
        f"escape={literal(quote)}, new_line='\\n', nullstr='', columns={{{listed}}}, max_line_size={2 * LONGEST_RECORD})"
    )
