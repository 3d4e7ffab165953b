"""Carts that were left, and calendars where customers live: of either the newest facts are enough, in whatever order they come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from omnichannel.playbook.choices import Window
from omnichannel.playbook.clocks import edges
from omnichannel.playbook.hours import DAYS
from omnichannel.realtime.windows.counting import Spell

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class Cart:
    """When something was put into the cart last and what (`products`), and when the cart was last paid for; -1 for never.

    `version` names the cart as it is: a timer that was set for another one has nothing to say.
    """

    filled: int = -1
    message: str = ""
    products: tuple[str, ...] = ()
    ended: int = -1

    @property
    def version(self) -> str:
        """Changes with everything that is put in."""
        return f"{self.filled}/{self.message}"

    def fill(self, at: int, message: str, products: tuple[str, ...]) -> Self:
        """Something was put in; of two things at one moment the greater message counts."""
        newer = (at, message) > (self.filled, self.message)
        return replace(self, filled=at, message=message, products=products) if newer else self

    def end(self, at: int) -> Self:
        """It was paid for."""
        return replace(self, ended=at) if at > self.ended else self

    def joined(self, other: "Cart") -> "Cart":
        """With everything that another state knows."""
        return self.fill(other.filled, other.message, other.products).end(other.ended)

    def spells(self, within: int, stays: int) -> list[Spell]:
        """When the cart counts as abandoned, if nothing else happens."""
        if self.filled < 0 or self.ended >= self.filled:
            return []
        return [Spell(self.filled + within, self.filled + within + stays)]

    def to_plain(self) -> list[Any]:
        """As JSON has it."""
        return [self.filled, self.message, list(self.products), self.ended]

    @classmethod
    def of_plain(cls, found: Sequence[Any]) -> Self:
        """From `to_plain`."""
        filled, message, products, ended = found
        return cls(filled=filled, message=message, products=tuple(products), ended=ended)


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """By the end of each open stretch: the first event in it."""

    first: Mapping[int, int] = field(default_factory=dict)

    def add(self, at: int, window: Window, zone: ZoneInfo) -> Self:
        """With one more event; the same when the window is closed then, or an earlier one is known."""
        if any(first <= at < end for end, first in self.first.items()):
            return self
        until = closes(at, window, zone)
        if until is None or self.first.get(until, at + 1) <= at:
            return self
        return replace(self, first={**self.first, until: at})

    def joined(self, other: "Calendar", window: Window, zone: ZoneInfo) -> "Calendar":
        """With the events that another calendar knows, by the clock of a zone that need not be the other's."""
        both = self
        for at in other.first.values():
            both = both.add(at, window, zone)
        return both

    def forgetting(self, horizon: int) -> Self:
        """Without what was over by then."""
        left = {end: first for end, first in self.first.items() if end >= horizon}
        return self if len(left) == len(self.first) else replace(self, first=left)

    def spells(self) -> list[Spell]:
        """From the first event of a stretch to its end."""
        return [Spell(first, end) for end, first in sorted(self.first.items())]

    def to_plain(self) -> list[Any]:
        """As JSON has it."""
        return [list(pair) for pair in sorted(self.first.items())]

    @classmethod
    def of_plain(cls, found: Sequence[Any]) -> Self:
        """From `to_plain`."""
        return cls(first=dict(found))


def closes(at: int, window: Window, zone: ZoneInfo) -> int | None:
    """When the window that is open at a moment closes by the clock of a zone; None when it is closed."""
    moment = time_of(at)
    if not _open(moment.astimezone(zone), window):
        return None
    minutes = {0, window.hours.start, window.hours.end} if window.hours else {0}
    later = (edge for edge in edges(zone, moment.astimezone(zone).date(), len(DAYS) + 2, minutes) if edge > moment)
    return next(micros(edge) for edge in later if not _open(edge.astimezone(zone), window))


def micros(moment: datetime) -> int:
    """An aware time as microseconds since 1970."""
    return (moment - EPOCH) // _MICROSECOND


def time_of(at: int) -> datetime:
    """Microseconds since 1970 as an aware time in UTC."""
    return EPOCH + at * _MICROSECOND


def _open(local: datetime, window: Window) -> bool:
    return local.weekday() in window.days and (window.hours is None or window.hours.holds(local.hour * 60 + local.minute))
