"""A check's results in the lake, and the newest of them back."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from omnichannel.aws import s3 as objects
from omnichannel.contracts import zones
from omnichannel.quality.rule import Kind, Result

JSON_LINES = "application/x-ndjson"


def write(s3: Any, bucket: str, results: Sequence[Result], *, at: datetime) -> str:
    """Writes one check's results as JSON lines and returns their key, which sorts by time."""
    moment = at.astimezone(UTC)
    key = zones.quality_results(moment.date(), f"{moment:%H%M%S%f}")
    objects.put(s3, bucket, key, b"".join(orjson.dumps(found.to_dict()) + b"\n" for found in results), JSON_LINES)
    return key


def newest(s3: Any, bucket: str) -> list[Result]:
    """The results of the newest check; none before the first."""
    keys = list(objects.keys(s3, bucket, f"{zones.QUALITY}/"))
    lines = objects.get(s3, bucket, max(keys)).splitlines() if keys else []
    return [Result(**{**row, "kind": Kind(row["kind"])}) for row in map(orjson.loads, lines)]
