"""Quiet hours and windows once more when a message goes out: hours or days may lie between the decision and the delivery."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from omnichannel.contracts.decisions import Decision
from omnichannel.decisions.openings import Schedule, zone_or
from omnichannel.playbook.choices import Playbook

PROFILE = "profile"
"""The attribute of a customer's item that holds the time zone."""


def on_time(decision: Decision, item: Mapping[str, Any], playbook: Playbook, at: datetime) -> Decision | None:
    """The decision with `not_before` as of an aware moment; None when its message may not go out within a day of it.

    What was to wait for a moment that has not come waits for it still.
    """
    if decision.not_before and datetime.fromisoformat(decision.not_before) > at:
        return decision
    channel = playbook.channels.get(decision.channel)
    window = next((action.window for action in playbook.actions if action.name == decision.action), None)
    zone = zone_or(_zone(item), playbook.timezone)
    found = Schedule(quiet=channel.quiet if channel else None, window=window).opening(at.astimezone(UTC), zone)
    if found.opens is None:
        return None
    return replace(decision, not_before=found.opens.isoformat() if found.closed else "")


def _zone(item: Mapping[str, Any]) -> str:
    profile = item.get(PROFILE)
    return str(profile.get("timezone") or "") if isinstance(profile, Mapping) else ""
