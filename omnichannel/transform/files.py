"""The data files of a trusted table's present snapshot, for engines that read Parquet themselves."""

import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlparse

from pyiceberg.table import Table

from omnichannel.contracts.datasets import Column
from omnichannel.onboarding.schema import stored_name

AT_ONCE = 8
CHUNK = 4 << 20


class RowsDeletedElsewhere(RuntimeError):
    """A table whose deletes stand in files of their own; our own writers write data files anew instead."""


class NoRoom(RuntimeError):
    """The disk cannot hold the table's files."""


EVERY_ROW = "true"


def data_files(table: Table, rows: str = EVERY_ROW) -> dict[str, int]:
    """Where the rows are, with sizes in bytes; without files that hold none of the wanted `rows`. Raises `RowsDeletedElsewhere`."""
    tasks = list(table.scan(row_filter=rows).plan_files())
    for task in tasks:
        if task.delete_files:
            raise RowsDeletedElsewhere(f"{task.file.file_path} has delete files beside it; compact the table first")
    return {task.file.file_path: task.file.file_size_in_bytes for task in tasks}


def fetch(table: Table, folder: Path, rows: str = EVERY_ROW) -> list[Path]:
    """The data files on this disk; what is elsewhere is copied to `folder`, several files at a time. Raises `NoRoom`.

    A filter of `rows` leaves out whole files; those that are left may hold other rows beside the wanted.
    """
    found = data_files(table, rows)
    folder.mkdir(parents=True, exist_ok=True)
    free, size = shutil.disk_usage(folder).free, sum(found.values())
    if size > free:
        raise NoRoom(f"{'.'.join(table.name())} has {size} bytes, {free} are free; give the function more storage, or run it as a job")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda place: _copy(table, *place), ((path, folder / f"{n}.parquet") for n, path in enumerate(found))))


def _copy(table: Table, location: str, to: Path) -> Path:
    place = urlparse(location)
    if place.scheme in ("", "file"):
        return Path(place.path)
    with table.io.new_input(location).open(seekable=False) as source, to.open("wb") as target:
        while chunk := source.read(CHUNK):
            target.write(chunk)
    return to


def field_ids(table: Table, columns: tuple[Column, ...]) -> Mapping[Column, int | None]:
    """By column of the contract, the id under which data files have it, whatever it was called when they were written."""
    ids = {field.name: field.field_id for field in table.schema().fields}
    stored = {column: stored_name(column, ids) for column in columns}
    return {column: ids[name] if name else None for column, name in stored.items()}
