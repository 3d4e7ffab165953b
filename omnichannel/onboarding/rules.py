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
DECIMAL = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"
TIMESTAMP = rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}([T ]{_CLOCK}(:[0-5][0-9](\.[0-9]{{1,9}})?)?{_ZONE})?"
DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]00:00(:00(\.0{1,9})?)?Z?)?"
"""What a value must look like, on the trimmed text; the cast decides the rest (the 30th of February)."""

_SQL_TYPES = {
    Type.STRING: "VARCHAR",
    Type.JSON: "VARCHAR",
    Type.INTEGER: "BIGINT",
    Type.DECIMAL: "DECIMAL(18,4)",
    Type.BOOLEAN: "BOOLEAN",
    Type.DATE: "DATE",
    Type.TIMESTAMP: "TIMESTAMPTZ",
}
_PATTERNS = {Type.INTEGER: INTEGER, Type.DECIMAL: DECIMAL}


@dataclass(frozen=True, kw_only=True)
class Check:
    """One way for a row to fail: `condition` is SQL that is true for a bad row, `value` the SQL of the offending text."""

    column: str
    reason: Reason
    condition: str
    value: str = "NULL"


@dataclass(frozen=True, kw_only=True)
class Text:
    """One column as text: SQL of the value (NULL when absent or empty), and SQL that is true where it is no plain value."""

    column: Column
    value: str
    nested: str = "false"


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
    trimmed = f"trim({raw})"
    if column.type is Type.BOOLEAN:
        return f"CASE WHEN lower({trimmed}) IN ('true', 't', '1') THEN true WHEN lower({trimmed}) IN ('false', 'f', '0') THEN false END"
    if column.type is Type.TIMESTAMP:
        cast = f"try_cast({trimmed} AS TIMESTAMPTZ)"
        bounded = f"{cast} >= TIMESTAMPTZ '0001-01-02 00:00:00+00' AND {cast} < TIMESTAMPTZ '9999-12-31 00:00:00+00'"
        return f"CASE WHEN regexp_full_match({trimmed}, {literal(TIMESTAMP)}) AND {bounded} THEN {cast} END"
    if column.type is Type.DATE:
        cast = f"try_cast(left({trimmed}, 10) AS DATE)"
        return f"CASE WHEN regexp_full_match({trimmed}, {literal(DATE)}) AND {cast} >= DATE '0001-01-01' THEN {cast} END"
    pattern = literal(_PATTERNS[column.type])
    return f"CASE WHEN regexp_full_match({trimmed}, {pattern}) THEN try_cast({trimmed} AS {sql_type(column)}) END"


def checks(dataset: Dataset, texts: Sequence[Text], received: datetime) -> tuple[Check, ...]:
    """Every check of a row, in the order in which the first one that fails names the reason.

    The SQL reads `raw_<column>` (text), `nested_<column>` and `<column>` (typed).
    """
    found = [check for text in texts for check in _column_checks(dataset, text.column, received)]
    return (*found, *_row_checks(dataset))


def _column_checks(dataset: Dataset, column: Column, received: datetime) -> Iterator[Check]:
    raw, value = identifier(f"raw_{column.name}"), identifier(column.name)

    def check(reason: Reason, condition: str) -> Check:
        return Check(column=column.name, reason=reason, condition=condition, value=raw)

    if column.required:
        yield check(Reason.MISSING_VALUE, f"{raw} IS NULL{_unless_deleted(dataset, column)}")
    if column.type is not Type.JSON:
        yield check(Reason.WRONG_TYPE, identifier(f"nested_{column.name}"))
    if column.type in _PATTERNS:
        pattern = literal(_PATTERNS[column.type])
        yield check(Reason.OUT_OF_RANGE, f"{value} IS NULL AND regexp_full_match(trim({raw}), {pattern})")
    if column.type is not Type.STRING:
        yield check(Reason.WRONG_TYPE, f"{value} IS NULL AND {raw} IS NOT NULL")
    if column.values:
        yield check(Reason.UNKNOWN_VALUE, f"{value} NOT IN ({', '.join(map(literal, column.values))})")
    bounds = [("<", column.minimum), (">", column.maximum), ("<=", column.exclusive_minimum)]
    outside = [f"{value} {sign} {bound}" for sign, bound in bounds if bound is not None]
    if outside:
        yield check(Reason.OUT_OF_RANGE, " OR ".join(outside))
    if column.type is Type.TIMESTAMP and column.required:
        latest = received.astimezone(UTC) + LATEST_AHEAD
        yield check(Reason.TIME_OUT_OF_RANGE, f"{value} < {_time(EARLIEST)} OR {value} > {_time(latest)}")


def _unless_deleted(dataset: Dataset, column: Column) -> str:
    """A delete carries its keys and its time; the rest of the row is gone."""
    if not dataset.changing or column.key or column.name == "source_ts":
        return ""
    return " AND op <> 'D'"


def _row_checks(dataset: Dataset) -> Iterator[Check]:
    if dataset.one_of:
        absent = " AND ".join(f"{identifier(f'raw_{name}')} IS NULL" for name in dataset.one_of)
        yield Check(column=dataset.one_of[0], reason=Reason.MISSING_IDENTITY, condition=absent)
    if dataset is EVENTS:
        yield Check(column="event", reason=Reason.MISSING_EVENT_NAME, condition="type = 'track' AND raw_event IS NULL")


def duplicate_key(dataset: Dataset) -> tuple[str, ...]:
    """The columns that make two rows of one file the same record: only the first of them is kept."""
    return (*dataset.keys, "source_ts", "op") if dataset.changing else dataset.keys


def _time(at: datetime) -> str:
    return f"TIMESTAMPTZ {literal(at.isoformat())}"
