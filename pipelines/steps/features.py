"""Features step: reads the trusted zone as of a date and writes who to learn from, to test on and to score."""

import argparse
import json
import logging
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from omnichannel.aws import iceberg
from omnichannel.contracts.scores import Model
from pipelines.features import registered
from pipelines.frames import ID, Frames, feature_names, frames
from pipelines.source import Catalog, Snapshot, engine, read_trusted
from pipelines.tables import Facts
from pipelines.tasks import TASKS, Task, oldest_cut_off

log = logging.getLogger(__name__)


def make(catalog: Catalog, database: str, task: Task, as_of: date, output: Path) -> Frames:
    """Writes `train/`, `test/` (Parquet), `customers/` (CSV without a header, customer first) and `meta/` under `output`."""
    with tempfile.TemporaryDirectory() as scratch:
        con = engine(Path(scratch))
        snapshot = read_trusted(catalog, database, con, as_of, oldest_cut_off(task, as_of))
        made = frames(task, Facts(con, as_of), con, as_of)
        write(made, snapshot, con, output)
        con.disconnect()
    log.info(
        "%s as of %s: %d rows to learn from, %d to test on, %d customers to score",
        task.model,
        as_of,
        made.train.num_rows,
        made.test.num_rows,
        made.score.num_rows,
    )
    return made


def write(made: Frames, snapshot: Snapshot, con: Backend, output: Path) -> None:
    """The step's files."""
    for name, table in (("train", made.train), ("test", made.test)):
        folder = _folder(output, name)
        pq.write_table(table, folder / f"{name}.parquet")
    write_csv(made.score.select([ID, *feature_names()]), con, _folder(output, "customers") / "customers.csv")
    meta = _folder(output, "meta")
    _json(meta / "features.json", [f.to_dict() for f in registered()])
    _json(meta / "snapshot.json", snapshot.to_dict())
    _json(meta / "dates.json", made.to_dict())


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


def main(argv: Sequence[str] | None = None) -> None:
    """Reads the arguments and the catalog that the environment names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--glue-database", required=True)
    parser.add_argument("--as-of", type=date.fromisoformat, required=True)
    parser.add_argument("--model", type=Model, required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args(argv)
    make(iceberg.catalog(), args.glue_database, TASKS[args.model], args.as_of, args.output)


if __name__ == "__main__":
    main()
