"""The lists onto the items of customers and products: conditional writes of our own attributes, only where they say something else."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from omnichannel.aws.dynamodb import WRITE_BATCH, Item, batch_delete, batch_put, batches, decode, encode
from omnichannel.aws.transactions import ACTIONS, Action, write_together
from omnichannel.consent.gate import allows
from omnichannel.contracts.consent import Channel, Purpose
from omnichannel.contracts.store import LEARNED, POPULAR_KEY
from omnichannel.recommendations.attribute import RECOMMENDED, write_recommended
from omnichannel.recommendations.learned.lists import ForCustomer
from omnichannel.recommendations.overlay import overlaid

SOURCE = "own"
"""What our lists say of where they come from."""
WRITES_AT_ONCE = 4

Lists = Iterable[tuple[str, ForCustomer | None]]


def write_customers(dynamodb: Any, table: str, lists: Lists, *, at: str) -> int:
    """Sets `recommended` of who allows personalization now, and takes it from who does not; gives how many items were written.

    `at` is a time in UTC, ISO 8601. Customers without an item get none, and a hundred are read and written at a time.
    """
    written = 0
    with ThreadPoolExecutor(WRITES_AT_ONCE) as pool:
        for wave in batches(batches(lists, ACTIONS), WRITES_AT_ONCE * 4):
            written += sum(pool.map(partial(_write_lot, dynamodb, table, at), wave))
    return written


def _write_lot(dynamodb: Any, table: str, at: str, lot: list[tuple[str, ForCustomer | None]]) -> int:
    lists = dict(lot)
    return write_recommended(dynamodb, table, lists, lambda item: _wanted(lists[item["customer_id"]], item, at))


def _wanted(found: ForCustomer | None, item: Item, at: str) -> Mapping[str, Any] | None:
    allowed = allows(item.get("consents") or {}, Purpose.PERSONALIZATION, Channel.WEB)
    return overlaid(attribute(found, at), item.get(RECOMMENDED), at) if found is not None and allowed else None


def attribute(found: ForCustomer, at: str) -> dict[str, Any]:
    """What stands on the item: lists without anything in them are left out, but for `items`."""
    more = {name: list(ids) for name, ids in (("again", found.again), ("bought", found.bought)) if ids}
    return {"items": list(found.items), **more, "at": at, "source": SOURCE}


def write_products(
    dynamodb: Any, table: str, lists: Iterable[tuple[str, Mapping[str, list[str]]]], popular: Mapping[str, list[str]]
) -> int:
    """Sets `LEARNED` of the products that have an item, and the popular lists; gives how many items were written or deleted."""
    held = {item["product_id"]: item for item in _stored(dynamodb, table)}
    due = (
        _list_action(table, product_id, found)
        for product_id, found in lists
        if product_id in held and any(held[product_id].get(name) != ids for name, ids in found.items())
    )
    written = sum(len(lot) - len(write_together(dynamodb, lot).places) for lot in batches(due, ACTIONS))
    changed = [{"product_id": key, "items": ids, "source": SOURCE} for key, ids in popular.items() if _told(held.get(key)) != ids]
    gone = [{"product_id": key} for key in held if key.startswith(f"{POPULAR_KEY}#") and key not in popular]
    written += sum(batch_put(dynamodb, table, lot) for lot in batches(changed, WRITE_BATCH))
    return written + batch_delete(dynamodb, table, gone)


def _told(item: Item | None) -> list[str] | None:
    """The list, if it is ours."""
    return item["items"] if item and item.get("source") == SOURCE else None


def _list_action(table: str, product_id: str, found: Mapping[str, list[str]]) -> Action:
    return {
        "Update": {
            "TableName": table,
            "Key": encode({"product_id": product_id}),
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in found),
            "ConditionExpression": "attribute_exists(product_id)",
            "ExpressionAttributeNames": {f"#{name}": name for name in found},
            "ExpressionAttributeValues": encode({f":{name}": ids for name, ids in found.items()}),
        }
    }


def _stored(dynamodb: Any, table: str) -> Iterator[Item]:
    names = {f"#{n}": name for n, name in enumerate(("product_id", "items", "source", *LEARNED))}
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table, ConsistentRead=True, ProjectionExpression=", ".join(names), ExpressionAttributeNames=names
    )
    for page in pages:
        yield from map(decode, page["Items"])
