"""How fast a run sends to Segment: the workspace's pace, halved by every batch that Segment throttles, for the rest of the run."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from omnichannel.aws import s3 as objects
from omnichannel.contracts import zones

FACTOR = 0.5
LEAST_SHARE = 1 / 16
"""Of the agreed pace: slower than that it does not become; a sink that wants still less says so with each `Retry-After`."""
FIELD = "events_per_second"


@dataclass(kw_only=True)
class Pace:
    """Events a second: `agreed` for the workspace, `now` after what the sink has said. `keep` is told of each new one."""

    agreed: float
    now: float = math.inf
    keep: Callable[[float], None] = lambda _: None

    def __post_init__(self) -> None:
        """Never faster than agreed; raises `ValueError` for what is no pace."""
        if not self.agreed > 0:
            raise ValueError(f"events_per_second is {self.agreed}; expected a number above 0")
        self.now = self._within(self.now)

    def lower(self) -> None:
        """The sink has asked for less."""
        lowered = self._within(self.now * FACTOR)
        if lowered != self.now:
            self.now = lowered
            self.keep(lowered)

    def _within(self, wanted: float) -> float:
        return min(max(wanted, self.agreed * LEAST_SHARE), self.agreed)


def of_run(s3: Any, bucket: str, run: str, agreed: float) -> Pace:
    """The run's pace as its earlier calls have left it, and kept for its later ones."""
    key = zones.segment_pace(run)
    kept = json.loads(objects.get(s3, bucket, key))[FIELD] if objects.exists(s3, bucket, key) else math.inf
    return Pace(agreed=agreed, now=kept, keep=lambda pace: objects.put(s3, bucket, key, json.dumps({FIELD: pace}).encode(), objects.JSON))
