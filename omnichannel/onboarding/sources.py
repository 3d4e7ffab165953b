"""A landed file as a relation of texts: for each format, the SQL that gives every contract column as text and every other as is."""
# ruff: noqa: S608 - names and literals in the SQL go through `rules.identifier` and `rules.literal`

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import duckdb

from omnichannel.contracts.datasets import Column, Dataset
from omnichannel.contracts.reasons import Reason
from omnichannel.onboarding import numbered
from omnichannel.onboarding.decode import LONGEST_RECORD
from omnichannel.onboarding.recognise import PARQUET_MAGIC, FileRefused
from omnichannel.onboarding.rules import Check, Text, identifier, literal

LONGEST_NAME = 128
MOST_EXTRA_COLUMNS = 100
"""Unknown columns with longer names, or beyond this many (by name), are not staged: keys may be data."""

_T = TypeVar("_T", int, str)


@dataclass(frozen=True, kw_only=True)
class Source:
    """One file ready to be checked.

    `relation` is SQL after FROM, with the row's number in `line`; `texts` has every landed column of the data set;
    `extras` maps the names of unknown columns to SQL; `checks` come before those of the columns;
    `malformed` is a file of `number,hash` of records that are not in the relation.
    """

    relation: str
    line: str = "_line"
    texts: tuple[Text, ...]
    extras: dict[str, str] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    malformed: Path | None = None
    malformed_reason: Reason = Reason.MALFORMED_ROW


def csv_source(dataset: Dataset, chunks: Iterator[bytes], work: Path) -> Source:
    """A CSV file; `chunks` is its whole content in UTF-8. Raises `FileRefused` when the header breaks the contract."""
    header, records = numbered.csv_header(chunks)
    good, bad = work / "records.csv", work / "malformed.csv"
    with good.open("wb") as good_file, bad.open("wb") as bad_file:
        found = numbered.csv_records(records, max(1, len(header)), good_file, bad_file)
    columns = {"_line": "BIGINT"} | {f"c{n}": "VARCHAR" for n in range(len(header))}
    names = _names(dataset, header, found.good + found.bad)
    return Source(
        relation=_read_csv(good, columns, delimiter=",", quote='"'),
        texts=tuple(_text(c, f"c{names.known[c.name]}" if c.name in names.known else None) for c in dataset.landed_columns),
        extras={name: f"c{n}" for name, n in names.extra.items()},
        malformed=bad,
    )


def json_source(connection: duckdb.DuckDBPyConnection, dataset: Dataset, chunks: Iterator[bytes], work: Path) -> Source:
    """A file of JSON lines; `chunks` is its whole content in UTF-8."""
    good, bad = work / "lines.txt", work / "malformed.csv"
    with good.open("wb") as good_file, bad.open("wb") as bad_file:
        numbered.json_lines(chunks, good_file, bad_file)
    lines = _read_csv(good, {"_line": "BIGINT", "message": "VARCHAR"}, delimiter="\x1f", quote="")
    extras = _extra_keys(connection, dataset, lines)
    pointers = [_pointer(c.source) for c in dataset.landed_columns] + list(extras.values())
    listed = ", ".join(map(literal, pointers))
    return Source(
        relation=f"(SELECT _line, message, TRY(json_extract_string(message, [{listed}])) AS found FROM {lines})",
        texts=tuple(_json_text(c, n) for n, c in enumerate(dataset.landed_columns, start=1)),
        extras={name: f"found[{n}]" for n, name in enumerate(extras, start=len(dataset.landed_columns) + 1)},
        checks=(Check(column="", reason=Reason.MALFORMED_JSON, condition=_MALFORMED, value="message"),),
        malformed=bad,
        malformed_reason=Reason.MALFORMED_JSON,
    )


def parquet_source(connection: duckdb.DuckDBPyConnection, dataset: Dataset, path: Path) -> Source:
    """A Parquet file; raises `FileRefused` when it is not whole or its columns break the contract."""
    with path.open("rb") as file:
        file.seek(-len(PARQUET_MAGIC), 2)
        if file.read() != PARQUET_MAGIC or path.stat().st_size <= 2 * len(PARQUET_MAGIC):
            raise FileRefused(Reason.TRUNCATED_FILE)
    relation = f"read_parquet({literal(str(path))}, file_row_number=true, binary_as_string=true)"
    try:
        rows = connection.execute(f"SELECT num_rows FROM parquet_file_metadata({literal(str(path))})").fetchall()[0][0]
        header = _top_level(connection.execute(f"SELECT name, num_children FROM parquet_schema({literal(str(path))})").fetchall())
        names = _names(dataset, header, rows)
        described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    except duckdb.Error as broken:
        raise FileRefused(Reason.UNREADABLE_FILE) from broken
    types = {name: kind for name, kind, *_ in described}
    checks = []
    for name, at in names.known.items():
        if types[header[at]] == "VARCHAR":
            value = identifier(f"raw_{name}")
            checks.append(Check(column=name, reason=Reason.MALFORMED_ROW, condition=f"contains({value}, chr(0))", value=value))
    spelled = {name: header[at] for name, at in names.known.items()}
    return Source(
        relation=relation,
        line="file_row_number + 1",
        texts=tuple(_parquet_text(c, spelled.get(c.name), types) for c in dataset.landed_columns),
        extras={name: f"CAST({identifier(header[n])} AS VARCHAR)" for name, n in names.extra.items()},
        checks=tuple(checks),
    )


