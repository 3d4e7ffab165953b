"""Ledger parts: gzipped JSON lines of ledger rows, the same bytes for the same rows."""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from omnichannel.aws import s3 as objects
from omnichannel.contracts import zones
from omnichannel.contracts.ledger import LedgerRow

Row = Mapping[str, Any]
"""A ledger row as plain JSON values; its keys are the fields of `LedgerRow`."""


def packed(rows: Iterable[LedgerRow | Row]) -> bytes:
    """The rows as one gzipped part, without a time of packing in it."""
    lines = (json.dumps(row.to_dict() if isinstance(row, LedgerRow) else row, separators=(",", ":")) + "\n" for row in rows)
    return gzip.compress("".join(lines).encode(), compresslevel=6, mtime=0)


def unpacked(part: bytes) -> Iterator[dict[str, Any]]:
    """The rows of one part."""
    return (json.loads(line) for line in gzip.decompress(part).splitlines())


def write_part(s3: Any, bucket: str, *, flow: str, run: str, sink: str, part: str, rows: Iterable[LedgerRow | Row]) -> str:
    """Writes (or replaces, whole) one part of the ledger and returns its key."""
    key = zones.ledger_part(flow, run, sink, part)
    objects.put(s3, bucket, key, packed(rows), objects.GZIP_JSON_LINES)
    return key


def read_part(s3: Any, bucket: str, *, flow: str, run: str, sink: str, part: str) -> list[dict[str, Any]]:
    """The rows of one part; none when it was never written."""
    key = zones.ledger_part(flow, run, sink, part)
    return list(unpacked(objects.get(s3, bucket, key))) if objects.exists(s3, bucket, key) else []


def parts_by_sink(s3: Any, bucket: str, *, flow: str, run: str) -> dict[str, list[str]]:
    """The keys of a run's parts under each sink that left any."""
    prefix = zones.ledger_run(flow, run)
    found: dict[str, list[str]] = {}
    for key in objects.keys(s3, bucket, prefix + "sink="):
        found.setdefault(key.removeprefix(prefix).split("/", 1)[0].removeprefix("sink="), []).append(key)
    return found
