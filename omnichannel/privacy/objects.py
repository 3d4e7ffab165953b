"""Objects without the person: rewritten where records can be told apart, else removed; and no older version that names them."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from botocore.exceptions import ClientError

from omnichannel.contracts import zones
from omnichannel.contracts.datasets import Unrecognised, dataset_of
from omnichannel.contracts.store import FileStatus
from omnichannel.onboarding import history
from omnichannel.privacy import rewrite, search, unpack
from omnichannel.privacy.matcher import Matcher
from omnichannel.privacy.places import Place, Version, delete
from omnichannel.privacy.unpack import Form, Stored

MOST_IN_ONE_CALL = 5 << 30
"""S3 takes no larger object in one PutObject; larger ones go in parts, which cannot be made conditional."""
SMALL = 64 << 20
"""A version of so many bytes is fetched once and read from the function's disk; a larger text is streamed each time."""
RESERVE_SECONDS = 60.0


class OutOfTime(Exception):
    """The function's time ran out between two objects; what is done is noted, and the same portion goes on from there."""


class Unreadable(Exception):
    """A folder that nobody told us of."""


@dataclass
class Tally:
    """What became of a portion's objects, by zone: `looked`, `rewritten`, `removed`, `records`, `versions`, `pending`, `left`."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)

    def add(self, zone: str, **counts: int) -> None:
        """Adds to a zone's counts."""
        self.counts.setdefault(zone, Counter()).update({name: count for name, count in counts.items() if count})

    def to_dict(self) -> dict[str, Any]:
        """As it is noted."""
        return {"counts": {zone: dict(found) for zone, found in self.counts.items()}, "done": sorted(self.done)}

    @classmethod
    def of(cls, noted: dict[str, Any] | None) -> "Tally":
        """From a note; empty without one."""
        noted = noted or {"counts": {}, "done": []}
        return cls({zone: Counter(found) for zone, found in noted["counts"].items()}, set(noted["done"]))


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What one portion is worked on with; `note` keeps the tally, so that a second try adds nothing twice and loses nothing."""

    s3: Any
    dynamodb: Any
    history_table: str
    landing: str
    quarantine: str
    matcher: Matcher
    work: Path
    now: Callable[[], datetime]
    time_left: Callable[[], float]
    note: Callable[[dict[str, Any]], None]


def erase(found: list[Place], bench: Bench, tally: Tally) -> Tally:
    """Takes the person out of every object of a portion. Raises `OutOfTime` (go on with the same portion), or the service's error."""
    for place in found:
        name = hashlib.sha256(f"{place.bucket}/{place.key}".encode()).hexdigest()
        if name in tally.done:
            continue
        if bench.time_left() < RESERVE_SECONDS:
            raise OutOfTime(f"{len(tally.done)} of {len(found)} objects are done")
        changed = _erase_one(place, bench)
        tally.add(zone_of(place, {bench.landing: "landing", bench.quarantine: "quarantine"}), looked=1, **changed)
        tally.done.add(name)
        if changed:
            bench.note(tally.to_dict())
    bench.note(tally.to_dict())
    return tally


def zone_of(place: Place, buckets: Mapping[str, str]) -> str:
    """How a certificate calls the place: its bucket's name among `buckets`, else the bucket's first folder; never a key."""
    return buckets.get(place.bucket, place.key.partition("/")[0])


def opened(s3: Any, place: Place, version: Version, work: Path) -> Stored:
    """One version of an object, as what reads it wants it."""
    local = work / hashlib.sha256(f"{place.bucket}/{place.key}/{version.id}".encode()).hexdigest()

    def fetch() -> Any:
        try:
            return s3.get_object(Bucket=place.bucket, Key=place.key, VersionId=version.id)["Body"]
        except ClientError as refused:
            if refused.response["Error"]["Code"] not in ("AccessDenied", "403"):
                raise
            raise Unreadable(
                f"objects under {zone_of(place, {})}/ may not be read; ERASED_ZONES lists the folders of the lake"
            ) from refused

    def download() -> Path:
        if not local.exists():
            with closing(fetch()) as body, local.open("wb") as file:
                file.writelines(body.iter_chunks(unpack.PIECE))
        return local

    def stream() -> Any:
        return download().open("rb") if version.size <= SMALL else fetch()

    return Stored(stream=stream, local=download)


