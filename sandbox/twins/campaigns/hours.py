"""When a campaign may reach somebody: open hours and restricted periods in a time zone, as pure functions."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Config = Mapping[str, Any]
LOOK_AHEAD_DAYS = 31
_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


def problem(config: Config) -> str:
    """What is wrong with a communicationTimeConfig; empty when nothing is."""
    zone = (config.get("localTimeZoneConfig") or {}).get("defaultTimeZone")
    try:
        ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return f"unknown defaultTimeZone {zone!r}; expected such as Europe/Berlin"
    for window in (each for each in config.values() if isinstance(each, Mapping) and "openHours" in each):
        for spans in (window["openHours"].get("dailyHours") or {}).values():
            if any(_time(each["startTime"]) >= _time(each["endTime"]) for each in spans):
                return "open hours must start before they end"
    return ""


def next_open(config: Config, channel: str, at: datetime) -> datetime | None:
    """The first moment from `at` (aware) at which the channel is open, in UTC; None when there is none within a month."""
    window = config.get(channel)
    if not window:
        return at
    zone = ZoneInfo((config.get("localTimeZoneConfig") or {}).get("defaultTimeZone") or "UTC")
    for start, end in _open_spans(window, at.astimezone(zone).date(), zone):
        if end > at:
            return max(at, start).astimezone(UTC)
    return None


def _open_spans(window: Config, first: date, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    hours = (window.get("openHours") or {}).get("dailyHours") or {}
    closed = (window.get("restrictedPeriods") or {}).get("restrictedPeriodList", ())
    for day in (first + timedelta(days=number) for number in range(LOOK_AHEAD_DAYS)):
        if any(each["startDate"] <= day.isoformat() <= each["endDate"] for each in closed):
            continue
        for span in sorted(hours.get(_DAYS[day.weekday()], ()), key=lambda each: str(each["startTime"])):
            start, end = (datetime.combine(day, _time(span[name]), zone) for name in ("startTime", "endTime"))
            yield start, end


def _time(text: str) -> time:
    """`T08:00`; an end of T24:00 is the last minute of the day."""
    return time(23, 59, 59) if text == "T24:00" else time.fromisoformat(text.removeprefix("T"))
