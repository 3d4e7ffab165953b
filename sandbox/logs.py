"""A function's log out of CloudWatch Logs, once or as it grows."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.inventory import function_named

POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Line:
    """One log event."""

    at: datetime
    text: str


def log_group(cloud: Cloud, function: str) -> str:
    """The log group of the function that the name means; a SandboxError when there is no such function."""
    found = function_named(cloud, function)
    try:
        configuration = cloud.client("lambda").get_function_configuration(FunctionName=found.id)
    except (ClientError, BotoCoreError) as error:
        raise SandboxError(f"reading {found.label}", str(error)) from error
    return str(configuration.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{found.id}")


def lines(
    cloud: Cloud,
    function: str,
    *,
    since: timedelta,
    now: datetime,
    follow: bool = False,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[Line]:
    """The log events of that long, oldest first; with `follow` then each new one, until the caller stops."""
    logs = cloud.client("logs")
    group = log_group(cloud, function)
    start = int((now - since).timestamp() * 1000)
    seen: set[tuple[int, str, str]] = set()
    while True:
        for event in _events(logs, group, start):
            identity = (event["timestamp"], event["logStreamName"], event["message"])
            if identity not in seen:
                seen.add(identity)
                # Events of one millisecond may come in two answers, hence no + 1.
                start = max(start, event["timestamp"])
                yield Line(datetime.fromtimestamp(event["timestamp"] / 1000, UTC), event["message"].rstrip("\n"))
        if not follow:
            return
        pause(POLL_SECONDS)


def _events(logs: Any, group: str, start: int) -> list[dict[str, Any]]:
    try:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=start)
        return sorted((event for page in pages for event in page["events"]), key=lambda event: event["timestamp"])
    except logs.exceptions.ResourceNotFoundException:
        # The group is made by the function's first word.
        return []
    except (ClientError, BotoCoreError) as error:
        raise SandboxError(f"reading the log {group}", str(error)) from error
