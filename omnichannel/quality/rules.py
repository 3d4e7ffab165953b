"""Every rule: those that follow from the contracts, and those of `rules.toml`."""

# ruff: noqa: S608 - names in these queries are those of the contracts

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from omnichannel.contracts.datasets import DATASETS, EVENTS, Column, Dataset
from omnichannel.contracts.sources import SOURCES
from omnichannel.contracts.tracking_plan import PLAN, Planned
from omnichannel.quality.rule import Kind, Rule

FILE = Path(__file__).with_name("rules.toml")
FILES_TABLE = "landed_files"
"""What onboarding counted: `dataset`, `reason` (empty for trusted rows), `rows`. Whoever checks brings it along."""


def current(dataset: Dataset) -> str:
    """The transformation with a data set's current state: of changes the newest of each key, else the first of each key."""
    return dataset.table.removesuffix("_changes") if dataset.changing else f"{dataset.table}_once"


CURRENT: dict[str, Dataset] = {current(d): d for d in DATASETS}


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by table and name."""
    own = tomllib.loads(FILE.read_text())
    found = [rule for dataset in DATASETS for rule in (*of_contract(dataset), *_of_keys(dataset, own["first"]["share"]))]
    found += [_filled(place, share) for place, share in own["complete"].items()]
    found += [_refers(place, **where) for place, where in own["refers"].items()]
    found += [*_matches(**own["match"]), *_tracking(**own["tracking"])]
    return tuple(sorted(found, key=lambda rule: (rule.table, rule.name)))


def of_contract(dataset: Dataset) -> Iterator[Rule]:
    """What the contract says of each column, of the identifiers that a row needs, of rows refused and of how old data may be."""
    for column in dataset.columns:
        yield from _of_column(dataset, column)
    if dataset.one_of:
        nothing = " AND ".join(f"{quoted(name)} IS NULL" for name in dataset.one_of)
        yield _row_rule(dataset, Kind.COMPLETENESS, " or ".join(dataset.one_of), "identified", nothing)
    yield Rule(
        name=f"{current(dataset)}.accepted", kind=Kind.QUARANTINE, table=current(dataset), reads=(), threshold=1 - dataset.tolerated_share,
        sql=f"SELECT sum(rows) AS checked, sum(rows) FILTER (WHERE reason <> '') AS failed FROM {FILES_TABLE} "
        f"WHERE dataset = '{dataset.name}'",
    )  # fmt: skip
    yield from _freshness(dataset)


def quoted(name: str) -> str:
    """A column's name as SQL writes it."""
    return f'"{name}"'


def _of_column(dataset: Dataset, column: Column) -> Iterator[Rule]:
    name = quoted(column.name)
    if column.required:
        yield _row_rule(dataset, Kind.COMPLETENESS, column.name, "complete", f"{name} IS NULL")
    if column.values:
        known = ", ".join(f"'{value}'" for value in column.values)
        yield _row_rule(dataset, Kind.VALUES, column.name, "known", f"{name} NOT IN ({known})")
    if limits := list(outside(column)):
        yield _row_rule(dataset, Kind.RANGE, column.name, "in-range", " OR ".join(f"{name} {limit}" for limit in limits))


def outside(column: Column) -> Iterator[str]:
    """Comparisons that hold for a value out of the column's bounds."""
    for operator, bound in (("<", column.minimum), (">", column.maximum), ("<=", column.exclusive_minimum)):
        if bound is not None:
            yield f"{operator} {bound}"


def _row_rule(dataset: Dataset, kind: Kind, column: str, word: str, breaks: str, threshold: float = 1.0) -> Rule:
    table = current(dataset)
    return Rule(name=f"{table}.{column}.{word}", kind=kind, table=table, reads=(table,), column=column, breaks=breaks, threshold=threshold)


def _freshness(dataset: Dataset) -> Iterator[Rule]:
    """The newest record against what the registry expects of the quickest source that feeds the data set."""
    hours = min((s.hours for s in SOURCES.values() if dataset in s.datasets), default=None)
    if hours is not None:
        table, column = current(dataset), "source_ts" if dataset.changing else dataset.ordered_by
        time = quoted(column)
        age = f"(epoch(any_value(clock.as_of)) - epoch(max({time}))) / 3600"
        sql = f"SELECT count({time}) AS checked, 0 AS failed, {age} AS value FROM {table}, clock"
        yield Rule(name=f"{table}.fresh", kind=Kind.FRESHNESS, table=table, reads=(table,), threshold=hours, sql=sql,
                   column=column)  # fmt: skip


