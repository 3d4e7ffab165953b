"""What every door decides: is this message one event of ours, does anybody want it, and is it on the bus.

Three doors share these rules: Segment's webhook, its Lambda destination and its EventBridge source. Nothing is told as accepted before
the bus has it.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import orjson

from omnichannel.contracts.events import BUS_SOURCE
from omnichannel.contracts.reasons import Reason
from omnichannel.realtime.events import AHEAD, Event, Unusable, moment, parse

REPLAY_WINDOW = timedelta(hours=6)
"""How old a message may be when it comes: Segment tries for four hours, and two are for its queues. Later it is a copy, or history."""
ENTRIES_PER_CALL, BYTES_PER_CALL = 10, 200_000
"""EventBridge takes 10 entries and 256 KB a call; what it counts beside the detail fits into the rest."""
_SENT = ("receivedAt", "sentAt", "timestamp", "originalTimestamp")
"""When Segment had the message, by its own clock first: a phone that was offline tells yesterday's events today."""

Entry = dict[str, object]
PutEvents = Callable[[Mapping[str, object]], Mapping[str, Any]]


class NotAccepted(Exception):
    """The bus did not take the event; sending it again may work."""


@cache
def wanted(names: str) -> frozenset[str]:
    """The names of a function's environment (a JSON list): the track events that a consumer of the bus knows."""
    listed = json.loads(names)
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise ValueError(f"forwarded is {names!r:.60}; expected a JSON list of event names")
    return frozenset(listed)


def taken(message: object, names: Collection[str], *, received_at: datetime) -> Event | None:
    """The event of a decoded message, or None for one that nobody acts on; raises `Unusable` for what can never become an event."""
    if isinstance(message, dict):
        if _unwanted(message.get("type"), message.get("event"), names):
            return None
        _check_age(message, received_at)
    return parse(message, received_at=received_at)


def bus_entry(event: Event, bus_name: str) -> Entry:
    """The event as one entry of EventBridge's PutEvents."""
    return {"EventBusName": bus_name, "Source": BUS_SOURCE, "DetailType": str(event.detail_type), "Detail": _text(event.to_detail())}


def publish(event: Event, bus_name: str, put_events: PutEvents) -> None:
    """Puts the event on the bus; raises `NotAccepted` when the bus answered but did not take it."""
    answer = put_events({"Entries": [bus_entry(event, bus_name)]})
    if answer.get("FailedEntryCount", 0) or len(answer.get("Entries", ())) != 1:
        code = next((entry.get("ErrorCode", "") for entry in answer.get("Entries", ())), "")
        raise NotAccepted(f"the bus refused the event: {code or 'no error code'}")


def publish_all(events: Sequence[Event], bus_name: str, put_events: PutEvents) -> list[bool]:
    """Puts events on the bus, as many a call as it takes; says of each, in their order, whether it is there."""
    done: list[bool] = []
    for entries in _calls(bus_entry(event, bus_name) for event in events):
        answered = list(put_events({"Entries": entries}).get("Entries", ()))
        there = [bool(answer.get("EventId")) and not answer.get("ErrorCode") for answer in answered]
        done += there if len(there) == len(entries) else [False] * len(entries)
    return done


_UNHEARD = frozenset({"page", "screen", "identify", "group", "alias", "delete"})
"""Types without a name of their own: nothing on the bus acts on them. Profiles and consents of theirs come with Segment's raw logs."""


def _unwanted(kind: object, name: object, names: Collection[str]) -> bool:
    if kind == "track":
        return isinstance(name, str) and name not in names and bool(name := name.strip()) and name not in names
    return isinstance(kind, str) and kind in _UNHEARD


def _check_age(message: Mapping[str, Any], received_at: datetime) -> None:
    given = next((message[key] for key in _SENT if message.get(key) not in (None, "")), None)
    if given is None:
        raise Unusable(Reason.MISSING_VALUE, f"no time; expected one of {', '.join(_SENT)}")
    if not received_at - REPLAY_WINDOW <= moment(given) <= received_at + AHEAD:
        hours = REPLAY_WINDOW // timedelta(hours=1)
        raise Unusable(Reason.TIME_OUT_OF_RANGE, f"sent outside the last {hours} hours; history comes as files, not through this door")


def _text(detail: Mapping[str, Any]) -> str:
    try:
        return orjson.dumps(detail).decode()
    except TypeError:
        # Half a character, which a lenient parser let through: spelt out, it is JSON again.
        return json.dumps(detail, separators=(",", ":"))


def _calls(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    call: list[Entry] = []
    size = 0
    for entry in entries:
        length = len(str(entry["Detail"]).encode())
        if call and (len(call) == ENTRIES_PER_CALL or size + length > BYTES_PER_CALL):
            yield call
            call, size = [], 0
        call.append(entry)
        size += length
    if call:
        yield call
