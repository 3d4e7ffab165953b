"""Segments step: customers as the features step left them become a segments run, whose manifest comes last."""

import argparse
import hashlib
import io
import json
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from omnichannel.aws import s3 as objects
from omnichannel.aws.clients import client
from omnichannel.contracts import zones
from omnichannel.contracts.segments import SEGMENT_COLUMNS, SegmentsManifest
from omnichannel.playbook.segments import SegmentsPlaybook, segments_playbook
from omnichannel.segments.runs import Run, newest, runs
from pipelines.segmenting import rfm
from pipelines.segmenting.customers import ID, Customers
from pipelines.segmenting.segmentation import Segmentation, segmentation

log = logging.getLogger(__name__)

ROWS_A_PART = 25_000
LIFECYCLE = "lifecycle"
RECENCY, ORDERS, SPEND = "recency_days", "orders_365d", "spend_365d"
"""Columns of the customers that recency, frequency and value are ranked by."""

SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("segment", pa.string()),
        ("segment_name", pa.string()),
        ("distance", pa.float64()),
        ("rfm", pa.string()),
        ("rfm_cell", pa.string()),
        ("lifecycle", pa.string()),
        ("as_of", pa.date32()),
    ]
)


def make(s3: Any, bucket: str, customers: Customers, playbook: SegmentsPlaybook, as_of: date) -> dict[str, Any]:
    """Writes the run and gives its manifest; a run of the same data and playbook that is there already is left as it is."""
    run, known = run_id(customers, playbook, as_of), runs(s3, bucket)
    if done := next((found for found in known if found.as_of == as_of and found.run == run), None):
        log.info("segments run %s is there already", run)
        return done.manifest(s3, bucket)
    before = newest(known, as_of)
    last = before.manifest(s3, bucket) if before else None
    found = segmentation(customers, last, playbook, as_of, next_id=_next_id(s3, bucket, known))
    table = assigned(customers, found, as_of)
    parts, digest = _write_parts(s3, bucket, zones.segments_run(as_of, run), table)
    manifest = SegmentsManifest(
        run=run,
        as_of=as_of.isoformat(),
        snapshot=customers.snapshot,
        parts=parts,
        rows=table.num_rows,
        digest=digest,
        fitted_as_of=found.fitted_as_of,
        refitted=found.refitted,
        model=found.model(),
        choice=dict(found.choice),
        matched=dict(found.matched),
        sizes={segment.id: 0 for segment in found.segments} | _counts(table, "segment"),
        rfm=_counts(table, "rfm"),
        lifecycle=_counts(table, "lifecycle"),
        next_id=found.next_id,
        previous=before.prefix if before else None,
        moves=moves(before.members(s3, bucket, last), table) if before and last else [],
        fallback=dict(found.fallback) if found.fallback else None,
    ).to_dict()
    objects.put(s3, bucket, zones.segments_run(as_of, run) + zones.MANIFEST, json.dumps(manifest, indent=1).encode(), objects.JSON)
    return manifest


def run_id(customers: Customers, playbook: SegmentsPlaybook, as_of: date) -> str:
    """The name of a run: the same data, features, playbook and date give the same run."""
    made_of = [customers.snapshot, customers.names, asdict(playbook), as_of.isoformat()]
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:16]


def assigned(customers: Customers, found: Segmentation, as_of: date) -> pa.Table:
    """Every customer's segment, in the order of their ids."""
    ids, labels, far = _placed(customers, found)
    named, fifths = rfm.cells(*(customers.numbers(name) for name in (RECENCY, ORDERS, SPEND)))
    columns = {
        "customer_id": ids,
        "segment": np.array([s.id for s in found.segments])[labels],
        "segment_name": np.array([s.name for s in found.segments])[labels],
        "distance": far,
        "rfm": named,
        "rfm_cell": fifths,
        "lifecycle": customers.column(LIFECYCLE),
        "as_of": pa.repeat(pa.scalar(as_of, pa.date32()), len(ids)),
    }
    arrays = [_array(columns[name], SCHEMA.field(name).type) for name in SEGMENT_COLUMNS]
    return pa.table(arrays, schema=SCHEMA).sort_by("customer_id")


def moves(before: pa.Table, now: pa.Table) -> list[dict[str, Any]]:
    """Customers by segment before and now, where somebody changed; '' stands for not there."""
    joined = before.join(now.select([ID, "segment"]), ID, join_type="full outer", right_suffix="_now")
    counted = joined.group_by(["segment", "segment_now"]).aggregate([(ID, "count")]).to_pylist()
    found = [{"from": row["segment"] or "", "to": row["segment_now"] or "", "customers": row[f"{ID}_count"]} for row in counted]
    return sorted((move for move in found if move["from"] != move["to"]), key=lambda move: (move["from"], move["to"]))


def _placed(customers: Customers, found: Segmentation) -> tuple[pa.ChunkedArray, Any, Any]:
    ids, labels, far = [], [], []
    for batch_ids, values in customers.batches(found.space.features):
        here, distances = found.assign(values)
        ids.append(batch_ids.cast(pa.string()))
        labels.append(here)
        far.append(distances)
    return pa.chunked_array(ids), np.concatenate(labels), np.concatenate(far)


def _array(values: Any, kind: pa.DataType) -> pa.ChunkedArray:
    found = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([pa.array(values)])
    return found.cast(kind)


def _counts(table: pa.Table, column: str) -> dict[str, int]:
    return dict(sorted(Counter(table.column(column).to_pylist()).items()))


def _next_id(s3: Any, bucket: str, known: Sequence[Run]) -> int:
    """From the run that was written last, whatever date it is of: a number that was given once is given nobody else."""
    return int(max(known, key=lambda found: found.written_at).manifest(s3, bucket)["next_id"]) if known else 1


def _write_parts(s3: Any, bucket: str, prefix: str, table: pa.Table) -> tuple[list[str], str]:
    keys, digests = [], []
    for name, part in _parts(table):
        body = io.BytesIO()
        pq.write_table(part, body, compression="zstd")
        objects.put(s3, bucket, prefix + name, body.getvalue())
        keys.append(prefix + name)
        digests.append(hashlib.sha256(body.getvalue()).hexdigest())
    return keys, hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode()).hexdigest()


def _parts(table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    for number, start in enumerate(range(0, table.num_rows, ROWS_A_PART)):
        yield f"part-{number:03d}.parquet", table.slice(start, ROWS_A_PART)


def main(argv: Sequence[str] | None = None) -> None:
    """Reads the folders of the features step and writes to the lake."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--as-of", type=date.fromisoformat, required=True)
    parser.add_argument("--bucket", required=True)
    for folder in ("customers", "meta"):
        parser.add_argument(f"--{folder}", type=Path, required=True)
    args = parser.parse_args(argv)
    customers = Customers.read(args.customers, args.meta)
    customers.need(LIFECYCLE, RECENCY, ORDERS, SPEND)
    manifest = make(client("s3"), args.bucket, customers, segments_playbook(), args.as_of)
    log.info("run %s: %d customers in %d segments (%s)", manifest["run"], manifest["rows"], len(manifest["sizes"]), manifest["refitted"])


if __name__ == "__main__":
    main()
