"""Features step: checks the data, reads the trusted zone as of a date, and writes who to learn from and test on, to score, or to segment.

Under the output folder: of `train` the folders `train`, `validation` and `test` (Parquet: customer_id, cut_off, label, features; validation
may have no rows), of `score` the folder `customers` (CSV without a header, customer first, `nan` where a feature is unknown), of `audience`
the same as Parquet; and of each `meta`: `features.json`, `snapshot.json`, `dates.json`, `check.json`.
"""

import argparse
import json
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from omnichannel.aws import iceberg
from omnichannel.contracts.scores import Model
from pipelines.features import registered
from pipelines.frames import ID, Learning, audience, feature_names, learning, to_score
from pipelines.source import Catalog, Snapshot, engine, read_trusted
from pipelines.tables import Facts
from pipelines.tasks import ACTIVE_DAYS, TASKS, Purpose, Task, oldest_cut_off, refuse_the_future

log = logging.getLogger(__name__)

ALL = "all"


def make(catalog: Catalog, database: str, task: Task | None, purpose: Purpose, as_of: date, output: Path) -> None:
    """Writes the step's files; `task` is None for an audience. Raises `UnusableDataError` with what would work."""
    with tempfile.TemporaryDirectory() as scratch:
        con = engine(Path(scratch))
        oldest = oldest_cut_off(task, as_of) if task and purpose is Purpose.TRAIN else as_of
        snapshot = read_trusted(catalog, database, con, as_of, oldest)
        facts, meta = Facts(con, as_of), _folder(output, "meta")
        _json(meta / "dates.json", _write(task, purpose, facts, con, as_of, output))
        _describe(meta, snapshot)
        con.disconnect()


def _write(task: Task | None, purpose: Purpose, facts: Facts, con: Backend, as_of: date, output: Path) -> dict[str, Any]:
    if task is None:
        customers = audience(facts, con, as_of)
        pq.write_table(customers, _folder(output, "customers") / "customers.parquet")
    elif purpose is Purpose.SCORE:
        customers = to_score(task, facts, con, as_of)
        write_csv(customers.select([ID, *feature_names()]), con, _folder(output, "customers") / "customers.csv")
    else:
        made = learning(task, facts, con, as_of)
        _write_learning(made, output)
        return made.to_dict()
    log.info("as of %s: %d customers", as_of, customers.num_rows)
    return {"dates": {"score": as_of.isoformat()}, "classes": [], "coverage": facts.coverage().to_dict()}


def _write_learning(made: Learning, output: Path) -> None:
    for name, table in (("train", made.train), ("validation", made.validation), ("test", made.test)):
        pq.write_table(table, _folder(output, name) / f"{name}.parquet")
    rows = made.train.num_rows, made.validation.num_rows, made.test.num_rows
    log.info("as of %s: %d rows to learn from, %d to validate, %d to test on", made.dates.score, *rows)


def _describe(meta: Path, snapshot: Snapshot) -> None:
    _json(meta / "features.json", [f.to_dict() for f in registered()])
    _json(meta / "snapshot.json", snapshot.to_dict())
    _json(meta / "check.json", {"data_sets": [], "features": []})


def write_csv(table: pa.Table, con: Backend, path: Path) -> None:
    """CSV as batch transform reads it: no header, `nan` where a feature is unknown."""
    con.con.register("_scored", table)
    con.con.execute("COPY (SELECT * FROM _scored) TO $path (FORMAT csv, HEADER false, NULLSTR 'nan')", {"path": str(path)})
    con.con.unregister("_scored")


def _folder(output: Path, name: str) -> Path:
    folder = output / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1))


def task_of(model: str, purpose: Purpose, active_days: int) -> Task | None:
    """The model's task; None for an audience, which is of no model. Raises `ValueError` for a mixture."""
    if (model == ALL) is not (purpose is Purpose.AUDIENCE):
        raise ValueError(
            f"--model {model} does not go with --purpose {purpose}: `{ALL}` is for audience alone, a model's name for the others"
        )
    return None if model == ALL else replace(TASKS[Model(model)], active_days=active_days)


def main(argv: Sequence[str] | None = None) -> None:
    """Reads the arguments and the catalog that the environment names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", choices=(*map(str, Model), ALL), required=True)
    parser.add_argument("--purpose", type=Purpose, choices=tuple(Purpose), required=True)
    parser.add_argument("--as-of", type=date.fromisoformat, required=True)
    parser.add_argument("--glue-database", required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--active-days", type=int, default=ACTIVE_DAYS, help="who bought in this many days before a date is active on it")
    args = parser.parse_args(argv)
    refuse_the_future(args.as_of, datetime.now(UTC).date())
    task = task_of(args.model, args.purpose, args.active_days)
    make(iceberg.catalog(), args.glue_database, task, args.purpose, args.as_of, args.output)


if __name__ == "__main__":
    main()
