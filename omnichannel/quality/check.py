"""Checks every rule over the lake: one pass over a table for all conditions on its rows, one query for each other rule."""

# ruff: noqa: S608 - names in these queries are those of the contracts

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import pyarrow as pa

from omnichannel.quality.rule import Kind, Result, Rule, result
from omnichannel.quality.rules import FILES_TABLE

FILES_SCHEMA = pa.schema([("dataset", pa.string()), ("reason", pa.string()), ("rows", pa.int64())])


class Tables(Protocol):
    """What a check asks of the lake."""

    def build(self, *names: str) -> None:
        """Make transformations, each once."""

    def put(self, name: str, rows: pa.Table) -> None:
        """Add a table."""

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Ask."""


def check(lake: Tables, rules: Sequence[Rule], landed: Iterable[Mapping[str, Any]], *, at: datetime) -> list[Result]:
    """What every rule finds, in the rules' order, then rows refused by data set and reason. `landed` are items of the history."""
    lake.put(FILES_TABLE, counted(landed))
    lake.build(*sorted({name for rule in rules for name in rule.reads}))
    found = dict(_row_results(lake, [rule for rule in rules if rule.breaks], at))
    for rule in rules:
        if rule.sql:
            row = lake.rows(rule.sql)[0]
            found[rule.name] = result(rule, int(row["checked"] or 0), int(row["failed"] or 0), row.get("value"), at.isoformat())
    return [found[rule.name] for rule in rules] + list(refused(lake, at))


def counted(landed: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows by data set and reason, from the history's items; items that are about no content have no counts."""
    totals: dict[tuple[str, str], int] = defaultdict(int)
    for item in landed:
        if "rows_in" in item:
            totals[str(item["dataset"]), ""] += int(item["rows_staged"])
            for reason, rows in item.get("quarantined", {}).items():
                totals[str(item["dataset"]), str(reason)] += int(rows)
    return pa.Table.from_pylist([{"dataset": d, "reason": r, "rows": n} for (d, r), n in sorted(totals.items())], schema=FILES_SCHEMA)


def refused(lake: Tables, at: datetime) -> Iterator[Result]:
    """Rows refused by data set and reason: for the record, whatever their number."""
    sql = (
        f"SELECT dataset, reason, sum(rows) AS failed, any_value(total) AS checked FROM {FILES_TABLE} "
        f"JOIN (SELECT dataset, sum(rows) AS total FROM {FILES_TABLE} GROUP BY dataset) USING (dataset) "
        "WHERE reason <> '' GROUP BY dataset, reason ORDER BY dataset, reason"
    )
    for row in lake.rows(sql):
        rule = Rule(name=f"{row['dataset']}.refused.{row['reason']}", kind=Kind.QUARANTINE, table=row["dataset"], reads=(), threshold=0.0,
                    column=row["reason"])  # fmt: skip
        yield result(rule, int(row["checked"]), int(row["failed"]), None, at.isoformat())


def _row_results(lake: Tables, rules: Sequence[Rule], at: datetime) -> Iterator[tuple[str, Result]]:
    by_table: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        by_table[rule.table].append(rule)
    for table, its in by_table.items():
        columns = (
            f"count(*) FILTER (WHERE {rule.where}) AS checked{n}, count(*) FILTER (WHERE ({rule.where}) AND ({rule.breaks})) AS failed{n}"
            for n, rule in enumerate(its)
        )
        row = lake.rows(f"SELECT {', '.join(columns)} FROM {table}")[0]
        for n, rule in enumerate(its):
            yield rule.name, result(rule, int(row[f"checked{n}"]), int(row[f"failed{n}"]), None, at.isoformat())
