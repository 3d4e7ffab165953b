"""One landed file on disk against its contract: what can be trusted as Parquet, the rest as quarantine records. Knows no service."""

import errno
from collections.abc import Iterable, Iterator, Set
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path

import duckdb

from omnichannel.contracts import zones
from omnichannel.contracts.datasets import Dataset, Format, Unrecognised, dataset_of, sequence_of
from omnichannel.contracts.reasons import Reason
from omnichannel.contracts.store import FileStatus
from omnichannel.onboarding import check, quarantine
from omnichannel.onboarding.check import BadRow, Checking
from omnichannel.onboarding.decode import ahead, plain_chunks, utf8_chunks
from omnichannel.onboarding.history import Staged
from omnichannel.onboarding.messages import json_source
from omnichannel.onboarding.recognise import NO_SPACE, PARQUET_MAGIC, FileRefused, format_of
from omnichannel.onboarding.sources import Source, csv_source, parquet_source

UNKNOWN = "unknown"
"""Stands for the data set of a file that belongs to none."""
GOOD, RECORDS = "good.parquet", "quarantine.jsonl"
"""What `examine` leaves in its folder."""


class NoRoom(Exception):
    """The disk cannot hold the landed file and what is made of it."""

    def __init__(self, key: str, size: int, free: int) -> None:
        super().__init__(f"{key} has {size} bytes, {free} are free; a processing job with a larger volume can take it")


class NotExamined(Exception):
    """DuckDB could not work on the file."""

    def __init__(self, key: str, failure: str) -> None:
        super().__init__(f"{key}: {failure}; omni validate on the file says more. It stays landed, and can be taken up again")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What DuckDB may take."""

    memory_mb: int = 1024
    threads: int = 2


LIMITS = Limits()


@dataclass(frozen=True, kw_only=True)
class Content:
    """What is examined: the content that landed under `key`, when S3 `received` it.

    With `only`, no other lines count: those that were refused when the content `redrives` was examined.
    """

    content_id: str
    key: str
    received: datetime
    redrives: str = ""
    only: Set[int] | None = None


def dataset_name(key: str) -> str:
    """The name of the data set that a landed key belongs to."""
    try:
        return dataset_of(key).name
    except Unrecognised:
        return UNKNOWN


def tolerated(dataset: Dataset, rows: int) -> int:
    """How many bad rows a file of so many rows may have: the data set's share, but always one."""
    return max(1, int(Decimal(str(dataset.tolerated_share)) * rows))


def examine(path: Path, content: Content, work: Path, *, now: datetime, limits: Limits = LIMITS) -> Staged:
    """Checks the file at `path`; `work` is a folder of its own, where the good rows and the records of the bad ones are left.

    A file with more bad rows than the data set tolerates fails: none of its rows is staged, and its good ones count as `too-many-bad-rows`.
    Raises `NoRoom` when the disk is full.
    """
    name = dataset_name(content.key)
    result = Staged(
        content_id=content.content_id, dataset=name, key=content.key, status=FileStatus.QUARANTINED.value, redrives=content.redrives
    )
    try:
        with _room(content.key, path):
            return _examine(path, content, work, result, now=now, limits=limits)
    except FileRefused as refused:
        counted = _write([BadRow(0, refused.column, refused.reason, "")], result, work, now)
        return replace(result, rows_in=refused.rows, quarantined=dict.fromkeys(counted, refused.rows))


