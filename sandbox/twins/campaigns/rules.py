"""What a campaign must have, and which state allows what."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.twins.campaigns import hours
from sandbox.twins.errors import ServiceError

CHANNELS: Mapping[str, tuple[str, ...]] = {
    "email": ("EmailAddress", "PersonalEmailAddress", "BusinessEmailAddress"),
    "sms": ("PhoneNumber", "MobilePhoneNumber", "HomePhoneNumber"),
    "whatsApp": ("PhoneNumber", "MobilePhoneNumber"),
    "telephony": ("PhoneNumber", "MobilePhoneNumber", "HomePhoneNumber", "BusinessPhoneNumber"),
}
"""Channels in the order in which the twin tries them, and the profile members that hold an address for each."""
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "start": ("Initialized",),
    "pause": ("Running",),
    "resume": ("Paused",),
    "stop": ("Running", "Paused"),
    "change": ("Initialized", "Running", "Paused"),
    "request": ("Running",),
}
_VERSIONED_FLOW = re.compile(r"arn:aws:connect:[^:]+:\d+:instance/[^/]+/(?:contact-)?flow/[^:/]+:\d+")
_SEGMENT = re.compile(r"arn:aws:profile:[^:]+:\d+:domains/([^/]+)/segment-definitions/([^/]+)")
_DOMAIN = re.compile(r"arn:aws:profile:[^:]+:\d+:domains/([^/]+)")


def check(campaign: Mapping[str, Any], now: datetime) -> None:
    """ServiceError `ValidationException` for a campaign that could not run."""
    flow, schedule, source = campaign.get("connectCampaignFlowArn"), campaign.get("schedule"), campaign.get("source")
    rules = (
        (flow and not _VERSIONED_FLOW.fullmatch(flow), f"connectCampaignFlowArn {flow!r} has no version; expected …/contact-flow/ID:1"),
        (source is not None and len(source) != 1, "source needs either customerProfilesSegmentArn or eventTrigger"),
        (
            campaign.get("type", "MANAGED") == "MANAGED" and not campaign.get("channelSubtypeConfig"),
            "a MANAGED campaign needs a channelSubtypeConfig",
        ),
        (schedule and schedule["startTime"] >= schedule["endTime"], "schedule ends before it starts"),
        (schedule and schedule["endTime"] <= now, "schedule has ended"),
    )
    reasons = [reason for broken, reason in rules if broken]
    if wrong := hours.problem(campaign.get("communicationTimeConfig") or {}):
        reasons.append(wrong)
    if reasons:
        raise ServiceError("ValidationException", "; ".join(reasons))


def require(state: str, action: str) -> None:
    """ServiceError `InvalidCampaignStateException` unless a campaign in this state allows the action."""
    if state not in ALLOWED[action]:
        expected = " or ".join(ALLOWED[action])
        raise ServiceError("InvalidCampaignStateException", f"the campaign is {state}; to {action} it must be {expected}")


def segment_of(campaign: Mapping[str, Any]) -> tuple[str, str] | None:
    """Domain and segment that the campaign's source names; None where the source is an event."""
    arn = (campaign.get("source") or {}).get("customerProfilesSegmentArn")
    if arn is None:
        return None
    match = _SEGMENT.fullmatch(arn)
    if match is None:
        raise ServiceError("ValidationException", f"{arn!r} is no segment; expected arn:aws:profile:…/segment-definitions/NAME")
    return match[1], match[2]


def domain_in(arn: str) -> str:
    """The domain that an ARN names."""
    match = _DOMAIN.match(arn)
    if match is None:
        raise ServiceError("ValidationException", f"{arn!r} is no domain; expected arn:aws:profile:…:domains/NAME")
    return match[1]


def channel_for(campaign: Mapping[str, Any], profile: Mapping[str, Any]) -> str:
    """The first of the campaign's channels for which the profile has an address; empty when there is none."""
    configured = campaign.get("channelSubtypeConfig") or {}
    return next((name for name, members in CHANNELS.items() if name in configured and any(map(profile.get, members))), "")
