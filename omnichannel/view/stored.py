"""What the store holds, as tables beside what it should hold: read in segments, a page in memory at a time."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from queue import Queue
from typing import Any

import pyarrow as pa

from omnichannel.aws.dynamodb import decode
from omnichannel.transform.lake import Lake
from omnichannel.view.consents import encoded

SEGMENTS = 4
PAGES_AHEAD = 8

SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("customer", pa.string()),
        ("updated_at", pa.timestamp("us", tz="UTC")),
        ("version", pa.int64()),
        ("digest", pa.string()),
        ("consents", pa.string()),
    ]
)
ATTRIBUTES = tuple(SCHEMA.names)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def read_stored(lake: Lake, dynamodb: Any, table: str) -> None:
    """Makes `stored`: of every item of the customers table what a rebuild compares; redirects have `customer`."""
    lake.put("stored", pa.RecordBatchReader.from_batches(SCHEMA, _batches(dynamodb, table)))


def _batches(dynamodb: Any, table: str) -> Iterator[pa.RecordBatch]:
    """Segments side by side, so many pages ahead of whoever takes them; the first error of a segment is raised here."""
    pages: Queue[pa.RecordBatch | None] = Queue(PAGES_AHEAD)
    with ThreadPoolExecutor(SEGMENTS) as pool:
        running = [pool.submit(_read_segment, dynamodb, table, n, pages) for n in range(SEGMENTS)]
        left = SEGMENTS
        while left:
            page = pages.get()
            if page is None:
                left -= 1
            else:
                yield page
        for segment in running:
            segment.result()


def _read_segment(dynamodb: Any, table: str, segment: int, pages: "Queue[pa.RecordBatch | None]") -> None:
    names = {f"#{n}": name for n, name in enumerate(ATTRIBUTES)}
    try:
        for page in dynamodb.get_paginator("scan").paginate(
            TableName=table, ConsistentRead=True, Segment=segment, TotalSegments=SEGMENTS,
            ProjectionExpression=", ".join(names), ExpressionAttributeNames=names,
        ):  # fmt: skip
            pages.put(_batch(map(decode, page["Items"])))
    finally:
        pages.put(None)


def _batch(items: Iterable[Mapping[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([row_of(item) for item in items if not item["customer_id"].startswith("#")], schema=SCHEMA)


def row_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """One item's row; an item without a time is older than everything, one without a version was never written by a rebuild."""
    at, version = item.get("updated_at"), item.get("version")
    return {
        "customer_id": item["customer_id"],
        "customer": item.get("customer"),
        "updated_at": datetime.fromisoformat(at) if at else _NEVER,
        "version": None if version is None else int(version),
        "digest": item.get("digest"),
        "consents": encoded(item.get("consents") or {}),
    }
