"""When a message may go out: not in a channel's quiet hours, within an action's window, by the clock where the customer lives."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from omnichannel.contracts.decisions import Rule
from omnichannel.playbook.choices import Window
from omnichannel.playbook.clocks import edges
from omnichannel.playbook.hours import Hours

PATIENCE = timedelta(days=1)
"""A batch decision may wait so long for its moment; the next one decides anew."""


@dataclass(frozen=True, kw_only=True)
class Opening:
    """Which rule says no now, if one does, and from when (UTC) none does; None when not within a day."""

    closed: Rule | None
    opens: datetime | None


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A channel's quiet hours with an action's window."""

    quiet: Hours | None
    window: Window | None

    def opening(self, at: datetime, zone: ZoneInfo) -> Opening:
        """How things stand at a moment."""
        closed = self._closed(at.astimezone(zone))
        return Opening(closed=closed, opens=at if closed is None else self._next(at, zone))

    def _closed(self, local: datetime) -> Rule | None:
        minute = local.hour * 60 + local.minute
        if self.quiet and self.quiet.holds(minute):
            return Rule.QUIET_HOURS
        window = self.window
        if window and (local.weekday() not in window.days or (window.hours and not window.hours.holds(minute))):
            return Rule.OUTSIDE_WINDOW
        return None

    def _next(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        """The first of the moments at which something begins or ends."""
        # A day that lacks an hour is over sooner: then the patience ends in the day after the next.
        shown = edges(zone, at.astimezone(zone).date(), PATIENCE.days + 2, self._edges())
        later = (edge for edge in shown if at < edge <= at + PATIENCE)
        return next((edge for edge in later if self._closed(edge.astimezone(zone)) is None), None)

    def _edges(self) -> set[int]:
        quiet = {self.quiet.end} if self.quiet else set()
        hours = self.window.hours if self.window else None
        return {0, *quiet, *((hours.start,) if hours else ())}


@lru_cache(maxsize=1000)
def zone_or(name: str, fallback: str) -> ZoneInfo:
    """The zone of a name that a customer's item holds, or the fallback where there is no such zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(fallback)
