"""Columns that a Parquet file has in the contract's type already: taken as they are, where that is the same as reading their text."""

import re

from omnichannel.contracts.datasets import Column, Type
from omnichannel.onboarding.rules import sql_type, timely

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
_MOMENTS = ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_S", "TIMESTAMP_MS")
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
WHOLE_DIGITS, PLACES = 14, 4
"""What decimal(18,4) holds."""


def native_value(column: Column, held: str, kind: str) -> str:
    """SQL of the typed value of a column `held` of DuckDB type `kind`; empty where only its text can tell.

    No year but 1 to 9999 has a text that the contract takes, so others are nothing here too.
    """
    if column.type is Type.INTEGER and kind in _INTEGERS:
        return f"CAST({held} AS BIGINT)"
    if column.type is Type.DECIMAL and _fits(kind):
        return f"CAST({held} AS {sql_type(column)})"
    if column.type is Type.BOOLEAN and kind == "BOOLEAN":
        return held
    if column.type is Type.TIMESTAMP and kind in _MOMENTS:
        return f"CASE WHEN {timely(moment := f'CAST({held} AS TIMESTAMPTZ)')} THEN {moment} END"
    if column.type is Type.DATE and kind == "DATE":
        return f"CASE WHEN {held} BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN {held} END"
    return ""


def _fits(kind: str) -> bool:
    if kind in _INTEGERS:
        return kind not in ("BIGINT",)
    found = _DECIMAL.fullmatch(kind)
    return found is not None and int(found[2]) <= PLACES and int(found[1]) - int(found[2]) <= WHOLE_DIGITS
