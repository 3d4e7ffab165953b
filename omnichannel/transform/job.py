"""Transformations that outgrow a function: when they do, the processing job that takes over, and taking its results.

The door is `lambdas.transform_job`, its states are `stacks.transform_jobs`. A job writes each of its transformations as Parquet;
`take` puts them into a function's `Lake`, which then builds on them instead of making them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError

from omnichannel.aws import s3 as objects
from omnichannel.contracts import zones
from omnichannel.transform.lake import Lake, manifest, needed

SIZE = "total-files-size"
"""What Iceberg calls the bytes of a snapshot's data files in its summary."""

JOB, AS_OF, TABLES = "{job}", "{as_of}", "{tables}"
"""Stand for the job's name, moment and transformations in the template of its request."""


def trusted_reads(names: Sequence[str]) -> list[str]:
    """The trusted tables that those transformations are made from."""
    return sorted(name for name in needed(tuple(names), manifest()) if name not in manifest())


def measured(catalog: Catalog, database: str, tables: Iterable[str]) -> int:
    """Bytes of the data files of those tables, as their present snapshots tell; a table that does not exist has none."""
    return sum(_size(catalog, (database, table)) for table in tables)


def _size(catalog: Catalog, name: tuple[str, str]) -> int:
    try:
        snapshot = catalog.load_table(name).current_snapshot()
    except NoSuchTableError:
        return 0
    told = snapshot.summary.additional_properties if snapshot and snapshot.summary else {}
    return int(told.get(SIZE, 0))


def request_of(template: str, job: str, names: Sequence[str], as_of: str) -> dict[str, Any]:
    """CreateProcessingJob's request for those transformations as of that moment."""
    filled = template.replace(JOB, job).replace(AS_OF, as_of).replace(TABLES, ",".join(names))
    request: dict[str, Any] = json.loads(filled)
    return {"ProcessingJobName": job, **request}


def failure_of(job: Mapping[str, Any]) -> str:
    """Why a job is over without results, in its own words where it had any."""
    return str(job.get("ExitMessage") or job.get("FailureReason") or "the job was stopped")


def take(lake: Lake, s3: Any, bucket: str, job: str) -> list[str]:
    """Attaches what a job has written to the lake, by name; gives the names. Raises `LookupError` when it has written nothing."""
    prefix = zones.transformed(job)
    files: dict[str, list[Path]] = {}
    for key in objects.keys(s3, bucket, prefix):
        name, _, part = key.removeprefix(prefix).rpartition("/")
        if part.endswith(".parquet"):
            to = lake.work / job / name / part
            to.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(bucket, key, str(to))
            files.setdefault(name, []).append(to)
    if not files:
        raise LookupError(f"job {job} left nothing under s3://{bucket}/{prefix}")
    for name, paths in files.items():
        lake.attach(name, paths)
    return sorted(files)
