"""When the clocks of a time zone show given times of day: twice where they are set back, and past it where they are set forward."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


def edges(zone: ZoneInfo, first: date, days: int, minutes: Iterable[int]) -> list[datetime]:
    """The moments (UTC, ordered) of so many local days at which a clock shows one of the minutes of a day (0 to 1439), or is set anew.

    Between two of them nothing changes of what is open at some times of day and on some days of the week.
    """
    times = [time(*divmod(minute, 60), fold=fold) for minute in minutes for fold in (0, 1)]
    dates = [first + day * _DAY for day in range(days)]
    shown = {datetime.combine(day, each, zone).astimezone(UTC) for day in dates for each in times}
    return sorted(shown.union(*(_set_anew(zone, day) for day in dates)))


def _set_anew(zone: ZoneInfo, day: date) -> set[datetime]:
    """When the clock is set within a day, to the minute; nothing on most days."""
    start, end = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + _DAY))
    before = start.astimezone(zone).utcoffset()
    if end.astimezone(zone).utcoffset() == before:
        return set()
    while end - start > _MINUTE:
        middle = start + (end - start) // (2 * _MINUTE) * _MINUTE
        start, end = (middle, end) if middle.astimezone(zone).utcoffset() == before else (start, middle)
    return {end}
