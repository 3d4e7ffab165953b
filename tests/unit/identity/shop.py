"""A lake whose tables are put there by hand: rows as dictionaries, everything that is not given is empty."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from omnichannel.onboarding.schema import TABLES, arrow_schema
from omnichannel.transform.lake import Lake, manifest, needed

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)


def lake_of(work: Path, *, as_of: datetime = AS_OF, **tables: list[dict]) -> Lake:
    lake = Lake(None, "trusted", work, as_of=as_of, memory_mb=256)
    for name in needed(("identity_sightings",), manifest()):
        if name in TABLES:
            schema = arrow_schema(TABLES[name])
            rows = [{"_content_id": "c", "_line": n, **row} for n, row in enumerate(tables.pop(name, []))]
            lake.put(name, pa.Table.from_pylist([{f: row.get(f) for f in schema.names} for row in rows], schema=schema))
    assert not tables, f"not read: {', '.join(tables)}"
    return lake


def sightings(work: Path, **tables: list[dict]) -> pa.Table:
    lake = lake_of(work, **tables)
    lake.build("identity_sightings")
    return lake.arrow("identity_sightings")


def at(day: int) -> datetime:
    return datetime(2026, 1, day, tzinfo=UTC)
