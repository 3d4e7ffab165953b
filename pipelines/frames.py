"""The tables that a pipeline works with: customers to learn from, to validate and to test on, and customers to score."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
from ibis.backends.duckdb import Backend

from pipelines.features import customer_features, registered
from pipelines.features.population import labelled, population
from pipelines.tables import Facts
from pipelines.tasks import Classes, Coverage, CutOffs, NobodyToScoreError, Task, cut_offs, refuse_a_date_beyond_the_data, refuse_too_few

ID, DATE, LABEL = "customer_id", "cut_off", "label"


@dataclass(frozen=True, kw_only=True)
class Learning:
    """Arrow tables sorted by cut-off and customer: `customer_id`, `cut_off`, `label`, the features. `validation` may have no rows."""

    train: pa.Table
    validation: pa.Table
    test: pa.Table
    dates: CutOffs
    classes: tuple[Classes, ...]
    coverage: Coverage

    def to_dict(self) -> dict[str, Any]:
        """The dates and counts as JSON values."""
        return {"dates": self.dates.to_dict(), "classes": [c.to_dict() for c in self.classes], "coverage": self.coverage.to_dict()}


def feature_names() -> list[str]:
    """The features in their order, which is the order of columns everywhere."""
    return [f.name for f in registered()]


def learning(task: Task, facts: Facts, con: Backend, as_of: date) -> Learning:
    """Features and labels on every cut-off; raises `CannotTrainError` with the dates that would work."""
    coverage = facts.coverage()
    dates = cut_offs(task, as_of, coverage)
    tables = facts.as_of(as_of)
    people = labelled(task, population(task, tables, facts.now), facts.bought, facts.endings, facts.now)
    query = _query(people, tables, facts, con, LABEL)
    labels = {day: _rows(facts, con, query, day) for day in dates.labelled}
    classes = tuple(_count(day, table) for day, table in labels.items())
    refuse_too_few(task, dates, classes, coverage)
    test = labels[dates.test]
    return Learning(
        train=pa.concat_tables([labels[day] for day in dates.train]),
        validation=labels[dates.validation] if dates.validation else test.slice(0, 0),
        test=test,
        dates=dates,
        classes=classes,
        coverage=coverage,
    )


def to_score(task: Task, facts: Facts, con: Backend, as_of: date) -> pa.Table:
    """Features of everyone in the task's population; raises `NobodyToScoreError` when that is nobody."""
    coverage = facts.coverage()
    refuse_a_date_beyond_the_data(task, as_of, coverage)
    tables = facts.as_of(as_of)
    rows = _rows(facts, con, _query(population(task, tables, facts.now), tables, facts, con), as_of)
    if rows.num_rows == 0:
        raise NobodyToScoreError(f"nobody is in the population of {task.model} on {as_of}: {task.question}")
    return rows


def audience(facts: Facts, con: Backend, as_of: date) -> pa.Table:
    """Features of every known customer; raises `NobodyToScoreError` when nobody is known."""
    tables = facts.as_of(as_of)
    rows = _rows(facts, con, _query(facts.customers, tables, facts, con), as_of)
    if rows.num_rows == 0:
        raise NobodyToScoreError(f"no customer is known on {as_of}: build the customer view first")
    return rows


def _query(people: ir.Table, tables: dict[str, ir.Table], facts: Facts, con: Backend, *further: str) -> str:
    rows = customer_features(people, tables, facts.now).mutate(**{DATE: facts.now.date()})
    return str(con.compile(rows.select(ID, DATE, *further, *feature_names()).order_by(ID)))


def _rows(facts: Facts, con: Backend, query: str, day: date) -> pa.Table:
    facts.as_of(day)
    return con.con.sql(query).to_arrow_table()


def _count(day: date, table: pa.Table) -> Classes:
    return Classes(cut_off=day, population=table.num_rows, positives=int(pc.sum(table.column(LABEL)).as_py() or 0))
