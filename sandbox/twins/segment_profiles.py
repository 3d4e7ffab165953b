"""Whom Segment takes for one person: its identity graph with the usual settings, one `user_id` a profile, any number of `anonymous_id`s.

A browser's events before login belong to the profile of the first user who logs in there. A second user of the same browser has a profile
of their own: of two identifiers that contradict each other the user id is believed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Profile:
    """The identifiers of one person, and how many events they sent."""

    user_ids: set[str] = field(default_factory=set)
    anonymous_ids: set[str] = field(default_factory=set)
    events: int = 0

    def to_plain(self) -> dict[str, Any]:
        """As `inspect` answers it."""
        return {"user_ids": sorted(self.user_ids), "anonymous_ids": sorted(self.anonymous_ids), "events": self.events}


def profiles(events: Iterable[Mapping[str, Any]]) -> list[Profile]:
    """The profiles that the events make, in the order in which they came."""
    by_user: dict[str, Profile] = {}
    by_browser: dict[str, Profile] = {}
    for event in events:
        user, browser = event.get("userId") or "", event.get("anonymousId") or ""
        held = by_browser.get(browser)
        found = by_user.get(user) or (held if held and (not user or not held.user_ids) else None) or Profile()
        found.events += 1
        if user:
            found.user_ids.add(user)
            by_user[user] = found
        if browser and (held is None or not held.user_ids):
            _join(found, held)
            found.anonymous_ids.add(browser)
            by_browser[browser] = found
    return list(dict.fromkeys((*by_user.values(), *by_browser.values())))


def _join(found: Profile, other: Profile | None) -> None:
    if other is not None and other is not found:
        found.anonymous_ids |= other.anonymous_ids
        found.events += other.events
