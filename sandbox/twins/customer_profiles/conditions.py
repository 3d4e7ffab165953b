"""Whether a profile is in a segment: groups, dimensions and comparisons, as pure functions.

Attributes are text. What the service makes of a number or a date in them is not documented, so here a comparison of numbers needs texts
that are numbers and one of dates needs ISO dates; anything else is an error that says so.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

Profile = Mapping[str, Any]
Segment = Mapping[str, Any]
_ORDERS: Mapping[str, Callable[[float, float], bool]] = {
    "GREATER_THAN": lambda a, b: a > b,
    "LESS_THAN": lambda a, b: a < b,
    "GREATER_THAN_OR_EQUAL": lambda a, b: a >= b,
    "LESS_THAN_OR_EQUAL": lambda a, b: a <= b,
    "EQUAL": lambda a, b: a == b,
}
_TEXTS: Mapping[str, Callable[[str, str], bool]] = {
    "INCLUSIVE": lambda held, value: held == value,
    "CONTAINS": lambda held, value: value in held,
    "BEGINS_WITH": lambda held, value: held.startswith(value),
    "ENDS_WITH": lambda held, value: held.endswith(value),
}


class UndecidableError(ValueError):
    """A comparison whose outcome on the real service is not documented."""


def unsupported(groups: Mapping[str, Any]) -> str:
    """What of a segment's groups the twin cannot evaluate, as a sentence; empty when it can."""
    for group in groups.get("Groups", ()):
        for dimension in group.get("Dimensions", ()):
            if dimension.get("CalculatedAttributes"):
                return "the sandbox calculates no calculated attributes; use profile attributes"
            for rule in (dimension.get("ProfileAttributes") or {}).get("Attributes", {}).values():
                if rule["DimensionType"].startswith("LIST_"):
                    return f"how {rule['DimensionType']} reads a text attribute is not documented; use CONTAINS"
    return ""


def holds(groups: Mapping[str, Any], profile: Profile, find: Callable[[str], Segment]) -> bool:
    """Whether the profile is in the groups; `find` gives the groups of a source segment. Raises `UndecidableError`."""
    return _combined(groups.get("Include", "ALL"), (_group(each, profile, find) for each in groups.get("Groups", ())))


def _group(group: Mapping[str, Any], profile: Profile, find: Callable[[str], Segment]) -> bool:
    sources = [holds(find(each["SegmentDefinitionName"]), profile, find) for each in group.get("SourceSegments", ())]
    dimensions = [_dimension(each.get("ProfileAttributes") or {}, profile) for each in group.get("Dimensions", ())]
    return _combined(group.get("SourceType", "ALL"), sources) and _combined(group.get("Type", "ALL"), dimensions)


def _dimension(wanted: Mapping[str, Any], profile: Profile) -> bool:
    return all(_member(name, rule, profile.get(name)) for name, rule in wanted.items())


def _member(name: str, rule: Mapping[str, Any], held: Any) -> bool:
    if name == "Attributes" or (name.endswith("Address") and "DimensionType" not in rule):
        return all(_rule(f"{name}.{key}", each, (held or {}).get(key)) for key, each in rule.items())
    default = "PROFILE" if name == "ProfileType" else None
    return _rule(name, rule, held or default)


def _rule(name: str, rule: Mapping[str, Any], held: str | None) -> bool:
    kind, values = rule["DimensionType"], rule["Values"]
    if kind == "EXCLUSIVE":
        return held not in values
    if held is None:
        return False
    if kind in _TEXTS:
        return any(_TEXTS[kind](held, each) for each in values)
    if kind in _ORDERS:
        return any(_ORDERS[kind](_number(name, held), _number(name, each)) for each in values)
    return _dated(name, kind, held, values)


def _dated(name: str, kind: str, held: str, values: list[str]) -> bool:
    day, days = _day(name, held), [_day(name, each) for each in values]
    if kind in ("BETWEEN", "NOT_BETWEEN") and len(days) != 2:
        raise UndecidableError(f"{name}: {kind} takes two dates, got {len(days)}")
    rules: Mapping[str, Callable[[], bool]] = {
        "BEFORE": lambda: day < days[0],
        "AFTER": lambda: day > days[0],
        "ON": lambda: day.date() in {each.date() for each in days},
        "BETWEEN": lambda: days[0] <= day <= days[1],
        "NOT_BETWEEN": lambda: not days[0] <= day <= days[1],
    }
    return rules[kind]()


def _combined(how: str, found: Iterable[bool]) -> bool:
    listed = list(found)
    if not listed or how == "ALL":
        return all(listed)
    return any(listed) if how == "ANY" else not any(listed)


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UndecidableError(f"{name}: what the service makes of a text that is no number is not documented; use bands") from None


def _day(name: str, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise UndecidableError(f"{name}: what the service makes of a text that is no ISO date is not documented") from None
