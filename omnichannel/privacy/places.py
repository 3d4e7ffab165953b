"""Where stored bytes lie: every version of every object, listed in portions that one function call can work off."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any, Self

from omnichannel.aws import s3 as objects
from omnichannel.aws.dynamodb import batches

KEYS_AT_ONCE = 300
BYTES_AT_ONCE = 512 << 20
"""What one call of a function takes on; a larger object is a portion of its own."""
PORTIONS_AT_ONCE = 200
"""What one listing answers: a state machine's output is at most 256 KB."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of an object, or a delete marker."""

    id: str
    size: int = 0
    latest: bool = False
    marker: bool = False


@dataclass(frozen=True, kw_only=True)
class Place:
    """One key with all of its versions, newest first."""

    bucket: str
    key: str = field(repr=False)
    versions: tuple[Version, ...]

    @property
    def size(self) -> int:
        """Bytes of all versions."""
        return sum(version.size for version in self.versions)

    @property
    def current(self) -> Version | None:
        """What a reader without a version gets; None when it is deleted."""
        return next((version for version in self.versions if version.latest and not version.marker), None)

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        """From a portion's JSON."""
        return cls(bucket=found["bucket"], key=found["key"], versions=tuple(Version(**each) for each in found["versions"]))


@dataclass(frozen=True, kw_only=True)
class Zone:
    """A part of a bucket: everything below a prefix."""

    bucket: str
    prefix: str = ""


def portions(s3: Any, zones: Sequence[Zone], lake: str, folder: str, cursor: Mapping[str, Any]) -> dict[str, Any]:
    """Writes the next portions of the zones below `folder` in the lake: `{"portions": [keys], "cursor": {"more": bool, …}}`.

    Keys of objects may name people, so the cursor names the last portion instead.
    """
    first, number = cursor.get("zone", 0), cursor.get("number", 0)
    after = portion(s3, lake, _name(folder, number - 1))[-1].key if cursor["more"] else ""
    written: list[str] = []
    for at in range(first, len(zones)):
        for found in _portions(places(s3, zones[at], after if at == first else "")):
            written.append(_name(folder, number))
            objects.put(s3, lake, written[-1], json.dumps([asdict(place) for place in found]).encode(), objects.JSON)
            number += 1
            if len(written) == PORTIONS_AT_ONCE:
                return {"portions": written, "cursor": {"more": True, "zone": at, "number": number}}
    return {"portions": written, "cursor": {"more": False}}


def portion(s3: Any, lake: str, key: str) -> list[Place]:
    """The places of one portion."""
    return [Place.of(found) for found in json.loads(objects.get(s3, lake, key))]


def places(s3: Any, zone: Zone, after: str = "") -> Iterator[Place]:
    """Every key of the zone behind `after` (a key) with its versions."""
    marker = {"KeyMarker": after} if after else {}
    for key, found in groupby(_versions(s3, zone, marker), key=lambda pair: pair[0]):
        # S3 lists versions and markers of one page apart from each other; within either the newest is first.
        yield Place(
            bucket=zone.bucket, key=key, versions=tuple(sorted((each for _, each in found), key=attrgetter("latest"), reverse=True))
        )


def delete(s3: Any, bucket: str, versions: Iterable[tuple[str, str]]) -> int:
    """Deletes versions (key, version id) for good; gives how many. Raises `NotDeleted`."""
    count = 0
    for batch in batches(versions, 1000):
        wanted = [{"Key": key, "VersionId": version} for key, version in batch]
        refused = s3.delete_objects(Bucket=bucket, Delete={"Objects": wanted, "Quiet": True}).get("Errors", ())
        if refused:
            raise NotDeleted(f"{len(refused)} of {len(wanted)} object versions were not deleted: {refused[0].get('Code', 'unknown')}")
        count += len(wanted)
    return count


class NotDeleted(OSError):
    """S3 kept versions that were to be deleted."""


def _name(folder: str, number: int) -> str:
    return f"{folder}{number:06d}.json"


def _versions(s3: Any, zone: Zone, marker: Mapping[str, str]) -> Iterator[tuple[str, Version]]:
    request = {"Bucket": zone.bucket, "Prefix": zone.prefix, **marker}
    while True:
        page = s3.list_object_versions(**request)
        found = [
            (each["Key"], Version(id=each["VersionId"], size=each.get("Size", 0), latest=each["IsLatest"], marker="Size" not in each))
            for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
        ]
        yield from sorted(found, key=lambda pair: pair[0].encode())
        if not page.get("IsTruncated"):
            return
        request |= {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}


def _portions(found: Iterable[Place]) -> Iterator[list[Place]]:
    taken: list[Place] = []
    size = 0
    for place in found:
        if taken and (len(taken) == KEYS_AT_ONCE or size + place.size > BYTES_AT_ONCE):
            yield taken
            taken, size = [], 0
        taken, size = [*taken, place], size + place.size
    if taken:
        yield taken
