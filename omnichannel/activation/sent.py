"""What each sink holds of each customer: read before sending, written as soon as the sink has acknowledged.

Two runs may overtake each other between a read and a write, so a record never gives way to one of older scores.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import Enum, auto
from typing import Any

from omnichannel.aws import dynamodb as tables
from omnichannel.aws.transactions import ACTIONS, Action, write_together


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


def write(dynamodb: Any, table: str, deliveries: Iterable[Sent]) -> frozenset[str]:
    """Remembers acknowledged deliveries, one a customer; gives the customers whom a run of newer scores had reached meanwhile.

    Their record stays the newer one, but without its hash: which of the two the sink took last is not known, so the next run sends
    again. A transaction of a hundred conditional writes costs twice the write units of a blind batch, and saves the race.
    """
    overtaken: set[str] = set()
    for lot in tables.batches(deliveries, ACTIONS):
        refused = write_together(dynamodb, [_put(table, delivery) for delivery in lot])
        late = [lot[place] for place in sorted(refused.places)]
        write_together(dynamodb, [_reopened(table, delivery) for delivery in late])
        overtaken.update(delivery.customer_id for delivery in late)
    return frozenset(overtaken)


def _put(table: str, delivery: Sent) -> Action:
    item = {name: {"S": value} for name, value in asdict(delivery).items()}
    return {"Put": {"TableName": table, "Item": item, **_where("attribute_not_exists(#as_of) OR #as_of <= :as_of", delivery)}}


def _reopened(table: str, delivery: Sent) -> Action:
    condition = _where("#as_of > :as_of", delivery)
    condition["ExpressionAttributeNames"]["#hash"] = "traits_hash"
    condition["ExpressionAttributeValues"][":none"] = {"S": ""}
    key = {"customer_id": {"S": delivery.customer_id}, "sink": {"S": delivery.sink}}
    return {"Update": {"TableName": table, "Key": key, "UpdateExpression": "SET #hash = :none", **condition}}


def _where(condition: str, delivery: Sent) -> dict[str, Any]:
    return {
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {"#as_of": "as_of"},
        "ExpressionAttributeValues": {":as_of": {"S": delivery.as_of}},
    }


_ATTRIBUTES = tuple(Sent.__dataclass_fields__)
