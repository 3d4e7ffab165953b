"""Rows as data files of a trusted table, a file in memory at a time, and snapshots that add or replace data files."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from uuid import uuid4

import pyarrow as pa
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import bin_pack_record_batches, pyarrow_to_schema, write_file
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table, TableProperties, Transaction, WriteTask
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update import TableUpdate
from pyiceberg.utils.properties import property_as_int

from omnichannel.contracts.trusted import DATASET_OF
from omnichannel.onboarding.schema import TABLES

RETRIES = TableProperties.COMMIT_NUM_RETRIES


class _Change(Transaction):
    """pyiceberg's transaction, except that it works the table's metadata out once for each state that it goes through.

    pyiceberg copies all of it, with every snapshot there is, whenever a part is read: 15 times in a commit of one file, so that most
    of what a commit took grew with the commits before it.
    """

    _known: tuple[TableMetadata, tuple[TableUpdate, ...], TableMetadata] | None = None

    @property
    def table_metadata(self) -> TableMetadata:
        """The table with what was changed so far."""
        before, updates = self._table.metadata, self._updates
        if self._known is None or self._known[0] is not before or self._known[1] is not updates:
            self._known = before, updates, super().table_metadata
        return self._known[2]


def data_files(table: Table, batches: Iterable[pa.RecordBatch], *, whole: bool = False) -> Iterator[DataFile]:
    """Writes the rows as data files, which no snapshot names yet, and gives each as soon as it is written.

    A file takes `write.target-file-size-bytes` of rows as Arrow holds them, and that is what this holds in memory; with `whole` all
    rows go into one file. pyiceberg's own `append` of a reader hands every file of the stream to its threads before the first is
    written (`Executor.map` reads ahead without bound), so it is not used here.
    """
    written, number = uuid4(), count()
    target = property_as_int(
        table.properties, TableProperties.WRITE_TARGET_FILE_SIZE_BYTES, TableProperties.WRITE_TARGET_FILE_SIZE_BYTES_DEFAULT
    )
    groups = iter([list(batches)]) if whole else bin_pack_record_batches(batches, target or 0)
    for group in groups:
        if any(batch.num_rows for batch in group):
            schema = pyarrow_to_schema(group[0].schema, name_mapping=table.schema().name_mapping)
            task = WriteTask(write_uuid=written, task_id=next(number), schema=schema, record_batches=group)
            yield from write_file(table.io, table.metadata, iter([task]))


def add(table: Table, files: Iterable[DataFile], said: Mapping[str, str]) -> None:
    """One snapshot more with these data files; its summary holds what is `said`. Raises `CommitFailedException`."""
    with _Change(table) as change, change.update_snapshot(snapshot_properties=dict(said)).fast_append() as append:
        for file in files:
            append.append_data_file(file)


def replace(table: Table, replaced: Sequence[DataFile], files: Sequence[DataFile], said: Mapping[str, str]) -> None:
    """One commit after which `files` stand for `replaced`; whoever reads sees all of it or nothing. Raises `CommitFailedException`.

    It makes two snapshots. The first says in a manifest which files it removed, with the bounds of their columns, so with values;
    the second, which adds nothing, does not name that manifest any more.
    """
    with _Change(table) as change:
        if replaced:
            with change.update_snapshot(snapshot_properties=dict(said)).overwrite() as overwrite:
                overwrite.delete_by_predicate(AlwaysTrue())
                for file in replaced:
                    overwrite.delete_data_file(file)
                for file in files:
                    overwrite.append_data_file(file)
        with change.update_snapshot(snapshot_properties=dict(said)).fast_append():
            pass


def claim(table: Table) -> None:
    """Gives a data set's table the properties that its one committer relies on; a table that has them is left alone.

    Without retries: when another commit came first, pyiceberg would append the same rows behind it, and the same message delivered
    to two committers would count twice. Without bounds of personal columns: manifests would hold addresses beside the data.
    """
    if table.name()[-1] not in DATASET_OF:
        return
    personal = (column.name for column in TABLES[table.name()[-1]] if column.personal)
    wanted = {RETRIES: "0", TableProperties.METADATA_PREVIOUS_VERSIONS_MAX: "20"} | {
        f"{TableProperties.METRICS_MODE_COLUMN_CONF_PREFIX}.{name}": "counts" for name in personal
    }
    if wanted.items() - table.properties.items():
        with _Change(table) as change:
            change.set_properties(wanted)
