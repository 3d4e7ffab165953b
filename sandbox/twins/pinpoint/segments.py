"""Segments of Pinpoint: which endpoints match the dimensions, and which are in the groups."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sandbox.twins.pinpoint.endpoints import Endpoint

Segment = dict[str, Any]
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "EQUAL": lambda a, b: a == b,
    "GREATER_THAN": lambda a, b: a > b,
    "LESS_THAN": lambda a, b: a < b,
    "GREATER_THAN_OR_EQUAL": lambda a, b: a >= b,
    "LESS_THAN_OR_EQUAL": lambda a, b: a <= b,
}
COMPARISONS = tuple(_COMPARISONS)


def unknown_comparisons(dimensions: Iterable[dict[str, Any]]) -> list[str]:
    """Comparisons that Pinpoint does not have; its service model takes any text."""
    named = {rule["ComparisonOperator"] for each in dimensions for rule in each.get("Metrics", {}).values()}
    return sorted(named - set(COMPARISONS))


def matches(dimensions: dict[str, Any], endpoint: Endpoint) -> bool:
    """Whether the endpoint matches every dimension."""
    user = endpoint.get("User") or {}
    metrics = endpoint.get("Metrics") or {}
    demographic = {**(endpoint.get("Demographic") or {}), "Channel": endpoint.get("ChannelType")}
    location = endpoint.get("Location") or {}
    return (
        all(_metric(wanted, metrics.get(name)) for name, wanted in dimensions.get("Metrics", {}).items())
        and _attributes(dimensions.get("Attributes", {}), endpoint.get("Attributes") or {})
        and _attributes(dimensions.get("UserAttributes", {}), user.get("UserAttributes") or {})
        and all(_set(wanted, demographic.get(name)) for name, wanted in dimensions.get("Demographic", {}).items())
        and all(_set(wanted, location.get(name)) for name, wanted in dimensions.get("Location", {}).items())
    )


def members(segment: Segment, endpoints: Iterable[Endpoint], find: Callable[[str], Segment]) -> set[str]:
    """Ids of the endpoints in the segment; `find` gives the source segments of its groups."""
    endpoints = list(endpoints)
    if "Members" in segment:
        return set(segment["Members"])
    if segment.get("Dimensions"):
        return {endpoint["Id"] for endpoint in endpoints if matches(segment["Dimensions"], endpoint)}
    groups = segment.get("SegmentGroups") or {}
    sets = [_group(group, endpoints, find) for group in groups.get("Groups", ())]
    return _combined(groups.get("Include", "ALL"), sets, {endpoint["Id"] for endpoint in endpoints})


def _group(group: dict[str, Any], endpoints: list[Endpoint], find: Callable[[str], Segment]) -> set[str]:
    everybody = {endpoint["Id"] for endpoint in endpoints}
    sources = [members(find(source["Id"]), endpoints, find) for source in group.get("SourceSegments", ())]
    base = _combined(group.get("SourceType", "ALL"), sources, everybody)
    chosen = [{e["Id"] for e in endpoints if matches(dimensions, e)} for dimensions in group.get("Dimensions", ())]
    return base & _combined(group.get("Type", "ALL"), chosen, everybody)


def _combined(how: str, sets: list[set[str]], everybody: set[str]) -> set[str]:
    if not sets:
        return everybody
    if how == "ALL":
        return set.intersection(*sets)
    union = set().union(*sets)
    return union if how == "ANY" else everybody - union


def _metric(wanted: dict[str, Any], value: float | None) -> bool:
    return value is not None and _COMPARISONS[wanted["ComparisonOperator"]](float(value), float(wanted["Value"]))


def _attributes(wanted: dict[str, Any], held: dict[str, list[str]]) -> bool:
    return all(_attribute(rule.get("AttributeType", "INCLUSIVE"), rule["Values"], held.get(name)) for name, rule in wanted.items())


def _attribute(kind: str, values: list[str], held: list[str] | None) -> bool:
    if kind == "EXCLUSIVE":
        return not set(values) & set(held or ())
    rules: dict[str, Callable[[str], bool]] = {
        "INCLUSIVE": lambda each: each in values,
        "CONTAINS": lambda each: any(value in each for value in values),
        "BEFORE": lambda each: _day(each) < _day(values[0]),
        "AFTER": lambda each: _day(each) > _day(values[0]),
        "ON": lambda each: _day(each).date() == _day(values[0]).date(),
        "BETWEEN": lambda each: _day(values[0]) <= _day(each) <= _day(values[1]),
    }
    return any(rules[kind](each) for each in held or () if kind in ("INCLUSIVE", "CONTAINS") or _is_day(each))


def _set(wanted: dict[str, Any], value: Any) -> bool:
    included = value in wanted.get("Values", ())
    return not included if wanted.get("DimensionType") == "EXCLUSIVE" else included


def _is_day(text: str) -> bool:
    try:
        _day(text)
    except ValueError:
        return False
    return True


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)
