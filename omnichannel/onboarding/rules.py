"""The contract's rules as DuckDB SQL: a typed expression per column and the ordered checks that a row must pass.

Every source is first brought to text (`raw`), so one set of rules holds for CSV, JSON lines and Parquet.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from omnichannel.contracts.datasets import EVENTS, Column, Dataset, Type
from omnichannel.contracts.reasons import Reason

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No required time is before this one; an epoch read in the wrong unit ends in 1970."""
LATEST_AHEAD = timedelta(days=1)
"""How far a required time may be after the file was received (clocks of sources differ)."""

_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_ZONE = r"(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)?"
INTEGER = r"[+-]?[0-9]+(\.0*)?"
DECIMAL = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+|[0-9](\.[0-9]+)?[eE](-[0-9]{1,2}|\+?(0?[0-9]|1[0-2])))"
TIMESTAMP = rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}([T ]{_CLOCK}(:[0-5][0-9](\.[0-9]{{1,9}})?)?{_ZONE})?"
DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]00:00(:00(\.0{1,9})?)?Z?)?"
"""What a value must look like, on the trimmed text; the cast decides the rest (the 30th of February).

Decimals may have a power of ten, as programs write small and round numbers (`1e-05`, `2.5E+3`): one digit before the point, and no power
that takes it beyond 13 digits, since DuckDB 2.0 would keep even fifteen in decimal(18,4) (`8.0000001e14`).
"""

_SQL_TYPES = {
    Type.STRING: "VARCHAR",
    Type.JSON: "VARCHAR",
    Type.INTEGER: "BIGINT",
    Type.DECIMAL: "DECIMAL(18,4)",
    Type.BOOLEAN: "BOOLEAN",
    Type.DATE: "DATE",
    Type.TIMESTAMP: "TIMESTAMPTZ",
}
PATTERNS = {Type.INTEGER: INTEGER, Type.DECIMAL: DECIMAL}


@dataclass(frozen=True, kw_only=True)
class Check:
    """One way for a row to fail: `condition` is SQL that is true for a bad row, `value` the SQL of the offending text."""

    column: str
    reason: Reason
    condition: str
    value: str = "NULL"


@dataclass(frozen=True, kw_only=True)
class Text:
    """One column as text: SQL of the value (NULL when absent or empty), and SQL that is true where it is no plain value (empty: never).

    Where the file has the column in the contract's type already, `native` is SQL of the typed value, the same as of its text, and
    `absent` is SQL that is true where there is none.
    """

    column: Column
    value: str
    nested: str = ""
    native: str = ""
    absent: str = ""


def sql_type(column: Column) -> str:
    """The DuckDB type of a column in the staged file."""
    return _SQL_TYPES[column.type]


def identifier(name: str) -> str:
    """A name quoted for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text quoted for SQL."""
    return "'" + text.replace("'", "''") + "'"


def typed(column: Column, raw: str) -> str:
    """SQL of the value of text `raw` in the column's type; NULL where the text is not of that type.

    Decimals beyond four places are rounded half away from zero (sources that calculate in binary write 139.11999999999999).
    A time without zone is UTC, a date alone its midnight.
    """
    if column.type is Type.STRING:
        return raw
    if column.type is Type.JSON:
        return f"CASE WHEN json_valid({raw}) THEN {raw} END"
    if column.type is Type.BOOLEAN:
        text = f"lower(trim({raw}))"
        return f"CASE WHEN {text} IN ('true', 't', '1') THEN true WHEN {text} IN ('false', 'f', '0') THEN false END"
    if column.type is Type.TIMESTAMP:
        cast = f"try_cast({raw} AS TIMESTAMPTZ)"
        return f"CASE WHEN {looks_like(TIMESTAMP, raw)} AND {timely(cast)} THEN {cast} END"
    if column.type is Type.DATE:
        cast = f"try_cast(left(ltrim({raw}), 10) AS DATE)"
        return f"CASE WHEN {looks_like(DATE, raw)} AND {cast} >= DATE '0001-01-01' THEN {cast} END"
    return f"CASE WHEN {looks_like(PATTERNS[column.type], raw)} THEN try_cast({raw} AS {sql_type(column)}) END"


def typed_quickly(column: Column, raw: str) -> str:
    """SQL of the same value, faster for the two ways in which most times are written. It is NULL, or not `timely`, where `typed` must tell.

    Every part of those formats has its full length only if it is written as `TIMESTAMP` says: the length decides, once no blank at
    either end, which `strptime` passes over, stands for a digit.
    """
    if column.type is not Type.TIMESTAMP:
        return typed(column, raw)
    whens = " ".join(
        f"WHEN {length} THEN CAST(try_strptime({raw}, {literal(written)}) AS TIMESTAMPTZ)" for length, written in _QUICK_TIMES.items()
    )
    unpadded = f"CASE WHEN {raw} >= '0' AND {raw} < ':' AND suffix({raw}, 'Z') THEN strlen({raw}) END"
    return f"CASE {unpadded} {whens} ELSE {typed(column, raw)} END"


