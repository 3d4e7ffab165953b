"""`playbook/triggers.yaml`: rules over live events, each with the segment that it makes, checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from omnichannel.contracts.events import EventName
from omnichannel.playbook.choices import Window
from omnichannel.playbook.conditions import names
from omnichannel.playbook.document import FOLDER, UnusablePlaybook, mapping, read, refuse_unknown, within
from omnichannel.playbook.hours import DAYS, days, hours, zone

NAME = "triggers"
SECOND = 1_000_000
"""Durations and moments are whole microseconds, as precise as a Python or an Iceberg time: sums of them are exact."""
UNITS = {"s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND, "d": 86_400 * SECOND}
LONGEST = 60 * UNITS["d"]
MOST_RULES, MOST_COUNTED = 50, 50
LONGEST_NAME = 50
_DURATION = re.compile(r"(\d{1,6})([smhd])")
_NAME = re.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*")


class Kind(StrEnum):
    """What a rule looks for; `of_kind` says which words each takes."""

    COUNT_WITHIN = "count_within"
    VISITS_WITHIN = "visits_within"
    CO_VIEW = "co_view"
    PURCHASE = "purchase"
    ABANDONED_CART = "abandoned_cart"
    CALENDAR = "calendar"


class Then(StrEnum):
    """What a change of the segment leads to: a decision anew, or the news alone."""

    DECIDE = "decide"
    NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """One rule: who is in `segment`, and when, by `events` of theirs. `within` and `stays` are microseconds.

    count_within, visits_within, co_view, purchase: in it while at least `at_least` different events, sessions, or products of one category
    lie within the last `within`, and `stays` longer. abandoned_cart: from `within` after the newest event, unless one of `without`
    or a newer one comes, for `stays`. calendar: from an event within the `window` to the end of it, where the customer lives.
    """

    name: str
    kind: Kind
    segment: str
    events: tuple[str, ...]
    then: Then = Then.DECIDE
    at_least: int = 1
    within: int = 0
    stays: int = 0
    without: tuple[str, ...] = ()
    window: Window | None = None

    @property
    def names(self) -> frozenset[str]:
        """Every event that the rule looks at."""
        return frozenset((*self.events, *self.without))


@dataclass(frozen=True, kw_only=True)
class Triggers:
    """The rules by name; `late` (microseconds) is how old an event may be to be applied live, `timezone` that of who has none."""

    rules: Mapping[str, Trigger]
    late: int
    timezone: str

    @property
    def names(self) -> frozenset[str]:
        """Every event that a rule looks at."""
        return frozenset().union(*(rule.names for rule in self.rules.values()))

    def scaled(self, faster: int) -> "Triggers":
        """The same with durations `faster` times shorter: a sandbox need not wait for half an hour. Calendars stay as they are."""
        shorter = {name: replace(rule, within=rule.within // faster, stays=rule.stays // faster) for name, rule in self.rules.items()}
        return replace(self, rules=shorter)


_ALWAYS = ("kind", "segment", "then")
_TAKES: dict[Kind, tuple[str, ...]] = {
    Kind.COUNT_WITHIN: ("event", "at_least", "within", "stays"),
    Kind.VISITS_WITHIN: ("event", "at_least", "within", "stays"),
    Kind.CO_VIEW: ("event", "at_least", "within", "stays"),
    Kind.PURCHASE: ("event", "stays"),
    Kind.ABANDONED_CART: ("event", "without", "within", "stays"),
    Kind.CALENDAR: ("event", "days", "from", "until"),
}
_EVENTS: dict[Kind, tuple[str, ...]] = {
    Kind.COUNT_WITHIN: (EventName.PRODUCT_VIEWED.value,),
    Kind.VISITS_WITHIN: tuple(each.value for each in EventName),
    Kind.CO_VIEW: (EventName.PRODUCT_VIEWED.value,),
    Kind.PURCHASE: (EventName.ORDER_COMPLETED.value,),
    Kind.ABANDONED_CART: (EventName.PRODUCT_ADDED.value,),
    Kind.CALENDAR: tuple(each.value for each in EventName),
}
_WITHOUT = (EventName.CHECKOUT_STARTED.value, EventName.ORDER_COMPLETED.value)


def load(folder: Path = FOLDER) -> Triggers:
    """The file in a folder; raises `UnusablePlaybook`."""
    return parsed(read(NAME, folder))


@cache
def triggers() -> Triggers:
    """This app's own file."""
    return load()


