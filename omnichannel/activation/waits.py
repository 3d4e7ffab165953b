"""How long to wait before trying again: what the sink said, else a growing random time."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT = 60.0
"""Seconds; a sink that asks for more is asked again after this."""
FIRST_WAIT = 0.5

Jitter = Callable[[float, float], float]
"""A draw between two bounds, like `random.uniform`."""


def told(retry_after: str | None, now: datetime) -> float | None:
    """Seconds that a `Retry-After` header asks for (a number, or an HTTP date), within 0..LONGEST_WAIT; None when it says nothing."""
    if not retry_after:
        return None
    seconds = _number(retry_after)
    if seconds is None:
        seconds = _until(retry_after, now)
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_WAIT)


def backoff(failures: int, jitter: Jitter) -> float:
    """Seconds before the next try after so many failures in a row: anywhere up to a bound that doubles."""
    return jitter(0.0, min(FIRST_WAIT * 2.0 ** min(failures, 16), LONGEST_WAIT))


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return None if math.isnan(value) else value


def _until(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now.timestamp()
