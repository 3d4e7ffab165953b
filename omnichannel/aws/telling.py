"""Events onto the bus, of which every one has to be taken."""

from collections.abc import Callable, Mapping
from typing import Any

PutEvents = Callable[[Mapping[str, object]], Mapping[str, Any]]


class NotTold(Exception):
    """The bus answered, but did not take an event; telling it again may work."""


def put(put_events: PutEvents, entries: list[dict[str, object]]) -> None:
    """Puts entries on the bus; raises `NotTold`."""
    answer = put_events({"Entries": entries})
    if answer.get("FailedEntryCount", 0):
        codes = sorted({entry["ErrorCode"] for entry in answer["Entries"] if "ErrorCode" in entry})
        raise NotTold(f"the bus refused {answer['FailedEntryCount']} of {len(entries)} events: {', '.join(codes) or 'no error code'}")
