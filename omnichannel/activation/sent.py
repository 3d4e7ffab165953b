"""What each sink holds of each customer: read before sending, written as soon as the sink has acknowledged."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import Enum, auto
from typing import Any

from omnichannel.aws import dynamodb as tables


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """The latest delivery to one customer at one sink; `at` is when it was acknowledged, `as_of` the date of its scores."""

    customer_id: str
    sink: str
    traits_hash: str
    message_id: str
    run: str
    as_of: str
    at: str


class Standing(Enum):
    """Where a customer stands at a sink before a run's delivery."""

    DUE = auto()
    DELIVERED = auto()
    UNCHANGED = auto()
    SUPERSEDED = auto()


def standing(held: Sent | None, *, run: str, as_of: str, traits_hash: str) -> Standing:
    """Delivered by this very run, unchanged since another, superseded by newer scores, or due."""
    if held is None:
        return Standing.DUE
    if held.traits_hash == traits_hash:
        return Standing.DELIVERED if held.run == run else Standing.UNCHANGED
    return Standing.SUPERSEDED if held.as_of > as_of else Standing.DUE


def read(dynamodb: Any, table: str, sink: str, customer_ids: Iterable[str]) -> dict[str, Sent]:
    """What the sink holds of those customers, by customer id."""
    keys = ({"customer_id": customer_id, "sink": sink} for customer_id in customer_ids)
    return {item["customer_id"]: Sent(**item) for item in tables.batch_get(dynamodb, table, keys, _ATTRIBUTES)}


def write(dynamodb: Any, table: str, deliveries: Iterable[Sent]) -> int:
    """Remembers acknowledged deliveries, one a customer; returns how many."""
    return tables.batch_put(dynamodb, table, map(asdict, deliveries))


_ATTRIBUTES = tuple(Sent.__dataclass_fields__)
