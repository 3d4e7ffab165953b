"""Features step: checks the data, reads the trusted zone as of a date, and writes who to learn from and test on, to score, or to segment.

Under the output folder: of `train` the folders `train`, `validation` and `test` (Parquet: customer_id, cut_off, label, features; validation
may have no rows), of `score` the folder `customers` (CSV without a header, customer first, `nan` where a feature is unknown), of `audience`
the same as Parquet, with `lifecycle` last; and of each `meta`: `features.json`, `snapshot.json`, `dates.json`, `check.json`, and
`drivers.json` (the sign that was agreed on, by feature).
"""

import argparse
import json
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from omnichannel.aws import iceberg
from omnichannel.contracts.scores import Model
from omnichannel.playbook import drivers as agreed
from omnichannel.playbook.segments import segments_playbook
from pipelines import check, written
from pipelines.engine import DuckDb, Engine
from pipelines.features import registered
from pipelines.frames import ID, Learning, audience, feature_names, learning, to_score
from pipelines.source import Catalog, Snapshot, read_trusted
from pipelines.steps.transform import SUBMIT, SUBMITTED, submit
from pipelines.tables import Facts
from pipelines.tasks import (
    ACTIVE_DAYS,
    TASKS,
    Coverage,
    NobodyToScoreError,
    Purpose,
    Task,
    oldest_cut_off,
    refuse_a_date_beyond_the_data,
    refuse_the_future,
)

log = logging.getLogger(__name__)

ALL = "all"
MEMORY_MB = 1200
MEMORY_SHARE = 0.4
"""Of the machine's memory; two steps may share it, and the writer has its own."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What DuckDB may take of the machine (what does not fit into the memory goes to disk), or that Spark computes instead."""

    memory_mb: int = MEMORY_MB
    threads: int = 2
    on_spark: bool = False

    def engine(self, work: Path) -> Engine:
        """Where features are computed."""
        if not self.on_spark:
            return DuckDb(work, memory_mb=self.memory_mb, threads=self.threads)
        from pipelines import spark
        from pipelines.spark_engine import Spark

        return Spark(spark.session(**({} if SUBMITTED in os.environ else spark.ONE_MACHINE)), work)


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is asked for; `task` is None for an audience."""

    task: Task | None
    purpose: Purpose
    as_of: date

    @property
    def oldest(self) -> date:
        """The earliest date that features are made for."""
        return oldest_cut_off(self.task, self.as_of) if self.task and self.purpose is Purpose.TRAIN else self.as_of


@dataclass(frozen=True, kw_only=True)
class Made:
    """What an engine left under a folder: of a training the dates' folders, else that of everyone who is asked about."""

    order: Order
    coverage: Coverage
    checks: Sequence[check.DataSetCheck]
    learning: Learning | None = None
    customers: Path | None = None


def make(catalog: Catalog, database: str, order: Order, output: Path, limits: Limits | None = None) -> None:
    """Writes the step's files. Raises `UnusableDataError` with what would work."""
    limits = limits or Limits()
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        with closing(limits.engine(work / "engine")) as engine:
            snapshot = read_trusted(catalog, database, engine, order.as_of, order.oldest)
            made = features_of(order, engine, work / "made")
        with closing(DuckDb(work / "writer", memory_mb=limits.memory_mb, threads=limits.threads, ordered=True)) as duck:
            rows = write(made, duck, output)
            describe(made, snapshot, rows, duck, output)


def features_of(order: Order, engine: Engine, work: Path) -> Made:
    """Computes what is asked for, after the data was checked."""
    facts = Facts(engine, order.as_of, order.oldest)
    coverage = facts.coverage()
    if order.task and order.purpose is Purpose.TRAIN:
        refuse_a_date_beyond_the_data(order.task, order.as_of, coverage)
    checks = check.data_sets(engine, order.as_of)
    check.refuse_silent(checks, order.as_of)
    made = Made(order=order, coverage=coverage, checks=checks)
    if order.task is None:
        return replace(made, customers=audience(facts, engine, order.as_of, segments_playbook().rules, work))
    if order.purpose is Purpose.SCORE:
        return replace(made, customers=to_score(order.task, facts, engine, order.as_of, work))
    return replace(made, learning=learning(order.task, facts, engine, order.as_of, work))


