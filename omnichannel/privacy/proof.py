"""The proof: every byte of every object version and every item of every table is read, and nothing names the person."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from omnichannel.contracts import zones
from omnichannel.contracts.privacy import request_item
from omnichannel.privacy import search, state
from omnichannel.privacy.matcher import Matcher
from omnichannel.privacy.objects import RESERVE_SECONDS, OutOfTime, opened
from omnichannel.privacy.places import Place
from omnichannel.privacy.stores import Desk


def look(found: Sequence[Place], s3: Any, matcher: Matcher, work: Path, without: str, time_left: Callable[[], float]) -> dict[str, int]:
    """Reads every version in a portion: `objects`, `bytes`, in how many the person is `found` (keys included), and in which folders.

    What the running request itself keeps (below `without`) is passed over: it is deleted last. Raises `OutOfTime`.
    """
    counts: Counter[str] = Counter(objects=0, bytes=0, found=0)
    for place in found:
        if place.key.startswith(without):
            continue
        if time_left() < RESERVE_SECONDS:
            raise OutOfTime("the portion is searched again from its start")
        before = counts["found"]
        counts["found"] += matcher.tells(place.key.encode())
        for version in (each for each in place.versions if not each.marker):
            counts["objects"] += 1
            counts["bytes"] += version.size
            counts["found"] += search.found(opened(s3, place, version, work), matcher)
            for path in work.iterdir():
                path.unlink()
        if counts["found"] > before:
            counts[f"found in {_folder(place.key)}"] += counts["found"] - before
    return dict(counts)


def items(desk: Desk, tables: Sequence[str], matcher: Matcher) -> dict[str, int]:
    """Reads every item of every table: `items`, `tables`, and how many items name the person, the running request's own aside."""
    looked = {table: state.naming(desk.dynamodb, table, matcher, without=(request_item(desk.request),)) for table in tables}
    where = {f"found in {table}": found for table, (_, found) in looked.items() if found}
    return {"items": sum(count for count, _ in looked.values()), "tables": len(tables), "found": sum(where.values()), **where}


def total(parts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """All counts added up."""
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(part)
    return dict(counts)


def _folder(key: str) -> str:
    """Where an object lies, in words that name nobody: its first folder, and of a trusted table its name."""
    first, *rest = key.split("/")
    if not rest:
        return "the root"
    return f"{first}/{rest[0]}" if first == zones.TRUSTED and len(rest) > 1 else first