def parsed(content: Mapping[str, Any]) -> Triggers:
    """From the file's content; raises `UnusablePlaybook`."""
    refuse_unknown(content, ("late", "timezone", "rules"), f"{NAME}.yaml")
    timezone = content.get("timezone")
    if not isinstance(timezone, str):
        raise UnusablePlaybook(f"timezone is {timezone!r:.60}; expected one such as Europe/Berlin")
    zone(timezone, "timezone")
    listed = mapping(content.get("rules"), "rules")
    if not 1 <= len(listed) <= MOST_RULES:
        raise UnusablePlaybook(f"rules are {len(listed)}; expected 1 to {MOST_RULES}")
    rules = {name: _rule(name, each) for name, each in listed.items()}
    _once(rules)
    return Triggers(rules=rules, late=duration(content.get("late"), "late"), timezone=timezone)


def duration(value: Any, place: str) -> int:
    """`30s`, `10m`, `2h` or `7d` as microseconds; raises `UnusablePlaybook`."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    length = int(found[1]) * UNITS[found[2]] if found else 0
    if not 0 < length <= LONGEST:
        raise UnusablePlaybook(f"{place} is {value!r:.60}; expected a duration such as 30s, 10m, 2h or 7d, 60d at most")
    return length


def _rule(name: str, value: Any) -> Trigger:
    place = f"rules.{name}"
    given = mapping(value, place)
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise UnusablePlaybook(f"{place} is no name; expected small letters, digits and dashes, {LONGEST_NAME} at most")
    kind = _one_of(Kind, given.get("kind"), f"{place}.kind")
    refuse_unknown(given, (*_ALWAYS, *_TAKES[kind]), place)
    trigger = Trigger(
        name=name,
        kind=kind,
        segment=_segment(given.get("segment"), f"{place}.segment"),
        events=_events(given.get("event"), _EVENTS[kind], f"{place}.event"),
        then=_one_of(Then, given.get("then", Then.DECIDE.value), f"{place}.then"),
        at_least=_count(given, kind, place),
        without=_events(given.get("without"), _WITHOUT, f"{place}.without") if kind is Kind.ABANDONED_CART else (),
        window=_window(given, place) if kind is Kind.CALENDAR else None,
        **_durations(given, kind, place),
    )
    if both := set(trigger.events) & set(trigger.without):
        raise UnusablePlaybook(f"{place}.without has {', '.join(sorted(both))}, which is its event too; expected others")
    return trigger


def _durations(given: Mapping[str, Any], kind: Kind, place: str) -> dict[str, int]:
    """A purchase holds as long as it stays; a cart is abandoned for as long as it stays, which has to be said."""
    if kind is Kind.CALENDAR:
        return {}
    if kind is Kind.PURCHASE:
        return {"within": duration(given.get("stays"), f"{place}.stays")}
    said = "stays" in given or kind is Kind.ABANDONED_CART
    stays = duration(given.get("stays"), f"{place}.stays") if said else 0
    return {"within": duration(given.get("within"), f"{place}.within"), "stays": stays}


def _count(given: Mapping[str, Any], kind: Kind, place: str) -> int:
    if "at_least" not in _TAKES[kind]:
        return 1
    count = given.get("at_least")
    if isinstance(count, bool) or not isinstance(count, int):
        raise UnusablePlaybook(f"{place}.at_least is {count!r:.60}; expected a whole number")
    within(count, 2 if kind is Kind.CO_VIEW else 1, MOST_COUNTED, f"{place}.at_least")
    return count


def _segment(value: Any, place: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_NAME or not value.isprintable():
        raise UnusablePlaybook(f"{place} is {value!r:.60}; expected the segment's name, {LONGEST_NAME} characters at most")
    return value.strip()


def _events(value: Any, default: tuple[str, ...], place: str) -> tuple[str, ...]:
    if value is None:
        return default
    listed = (value,) if isinstance(value, str) else names(value, place)
    if unknown := [each for each in listed if each not in set(EventName)]:
        raise UnusablePlaybook(f"{place} has {', '.join(unknown)}; expected some of {', '.join(EventName)}")
    return listed


def _window(given: Mapping[str, Any], place: str) -> Window:
    times = {name: given[name] for name in ("from", "until") if name in given}
    window = Window(days=days(given.get("days"), f"{place}.days"), hours=hours(times, place) if times else None)
    if len(window.days) == len(DAYS) and window.hours is None:
        raise UnusablePlaybook(f"{place} is open at every moment; expected days, or from and until")
    return window


def _one_of(kinds: type[Any], value: Any, place: str) -> Any:
    if value not in {each.value for each in kinds}:
        raise UnusablePlaybook(f"{place} is {value!r:.60}; expected one of {', '.join(each.value for each in kinds)}")
    return kinds(value)


def _once(rules: Mapping[str, Trigger]) -> None:
    """Two rules of one segment would take turns in ending it."""
    seen: dict[str, str] = {}
    for name, rule in rules.items():
        if rule.segment in seen:
            raise UnusablePlaybook(
                f"rules.{name}.segment is {rule.segment!r}, as rules.{seen[rule.segment]}.segment; expected another name"
            )
        seen[rule.segment] = name
