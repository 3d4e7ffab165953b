"""The finished runs of customer segments in the lake."""

import io
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from omnichannel.aws import s3 as objects
from omnichannel.contracts.zones import MANIFEST, SEGMENTS

_MANIFEST = re.compile(rf"(?P<prefix>{SEGMENTS}/as_of=(?P<as_of>\d{{4}}-\d{{2}}-\d{{2}})/run=(?P<run>[^/]+)/){re.escape(MANIFEST)}")


class NotASegmentsRun(Exception):
    """A key that is no manifest of a segments run."""


@dataclass(frozen=True, order=True)
class Run:
    """One finished run; the greater is of a later date, and of the same date the later written."""

    as_of: date
    written_at: datetime
    run: str
    prefix: str

    def manifest(self, s3: Any, bucket: str) -> dict[str, Any]:
        """Its manifest."""
        found: dict[str, Any] = json.loads(objects.get(s3, bucket, self.prefix + MANIFEST))
        return found

    def members(self, s3: Any, bucket: str, manifest: dict[str, Any], columns: Iterable[str] = ("customer_id", "segment")) -> pa.Table:
        """Its customers. Fewer than the manifest counts are left when somebody was erased since."""
        tables = [pq.read_table(io.BytesIO(objects.get(s3, bucket, key)), columns=list(columns)) for key in manifest["parts"]]
        return pa.concat_tables(tables)


def parse(key: str) -> tuple[str, date, str]:
    """Prefix, date and run of a manifest's key; raises `NotASegmentsRun`."""
    found = _MANIFEST.fullmatch(key)
    try:
        if found:
            return found["prefix"], date.fromisoformat(found["as_of"]), found["run"]
    except ValueError:
        pass
    raise NotASegmentsRun(f"{key!r} is no manifest of a segments run; expected {SEGMENTS}/as_of=YYYY-MM-DD/run=…/{MANIFEST}")


def runs(s3: Any, bucket: str) -> list[Run]:
    """Every finished run."""
    found = []
    for stored in objects.objects(s3, bucket, f"{SEGMENTS}/"):
        if stored["Key"].endswith(f"/{MANIFEST}"):
            prefix, as_of, run = parse(stored["Key"])
            found.append(Run(as_of, stored["LastModified"], run, prefix))
    return found


def newest(known: Iterable[Run], as_of: date) -> Run | None:
    """The run of the latest date that is not after `as_of`."""
    return max((run for run in known if run.as_of <= as_of), default=None)
