"""Transform step: named transformations of trusted tables as of a moment, on DuckDB or on Spark, as Parquet.

In SageMaker's Spark container a process becomes part of the cluster by `smspark-submit`, so the step starts itself again through it.
"""

import argparse
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import urlparse

from omnichannel.aws import iceberg
from omnichannel.aws.clients import client
from omnichannel.transform.lake import Lake

log = logging.getLogger(__name__)

SUBMIT, SUBMITTED = "smspark-submit", "OMNI_SUBMITTED"
DUCKDB_SHARE = 0.6
"""Of the machine's memory."""


def on_duckdb(lake: Lake, names: Sequence[str], output: str) -> None:
    """Writes each transformation as one file under `output/<name>/`, a folder or an `s3://` address."""
    lake.build(*names)
    for name in names:
        file = lake.work / f"{name}.parquet"
        lake.connection.execute(f"COPY \"{name}\" TO '{file}' (FORMAT parquet, COMPRESSION zstd)")
        put(file, f"{output}/{name}/part-000.parquet")


def put(file: Path, to: str) -> None:
    """Moves a file to a path or an `s3://` address."""
    place = urlparse(to)
    if place.scheme == "s3":
        client("s3").upload_file(str(file), place.netloc, place.path.lstrip("/"))
        file.unlink()
    else:
        Path(to).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(file, to)


def on_spark(database: str, names: Sequence[str], as_of: datetime, output: str, work: Path) -> None:
    """The same on Spark, each transformation in as many files as Spark makes."""
    from pipelines import spark

    session, catalog = spark.session(**({} if SUBMITTED in os.environ else spark.ONE_MACHINE)), iceberg.catalog()
    try:
        tables = {name: spark.trusted(session, catalog, database, name, work) for name in spark.read_by(tuple(names))}
        made = str(work / "made") if spark.on_one_machine(session) else output
        spark.run(session, tables, tuple(names), as_of, made)
    finally:
        session.stop()
    if made != output:
        for file in sorted(Path(made).rglob("*.parquet")):
            put(file, f"{output}/{file.relative_to(made)}")


def submit(arguments: Sequence[str], script: str = __file__) -> None:
    """Becomes the same step on the container's cluster; the code and wheels that are here travel in the path."""
    path = os.pathsep.join(filter(None, [*sys.path, os.environ.get("PYTHONPATH", "")]))
    environ = {**os.environ, SUBMITTED: "1", "PYTHONPATH": path}
    os.execvpe(SUBMIT, [SUBMIT, str(Path(script).resolve()), *arguments], environ)  # noqa: S606 - the container's own command


def moment(text: str) -> datetime:
    """An ISO 8601 time with its zone."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} has no time zone; expected e.g. 2026-11-01T00:00:00+00:00")
    return found


def main(argv: Sequence[str] | None = None) -> None:
    """Reads the arguments and the catalog that the environment names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", choices=("duckdb", "spark"), required=True)
    parser.add_argument("--glue-database", required=True)
    parser.add_argument("--as-of", type=moment, required=True)
    parser.add_argument("--tables", type=lambda text: text.split(","), required=True)
    parser.add_argument("--output", required=True)
    args = parser.parse_args(argv)
    if args.engine == "spark" and shutil.which(SUBMIT) and SUBMITTED not in os.environ:
        submit(sys.argv[1:] if argv is None else argv)
    with tempfile.TemporaryDirectory() as folder:
        output, work = args.output.rstrip("/"), Path(folder)
        if args.engine == "spark":
            on_spark(args.glue_database, args.tables, args.as_of, output, work)
        else:
            memory = int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * DUCKDB_SHARE / 2**20)
            lake = Lake(iceberg.catalog(), args.glue_database, work, as_of=args.as_of, memory_mb=memory, threads=os.cpu_count() or 1)
            on_duckdb(lake, args.tables, output)
            lake.close()
    log.info("%s as of %s on %s", ", ".join(args.tables), args.as_of.isoformat(), args.engine)


if __name__ == "__main__":
    main()
