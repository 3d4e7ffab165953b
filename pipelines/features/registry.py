"""What a feature is: one Ibis expression as of a date, with its meaning beside it."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import ibis
import ibis.expr.types as ir

Build = Callable[..., ir.Table]


@dataclass(frozen=True, kw_only=True)
class Feature:
    """A feature of a customer.

    `build` returns a table with `customer_id` and a column named like the feature, at most one row a customer.
    `absent` is the value of a customer without a row, and of everyone when the data set is missing; None means unknown.
    `expected` is the sign of its effect on what it `drives`.
    """

    name: str
    family: str
    unit: str
    drives: str
    expected: str
    absent: float | None
    meaning: str
    inputs: tuple[str, ...]
    build: Build

    def to_dict(self) -> dict[str, Any]:
        """The description as JSON values."""
        return {k: getattr(self, k) for k in ("name", "family", "unit", "drives", "expected", "absent", "meaning")}


_features: dict[str, Feature] = {}


def feature(*, family: str, unit: str, drives: str, expected: str, absent: float | None) -> Callable[[Build], Build]:
    """Registers a function of tables (its parameters' names) and `as_of` under its own name."""

    def register(build: Build) -> Build:
        if build.__name__ in _features:
            raise ValueError(f"feature {build.__name__!r} is defined twice")
        inputs = tuple(inspect.signature(build).parameters)
        _features[build.__name__] = Feature(
            name=build.__name__,
            family=family,
            unit=unit,
            drives=drives,
            expected=expected,
            absent=absent,
            meaning=inspect.getdoc(build) or "",
            inputs=inputs,
            build=build,
        )
        return build

    return register


def registered() -> tuple[Feature, ...]:
    """Every feature, in the order of definition."""
    return tuple(_features.values())


def moment(day: date) -> ir.TimestampScalar:
    """The start of a day in UTC."""
    return ibis.literal(datetime(day.year, day.month, day.day), type="timestamp")  # noqa: DTZ001 - every time in the tables is UTC without a zone


def days(n: int) -> ir.IntervalScalar:
    """An interval of n days."""
    return ibis.interval(days=n)


def within(rows: ir.Table, column: str, as_of: ir.TimestampScalar, n: int) -> ir.Table:
    """The rows of [as_of - n days, as_of)."""
    return rows.filter(rows[column] >= as_of - days(n), rows[column] < as_of)


def days_between(start: ir.TimestampValue, end: ir.TimestampValue) -> ir.FloatingValue:
    """Days from start to end, with their fraction."""
    return (end.epoch_seconds() - start.epoch_seconds()) / 86400.0