@dataclass(frozen=True)
class _Names:
    """Positions of the contract's columns and of the others in a header."""

    known: dict[str, int]
    extra: dict[str, int]


def _names(dataset: Dataset, header: Sequence[str], rows: int) -> _Names:
    """Raises `FileRefused` with the duplicate or missing names; case does not matter."""
    lower = [name.lower() for name in header]
    twice = sorted({name for name in lower if name and lower.count(name) > 1})
    if twice:
        raise FileRefused(Reason.DUPLICATE_COLUMN, ",".join(twice), max(1, rows))
    missing = [name for name in _required(dataset) if name not in lower]
    if missing:
        raise FileRefused(Reason.MISSING_COLUMN, ",".join(missing), max(1, rows))
    wanted = {c.name for c in dataset.landed_columns}
    reserved = {c.name for c in dataset.trusted_columns}
    extra = {}
    for n, name in enumerate(header):
        if name.lower() not in wanted:
            extra[f"extra_{name}" if name.lower() in reserved else name or f"unnamed_{n + 1}"] = n
    kept = _kept(extra)
    return _Names(known={name: n for n, name in enumerate(lower) if name in wanted}, extra=kept)


def _kept(extra: dict[str, _T]) -> dict[str, _T]:
    return dict(sorted((name, at) for name, at in extra.items() if len(name) <= LONGEST_NAME)[:MOST_EXTRA_COLUMNS])


def _required(dataset: Dataset) -> tuple[str, ...]:
    return tuple(c.name for c in dataset.landed_columns if c.required)


def _text(column: Column, sql: str | None, nested: str = "false") -> Text:
    if sql is None:
        return Text(column=column, value="'I'" if column.name == "op" else "CAST(NULL AS VARCHAR)")
    value = f"nullif({sql}, '')"
    return Text(column=column, value=f"coalesce({value}, 'I')" if column.name == "op" else value, nested=nested)


def _json_text(column: Column, position: int) -> Text:
    found = f"found[{position}]"
    kind = f"json_type(message, {literal(_pointer(column.source))})"
    nested = f"CASE WHEN left({found}, 1) IN ('{{', '[') THEN {kind} IN ('OBJECT', 'ARRAY') ELSE false END"
    return _text(column, found, nested)


def _parquet_text(column: Column, name: str | None, types: dict[str, str]) -> Text:
    if name is None:
        return _text(column, None)
    nested = types[name].endswith("]") or types[name].startswith(("STRUCT", "MAP", "UNION"))
    sql = f"CAST({identifier(name)} AS VARCHAR)"
    return _text(column, sql, f"({identifier(name)} IS NOT NULL)" if nested else "false")


def _top_level(schema: Sequence[tuple[str, int | None]]) -> list[str]:
    """Names of the first level of a Parquet schema, which is listed depth first."""
    names, skip = [], 0
    for name, children in schema[1:]:
        if skip == 0:
            names.append(name)
        skip = max(0, skip - 1) + (children or 0)
    return names


_HAS_NUL = r"CASE WHEN contains(message, '\u0000') THEN regexp_matches(message, '(^|[^\\])(\\\\)*\\u0000') ELSE false END"
_MALFORMED = f"found IS NULL OR NOT regexp_matches(message, '^[ \\t\\r]*\\{{') OR {_HAS_NUL}"
"""No JSON, no object (a valid JSON that begins with a brace is one), or a string with a NUL in it."""


def _extra_keys(connection: duckdb.DuckDBPyConnection, dataset: Dataset, lines: str) -> dict[str, str]:
    """Pointers by dotted name of keys that the contract does not know: at the top, and inside objects of which it knows a part."""
    paths = [c.source.split(".") for c in dataset.landed_columns]
    whole = {path[0] for path in paths if len(path) == 1}
    parts = sorted({path[0] for path in paths if len(path) > 1} - whole)
    listed = ", ".join(map(literal, ("", *map(_pointer, parts))))
    query = f"SELECT DISTINCT TRY(json_keys(message, [{listed}])) FROM {lines}"
    top: set[str] = set()
    inside: set[tuple[str, str]] = set()
    for keys in (keys for (keys,) in connection.execute(query).fetchall() if keys):
        top |= set(keys[0] or ())
        inside |= {(part, key) for part, found in zip(parts, keys[1:], strict=True) for key in found or ()}
    known = {(path[0], path[1]) for path in paths if len(path) > 1}
    extras = {key: f"/{_escaped(key)}" for key in top - whole - set(parts)}
    extras |= {f"{part}.{key}": f"/{_escaped(part)}/{_escaped(key)}" for part, key in inside - known}
    reserved = {c.name for c in dataset.trusted_columns}
    renamed = {f"extra_{name}" if name in reserved else name: pointer for name, pointer in extras.items() if pointer != "/"}
    return _kept(renamed)


def _pointer(path: str) -> str:
    """`context.device.type` as a JSON pointer."""
    return "".join(f"/{_escaped(part)}" for part in path.split("."))


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _read_csv(path: Path, columns: dict[str, str], *, delimiter: str, quote: str) -> str:
    listed = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in columns.items())
    return (
        f"read_csv({literal(str(path))}, auto_detect=false, header=false, delim={literal(delimiter)}, quote={literal(quote)}, "
        f"escape={literal(quote)}, new_line='\\n', nullstr='', columns={{{listed}}}, max_line_size={2 * LONGEST_RECORD})"
    )
