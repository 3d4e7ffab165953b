"""Few data files instead of many small ones: every commit of stage B leaves one, and a reader opens them all."""

from collections.abc import Iterable, Iterator
from typing import Any

from pyiceberg.conversions import from_bytes
from pyiceberg.manifest import DataFile
from pyiceberg.table import FileScanTask, Table
from pyiceberg.types import PrimitiveType

from omnichannel.contracts.trusted import DATASET_OF, REQUEST, REQUEST_FILES, REQUEST_ROWS
from omnichannel.trusted.erase import RESERVE_SECONDS, Changed, TimeLeft, changed_by, rows_of
from omnichannel.trusted.write import data_files, replace

BIN_BYTES = 24 << 20
"""Compressed bytes that become one file: about 128 to 256 MB as Arrow holds them, which is what compaction needs of memory twice."""
SMALL_BYTES = BIN_BYTES // 2
"""A file from this size on is left alone, so what compaction wrote is not written again and again."""
FEWEST_FILES = 4
"""Small files that are worth writing anew as one."""


def compact(table: Table, request: str, time_left: TimeLeft) -> Changed:
    """Rewrites small data files in one commit that carries the request's id; the rows stay the same, sorted by their time in each file.

    When the time runs out, what there is gets committed and the rest waits for the next round. Says what the commit of that id did
    when there is one already.
    """
    before = changed_by(table, request)
    if before.files:
        return before
    rows = 0
    replaced: list[DataFile] = []
    written: list[DataFile] = []
    for tasks in bins(table, table.scan().plan_files()):
        if time_left() < RESERVE_SECONDS:
            break
        written += _one_file(table, tasks)
        rows += sum(task.file.record_count for task in tasks)
        replaced += (task.file for task in tasks)
    if replaced:
        replace(table, replaced, written, {REQUEST: request, REQUEST_ROWS: str(rows), REQUEST_FILES: str(len(replaced))})
    return Changed(rows, len(replaced))


def bins(table: Table, tasks: Iterable[FileScanTask]) -> Iterator[list[FileScanTask]]:
    """Small files that become one, the earliest rows first, so that a file's rows are near each other in time."""
    small = [task for task in tasks if task.file.file_size_in_bytes < SMALL_BYTES]
    taken: list[FileScanTask] = []
    size = 0
    for task in sorted(small, key=lambda task: _earliest(table, task.file)):
        if taken and size + task.file.file_size_in_bytes > BIN_BYTES:
            yield from _worth(taken)
            taken, size = [], 0
        taken.append(task)
        size += task.file.file_size_in_bytes
    yield from _worth(taken)


def _worth(tasks: list[FileScanTask]) -> Iterator[list[FileScanTask]]:
    if len(tasks) >= FEWEST_FILES:
        yield tasks


def _ordered_by(table: Table) -> str | None:
    dataset = DATASET_OF.get(table.name()[-1])
    return dataset.ordered_by if dataset else None


def _earliest(table: Table, file: DataFile) -> tuple[Any, str]:
    """The first time in a file, by its manifest; the path makes the order a total one."""
    column = _ordered_by(table)
    field = table.schema().find_field(column) if column else None
    bound = (file.lower_bounds or {}).get(field.field_id) if field else None
    primitive = field.field_type if field and isinstance(field.field_type, PrimitiveType) else None
    return (from_bytes(primitive, bound) if primitive and bound else 0), file.file_path


def _one_file(table: Table, tasks: list[FileScanTask]) -> Iterator[DataFile]:
    rows, column = rows_of(table, tasks), _ordered_by(table)
    yield from data_files(table, (rows.sort_by(column) if column else rows).to_batches(), whole=True)
