"""Stage B: staged files into one trusted table, in one Iceberg snapshot that names the contents it brought.

The snapshot, and after it the history, is the truth about what was committed: a content that one of them names is never appended
again, so a crash between the commit and the history, a lost answer or a message delivered twice change nothing.
"""

import hashlib
import random
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from omnichannel.contracts import trusted
from omnichannel.contracts.datasets import Dataset
from omnichannel.onboarding.history import Staged
from omnichannel.onboarding.schema import arrow_schema, stored_name
from omnichannel.trusted.memory import Commit, committed_contents
from omnichannel.trusted.write import add, claim, data_files

FILES_A_COMMIT = 40
"""Contents that one snapshot names: their ids stay in the table's metadata until the snapshot expires."""
TRIES = 6
ROWS_AT_ONCE = 65_536
OPENED_AT_ONCE = 8

Known = Callable[[Collection[str]], Mapping[str, Commit]]
"""Those of the contents that are known to be committed although no snapshot may name them any more."""


class UnreadableStagedFile(Exception):
    """A staged file that is not there, or is no Parquet; the others can be committed without it."""

    def __init__(self, content_id: str, why: str) -> None:
        super().__init__(f"the staged file of content {content_id} cannot be read: {why}; stage it again")
        self.content_id = content_id


def commit_files(
    catalog: Catalog, database: str, dataset: Dataset, files: Sequence[Staged], bucket: str, known: Known,
    *, sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Commit]:  # fmt: skip
    """Appends the rows of the staged files (at most `FILES_A_COMMIT`) that are new, at once; gives the commit of every content.

    Raises `UnreadableStagedFile` before anything is committed, `CommitFailedException` when other writers keep winning, and what the
    services raise. Of any other failure the outcome may be unknown: the same call again finds out.
    """
    table = catalog.load_table((database, dataset.table))
    wanted = {f.content_id: f for f in files if f.rows_staged}
    written = _Written(table, dataset, bucket)
    for attempt in range(TRIES):
        found = _found(table, wanted, known)
        new = [f for content_id, f in sorted(wanted.items()) if content_id not in found]
        if not new:
            return {f.content_id: found.get(f.content_id, Commit()) for f in files}
        try:
            claim(table)
            _append(table, new, written)
        except CommitFailedException:
            sleep(random.uniform(0, 0.2 * 2**attempt))  # noqa: S311 - jitter
        table.refresh()
    raise CommitFailedException(f"{dataset.table}: other writers were first {TRIES} times")


def batch_id(content_ids: Iterable[str]) -> str:
    """The name of a batch: 32 hex digits of its contents' ids, in whatever order they came."""
    return hashlib.sha256(",".join(sorted(content_ids)).encode()).hexdigest()[:32]


def _found(table: Table, contents: Collection[str], known: Known) -> dict[str, Commit]:
    named = {content_id: commit for content_id, commit in committed_contents(table).items() if content_id in contents}
    return {**known([content_id for content_id in contents if content_id not in named]), **named}


@dataclass
class _Written:
    """Data files of batches, kept while a lost race is tried again; `rows` by content."""

    table: Table
    dataset: Dataset
    bucket: str
    files: dict[tuple[str, ...], list[DataFile]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    def of(self, staged: Sequence[Staged]) -> list[DataFile]:
        """The data files with these contents' rows, and only theirs."""
        contents = tuple(f.content_id for f in staged)
        if contents not in self.files:
            self.rows = dict.fromkeys(contents, 0)
            self.files = {contents: list(data_files(self.table, self._batches(staged)))}
        return self.files[contents]

    def _batches(self, staged: Sequence[Staged]) -> Iterator[pa.RecordBatch]:
        """The trusted columns of the staged files, some rows in memory at a time; extra columns stay in staging."""
        schema = arrow_schema(self.dataset.trusted_columns)
        with ThreadPoolExecutor(OPENED_AT_ONCE) as pool:
            opened = list(pool.map(self._open, staged))
        for file, parquet in zip(staged, opened, strict=True):
            with parquet:
                for batch in self._read(file, parquet, schema):
                    self.rows[file.content_id] += batch.num_rows
                    yield batch

    def _open(self, file: Staged) -> pq.ParquetFile:
        try:
            source = self.table.io.new_input(f"s3://{self.bucket}/{file.staged_key}").open()
            # Asks S3 for a row group's columns at once instead of one by one.
            return pq.ParquetFile(source, pre_buffer=True)
        except (FileNotFoundError, pa.ArrowInvalid) as unreadable:
            raise UnreadableStagedFile(file.content_id, type(unreadable).__name__) from unreadable

    def _read(self, file: Staged, parquet: pq.ParquetFile, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        stored = {c.name: stored_name(c, parquet.schema_arrow.names) for c in self.dataset.trusted_columns}
        columns = [name for name in stored.values() if name]
        try:
            # A row group at a time: that much is read ahead.
            for group in range(parquet.num_row_groups):
                for batch in parquet.iter_batches(ROWS_AT_ONCE, [group], columns):
                    yield _conform(batch, stored, schema)
        except (FileNotFoundError, pa.ArrowInvalid) as unreadable:
            raise UnreadableStagedFile(file.content_id, type(unreadable).__name__) from unreadable


def _append(table: Table, new: Sequence[Staged], written: _Written) -> None:
    files = written.of(new)
    contents = [f.content_id for f in new]
    said = {
        trusted.BATCH: batch_id(contents),
        trusted.CONTENTS: ",".join(contents),
        trusted.ROWS: ",".join(str(written.rows[content_id]) for content_id in contents),
    }
    add(table, files, said)


def _conform(batch: pa.RecordBatch, stored: Mapping[str, str | None], schema: pa.Schema) -> pa.RecordBatch:
    """The table's columns; one that was not in the contract when the file was staged is null."""
    present = dict(zip(batch.schema.names, batch.columns, strict=True))
    columns = [present[name].cast(f.type) if (name := stored[f.name]) else pa.nulls(batch.num_rows, f.type) for f in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
