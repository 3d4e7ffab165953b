"""How long landed files took from stage to stage: by data set, from the times that onboarding wrote down."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import Any

from omnichannel.onboarding.history import Version

Times = tuple[float, float]


def stage_times(items: Iterable[Mapping[str, Any]], landings: Iterable[Version], since: datetime) -> list[dict[str, Any]]:
    """A row a data set of what was committed after landing since that moment, by name: `files`, `rows` committed and, as
    `[median, longest]` in seconds a file, `stage_a` (the object is there -> its good rows are staged, waiting for a place included) and
    `stage_b` (staged -> committed). S3 dates objects by the second, so stage A is shown up to one second too long.
    """
    landed = {each.content_id: datetime.fromisoformat(each.landed_at) for each in sorted(landings, reverse=True)}
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for item in items:
        if "committed_at" in item and item["content_id"] in landed and landed[item["content_id"]] >= since.replace(microsecond=0):
            found[str(item["dataset"])].append(item)
    return [{"dataset": name, **_row(found[name], landed)} for name in sorted(found)]


def _row(items: Sequence[Mapping[str, Any]], landed: Mapping[str, datetime]) -> dict[str, Any]:
    staged = [datetime.fromisoformat(item["at"]) for item in items]
    committed = [datetime.fromisoformat(item["committed_at"]) for item in items]
    arrived = [landed[item["content_id"]] for item in items]
    return {
        "files": len(items),
        "rows": sum(int(item["rows_committed"]) for item in items),
        "stage_a": _told([(then - before).total_seconds() for before, then in zip(arrived, staged, strict=True)]),
        "stage_b": _told([(then - before).total_seconds() for before, then in zip(staged, committed, strict=True)]),
    }


def _told(seconds: Sequence[float]) -> Times:
    return round(median(seconds), 1), round(max(seconds), 1)
