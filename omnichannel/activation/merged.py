"""A customer who was merged into another one: what they heard and what is closed for them counts for the survivor.

Contacts are the union, suppression is the strictest. What a sink holds is the survivor's own matter; what it holds under the old id with
an action is noted here, and taken back by the next run (`omnichannel.activation.clearing`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from omnichannel.activation import contacts, sent
from omnichannel.activation.sent import Sent
from omnichannel.activation.state import State
from omnichannel.activation.suppression import ANY, ATTRIBUTE, Suppression, Why, suppress
from omnichannel.aws.dynamodb import batch_get, batches, encode
from omnichannel.contracts.ledger import Sink

LEFT_KEY, SHARDS, LOT = "#merged-", 16, 100
"""Ids that were merged away while a sink held an action of theirs stand in these items, by sink: 16 times 400 KB are some 200,000."""
TAKEN_BACK = (Sink.CONNECT, Sink.PINPOINT)
"""The sinks in which an action goes on working after it was delivered."""

Pair = tuple[str, str]
"""The id that ends, and the survivor's."""


@dataclass(frozen=True, kw_only=True)
class Heir:
    """The tables of customers and of what was sent."""

    dynamodb: Any = field(repr=False)
    customers_table: str
    sent_table: str

    def take_over(self, pairs: Iterable[Pair]) -> int:
        """Gives the survivors what their merged customers had; run again, it changes nothing. Gives how many pairs there were.

        To be called before the old item becomes a redirect: from then on nothing goes out under the old id.
        """
        return sum(self._take_over(lot) for lot in batches(pairs, LOT))

    def _take_over(self, lot: Sequence[Pair]) -> int:
        self._close(lot)
        for merged, survivor in lot:
            contacts.hand_on(self.dynamodb, self.sent_table, merged, survivor)
        for sink in TAKEN_BACK:
            held = sent.read(self.dynamodb, self.sent_table, sink.value, (merged for merged, _ in lot))
            for each in held.values():
                if each.action:
                    _note(self.dynamodb, self.sent_table, sink, "ADD", each.customer_id)
        return len(lot)

    def _close(self, lot: Sequence[Pair]) -> None:
        keys = ({"customer_id": merged} for merged, _ in lot)
        items = {item["customer_id"]: item for item in batch_get(self.dynamodb, self.customers_table, keys, ("customer_id", ATTRIBUTE))}
        for merged, survivor in lot:
            for each in suppressions(items.get(merged, {})):
                suppress(self.dynamodb, self.customers_table, survivor, each)


def suppressions(item: Mapping[str, Any]) -> list[Suppression]:
    """What is closed by an item; where nobody can read what, everything is."""
    held = item.get(ATTRIBUTE)
    if held is None:
        return []
    try:
        return [Suppression(channel=name, why=Why(each["reason"]), at=_aware(each["at"])) for name, each in held.items()]
    except (AttributeError, KeyError, TypeError, ValueError):
        return [Suppression(channel=ANY, why=Why.REQUEST, at=datetime.now(UTC))]


def note_late(state: State, sink: Sink, customer_ids: Iterable[str]) -> None:
    """Notes those who have been merged away since an action of theirs went out, once the sink is known to hold it."""
    keys = ({"customer_id": each} for each in customer_ids)
    for item in batch_get(state.dynamodb, state.customers_table, keys, ("customer_id", "customer")):
        if "customer" in item:
            _note(state.dynamodb, state.sent_table, sink, "ADD", item["customer_id"])


def left_behind(dynamodb: Any, table: str, sink: Sink) -> list[Sent]:
    """What a sink still holds with an action under ids that were merged away; those of which it holds nothing are forgotten."""
    ids = sorted(_noted(dynamodb, table, sink))
    held = sent.read(dynamodb, table, sink.value, ids) if ids else {}
    for each in ids:
        if each not in held or not held[each].action:
            _note(dynamodb, table, sink, "DELETE", each)
    return [each for each in held.values() if each.action]


def forget(dynamodb: Any, table: str, customer_ids: Iterable[str]) -> None:
    """Takes ids out of what is to be taken back, as an erasure does. Where nothing is noted of them, nothing is written."""
    for sink in TAKEN_BACK:
        noted = _noted(dynamodb, table, sink)
        for customer_id in noted.intersection(customer_ids):
            _note(dynamodb, table, sink, "DELETE", customer_id)


def _noted(dynamodb: Any, table: str, sink: Sink) -> set[str]:
    keys = ({"customer_id": f"{LEFT_KEY}{shard:x}", "sink": sink.value} for shard in range(SHARDS))
    return {each for item in batch_get(dynamodb, table, keys) for each in item.get("ids", ())}


def _note(dynamodb: Any, table: str, sink: Sink, what: str, customer_id: str) -> None:
    shard = int(sha256(customer_id.encode()).hexdigest()[0], SHARDS)
    dynamodb.update_item(
        TableName=table, Key=encode({"customer_id": f"{LEFT_KEY}{shard:x}", "sink": sink.value}),
        UpdateExpression=f"{what} #ids :id", ExpressionAttributeNames={"#ids": "ids"},
        ExpressionAttributeValues={":id": {"SS": [customer_id]}},
    )  # fmt: skip


def _aware(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
