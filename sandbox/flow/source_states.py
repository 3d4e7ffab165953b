"""How the sources stand: when something of each landed last, by the history of onboarding."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from omnichannel.contracts.sources import SOURCES, Freshness, Source, freshness, source_of
from omnichannel.contracts.store import FileStatus


@dataclass(frozen=True, kw_only=True)
class SourceState:
    """One source, when it landed last (None = never), how many of its files there are, and what to make of that."""

    source: Source
    landed_at: datetime | None
    files: int
    state: Freshness


def source_states(contents: Iterable[Mapping[str, Any]], now: datetime) -> list[SourceState]:
    """Every source of the registry in its order. `contents` are the history's items; what was refused whole does not count."""
    newest: dict[str, datetime] = {}
    files: dict[str, int] = dict.fromkeys(SOURCES, 0)
    for item in contents:
        source = source_of(str(item["key"]))
        if source and item["status"] not in (FileStatus.QUARANTINED, FileStatus.FAILED):
            at = datetime.fromisoformat(str(item["at"])).astimezone(UTC)
            newest[source.name] = max(at, newest.get(source.name, at))
            files[source.name] += 1
    return [_state(source, newest.get(name), files[name], now) for name, source in SOURCES.items()]


def _state(source: Source, at: datetime | None, files: int, now: datetime) -> SourceState:
    hours = None if at is None else (now - at).total_seconds() / 3600
    return SourceState(source=source, landed_at=at, files=files, state=freshness(source, hours))
