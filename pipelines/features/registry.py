"""What a feature is: one Ibis expression over a source as of a date, or over other features, with its meaning beside it."""

import inspect
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import ibis
import ibis.expr.types as ir

Build = Callable[..., ir.NumericValue]


@dataclass(frozen=True, kw_only=True)
class Feature:
    """A feature of a customer.

    `build` takes a source (a table of `pipelines.features.sources`) and gives an aggregate over a customer's rows in it; or it takes
    features by their names and gives a value made of theirs. `absent` is the value of a customer of whom the source has no row, and of
    everyone when the data set is missing; None means unknown. `expected` is the sign of its effect on what it `drives`. `owner` is who
    answers for its meaning.
    """

    name: str
    family: str
    unit: str
    drives: str
    expected: str
    owner: str
    absent: float | None
    meaning: str
    inputs: tuple[str, ...]
    build: Build

    def to_dict(self) -> dict[str, Any]:
        """The description as JSON values."""
        shown = ("name", "family", "unit", "drives", "expected", "owner", "absent", "meaning")
        return {k: getattr(self, k) for k in shown}


_features: dict[str, Feature] = {}


def feature(
    *, family: str, unit: str, drives: str, expected: str, owner: str, absent: float | None, name: str | None = None, meaning: str = ""
) -> Callable[[Build], Build]:
    """Registers a function of one source, or of features that are registered already, by its parameters' names."""

    def register(build: Build) -> Build:
        made = Feature(
            name=name or build.__name__,
            family=family,
            unit=unit,
            drives=drives,
            expected=expected,
            owner=owner,
            absent=absent,
            meaning=meaning or inspect.getdoc(build) or "",
            inputs=tuple(inspect.signature(build).parameters),
            build=build,
        )
        if made.name in _features:
            raise ValueError(f"feature {made.name!r} is defined twice")
        _features[made.name] = made
        return build

    return register


def registered() -> tuple[Feature, ...]:
    """Every feature, in the order of definition."""
    return tuple(_features.values())


def of_sources(names: Collection[str]) -> dict[str, list[Feature]]:
    """The features by the source that they read; those that are made of other features are left out."""
    return {name: [f for f in registered() if f.inputs == (name,)] for name in names}


def of_features(sources: Collection[str]) -> list[Feature]:
    """The features that are made of others; raises `ValueError` when one names neither a source nor features of sources."""
    direct = [f for f in registered() if len(f.inputs) == 1 and f.inputs[0] in sources]
    made = [f for f in registered() if f not in direct]
    for f in made:
        unknown = set(f.inputs) - {d.name for d in direct}
        if unknown:
            raise ValueError(
                f"feature {f.name!r} reads {', '.join(sorted(unknown))}; expected one of {', '.join(sources)}, or features of them"
            )
    return made


def moment(day: date) -> ir.TimestampScalar:
    """The start of a day in UTC."""
    return ibis.literal(datetime(day.year, day.month, day.day), type="timestamp")  # noqa: DTZ001 - every time in the tables is UTC without a zone


def days(n: int) -> ir.IntervalScalar:
    """An interval of n days."""
    return ibis.interval(days=n)


def within(rows: ir.Table, n: int) -> ir.BooleanValue:
    """Whether a row of a source is of the last n days, [as_of - n days, as_of)."""
    return rows.age_days <= n


def between(rows: ir.Table, newest: int, oldest: int) -> ir.BooleanValue:
    """Whether a row of a source is of the window [as_of - oldest days, as_of - newest days)."""
    return (rows.age_days > newest) & (rows.age_days <= oldest)


def days_between(start: ir.TimestampValue, end: ir.TimestampValue) -> ir.FloatingValue:
    """Days from start to end, with their fraction in whole seconds."""
    # As a float before it is divided: Spark would divide whole numbers by a decimal, to seven digits.
    return (end.epoch_seconds() - start.epoch_seconds()).cast("float64") / 86400.0
