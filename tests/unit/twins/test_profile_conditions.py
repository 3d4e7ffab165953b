"""Groups of a segment combine dimensions and other segments; open hours find the next moment in a time zone."""

from datetime import UTC, datetime

import pytest

from sandbox.twins.campaigns.hours import next_open
from sandbox.twins.customer_profiles.conditions import UndecidableError, holds, unsupported

PROFILE = {
    "BirthDate": "1980-05-01",
    "Address": {"Country": "DE"},
    "Attributes": {"churn_band": "high", "renews": "2026-12-01", "score": "0.5"},
}
HIGH, LOW = ({"churn_band": {"DimensionType": "INCLUSIVE", "Values": [band]}} for band in ("high", "low"))
MONDAY = datetime(2026, 11, 2, 12, tzinfo=UTC)


def _attributes(*rules):
    return [{"ProfileAttributes": {"Attributes": rule}} for rule in rules]


def _in(*groups, find=None, **more):
    return holds({"Groups": list(groups), **more}, PROFILE, find or {}.__getitem__)


@pytest.mark.parametrize(
    ("kind", "inside"),
    [("ALL", False), ("ANY", True), ("NONE", False)],
)
def test_a_group_combines_its_dimensions(kind, inside):
    assert _in({"Dimensions": _attributes(HIGH, LOW), "Type": kind}) is inside


@pytest.mark.parametrize(("include", "inside"), [("ALL", False), ("ANY", True), ("NONE", False)])
def test_a_segment_combines_its_groups(include, inside):
    assert _in({"Dimensions": _attributes(HIGH)}, {"Dimensions": _attributes(LOW)}, Include=include) is inside


@pytest.mark.parametrize(("kind", "inside"), [("ALL", True), ("NONE", False)])
def test_a_group_starts_from_other_segments(kind, inside):
    known = {"others": {"Groups": [{"Dimensions": _attributes(HIGH)}]}}

    assert _in({"SourceSegments": [{"SegmentDefinitionName": "others"}], "SourceType": kind}, find=known.__getitem__) is inside


@pytest.mark.parametrize(
    ("member", "kind", "values", "inside"),
    [
        ("BirthDate", "BEFORE", ["1990-01-01"], True),
        ("BirthDate", "ON", ["1980-05-02"], False),
        ("renews", "BETWEEN", ["2026-11-01", "2027-02-01"], True),
        ("renews", "NOT_BETWEEN", ["2026-11-01", "2027-02-01"], False),
        ("renews", "AFTER", ["2026-12-01"], False),
        ("score", "EQUAL", ["0.50"], True),
        ("absent", "EXCLUSIVE", ["x"], True),
        ("absent", "INCLUSIVE", ["x"], False),
    ],
)
def test_members_and_attributes_are_compared_by_kind(member, kind, values, inside):
    rule = {member: {"DimensionType": kind, "Values": values}}
    wanted = rule if member == "BirthDate" else {"Attributes": rule}

    assert _in({"Dimensions": [{"ProfileAttributes": wanted}]}) is inside


def test_an_address_is_compared_by_its_parts():
    country = {"Country": {"DimensionType": "EXCLUSIVE", "Values": ["DE"]}}

    assert _in({"Dimensions": [{"ProfileAttributes": {"Address": country}}]}) is False


@pytest.mark.parametrize(("kind", "values"), [("GREATER_THAN", ["1"]), ("BEFORE", ["2026-01-01"])])
def test_what_is_not_documented_is_not_decided(kind, values):
    with pytest.raises(UndecidableError, match="not documented"):
        _in({"Dimensions": _attributes({"churn_band": {"DimensionType": kind, "Values": values}})})


def test_what_cannot_be_evaluated_is_named():
    listed = {"Groups": [{"Dimensions": _attributes({"items": {"DimensionType": "LIST_CONTAINS", "Values": ["x"]}})}]}

    assert "LIST_CONTAINS" in unsupported(listed)
    assert "calculated" in unsupported({"Groups": [{"Dimensions": [{"CalculatedAttributes": {"orders": {}}}]}]})


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (MONDAY, MONDAY),
        (MONDAY.replace(hour=3), MONDAY.replace(hour=7)),
        (MONDAY.replace(hour=20), datetime(2026, 11, 9, 7, tzinfo=UTC)),
    ],
    ids=["open", "too early", "next week"],
)
def test_the_next_open_hour_is_in_the_campaigns_time_zone(at, expected):
    spans = {"MONDAY": [{"startTime": "T08:00", "endTime": "T20:00"}]}
    config = {"localTimeZoneConfig": {"defaultTimeZone": "Europe/Berlin"}, "email": {"openHours": {"dailyHours": spans}}}

    assert next_open(config, "email", at) == expected


def test_a_channel_without_hours_is_always_open():
    assert next_open({"localTimeZoneConfig": {}}, "sms", MONDAY) == MONDAY
