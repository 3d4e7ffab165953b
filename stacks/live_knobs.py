"""How live changes go back to Segment: after which wait, and within which share of the workspace's rate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from stacks import knobs

LIVE_KNOBS = ("segment_live_seconds", "segment_live_percent")
MOST_SECONDS = 900
"""What a queue can hold a message back at most."""


@dataclass(frozen=True, kw_only=True)
class LiveTraits:
    """`seconds` that changes of a customer are gathered for, `percent` of `segment_events_per_second` that is the relay's."""

    seconds: int
    percent: int

    @classmethod
    def of(cls, given: Mapping[str, str], *, to_api: bool) -> Self:
        """Checked; `to_api` says that traits go to Segment's API. Raises `SettingsError`."""
        knobs.whole("segment_live_seconds", given["segment_live_seconds"], most=MOST_SECONDS)
        knobs.whole("segment_live_percent", given["segment_live_percent"], most=90)
        if not to_api:
            raise knobs.SettingsError("segment_live=on needs Segment's API: segment=on and segment_sink=http, or segment_live=off")
        return cls(seconds=int(given["segment_live_seconds"]), percent=int(given["segment_live_percent"]))