_QUICK_TIMES = {24: "%Y-%m-%dT%H:%M:%S.%gZ", 20: "%Y-%m-%dT%H:%M:%SZ"}


def looks_like(pattern: str, raw: str) -> str:
    """SQL that is true where the text is of that pattern, spaces around it aside. (`trim` costs more than all of the match.)"""
    return f"regexp_full_match({raw}, {literal(f' *{pattern} *')})"


def timely(moment: str) -> str:
    """SQL that is true for a moment that every engine can hold, whatever its zone."""
    return f"{moment} >= TIMESTAMPTZ '0001-01-02 00:00:00+00' AND {moment} < TIMESTAMPTZ '9999-12-31 00:00:00+00'"


def checks(dataset: Dataset, texts: Sequence[Text], received: datetime) -> tuple[Check, ...]:
    """Every check of a row, in the order in which the first one that fails names the reason.

    The SQL reads `raw_<column>` (text), `nested_<column>` where the text has one, and `<column>` (typed).
    """
    found = [check for text in texts for check in _column_checks(dataset, text, received)]
    return (*found, *_row_checks(dataset))


def _column_checks(dataset: Dataset, text: Text, received: datetime) -> Iterator[Check]:
    column = text.column
    raw, value = identifier(f"raw_{column.name}"), identifier(column.name)

    def check(reason: Reason, condition: str) -> Check:
        return Check(column=column.name, reason=reason, condition=condition, value=raw)

    if column.required:
        yield check(Reason.MISSING_VALUE, f"{raw} IS NULL{' AND NOT ' + gone if (gone := deleted(dataset, column)) else ''}")
    if text.nested and column.type is not Type.JSON:
        yield check(Reason.WRONG_TYPE, identifier(f"nested_{column.name}"))
    if column.type in PATTERNS:
        yield check(Reason.OUT_OF_RANGE, f"{value} IS NULL AND {looks_like(PATTERNS[column.type], raw)}")
    if column.type is Type.TIMESTAMP:
        yield check(
            Reason.TIME_OUT_OF_RANGE, f"{value} IS NULL AND {looks_like(TIMESTAMP, raw)} AND try_cast({raw} AS TIMESTAMPTZ) IS NOT NULL"
        )
    if column.type is not Type.STRING:
        yield check(Reason.WRONG_TYPE, f"{value} IS NULL AND {raw} IS NOT NULL")
    if column.values:
        yield check(Reason.UNKNOWN_VALUE, f"NOT {one_of(column)}")
    if outside := [f"{value} {sign} {bound}" for sign, bound in bounds(column)]:
        yield check(Reason.OUT_OF_RANGE, " OR ".join(outside))
    if column.type is Type.TIMESTAMP and column.required:
        yield check(Reason.TIME_OUT_OF_RANGE, f"NOT {in_time(column, received)}")


def one_of(column: Column) -> str:
    """SQL that is true for a value of a closed enumeration."""
    return f"{identifier(column.name)} IN ({', '.join(map(literal, column.values))})"


def bounds(column: Column) -> list[tuple[str, int]]:
    """What makes a number too small or too large: comparison and bound."""
    every = [("<", column.minimum), (">", column.maximum), ("<=", column.exclusive_minimum)]
    return [(sign, bound) for sign, bound in every if bound is not None]


def in_time(column: Column, received: datetime) -> str:
    """SQL that is true for a required time that can be right."""
    latest = received.astimezone(UTC) + LATEST_AHEAD
    return f"{identifier(column.name)} BETWEEN {_time(EARLIEST)} AND {_time(latest)}"


def deleted(dataset: Dataset, column: Column) -> str:
    """SQL that is true for a row that may lack a required column: a delete carries its keys and its time, the rest is gone. Else empty."""
    if not dataset.changing or column.key or column.name == "source_ts":
        return ""
    return "(op = 'D')"


def _row_checks(dataset: Dataset) -> Iterator[Check]:
    if dataset.one_of:
        absent = " AND ".join(f"{identifier(f'raw_{name}')} IS NULL" for name in dataset.one_of)
        yield Check(column=dataset.one_of[0], reason=Reason.MISSING_IDENTITY, condition=absent)
    if dataset is EVENTS:
        yield Check(column="event", reason=Reason.MISSING_EVENT_NAME, condition=UNNAMED_TRACK)


UNNAMED_TRACK = "type = 'track' AND raw_event IS NULL"
"""SQL that is true for a track call without the name of its event."""


def duplicate_key(dataset: Dataset) -> tuple[str, ...]:
    """The columns that make two rows of one file the same record, or changes of one record at one moment."""
    return (*dataset.keys, "source_ts") if dataset.changing else dataset.keys


def _time(at: datetime) -> str:
    return f"TIMESTAMPTZ {literal(at.isoformat())}"