def write(made: Made, duck: DuckDb, output: Path) -> Path:
    """The rows in their final form; gives a Parquet file whose features stand for all of them."""
    if made.learning:
        return _write_learning(made.learning, duck, output)
    assert made.customers  # noqa: S101 - the one or the other
    path = (output if made.order.task is None else made.customers) / written.CUSTOMERS / f"{written.CUSTOMERS}.parquet"
    rows = written.table(duck, [made.customers], path)
    if not rows:
        asked = made.order.task.question if made.order.task else "who is known?"
        raise NobodyToScoreError(f"nobody is in the population on {made.order.as_of}: {asked}")
    if made.order.task:
        written.lines(duck, path, [ID, *feature_names()], output / written.CUSTOMERS)
    log.info("as of %s: %d customers", made.order.as_of, rows)
    return path


def _write_learning(made: Learning, duck: DuckDb, output: Path) -> Path:
    dates, rows = made.dates, {}
    days = {"train": dates.train, "validation": (dates.validation,) if dates.validation else (), "test": (dates.test,)}
    for name, wanted in days.items():
        path = output / name / f"{name}.parquet"
        folders = [made.folders[day] for day in wanted]
        rows[name] = written.table(duck, folders, path) if folders else written.empty_like(path, output / "train" / "train.parquet")
    log.info("as of %s: %s", dates.score, ", ".join(f"{n} rows for {name}" for name, n in rows.items()))
    return output / "train" / "train.parquet"


def describe(made: Made, snapshot: Snapshot, rows: Path, duck: DuckDb, output: Path) -> None:
    """The files under `meta`."""
    meta = output / "meta"
    meta.mkdir(parents=True, exist_ok=True)
    dated = {"dates": {"score": made.order.as_of.isoformat()}, "classes": [], "coverage": made.coverage.to_dict()}
    told = made.learning.to_dict() if made.learning else dated
    warnings = check.warnings(made.checks)
    found = {
        "data_sets": [c.to_dict() for c in made.checks],
        "features": written.described(duck, rows, feature_names()),
        "warnings": warnings,
    }
    for warning in warnings:
        log.warning("%s", warning)
    drivers = agreed.load(feature_names())[made.order.task.model] if made.order.task else ()
    files = {
        "drivers": {d.feature: d.expected for d in drivers},
        "features": [f.to_dict() for f in registered()],
        "snapshot": snapshot.to_dict(),
        "dates": told,
        "check": found,
    }
    for name, content in files.items():
        (meta / f"{name}.json").write_text(json.dumps(content, indent=1))


def task_of(model: str, purpose: Purpose, active_days: int) -> Task | None:
    """The model's task; None for an audience, which is of no model. Raises `ValueError` for a mixture."""
    if (model == ALL) is not (purpose is Purpose.AUDIENCE):
        raise ValueError(f"--model {model} does not go with --purpose {purpose}; expected `{ALL}` for audience, a model for the others")
    return None if model == ALL else replace(TASKS[Model(model)], active_days=active_days)


def memory() -> int:
    """Megabytes for the engine when nobody said: a share of the machine's, but not less than a small shop needs."""
    return max(MEMORY_MB, int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * MEMORY_SHARE / 2**20))


def main(argv: Sequence[str] | None = None) -> None:
    """Reads the arguments and the catalog that the environment names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", choices=(*map(str, Model), ALL), required=True)
    parser.add_argument("--purpose", type=Purpose, choices=tuple(Purpose), required=True)
    parser.add_argument("--as-of", type=date.fromisoformat, required=True)
    parser.add_argument("--glue-database", required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--active-days", type=int, default=ACTIVE_DAYS, help="who bought in this many days before a date is active on it")
    parser.add_argument("--memory-mb", type=int, default=memory(), help="what DuckDB may take; the rest goes to disk")
    parser.add_argument("--engine", choices=("duckdb", "spark"), default="duckdb", help="spark when the data outgrows a machine")
    args = parser.parse_args(argv)
    if args.engine == "spark" and shutil.which(SUBMIT) and SUBMITTED not in os.environ:
        submit(sys.argv[1:] if argv is None else argv, __file__)
    refuse_the_future(args.as_of, datetime.now(UTC).date())
    task = task_of(args.model, args.purpose, args.active_days)
    limits = Limits(memory_mb=args.memory_mb, threads=os.cpu_count() or 1, on_spark=args.engine == "spark")
    make(iceberg.catalog(), args.glue_database, Order(task=task, purpose=args.purpose, as_of=args.as_of), args.output, limits)


if __name__ == "__main__":
    main()
