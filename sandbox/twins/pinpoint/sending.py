"""Whom a campaign or a journey may write to, and when: holdouts, splits, quiet time and schedules, as pure functions."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sandbox.twins.errors import ServiceError
from sandbox.twins.pinpoint.endpoints import CHANNELS, Endpoint

PUSH = CHANNELS - {"SMS", "VOICE", "EMAIL", "CUSTOM", "IN_APP"}
IMMEDIATE = "IMMEDIATE"
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_MESSAGES = {
    "EmailMessage": {"EMAIL"},
    "SMSMessage": {"SMS"},
    "CustomMessage": {"CUSTOM"},
    "GCMMessage": {"GCM"},
    "APNSMessage": {"APNS", "APNS_SANDBOX"},
    "ADMMessage": {"ADM"},
    "BaiduMessage": {"BAIDU"},
    "DefaultMessage": PUSH | {"SMS"},
}
_TEMPLATES = {"EmailTemplate": {"EMAIL"}, "SMSTemplate": {"SMS"}, "PushTemplate": set(PUSH)}


def share(*parts: str) -> float:
    """Where a thing lies in [0, 100), the same each time: how holdouts and splits are drawn here."""
    digest = hashlib.sha256("\n".join(parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 * 100


def chosen(percentages: Iterable[int], position: float) -> int | None:
    """Which of the consecutive shares the position lies in; None beyond them."""
    upto = 0
    for number, percentage in enumerate(percentages):
        upto += percentage
        if position < upto:
            return number
    return None


def channels_of(treatment: Mapping[str, Any]) -> set[str]:
    """Channels for which a campaign or one of its treatments has a message or a template."""
    messages, templates = treatment.get("MessageConfiguration") or {}, treatment.get("TemplateConfiguration") or {}
    named = [*(_MESSAGES.get(each, set()) for each in messages), *(_TEMPLATES.get(each, set()) for each in templates)]
    return set().union(*named)


def template_for(treatment: Mapping[str, Any], channel: str) -> str | None:
    """The name of the template that the channel's message is made of."""
    templates = treatment.get("TemplateConfiguration") or {}
    return next((each["Name"] for name, each in templates.items() if channel in _TEMPLATES.get(name, ())), None)


def reachable(endpoint: Endpoint) -> bool:
    """Whether Pinpoint writes to the endpoint at all."""
    return bool(endpoint.get("OptOut", "NONE") == "NONE" and endpoint.get("EndpointStatus", "ACTIVE") == "ACTIVE")


def quiet(window: Mapping[str, str] | None, endpoint: Endpoint, at: datetime) -> bool:
    """Whether it is quiet time where the endpoint is; never without a valid time zone of its own (QuietTime, Pinpoint's API)."""
    zone = (endpoint.get("Demographic") or {}).get("Timezone")
    if not window or not zone:
        return False
    try:
        clock = at.astimezone(ZoneInfo(zone)).strftime("%H:%M")
    except (ZoneInfoNotFoundError, ValueError):
        return False
    start, end = window["Start"], window["End"]
    return start <= clock <= end if start <= end else clock >= start or clock <= end


def start_of(schedule: Mapping[str, Any], now: datetime) -> datetime:
    """When a campaign's schedule starts; refuses what is no moment."""
    text = schedule["StartTime"]
    if text == IMMEDIATE:
        return now
    try:
        return moment(text)
    except ValueError:
        raise ServiceError("BadRequestException", f"StartTime {text!r}; expected {IMMEDIATE} or ISO 8601") from None


def moment(text: str) -> datetime:
    """ISO 8601 as an aware datetime; UTC where it names no zone. ValueError otherwise."""
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def waited(wait: Mapping[str, str], at: datetime) -> datetime:
    """When a wait that begins at `at` is over; refuses what is no wait."""
    if "WaitUntil" in wait:
        return max(at, moment(wait["WaitUntil"]))
    match = _DURATION.fullmatch(wait.get("WaitFor", ""))
    if not match or not any(match.groups()):
        raise ServiceError("BadRequestException", f"WaitFor {wait.get('WaitFor')!r}; expected ISO 8601 such as PT1H")
    days, hours, minutes, seconds = (int(each or 0) for each in match.groups())
    return at + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def awake(window: Mapping[str, str], endpoint: Endpoint, at: datetime) -> datetime:
    """The minute after quiet time ends where the endpoint is."""
    local = at.astimezone(ZoneInfo(endpoint["Demographic"]["Timezone"]))
    hour, minute = (int(each) for each in window["End"].split(":"))
    end = local.replace(hour=hour, minute=minute, second=0, microsecond=0) + timedelta(minutes=1)
    return (end if end > local else end + timedelta(days=1)).astimezone(UTC)
