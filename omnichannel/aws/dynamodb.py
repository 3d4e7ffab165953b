"""DynamoDB items as plain dictionaries, and reads and writes in batches that leave nothing unprocessed.

Numbers are written as `Decimal` or `int` (DynamoDB has no float) and come back as `Decimal`; None attributes are left out.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from omnichannel.aws.attribute_values import deserialize, serialize

GET_BATCH = 100
WRITE_BATCH = 25
TRIES = 8

Item = dict[str, Any]
Sleep = Callable[[float], None]
T = TypeVar("T")


class Unprocessed(Exception):
    """A table kept leaving items of a batch unprocessed."""

    def __init__(self, table: str, left: int) -> None:
        super().__init__(f"table {table}: {left} items still unprocessed after {TRIES} tries in vain; is its capacity or quota exhausted?")


def encode(item: Item) -> dict[str, Any]:
    """A plain item in DynamoDB's attribute values."""
    return {name: serialize(value) for name, value in item.items() if value is not None}


def decode(item: dict[str, Any]) -> Item:
    """DynamoDB's attribute values as a plain item."""
    return {name: deserialize(value) for name, value in item.items()}


def batch_get(
    dynamodb: Any, table: str, keys: Iterable[Item], attributes: Sequence[str] = (), *, sleep: Sleep = time.sleep
) -> Iterator[Item]:
    """The items of those (distinct) keys that exist, in no promised order; only `attributes` of each, if given.

    Reads are strongly consistent. Raises `Unprocessed` when the table stays throttled.
    """
    projection: dict[str, Any] = {"ConsistentRead": True}
    if attributes:
        projection["ProjectionExpression"] = ", ".join(f"#{n}" for n in range(len(attributes)))
        projection["ExpressionAttributeNames"] = {f"#{n}": name for n, name in enumerate(attributes)}
    for batch in batches(keys, GET_BATCH):
        pending, patience = [encode(key) for key in batch], _Patience(table, sleep)
        while pending:
            answer = dynamodb.batch_get_item(RequestItems={table: {"Keys": pending, **projection}})
            yield from map(decode, answer["Responses"].get(table, ()))
            left = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
            patience.wait(len(pending), len(left))
            pending = left


def batch_put(dynamodb: Any, table: str, items: Iterable[Item], *, sleep: Sleep = time.sleep) -> int:
    """Puts every item (keys distinct within 25 neighbours), returns how many; raises `Unprocessed` when the table stays throttled."""
    return _batch_write(dynamodb, table, ({"PutRequest": {"Item": encode(item)}} for item in items), sleep)


def batch_delete(dynamodb: Any, table: str, keys: Iterable[Item], *, sleep: Sleep = time.sleep) -> int:
    """Deletes the items of those keys, returns how many; raises `Unprocessed` when the table stays throttled."""
    return _batch_write(dynamodb, table, ({"DeleteRequest": {"Key": encode(key)}} for key in keys), sleep)


def _batch_write(dynamodb: Any, table: str, requests: Iterable[dict[str, Any]], sleep: Sleep) -> int:
    written = 0
    for batch in batches(requests, WRITE_BATCH):
        written += len(batch)
        pending, patience = batch, _Patience(table, sleep)
        while pending:
            left = dynamodb.batch_write_item(RequestItems={table: pending}).get("UnprocessedItems", {}).get(table, [])
            patience.wait(len(pending), len(left))
            pending = left
    return written


def scan(dynamodb: Any, table: str, attributes: Sequence[str]) -> Iterator[Item]:
    """Every item of the table, projected on `attributes`, page by page."""
    names = {f"#{n}": name for n, name in enumerate(attributes)}
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ProjectionExpression=", ".join(names), ExpressionAttributeNames=names)
    for page in pages:
        yield from map(decode, page["Items"])


def batches(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """The values in lists of at most `size`, in order."""
    batch: list[T] = []
    for value in values:
        batch.append(value)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


class _Patience:
    """Waits after a call that left items unprocessed; ends after `TRIES` calls in a row that took none."""

    def __init__(self, table: str, sleep: Sleep) -> None:
        self._table, self._sleep, self._in_vain = table, sleep, 0

    def wait(self, asked: int, left: int) -> None:
        """Up to 0.1 s, doubled for each call in vain."""
        if not left:
            return
        self._in_vain = self._in_vain + 1 if left == asked else 0
        if self._in_vain == TRIES:
            raise Unprocessed(self._table, left)
        self._sleep(random.uniform(0, 0.1 * 2**self._in_vain))  # noqa: S311 - spreads tries, hides nothing
