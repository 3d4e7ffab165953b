"""Times of day by the clock of a zone, minute by minute: none that matters is missed where clocks are set."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnichannel.decisions.openings import Schedule
from omnichannel.playbook.clocks import edges
from omnichannel.playbook.hours import Hours

MINUTE = timedelta(minutes=1)
SET = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour
    ("Africa/Cairo", date(2026, 4, 24)),  # at midnight
    ("Asia/Kolkata", date(2026, 6, 1)),
]


@pytest.mark.parametrize(("name", "day"), SET, ids=[f"{name} {day}" for name, day in SET])
@given(start=st.integers(0, 1439), length=st.integers(1, 1439))
def test_between_two_edges_nothing_opens_or_closes(name: str, day: date, start: int, length: int):
    zone, hours = ZoneInfo(name), Hours(start=start, end=(start + length) % 1440)
    found = set(edges(zone, day, 1, (0, hours.start, hours.end)))
    moment, end = (datetime.combine(each, datetime.min.time(), zone).astimezone(UTC) for each in (day, day + timedelta(days=1)))

    while (after := moment + MINUTE) < end:
        before, now = (hours.holds(local.hour * 60 + local.minute) for local in (moment.astimezone(zone), after.astimezone(zone)))
        assert before == now or after in found
        moment = after


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-03-29T00:30:00+00:00", "2026-03-29T01:00:00+00:00"),  # quiet until 02:30, which does not come: from 02:00 it is 03:00
        ("2026-10-25T00:10:00+00:00", "2026-10-25T00:30:00+00:00"),
        ("2026-10-25T01:10:00+00:00", "2026-10-25T01:30:00+00:00"),  # 02:10 for the second time
    ],
)
def test_quiet_hours_end_when_the_clock_says_so(moment: str, opens: str):
    quiet = Schedule(quiet=Hours(start=22 * 60, end=150), window=None)

    assert quiet.opening(datetime.fromisoformat(moment), ZoneInfo("Europe/Berlin")).opens == datetime.fromisoformat(opens)
