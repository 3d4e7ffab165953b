"""Stage A: one landed file checked against its contract; good rows staged as Parquet, bad rows quarantined with a reason each.

It never touches a trusted table, and running it again on the same content changes nothing: the history is written last, and once.
"""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from botocore.exceptions import ClientError

from omnichannel.contracts import zones
from omnichannel.contracts.store import FileStatus
from omnichannel.onboarding import history, redrive
from omnichannel.onboarding.decode import CHUNK
from omnichannel.onboarding.examine import GOOD, LIMITS, RECORDS, Content, Limits, NoRoom, dataset_name, examine
from omnichannel.onboarding.history import DUPLICATE, Staged, Version
from omnichannel.onboarding.recognise import ending

__all__ = ["Landed", "Limits", "NoRoom", "Stores", "stage_file"]


@dataclass(frozen=True, kw_only=True)
class Landed:
    """One landed object, as its event names it; `size` is in bytes. `redrive` counts how often it is taken up again, from 1.

    `version` is the object's version id: what landed is read, though its key may have other content by now. Empty is whatever is there.
    """

    bucket: str
    key: str
    size: int
    redrive: int = 0
    version: str = ""

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """From the input of the state machine."""
        return cls(
            bucket=event["bucket"], key=event["key"], size=int(event["size"]), redrive=int(event.get("redrive", 0)),
            version=event.get("version", ""),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Stores:
    """Where stage A reads and writes: clients and names."""

    s3: Any
    dynamodb: Any
    lake_bucket: str
    quarantine_bucket: str
    history_table: str


def stage_file(landed: Landed, stores: Stores, work: Path, *, now: datetime, limits: Limits = LIMITS) -> Staged:
    """Checks and stages one landed object; `work` is an empty folder on the function's disk.

    Raises `NoRoom`, or the service's own error; nothing is recorded then, and a retry starts over.
    """
    path = work / "landed"
    content = _download(landed, stores.s3, path)
    known = redrive.chain(stores.dynamodb, stores.history_table, content.content_id)
    if _misnamed(known, landed.key):
        content = replace(content, content_id=_named(content.content_id, landed.key))
        known = redrive.chain(stores.dynamodb, stores.history_table, content.content_id)
    if not known:
        return _first(landed, content, stores, path, work, now=now, limits=limits)
    if not landed.redrive or len(known) > landed.redrive:
        return _again(known[landed.redrive], landed, content, stores)
    planned = redrive.plan(known, landed.redrive, stores.s3, stores.quarantine_bucket)
    if planned is None:
        return _nothing_new(known[-1], landed)
    once_more = Content(
        content_id=planned.content_id, key=landed.key, received=content.received, redrives=planned.of.content_id, only=planned.lines
    )
    staged = _stage(once_more, stores, path, work, now=now, limits=limits)
    return _recorded(staged, landed, content, stores, now)


def _download(landed: Landed, s3: Any, to: Path) -> Content:
    """The object on disk; its content id is of its bytes and its data set."""
    free = shutil.disk_usage(to.parent).free
    if landed.size > free:
        raise NoRoom(landed.key, landed.size, free)
    answer = _object(landed, s3)
    digest = hashlib.sha256()
    with to.open("wb") as file, closing(answer["Body"]) as body:
        for chunk in body.iter_chunks(CHUNK):
            digest.update(chunk)
            file.write(chunk)
    digest.update(dataset_name(landed.key).encode())
    return Content(content_id=digest.hexdigest()[:40], key=landed.key, received=answer["LastModified"])


def _object(landed: Landed, s3: Any) -> Any:
    """The version that landed, or what is there now: of a version that is gone an erasure has left the rest, which history knows."""
    where = {"Bucket": landed.bucket, "Key": landed.key}
    if landed.version:
        try:
            return s3.get_object(**where, VersionId=landed.version)
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "NoSuchVersion":
                raise
    return s3.get_object(**where)


def _misnamed(known: Sequence[Staged], key: str) -> bool:
    """Whether nothing was trusted of the content under a name that told of another format: under this one it counts as other content."""
    refused = (FileStatus.QUARANTINED, FileStatus.FAILED)
    return bool(known) and ending(known[0].key) != ending(key) and all(each.status in refused for each in known)


def _named(content_id: str, key: str) -> str:
    return hashlib.sha256(f"{content_id}#{ending(key)}".encode()).hexdigest()[:40]


def _first(landed: Landed, content: Content, stores: Stores, path: Path, work: Path, *, now: datetime, limits: Limits) -> Staged:
    staged = _stage(content, stores, path, work, now=now, limits=limits)
    return _recorded(staged, landed, content, stores, now)


def _recorded(staged: Staged, landed: Landed, content: Content, stores: Stores, now: datetime) -> Staged:
    """The result once it is in the history; when another execution was first, its result."""
    if not history.record(stores.dynamodb, stores.history_table, staged, now):
        return _again(
            history.staged_of(history.find(stores.dynamodb, stores.history_table, staged.content_id) or {}), landed, content, stores
        )
    _link(staged, landed, content, stores)
    return staged


def _link(staged: Staged, landed: Landed, content: Content, stores: Stores) -> None:
    """What hangs on a content's item: the version of its key, or the content whose refused rows it took up."""
    if staged.redrives:
        history.redriven(stores.dynamodb, stores.history_table, staged.redrives, by=staged.content_id)
    else:
        version = Version(content.received.isoformat(), content.content_id)
        history.landed(stores.dynamodb, stores.history_table, landed.bucket, landed.key, version)


def _again(first: Staged, landed: Landed, content: Content, stores: Stores) -> Staged:
    """The content was dealt with before, by a retry of the same file or by a file that landed under another key.

    Staged content gets its first answer again, so that it reaches the committer even when the first execution broke off there; so does
    content that failed, so that it fails as loudly.
    """
    _link(first, landed, content, stores)
    if first.status == FileStatus.ERASED:
        return _nothing_new(first, landed)
    if first.key != landed.key:
        history.add_duplicate(stores.dynamodb, stores.history_table, first.content_id, landed.key)
    if first.status in (FileStatus.STAGED, FileStatus.FAILED) or (first.status == FileStatus.QUARANTINED and first.key == landed.key):
        return first
    return _nothing_new(first, landed)


def _nothing_new(first: Staged, landed: Landed) -> Staged:
    return Staged(content_id=first.content_id, dataset=first.dataset, key=landed.key, status=DUPLICATE)


def _stage(content: Content, stores: Stores, path: Path, work: Path, *, now: datetime, limits: Limits) -> Staged:
    staged = examine(path, content, work, now=now, limits=limits)
    if staged.quarantined:
        _upload(stores.s3, work / RECORDS, stores.quarantine_bucket, zones.quarantined(staged.dataset, staged.content_id))
    if staged.staged_key:
        _upload(stores.s3, work / GOOD, stores.lake_bucket, staged.staged_key)
    return staged


def _upload(s3: Any, path: Path, bucket: str, key: str) -> None:
    """Streams a file up; several parts when it is large, visible only when complete."""
    s3.upload_file(str(path), bucket, key)
