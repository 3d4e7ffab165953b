"""What the relay's queue brings: that something of a customer has changed, and when; what it is now, the customer's item says."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

CLOCKS = timedelta(seconds=5)
"""How far the bus's clock, which tells whole seconds, and a function's may be apart."""


@dataclass(kw_only=True)
class Changed:
    """One customer (perhaps by an id that was merged into another), the newest of the changes, and the queue's names for all of them."""

    customer_id: str
    at: datetime
    receipts: list[str] = field(default_factory=list)

    def covered(self, read_at: str) -> bool:
        """Whether a state read at that moment (ISO 8601, empty for never) has these changes: items are written before the bus."""
        return bool(read_at) and datetime.fromisoformat(read_at) >= self.at + CLOCKS


def changed(records: Iterable[Mapping[str, Any]]) -> tuple[list[Changed], list[str]]:
    """A queue's batch by customer, in the order of their first change; and the ids of records that nobody can read."""
    found: dict[str, Changed] = {}
    unreadable = []
    for record in records:
        try:
            told = json.loads(record["body"])
            customer_id, at = _name(told["detail"]["customer_id"]), datetime.fromisoformat(told["time"])
        except (ValueError, TypeError, KeyError):
            unreadable.append(record["messageId"])
            continue
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        one = found.setdefault(customer_id, Changed(customer_id=customer_id, at=at))
        one.at = max(one.at, at)
        one.receipts.append(record["messageId"])
    return list(found.values()), unreadable


def _name(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("customer_id is empty or no text; expected our id of a customer")
    return value