def _of_keys(dataset: Dataset, share: float) -> Iterator[Rule]:
    """Each key once in the current state; and in what was appended, few rows that only repeat one."""
    table, keys = current(dataset), ", ".join(quoted(key) for key in dataset.keys)
    once = f"SELECT count(*) AS checked, count(*) - count(DISTINCT ({keys})) AS failed FROM {table}"
    column = ", ".join(dataset.keys)
    yield Rule(name=f"{table}.unique", kind=Kind.UNIQUENESS, table=table, reads=(table,), threshold=1.0, column=column, sql=once)
    if not dataset.changing:
        repeated = f"SELECT count(*) AS checked, count(*) - count(DISTINCT ({keys})) AS failed FROM {dataset.table}"
        yield Rule(name=f"{dataset.table}.first", kind=Kind.DUPLICATES, table=dataset.table, reads=(dataset.table,), threshold=share,
                   column=column, sql=repeated)  # fmt: skip


def _filled(place: str, share: float) -> Rule:
    table, column = place.split(".")
    return _row_rule(CURRENT[table], Kind.COMPLETENESS, column, "filled", f"{quoted(column)} IS NULL", share)


def _refers(place: str, *, to: str, share: float) -> Rule:
    (table, column), (other, key) = place.split("."), to.split(".")
    sql = (
        f"SELECT count(*) AS checked, count(*) FILTER (WHERE o.{quoted(key)} IS NULL) AS failed "
        f"FROM {table} t LEFT JOIN (SELECT DISTINCT {quoted(key)} FROM {other}) o ON t.{quoted(column)} = o.{quoted(key)} "
        f"WHERE t.{quoted(column)} IS NOT NULL"
    )
    return Rule(name=f"{table}.{column}.refers", kind=Kind.INTEGRITY, table=table, reads=(table, other), threshold=share, column=column,
                sql=sql)  # fmt: skip


def _matches(online: float, offline: float) -> Iterator[Rule]:
    """How many visitors, and how many sales in stores, belong to a customer by the links that hold now."""
    visitors = (
        "SELECT count(*) AS checked, count(*) FILTER (WHERE customer_id IS NULL) AS failed "
        "FROM (SELECT DISTINCT trim(anonymous_id) AS id FROM events_once WHERE anonymous_id IS NOT NULL) "
        "LEFT JOIN (SELECT id_value, customer_id FROM links_now WHERE id_type = 'anonymous_id') ON id = id_value"
    )
    sales = (
        "SELECT count(*) AS checked, count(*) FILTER (WHERE customer_id IS NULL) AS failed "
        "FROM orders LEFT JOIN (SELECT order_id, customer_id FROM orders_of_customers) USING (order_id) WHERE channel = 'store'"
    )
    yield Rule(name="events_once.matched", kind=Kind.MATCH, table="events_once", reads=("events_once", "links_now"), threshold=online,
               column="anonymous_id", sql=visitors)  # fmt: skip
    yield Rule(
        name="orders.matched", kind=Kind.MATCH, table="orders", reads=("orders", "orders_of_customers"), threshold=offline, sql=sales
    )


def _tracking(planned: float, complete: float) -> Iterator[Rule]:
    """Coverage of the tracking plan: of its names, without those of older plans, which nothing counts; and of what messages carry."""
    names = ", ".join(_text(name) for name in PLAN)
    table = current(EVENTS)
    about: dict[str, Any] = {"kind": Kind.TRACKING, "table": table, "reads": (table,), "column": "event"}
    yield Rule(
        name=f"{table}.planned", threshold=planned, where="type = 'track'", breaks=f"event IS NULL OR event NOT IN ({names})", **about
    )
    lacking = " ".join(f"WHEN {_text(name)} THEN {lacks(plan)}" for name, plan in PLAN.items() if plan.required or plan.one_of)
    yield Rule(
        name=f"{table}.as-planned", threshold=complete, where="type = 'track'", breaks=f"CASE event {lacking} ELSE FALSE END", **about
    )


def lacks(planned: Planned) -> str:
    """A condition for messages without what the plan asks of this event."""
    each = [f"{quoted(column)} IS NULL" for column in planned.required]
    if planned.one_of:
        each.append("(" + " AND ".join(f"{quoted(column)} IS NULL" for column in planned.one_of) + ")")
    return " OR ".join(each)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
