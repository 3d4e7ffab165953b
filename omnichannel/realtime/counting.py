"""What doors count, as CloudWatch reads it out of a log line (embedded metric format): no call, no library."""

import json
import sys
from datetime import datetime
from enum import StrEnum

NAMESPACE = "Omni/Events"


class Door(StrEnum):
    """The ways in."""

    WEBHOOK = "webhook"
    DESTINATION = "destination"
    SOURCE = "source"


class Counted(StrEnum):
    """What is counted of a door: events that nobody acts on, and those that can never be used."""

    IGNORED = "Ignored"
    REFUSED = "Refused"


def count(what: Counted, door: Door, at: datetime, number: int = 1, *, reason: str = "") -> None:
    """One line on standard output, where nothing may stand before it; `reason` is for who reads the log. Says nothing of none."""
    if not number:
        return
    metric = {"Namespace": NAMESPACE, "Dimensions": [["Door"]], "Metrics": [{"Name": what, "Unit": "Count"}]}
    directive = {"Timestamp": int(at.timestamp() * 1000), "CloudWatchMetrics": [metric]}
    line = {"_aws": directive, "Door": door, what: number, **({"reason": reason} if reason else {})}
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
