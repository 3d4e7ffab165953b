"""What stands on an item, read as what it should be: anything else is unknown, and counted by the name of its fact."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from omnichannel.consent.gate import moment

LARGEST = 1e12
"""No amount, count or score of a customer is larger, and products of such numbers stay finite."""
LONGEST_KEY = 2_048
"""Bytes that a partition key of DynamoDB may have; what is longer names no product."""
UNREADABLE = object()
"""Stands for a value within something that should have names and has none."""


@dataclass(kw_only=True)
class Reader:
    """Reads values and counts, by fact, those that are there and unreadable; the values themselves go nowhere."""

    unreadable: Counter[str] = field(default_factory=Counter)

    def number(self, name: str, value: Any) -> float:
        """A finite number, also written as text; NaN when unknown."""
        return self._noted(name, value, number(value))

    def moment(self, name: str, value: Any) -> float:
        """Seconds since 1970 of an ISO 8601 time; NaN when unknown."""
        return self._noted(name, value, seconds(value))

    def text(self, name: str, value: Any) -> str | None:
        """A text; None when unknown."""
        if value is None or isinstance(value, str):
            return value
        self.unreadable[name] += 1
        return None

    def texts(self, name: str, value: Any) -> list[str]:
        """Those of a list's entries that are names; none when unknown."""
        found = texts(value)
        if value is not None and (not _listed(value) or len(found) < len(value)):
            self.unreadable[name] += 1
        return found

    def mapping(self, name: str, value: Any) -> Mapping[str, Any] | None:
        """Names with values; None when unknown."""
        if value is None or isinstance(value, Mapping):
            return value
        self.unreadable[name] += 1
        return None

    def _noted(self, name: str, value: Any, found: float) -> float:
        if value is not None and math.isnan(found):
            self.unreadable[name] += 1
        return found


def number(value: Any) -> float:
    """A finite number of a sensible size, also written as text; NaN for anything else."""
    if not isinstance(value, int | float | Decimal | str) or isinstance(value, bool):
        return math.nan
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return math.nan
    return found if abs(found) <= LARGEST else math.nan


def seconds(value: Any) -> float:
    """Seconds since 1970 of an ISO 8601 time, without zone in UTC; NaN for anything else."""
    if not isinstance(value, str | datetime):
        return math.nan
    try:
        return moment({"at": value}).timestamp()
    except (ValueError, OverflowError):
        return math.nan


def texts(value: Any) -> list[str]:
    """Those of a list's entries that can be names: texts that are not empty and fit into a key."""
    return (
        [each for each in value if isinstance(each, str) and 0 < len(each.encode(errors="replace")) <= LONGEST_KEY]
        if _listed(value)
        else []
    )


def named(value: Any) -> Mapping[str, Any]:
    """Names with values; empty for anything else."""
    return value if isinstance(value, Mapping) else {}


def _listed(value: Any) -> bool:
    return isinstance(value, list | tuple | set | frozenset)
