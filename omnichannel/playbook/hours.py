"""Times of day, days of the week and time zones, as the playbook writes them."""

import re
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from omnichannel.playbook.conditions import names
from omnichannel.playbook.document import UnusablePlaybook, mapping, refuse_unknown

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, kw_only=True)
class Hours:
    """Minutes of a day from `start` (inclusive) until `end` (exclusive); past midnight where the end is not after the start."""

    start: int
    end: int

    def holds(self, minute: int) -> bool:
        """Whether a minute of a day (0 to 1439) is among them."""
        if self.start < self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


def hours(value: Any, place: str) -> Hours:
    """`{from: "21:00", until: "08:00"}`; raises `UnusablePlaybook`."""
    given = mapping(value, place)
    refuse_unknown(given, ("from", "until"), place)
    start, end = (_minute(given.get(name), f"{place}.{name}") for name in ("from", "until"))
    if start == end:
        raise UnusablePlaybook(f"{place} begins when it ends; expected two different times")
    return Hours(start=start, end=end)


def days(value: Any, place: str) -> frozenset[int]:
    """Days of the week by their first three letters, all where none is said; raises `UnusablePlaybook`."""
    if value is None:
        return frozenset(range(len(DAYS)))
    listed = names(value, place)
    if unknown := [day for day in listed if day not in DAYS]:
        raise UnusablePlaybook(f"{place} has {', '.join(unknown)}; expected some of {', '.join(DAYS)}")
    return frozenset(map(DAYS.index, listed))


def zone(name: str, place: str) -> ZoneInfo:
    """A time zone by its name; raises `UnusablePlaybook`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise UnusablePlaybook(f"{place} is {name!r}, which is no time zone; expected one such as Europe/Berlin") from unknown


def _minute(value: Any, place: str) -> int:
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise UnusablePlaybook(f'{place} is {value!r:.60}; expected a time such as "08:00", in quotes')
    return int(found[1]) * 60 + int(found[2])
