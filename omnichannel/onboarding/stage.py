"""Stage A: one landed file checked against its contract; good rows staged as Parquet, bad rows quarantined with a reason each.

It never touches a trusted table, and running it again on the same content changes nothing.
"""

import hashlib
import shutil
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb

from omnichannel.contracts import zones
from omnichannel.contracts.datasets import Dataset, Format, Unrecognised, dataset_of
from omnichannel.contracts.reasons import Reason
from omnichannel.contracts.store import FileStatus
from omnichannel.onboarding import check, history, quarantine
from omnichannel.onboarding.check import BadRow
from omnichannel.onboarding.decode import CHUNK, plain_chunks, utf8_chunks
from omnichannel.onboarding.history import DUPLICATE, Staged
from omnichannel.onboarding.recognise import PARQUET_MAGIC, FileRefused, format_of
from omnichannel.onboarding.sources import Source, csv_source, json_source, parquet_source

UNKNOWN = "unknown"
"""Stands for the data set of a file that belongs to none."""


class NoRoom(Exception):
    """The function's disk cannot hold the landed file."""

    def __init__(self, key: str, size: int, free: int) -> None:
        super().__init__(f"{key} has {size} bytes, {free} are free; land it in smaller files or give the function more storage")


@dataclass(frozen=True, kw_only=True)
class Landed:
    """One landed object, as its event names it; `size` is in bytes."""

    bucket: str
    key: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Stores:
    """Where stage A reads and writes: clients and names."""

    s3: Any
    dynamodb: Any
    lake_bucket: str
    quarantine_bucket: str
    history_table: str


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What DuckDB may take."""

    memory_mb: int = 1024
    threads: int = 2


def stage_file(landed: Landed, stores: Stores, work: Path, *, now: datetime, limits: Limits = Limits()) -> Staged:
    """Checks and stages one landed object; `work` is an empty folder on the function's disk.

    Raises `NoRoom`, or the service's own error; nothing is recorded then, and a retry starts over.
    """
    path = work / "landed"
    content_id, received = _download(landed, stores.s3, path)
    before = history.find(stores.dynamodb, stores.history_table, content_id)
    if before is not None:
        return _again(before, landed, stores)
    staged = _stage(landed, content_id, stores, path, work, now=now, received=received, limits=limits)
    if not history.record(stores.dynamodb, stores.history_table, staged, now):
        return _again(history.find(stores.dynamodb, stores.history_table, content_id) or {}, landed, stores)
    return staged


def _dataset_name(key: str) -> str:
    try:
        return dataset_of(key).name
    except Unrecognised:
        return UNKNOWN


def _download(landed: Landed, s3: Any, to: Path) -> tuple[str, datetime]:
    """The object on disk, its content id (bytes and data set) and when it was received."""
    free = shutil.disk_usage(to.parent).free
    if landed.size > free:
        raise NoRoom(landed.key, landed.size, free)
    answer = s3.get_object(Bucket=landed.bucket, Key=landed.key)
    digest = hashlib.sha256()
    with to.open("wb") as file, closing(answer["Body"]) as body:
        for chunk in body.iter_chunks(CHUNK):
            digest.update(chunk)
            file.write(chunk)
    digest.update(_dataset_name(landed.key).encode())
    return digest.hexdigest()[:40], answer["LastModified"]


def _again(item: Mapping[str, Any], landed: Landed, stores: Stores) -> Staged:
    """The content was dealt with before, by a retry of the same file or by a file that landed under another key.

    Staged content gets its first answer again, so that it reaches the committer even when the first execution broke off there.
    """
    first = history.staged_of(item)
    if first.key != landed.key:
        history.add_duplicate(stores.dynamodb, stores.history_table, first.content_id, landed.key)
    if first.status == FileStatus.STAGED or (first.status == FileStatus.QUARANTINED and first.key == landed.key):
        return first
    return Staged(content_id=first.content_id, dataset=first.dataset, key=landed.key, status=DUPLICATE)


def _stage(
    landed: Landed, content_id: str, stores: Stores, path: Path, work: Path, *, now: datetime, received: datetime, limits: Limits
) -> Staged:
    name = _dataset_name(landed.key)
    result = Staged(content_id=content_id, dataset=name, key=landed.key, status=FileStatus.QUARANTINED.value)
    records = work / "quarantine.jsonl"
    about = {"dataset": name, "file": landed.key, "content_id": content_id, "at": now}
    try:
        dataset = _recognised(landed.key)
        with closing(check.connect(work, memory_mb=limits.memory_mb, threads=limits.threads)) as connection:
            source = _source(connection, dataset, landed.key, path, work)
            every = check.check(connection, dataset, source, received)
            check.find_duplicates(connection, dataset)
            good = check.write_good(connection, dataset, list(source.extras), content_id, work / "good.parquet")
            counted = quarantine.write(check.bad_rows(connection, dataset, source, every), records, **about)  # type: ignore[arg-type]
        rows = good + counted.total()
        result = replace(result, rows_in=rows, rows_staged=good, quarantined=dict(counted), extra_columns=list(source.extras))
    except FileRefused as refused:
        whole = BadRow(0, refused.column, refused.reason, "")
        quarantine.write([whole], records, **about)  # type: ignore[arg-type]
        result = replace(result, rows_in=refused.rows, quarantined={refused.reason.value: refused.rows})
    if result.quarantined:
        _upload(stores.s3, records, stores.quarantine_bucket, zones.quarantined(name, content_id))
    if result.rows_staged or not result.rows_in:
        staged_key = zones.staged(name, content_id)
        _upload(stores.s3, work / "good.parquet", stores.lake_bucket, staged_key)
        result = replace(result, status=FileStatus.STAGED.value, staged_key=staged_key)
    return result


def _recognised(key: str) -> Dataset:
    try:
        return dataset_of(key)
    except Unrecognised as unknown:
        raise FileRefused(Reason.UNKNOWN_PREFIX) from unknown


def _source(connection: duckdb.DuckDBPyConnection, dataset: Dataset, key: str, path: Path, work: Path) -> Source:
    if path.stat().st_size == 0:
        raise FileRefused(Reason.EMPTY_FILE)
    chunks = plain_chunks(path)
    first = next(chunks, b"")
    if not first:
        raise FileRefused(Reason.EMPTY_FILE)
    form = format_of(dataset, key, first)
    if form is Format.PARQUET:
        return parquet_source(connection, dataset, _plain_parquet(chain([first], chunks), path, work))
    text = utf8_chunks(chain([first], chunks))
    return csv_source(dataset, text, work) if form is Format.CSV else json_source(connection, dataset, text, work)


def _plain_parquet(chunks: chain[bytes], path: Path, work: Path) -> Path:
    """The file itself, or decompressed beside it when it came gzipped."""
    with path.open("rb") as file:
        if file.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC:
            return path
    plain = work / "plain.parquet"
    with plain.open("wb") as out:
        out.writelines(chunks)
    return plain


def _upload(s3: Any, path: Path, bucket: str, key: str) -> None:
    """Streams a file up; several parts when it is large, visible only when complete."""
    s3.upload_file(str(path), bucket, key)
