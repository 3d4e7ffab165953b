"""The names of customers' segments for an activation: of the newest run that is not after its date."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from omnichannel.segments.runs import Run, runs
from omnichannel.segments.runs import newest as newest_of


@dataclass(frozen=True, kw_only=True)
class Newest:
    """The newest run, if there is one, and whether it is of the very date that was asked for."""

    run: Run | None
    of_the_date: bool


def newest(s3: Any, bucket: str, as_of: date) -> Newest:
    """The run whose segments customers are in on that date."""
    found = newest_of(runs(s3, bucket), as_of)
    return Newest(run=found, of_the_date=found is not None and found.as_of == as_of)


def awaited(s3: Any, bucket: str, found: Newest, manifests: Iterable[str], patience: timedelta, *, now: datetime) -> bool:
    """Whether the date's own segments are still to come: they are made after its score runs, and late when `patience` is over."""
    if found.of_the_date or not patience:
        return False
    scored_at = max(s3.head_object(Bucket=bucket, Key=key)["LastModified"] for key in manifests)
    return bool(now - scored_at < patience)


def of(s3: Any, bucket: str, run: Run | None) -> Mapping[str, str]:
    """The segment's name by customer; nothing without a run, and of a run that found no groups."""
    manifest = run.manifest(s3, bucket) if run else None
    if run is None or manifest is None or len(manifest["sizes"]) < 2:
        return {}
    members = run.members(s3, bucket, manifest, ("customer_id", "segment_name"))
    return dict(zip(members.column("customer_id").to_pylist(), members.column("segment_name").to_pylist(), strict=True))
