"""The tables that a pipeline works with: customers to learn from, to validate and to test on, customers to score, and all customers.

They are left as Parquet under a folder, one folder of files for each date, so that nothing holds all customers in memory.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow.compute as pc
import pyarrow.parquet as pq

from omnichannel.contracts.segments import SegmentRules
from pipelines.engine import Engine, Plan, run, sql
from pipelines.features import aggregates, joined, registered
from pipelines.features.population import labelled, lifecycle, population
from pipelines.tables import NOW, Facts
from pipelines.tasks import Classes, Coverage, CutOffs, Task, cut_offs, refuse_too_few

ID, DATE, LABEL, LIFECYCLE = "customer_id", "cut_off", "label", "lifecycle"


@dataclass(frozen=True, kw_only=True)
class Learning:
    """Where the customers of each date are, what was counted on it, and which dates are for what."""

    folders: dict[date, Path]
    dates: CutOffs
    classes: tuple[Classes, ...]
    coverage: Coverage

    def to_dict(self) -> dict[str, Any]:
        """The dates and counts as JSON values."""
        return {"dates": self.dates.to_dict(), "classes": [c.to_dict() for c in self.classes], "coverage": self.coverage.to_dict()}


def feature_names() -> list[str]:
    """The features in their order, which is the order of columns everywhere."""
    return [f.name for f in registered()]


def learning(task: Task, facts: Facts, engine: Engine, as_of: date, work: Path) -> Learning:
    """Features and labels on every cut-off (columns customer_id, cut_off, label, features); raises `CannotTrainError`."""
    coverage = facts.coverage()
    dates = cut_offs(task, as_of, coverage)
    people = labelled(task, population(task, facts.sources), facts.history, NOW)
    wide = Wide(engine, facts, people.drop("subscribed"), LABEL)
    folders = {day: wide.write(day, work / day.isoformat()) for day in dates.labelled}
    classes = [_count(day, folder) for day, folder in folders.items()]
    refuse_too_few(task, dates, classes, coverage)
    return Learning(folders=folders, dates=dates, classes=tuple(classes), coverage=coverage)


def to_score(task: Task, facts: Facts, engine: Engine, as_of: date, work: Path) -> Path:
    """Features of everyone in the task's population (columns customer_id, cut_off, features)."""
    people = population(task, facts.sources).drop("subscribed")
    return Wide(engine, facts, people).write(as_of, work / as_of.isoformat())


def audience(facts: Facts, engine: Engine, as_of: date, rules: SegmentRules, work: Path) -> Path:
    """Features of every known customer and `lifecycle` (columns customer_id, cut_off, features, lifecycle)."""
    return Wide(engine, facts, facts.history.customers, rules=rules).write(as_of, work / as_of.isoformat())


class Wide:
    """The features of `people`, whose expression follows the facts' date; compiled once, computed for each date.

    Each source is aggregated into a table of its own first: then only one aggregation is in memory at a time.
    """

    def __init__(self, engine: Engine, facts: Facts, people: ir.Table, *further: str, rules: SegmentRules | None = None) -> None:
        self._engine, self._facts, parts = engine, facts, Plan()
        sides = {name: parts.add(f"wide_{name}", rows) for name, rows in aggregates(facts.sources).items()}
        rows = joined(people, sides).mutate(**{DATE: NOW.date()})
        last = {LIFECYCLE: lifecycle(rows, rules)} if rules else {}
        self._parts = parts.queries(engine.dialect)
        self._query = sql(rows.select(ID, DATE, *further, *feature_names(), **last), engine.dialect)

    def write(self, day: date, folder: Path) -> Path:
        """The rows on a date, as Parquet in the folder."""
        self._facts.as_of(day)
        run(self._engine, self._parts)
        self._engine.write(self._query, folder)
        return folder


def _count(day: date, folder: Path) -> Classes:
    labels = pq.read_table(folder, columns=[LABEL]).column(LABEL)
    return Classes(cut_off=day, population=len(labels), positives=pc.sum(labels).as_py() or 0)