def _examine(path: Path, content: Content, work: Path, result: Staged, *, now: datetime, limits: Limits) -> Staged:
    dataset = _recognised(content.key)
    with closing(check.connect(work, memory_mb=limits.memory_mb, threads=limits.threads)) as connection:
        source = source_of(connection, dataset, content.key, path, work)
        if source.malformed is not None:
            path.unlink()  # its records are on the disk once more, numbered
        checking = Checking(
            connection, dataset, source,
            received=content.received, content_id=content.content_id, work=work, only=content.only,
            sequence=sequence_of(content.key),
        )  # fmt: skip
        checked = checking.run()
        allowed = tolerated(dataset, source.records + source.malformed_records)
        result = replace(result, rows_in=checked.good + checked.bad, extra_columns=list(source.extras), tolerated=allowed)
        # Lines that are taken up again were tolerated once.
        if content.only is None and checked.bad > allowed:
            whole = BadRow(0, "", Reason.TOO_MANY_BAD_ROWS, "")
            counted = _write(chain([whole], checking.bad_rows()), result, work, now) | {whole.reason.value: checked.good}
            failed = replace(result, status=FileStatus.FAILED.value, quarantined={r: n for r, n in counted.items() if n})
            return replace(failed, said=_why(failed, checked.bad))
        counted = _write(checking.bad_rows(), result, work, now)
        if checked.good or not result.rows_in:
            checking.write_good(work / GOOD)
            staged_key = zones.staged(result.dataset, content.content_id)
            result = replace(result, status=FileStatus.STAGED.value, rows_staged=checked.good, staged_key=staged_key)
        return replace(result, quarantined=counted)


def _why(failed: Staged, bad: int) -> str:
    """What the state machine, `omni load` and the history say of a file that failed."""
    by_reason = sorted(((n, r) for r, n in failed.quarantined.items() if r != Reason.TOO_MANY_BAD_ROWS), reverse=True)
    listed = ", ".join(f"{n} {reason}" for n, reason in by_reason)
    return (
        f"{failed.key}: {bad} of {failed.rows_in} rows are bad ({listed}), {failed.tolerated} are tolerated; none of it is staged. "
        f"Land a better file, or fix the contract of {failed.dataset} and: omni redrive {failed.key}"
    )


def _write(bad: Iterable[BadRow], result: Staged, work: Path, now: datetime) -> dict[str, int]:
    about = {"dataset": result.dataset, "file": result.key, "content_id": result.content_id}
    return dict(quarantine.write(bad, work / RECORDS, at=now, **about))


@contextmanager
def _room(key: str, path: Path) -> Iterator[None]:
    size = path.stat().st_size
    try:
        yield
    except OSError as full:
        if full.errno != errno.ENOSPC:
            raise
        raise NoRoom(key, size, 0) from full
    except duckdb.Error as failed:
        if NO_SPACE in str(failed):
            raise NoRoom(key, size, 0) from None
        raise NotExamined(key, type(failed).__name__) from None  # DuckDB's own words quote values of the file


def _recognised(key: str) -> Dataset:
    try:
        return dataset_of(key)
    except Unrecognised as unknown:
        raise FileRefused(Reason.UNKNOWN_PREFIX) from unknown


def source_of(connection: duckdb.DuckDBPyConnection, dataset: Dataset, key: str, path: Path, work: Path) -> Source:
    """The file ready to be checked; raises `FileRefused` when it cannot be trusted as a whole."""
    if path.stat().st_size == 0:
        raise FileRefused(Reason.EMPTY_FILE)
    chunks = ahead(plain_chunks(path))
    first = next(chunks, b"")
    if not first:
        raise FileRefused(Reason.EMPTY_FILE)
    form = format_of(dataset, key, first)
    if form is Format.PARQUET:
        return parquet_source(connection, dataset, _plain_parquet(chain([first], chunks), path, work), work)
    text = utf8_chunks(chain([first], chunks), path)
    return csv_source(dataset, text, work) if form is Format.CSV else json_source(connection, dataset, text, work)


def _plain_parquet(chunks: Iterator[bytes], path: Path, work: Path) -> Path:
    """The file itself, or decompressed beside it when it came gzipped."""
    with path.open("rb") as file:
        if file.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC:
            return path
    plain = work / "plain.parquet"
    with plain.open("wb") as out:
        out.writelines(chunks)
    return plain
