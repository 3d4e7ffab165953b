"""What lies under a table's location, and which of it no snapshot names; pyiceberg itself deletes no file."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlparse

from pyiceberg.manifest import ManifestFile
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot

from omnichannel.aws.dynamodb import batches

GRACE = timedelta(hours=1)
"""How old what no snapshot names must be before it goes: longer than any function may run, so no writer at work is hurt."""
AT_ONCE = timedelta(0)
DELETED_AT_ONCE = 1000
_METADATA = ".metadata.json"


class NotDeleted(OSError):
    """S3 kept objects that were to be deleted."""


@dataclass(frozen=True)
class Version:
    """One version of an object, or one delete marker."""

    key: str
    id: str
    latest: bool
    at: datetime
    size: int


@dataclass(frozen=True)
class Sweep:
    """What can go now, and what only later because it is younger than the grace time."""

    doomed: tuple[Version, ...]
    later: int

    @property
    def bytes(self) -> int:
        """How much it is."""
        return sum(version.size for version in self.doomed)


def place(table: Table) -> tuple[str, str]:
    """Bucket and prefix of everything that belongs to the table."""
    location = urlparse(table.location())
    return location.netloc, location.path.strip("/") + "/"


def named(table: Table, snapshots: Collection[Snapshot]) -> set[str]:
    """The keys of all files that these snapshots and the table's metadata name."""
    lists = {snapshot.manifest_list for snapshot in snapshots}
    manifests = {m.manifest_path: m for snapshot in snapshots for m in snapshot.manifests(table.io)}
    data = {path for manifest in manifests.values() for path in _data_files(table, manifest)}
    paths = {table.metadata_location, *(entry.metadata_file for entry in table.metadata.metadata_log), *lists, *manifests, *data}
    return {urlparse(path).path.lstrip("/") for path in paths}


def _data_files(table: Table, manifest: ManifestFile) -> Iterator[str]:
    return (entry.data_file.file_path for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True))


def sweep(
    s3: Any, table: Table, snapshots: Collection[Snapshot], now: datetime, *, grace: timedelta = GRACE, given_up: Collection[str] = ()
) -> Sweep:
    """Every version of every object that these snapshots do not need: of named objects the older versions, of others all.

    The keys `given_up` were named by snapshots that are forgotten, so no writer has them in hand: they get no grace. The table's metadata
    files hold no values; they are given the whole `GRACE` in any case, for whoever is changing its columns.
    """
    bucket, prefix = place(table)
    needed, doomed, later = named(table, snapshots), [], 0
    for version in versions(s3, bucket, prefix):
        if version.latest and version.key in needed:
            continue
        patience = GRACE if version.key.endswith(_METADATA) else AT_ONCE if version.key in given_up else grace
        if patience and version.at > now - patience:
            later += 1
        else:
            doomed.append(version)
    return Sweep(tuple(doomed), later)


def versions(s3: Any, bucket: str, prefix: str) -> Iterator[Version]:
    """Every version and every delete marker under the prefix."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        for found in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            yield Version(found["Key"], found["VersionId"], found["IsLatest"], found["LastModified"], found.get("Size", 0))


def delete(s3: Any, bucket: str, doomed: Iterable[Version]) -> None:
    """Deletes these versions for good. Raises `NotDeleted`."""
    for batch in batches(doomed, DELETED_AT_ONCE):
        wanted = [{"Key": version.key, "VersionId": version.id} for version in batch]
        errors = s3.delete_objects(Bucket=bucket, Delete={"Objects": wanted, "Quiet": True}).get("Errors", ())
        if errors:
            codes = ", ".join(sorted({error.get("Code", "unknown") for error in errors}))
            raise NotDeleted(f"{len(errors)} of {len(batch)} object versions in {bucket} were not deleted: {codes}")