def content_id(stream: BinaryIO, key: str) -> str:
    """The id by which onboarding knows content that lands under a key: its bytes and its data set."""
    digest = hashlib.sha256()
    with closing(stream):
        for chunk in iter(lambda: stream.read(unpack.PIECE), b""):
            digest.update(chunk)
    digest.update(_dataset(key).encode())
    return digest.hexdigest()[:40]


def _erase_one(place: Place, bench: Bench) -> dict[str, int]:
    """What was done to one object, nothing when it does not name the person."""
    try:
        if bench.matcher.tells(place.key.encode()):
            return {"removed": 1, "versions": _remove(place, bench, list(place.versions))}
        if _is_on_its_way(place, bench):
            return {"pending": 1}
        current = place.current
        done = _erase_current(place, current, bench) if current else {}
        old = [v for v in place.versions if v is not current and not v.marker]
        naming = [v for v in old if _names(place, v, bench)]
        versions = _remove(place, bench, naming)
        if naming and len(naming) == len(old) and current is None:
            versions += _remove(place, bench, [v for v in place.versions if v.marker])
        counted = {**done, "versions": done.get("versions", 0) + versions}
        return {name: count for name, count in counted.items() if count}
    finally:
        for path in bench.work.iterdir():
            path.unlink()


def _erase_current(place: Place, current: Version, bench: Bench) -> dict[str, int]:
    stored = opened(bench.s3, place, current, bench.work)
    form = unpack.form_of(stored)
    if not search.found(stored, bench.matcher):
        return {}
    if form is Form.TAR:
        return {"left": 1}
    out = bench.work / "rewritten"
    try:
        done = rewrite.without(stored, form, bench.matcher, out)
    except rewrite.NotRewritable:
        return {"removed": 1, "versions": _remove(place, bench, [current])}
    if not done.kept and place.bucket == bench.landing:
        return {"removed": 1, "records": done.removed, "versions": _remove(place, bench, [current])}
    if not _replace(place, current, stored, out, bench):
        return {"pending": 1}
    return {"rewritten": 1, "records": done.removed, "versions": _remove(place, bench, [current])}


def _replace(place: Place, current: Version, stored: Stored, out: Path, bench: Bench) -> bool:
    """Puts the new content in the place of the version that was read; False when somebody else has meanwhile."""
    if place.bucket == bench.landing:
        new, old = content_id(out.open("rb"), place.key), content_id(stored.stream(), place.key)
        dataset = _dataset(place.key)
        history.know(bench.dynamodb, bench.history_table, new, dataset=dataset, key=place.key, replaces=old, at=bench.now())
    about = bench.s3.head_object(Bucket=place.bucket, Key=place.key, VersionId=current.id)
    content_type = about.get("ContentType", "application/octet-stream")
    if out.stat().st_size > MOST_IN_ONE_CALL:
        bench.s3.upload_file(str(out), place.bucket, place.key, ExtraArgs={"ContentType": content_type})
        return True
    try:
        with out.open("rb") as body:
            bench.s3.put_object(Bucket=place.bucket, Key=place.key, Body=body, ContentType=content_type, IfMatch=about["ETag"])
    except ClientError as refused:
        if refused.response["Error"]["Code"] not in ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"):
            raise
        return False
    return True


def _names(place: Place, version: Version, bench: Bench) -> bool:
    return search.found(opened(bench.s3, place, version, bench.work), bench.matcher)


def _remove(place: Place, bench: Bench, versions: list[Version]) -> int:
    return delete(bench.s3, place.bucket, ((place.key, version.id) for version in versions))


def _is_on_its_way(place: Place, bench: Bench) -> bool:
    """A staged file that waits for the committer is left to it: what it brings is erased in the next round."""
    parts = place.key.split("/")
    if parts[0] != zones.STAGING or len(parts) < 3:
        return False
    item = history.find(bench.dynamodb, bench.history_table, parts[-2])
    return item is not None and item.get("status") == FileStatus.STAGED


def _dataset(key: str) -> str:
    try:
        return dataset_of(key).name
    except Unrecognised:
        return "unknown"
