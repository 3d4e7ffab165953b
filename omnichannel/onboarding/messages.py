"""JSON lines as a relation of texts.

Every line is brought into one struct, which looks at each key once. What is no text in the contract is in the exact way asked for path by
path instead: only that writes numbers out as they stand in the message, and takes a string where an object was expected as text.
"""
# ruff: noqa: S608 - names and literals in the SQL go through `rules.identifier` and `rules.literal`

import json
from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from typing import Any

import duckdb

from omnichannel.contracts.datasets import Column, Dataset, Type
from omnichannel.contracts.reasons import Reason
from omnichannel.onboarding import numbered
from omnichannel.onboarding.keys import Keys, keys_of, pointer
from omnichannel.onboarding.numbered import RECORD_SEPARATOR, UNIT_SEPARATOR
from omnichannel.onboarding.rules import Check, Text, identifier, literal
from omnichannel.onboarding.sources import ROWS, Source, read_csv, text_of

Path_ = tuple[str, ...]

_HAS_NUL = r"CASE WHEN contains(message, '\u0000') THEN regexp_matches(message, '(^|[^\\])(\\\\)*\\u0000') ELSE false END"
_NO_OBJECT = r"(NOT regexp_matches(message, '^[ \t\r]*\{'))"


def json_source(connection: duckdb.DuckDBPyConnection, dataset: Dataset, chunks: Iterator[bytes], work: Path) -> Source:
    """A file of JSON lines; `chunks` is its whole content in UTF-8."""
    good, bad = work / "lines.txt", work / "malformed.csv"
    with good.open("wb") as good_file, bad.open("wb") as bad_file:
        found = numbered.json_lines(chunks, good_file, bad_file)
    lines = _lines(good)
    keys = keys_of(connection, dataset, lines)
    columns = dataset.landed_columns
    paths: list[Path_] = [*(tuple(c.source.split(".")) for c in columns), *keys.extra.values()]
    plain = [n for n, column in enumerate(columns, start=1) if column.type is not Type.STRING]
    return Source(
        rows=lines,
        records=found.good,
        select=_select(paths, plain, keys, exact=True),
        quick=_select(paths, [n for n in plain if columns[n - 1].type is Type.JSON], keys, exact=False),
        texts=tuple(_text(column, n, path) for n, (column, path) in enumerate(zip(columns, paths, strict=False), start=1)),
        extras={name: f"c{n}" for n, name in enumerate(keys.extra, start=len(columns) + 1)},
        checks=(Check(column="", reason=Reason.MALFORMED_JSON, condition=f"broken OR {_NO_OBJECT} OR {_HAS_NUL}", value="message"),),
        carried=("message", "broken"),
        proofs=tuple(_proofs(dataset, keys, found)),
        malformed=bad,
        malformed_records=found.bad,
        malformed_reason=Reason.MALFORMED_JSON,
    )


def _lines(blocks: Path) -> str:
    """SQL after FROM of every line with its number: DuckDB cuts blocks into lines faster than Python numbers each of them."""
    read = read_csv(blocks, {"first": "BIGINT", "block": "VARCHAR"}, delimiter=UNIT_SEPARATOR.decode(), quote="")
    cut = f"SELECT first, string_split(block, {literal(RECORD_SEPARATOR.decode())}) AS lines FROM {read}"
    return f"(SELECT first + generate_subscripts(lines, 1) - 1 AS _line, unnest(lines) AS message FROM ({cut}))"


def _select(paths: list[Path_], special: list[int], keys: Keys, *, exact: bool) -> str:
    """SQL of columns c1, c2, … by path; `special` columns (by number) are looked up exactly, or else taken as JSON."""
    shape: dict[str, Any] = {}
    whole = {paths[n - 1] for n in special}
    placed = [_place(shape, path, "JSON" if path in whole else "VARCHAR") for path in paths]
    values = [_member(path) if fits else _beneath(path, whole) for path, fits in zip(paths, placed, strict=True)]
    named = [f"CAST({sql} AS VARCHAR)" if path in whole else f"nullif({sql}, '')" for path, sql in zip(paths, values, strict=True)]
    struct = _if_valid(f"json_transform(message, {literal(json.dumps(shape))})", keys)
    more = ""
    if exact:
        more = (
            ", "
            + _if_valid(f"json_extract_string(message, [{', '.join(literal(pointer(paths[n - 1])) for n in special)}])", keys)
            + " AS exact"
        )
        for at, n in enumerate(special, start=1):
            named[n - 1] = f"nullif(exact[{at}], '')"
    listed = ", ".join(f"{sql} AS c{n}" for n, sql in enumerate(named, start=1))
    return f"(SELECT _line, message, found IS NULL AS broken, {listed} FROM (SELECT _line, message, {struct} AS found{more} FROM {ROWS}))"


def _if_valid(sql: str, keys: Keys) -> str:
    return sql if keys.all_valid else f"CASE WHEN json_valid(message) THEN {sql} END"


def _place(shape: dict[str, Any], path: Path_, leaf: str) -> bool:
    """Puts a path into the shape; False where it does not fit in."""
    for key in path[:-1]:
        inner = shape.setdefault(key, {}) if key in shape or not _taken(shape, key) else None
        if not isinstance(inner, dict):
            return False
        shape = inner
    if _taken(shape, path[-1]):
        return False
    shape[path[-1]] = leaf
    return True


def _taken(shape: Mapping[str, Any], key: str) -> bool:
    return key.lower() in map(str.lower, shape)


def _member(path: Path_) -> str:
    return ".".join(("found", *map(identifier, path)))


def _beneath(path: Path_, whole: Set[Path_]) -> str:
    """A value inside of one that is kept whole as JSON comes from there; any other from the message."""
    for length in range(len(path) - 1, 0, -1):
        if path[:length] in whole:
            return f"json_extract_string({_member(path[:length])}, {literal(pointer(path[length:]))})"
    return f"json_extract_string(message, {literal(pointer(path))})"


def _text(column: Column, n: int, path: Path_) -> Text:
    found = f"c{n}"
    kind = f"json_type(message, {literal(pointer(path))})"
    nested = f"CASE WHEN left({found}, 1) IN ('{{', '[') THEN {kind} IN ('OBJECT', 'ARRAY') ELSE false END"
    return text_of(column, found, nested)


def _proofs(dataset: Dataset, keys: Keys, found: numbered.Numbered) -> Iterator[str]:
    """A valid JSON that begins with a brace is an object. A string in the place of JSON is read exactly."""
    if not keys.all_valid:
        yield "NOT broken"
    if not found.braced:
        yield f"NOT {_NO_OBJECT}"
    if found.zeros:
        yield f"NOT {_HAS_NUL}"
    for raw in (identifier(f"raw_{c.name}") for c in dataset.landed_columns if c.type is Type.JSON):
        yield f"{raw} IS NULL OR NOT starts_with({raw}, '\"')"
