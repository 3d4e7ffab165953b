"""So many different keys within so long: what has to be kept of the past, and not more.

The condition C(u) of a rule holds at a moment u when events of at least `need` different keys lie in (u - within, u]. It only depends on
the set of events, and more events only make it hold more often. So an event needs not be kept

- when C is known to hold at every moment that it has a part in, [at, at + within): no other event can change that;
- when its key occurs before and after it, at most `within` apart: whatever window holds it holds one of the two as well.

What is left are fewer than `need` keys a window, however many events there were. Two states of one person are joined by putting the
events of one into the other: duplicates, disorder and a login late in the day change nothing.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

Seen = tuple[int, str]
"""When (microseconds since 1970), and which key."""


class Held(NamedTuple):
    """C holds in [start, end); `since` is the earliest moment from which a spell led here, where what it began with is forgotten."""

    since: int
    start: int
    end: int


class Spell(NamedTuple):
    """A membership: from `since` (inclusive) until `until` (exclusive), microseconds since 1970."""

    since: int
    until: int


@dataclass(frozen=True, kw_only=True)
class Group:
    """Events of one kind, ordered, as far as they may still matter, and where C is known to hold, ordered and apart."""

    seen: tuple[Seen, ...] = ()
    held: tuple[Held, ...] = ()

    @property
    def newest(self) -> int:
        """The newest moment that it knows of, -1 for none."""
        return max((-1, *(at for at, _ in self.seen[-1:]), *(each.end for each in self.held[-1:])))

    def add(self, at: int, key: str, need: int, within: int) -> Self:
        """With one more event; the same when it was known, or cannot matter."""
        if any(each.start <= at and at + within <= each.end for each in self.held):
            return self
        place = bisect_left(self.seen, (at, key))
        if place < len(self.seen) and self.seen[place] == (at, key):
            return self
        seen = list(self.seen)
        insort(seen, (at, key))
        held = _apart([*self.held, *_holding(seen, place, need, within)])
        return replace(self, seen=_thinned(seen, held, within), held=held)

    def joined(self, other: "Group", need: int, within: int) -> "Group":
        """With everything that another state knows."""
        both = Group(seen=self.seen, held=_apart([*self.held, *other.held]))
        for at, key in other.seen:
            both = both.add(at, key, need, within)
        return both

    def forgetting(self, horizon: int, within: int, stays: int) -> Self:
        """Without what no event from `horizon` on can change, and what no spell that lasts that long needs."""
        seen = tuple(each for each in self.seen if each[0] > horizon - within)
        held = _forgotten(self.held, horizon, stays)
        return self if (seen, held) == (self.seen, self.held) else replace(self, seen=seen, held=held)

    def spells(self, stays: int) -> list[Spell]:
        """The memberships that are known: stretches of C, those together that lie at most `stays` apart."""
        found: list[Spell] = []
        for each in self.held:
            if found and each.start <= found[-1].until:
                found[-1] = Spell(min(found[-1].since, each.since), each.end + stays)
            else:
                found.append(Spell(each.since, each.end + stays))
        return found

    def to_plain(self) -> list[Any]:
        """As JSON has it."""
        return [list(map(list, self.seen)), list(map(list, self.held))]

    @classmethod
    def of_plain(cls, found: Sequence[Any]) -> Self:
        """From `to_plain`."""
        seen, held = found
        return cls(seen=tuple((at, key) for at, key in seen), held=tuple(Held(*each) for each in held))


def _holding(seen: Sequence[Seen], place: int, need: int, within: int) -> Iterable[Held]:
    """Where C holds because of the event at `place`: from it, or from an event after it that its window reaches."""
    until = seen[place][0] + within
    for at in range(place, len(seen)):
        moment = seen[at][0]
        if moment >= until:
            return
        oldest = _oldest_needed(seen, at, need, moment - within)
        if oldest is not None:
            yield Held(moment, moment, oldest + within)


def _oldest_needed(seen: Sequence[Seen], place: int, need: int, after: int) -> int | None:
    """Going back from `place`: when the last one of `need` different keys occurred, if that is later than `after`."""
    keys: set[str] = set()
    for at in range(place, -1, -1):
        moment, key = seen[at]
        if moment <= after:
            return None
        keys.add(key)
        if len(keys) == need:
            return moment
    return None


def _apart(found: Iterable[Held]) -> tuple[Held, ...]:
    apart: list[Held] = []
    for each in sorted(found, key=lambda held: held.start):
        if apart and each.start <= apart[-1].end:
            last = apart[-1]
            apart[-1] = Held(min(last.since, each.since), last.start, max(last.end, each.end))
        else:
            apart.append(each)
    return tuple(apart)


def _thinned(seen: Sequence[Seen], held: Sequence[Held], within: int) -> tuple[Seen, ...]:
    kept: dict[str, list[int]] = {}
    for at, key in seen:
        if any(each.start <= at and at + within <= each.end for each in held):
            continue
        times = kept.setdefault(key, [])
        if len(times) >= 2 and at - times[-2] <= within:
            times[-1] = at
        else:
            times.append(at)
    return tuple(sorted((at, key) for key, times in kept.items() for at in times))


def _forgotten(held: Sequence[Held], horizon: int, stays: int) -> tuple[Held, ...]:
    """What ended before the horizon is left to the stretch that continues its spell, and forgotten with the spell."""
    kept: list[Held] = []
    for each in held:
        if kept and kept[-1].end < horizon and each.start <= kept[-1].end + stays:
            each = each._replace(since=min(each.since, kept.pop().since))
        kept.append(each)
    return tuple(each for each in kept if each.end + stays >= horizon)
