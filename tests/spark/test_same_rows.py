"""Every registered transformation, row by row: what DuckDB says with the compiled SQL, Spark says with the expression."""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from omnichannel.transform.lake import manifest


def plain(value: Any) -> Any:
    """A value as both engines mean it: times in UTC, decimals without trailing zeros."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, Decimal):
        return value.normalize() + 0
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return value


def in_order(rows: pa.Table) -> list[dict[str, Any]]:
    """The rows sorted by what is exact in them, then by the rest."""
    found = [{name: plain(value) for name, value in row.items()} for row in rows.to_pylist()]
    exact = [field.name for field in rows.schema if not pa.types.is_floating(field.type)]
    return sorted(found, key=lambda row: (repr([row[name] for name in exact]), repr(row)))


def close(ours: Any, theirs: Any) -> bool:
    """Equal; floats that were summed in another order differ in their last digits."""
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9) or (math.isnan(ours) and math.isnan(theirs))
    return bool(ours == theirs)


def differences(ours: Iterable[Mapping[str, Any]], theirs: Iterable[Mapping[str, Any]]) -> list[str]:
    """Where rows differ, in words."""
    pairs = zip(ours, theirs, strict=True)
    return [f"{name}: {a[name]!r} is {b[name]!r} on Spark, in {a}" for a, b in pairs for name in a if not close(a[name], b[name])]


@pytest.mark.parametrize("name", manifest())
def test_spark_says_the_same(name: str, on_duckdb: Mapping[str, pa.Table], on_spark: Mapping[str, pa.Table]) -> None:
    ours, theirs = on_duckdb[name], on_spark[name]

    assert theirs.schema.names == ours.schema.names
    assert theirs.num_rows == ours.num_rows
    assert differences(in_order(ours), in_order(theirs)) == []


def test_the_rows_that_are_compared_are_not_none(on_spark: Mapping[str, pa.Table]) -> None:
    assert [name for name, rows in on_spark.items() if not rows.num_rows] == []
