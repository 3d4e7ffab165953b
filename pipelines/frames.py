"""The three tables that a pipeline works with: customers to learn from, to test on and to score."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from ibis.backends.duckdb import Backend

from pipelines.features import customer_features, registered
from pipelines.features.population import labelled, population
from pipelines.tables import Facts
from pipelines.tasks import CannotTrainError, Classes, Coverage, CutOffs, Task, cut_offs, refuse_too_few

ID, DATE, LABEL = "customer_id", "cut_off", "label"


@dataclass(frozen=True, kw_only=True)
class Frames:
    """Arrow tables sorted by cut-off and customer: `customer_id`, `cut_off`, the features, and `label` except in `score`."""

    train: pa.Table
    test: pa.Table
    score: pa.Table
    dates: CutOffs
    classes: tuple[Classes, ...]
    coverage: Coverage

    def to_dict(self) -> dict[str, Any]:
        """The dates and counts as JSON values."""
        covered = {"first": self.coverage.first.isoformat(), "last": self.coverage.last.isoformat()}
        return {"dates": self.dates.to_dict(), "classes": [c.to_dict() for c in self.classes], "coverage": covered}


def feature_names() -> list[str]:
    """The features in their order, which is the order of columns everywhere."""
    return [f.name for f in registered()]


def frames(task: Task, facts: Facts, con: Backend, as_of: date) -> Frames:
    """Features and labels on every cut-off; raises `CannotTrainError` with the dates that would work."""
    coverage = facts.coverage()
    dates = cut_offs(task, as_of, coverage)
    with_labels, without = (_query(task, facts, con, dates.score, label=label) for label in (True, False))
    labels = {day: _rows(facts, con, with_labels, day) for day in dates.labelled}
    classes = tuple(_count(day, table) for day, table in labels.items())
    refuse_too_few(task, dates, classes, coverage)
    score = _rows(facts, con, without, dates.score)
    if score.num_rows == 0:
        raise CannotTrainError(f"nobody is in the population of {task.model} on {dates.score}: {task.question}")
    return Frames(
        train=pa.concat_tables([labels[day] for day in dates.train]),
        test=labels[dates.test],
        score=score,
        dates=dates,
        classes=classes,
        coverage=coverage,
    )


def _query(task: Task, facts: Facts, con: Backend, day: date, *, label: bool) -> str:
    tables = facts.as_of(day)
    people = population(task, tables, facts.now)
    if label:
        people = labelled(task, people, facts.bought, facts.endings, facts.now)
    rows = customer_features(people, tables, facts.now).mutate(**{DATE: facts.now.date()})
    columns = [ID, DATE, *([LABEL] if label else []), *feature_names()]
    return str(con.compile(rows.select(*columns).order_by(ID)))


def _rows(facts: Facts, con: Backend, query: str, day: date) -> pa.Table:
    facts.as_of(day)
    return con.con.sql(query).to_arrow_table()


def _count(day: date, table: pa.Table) -> Classes:
    return Classes(cut_off=day, population=table.num_rows, positives=int(pc.sum(table.column(LABEL)).as_py() or 0))
