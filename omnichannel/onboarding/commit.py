"""Stage B: staged files into one trusted table, in one Iceberg snapshot that names the contents it brought.

The snapshot is the truth about what was committed: a content that one already names is never appended again, so a crash
between the commit and the history, a lost answer or a message delivered twice change nothing.
"""

import hashlib
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Table

from omnichannel.aws import s3 as objects
from omnichannel.contracts.datasets import Dataset
from omnichannel.onboarding.history import Staged
from omnichannel.onboarding.schema import arrow_schema

BATCH_PROPERTY = "omni.batch"
CONTENTS_PROPERTY = "omni.contents"
TRIES = 5
ROWS_AT_ONCE = 65_536


@dataclass(frozen=True)
class Commit:
    """Where one content's rows are; both empty when it had none."""

    batch: str = ""
    snapshot_id: str = ""


def commit_files(
    catalog: Catalog, database: str, dataset: Dataset, files: Sequence[Staged], s3: Any, bucket: str,
    *, sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Commit]:  # fmt: skip
    """Appends the rows of the staged files that no snapshot names yet, at once; gives the commit of every content.

    Raises `CommitFailedException` when other writers keep winning, and what the services raise; then nothing was committed.
    """
    table = catalog.load_table((database, dataset.table))
    wanted = {f.content_id: f for f in files if f.rows_staged}
    for attempt in range(TRIES):
        known = committed_contents(table)
        new = [f for content_id, f in sorted(wanted.items()) if content_id not in known]
        if not new:
            break
        try:
            _append(table, dataset, new, s3, bucket)
        except CommitFailedException:
            if attempt == TRIES - 1:
                raise
            sleep(random.uniform(0, 0.2 * 2**attempt))  # noqa: S311 - jitter
        table = table.refresh()
    known = committed_contents(table)
    return {f.content_id: known[f.content_id] if f.rows_staged else Commit() for f in files}


def committed_contents(table: Table) -> dict[str, Commit]:
    """By content id, the snapshot that brought it."""
    found: dict[str, Commit] = {}
    for snapshot in table.metadata.snapshots:
        properties: Mapping[str, str] = snapshot.summary.additional_properties if snapshot.summary else {}
        for content_id in filter(None, properties.get(CONTENTS_PROPERTY, "").split(",")):
            found[content_id] = Commit(properties.get(BATCH_PROPERTY, ""), str(snapshot.snapshot_id))
    return found


def batch_id(content_ids: Iterable[str]) -> str:
    """The name of a batch: 32 hex digits of its contents' ids, in whatever order they came."""
    return hashlib.sha256(",".join(sorted(content_ids)).encode()).hexdigest()[:32]


def _append(table: Table, dataset: Dataset, files: Sequence[Staged], s3: Any, bucket: str) -> None:
    contents = [f.content_id for f in files]
    schema = arrow_schema(dataset.trusted_columns)
    reader = pa.RecordBatchReader.from_batches(schema, _batches(files, schema, s3, bucket))
    table.append(reader, snapshot_properties={BATCH_PROPERTY: batch_id(contents), CONTENTS_PROPERTY: ",".join(contents)})


def _batches(files: Sequence[Staged], schema: pa.Schema, s3: Any, bucket: str) -> Iterator[pa.RecordBatch]:
    """The trusted columns of the staged files, one file in memory at a time; extra columns stay in staging."""
    for file in files:
        staged = pq.ParquetFile(pa.BufferReader(objects.get(s3, bucket, file.staged_key)))
        columns = [name for name in schema.names if name in staged.schema_arrow.names]
        for batch in staged.iter_batches(ROWS_AT_ONCE, columns=columns):
            yield _conform(batch, schema)


def _conform(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """A column that was not in the contract when the file was staged is null."""
    present = dict(zip(batch.schema.names, batch.columns, strict=True))
    columns = [present[f.name].cast(f.type) if f.name in present else pa.nulls(batch.num_rows, f.type) for f in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
