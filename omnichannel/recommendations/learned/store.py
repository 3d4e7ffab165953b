"""The lists onto the items of customers and products: conditional writes of our own attributes, only where they say something else."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from omnichannel.aws.dynamodb import WRITE_BATCH, Item, batch_delete, batch_get, batch_put, batches, decode, encode
from omnichannel.aws.transactions import ACTIONS, TRIES, Action, Contended, write_together
from omnichannel.consent.gate import allows
from omnichannel.contracts.consent import Channel, Purpose
from omnichannel.contracts.store import LEARNED, POPULAR_KEY
from omnichannel.recommendations.learned.lists import ForCustomer

RECOMMENDED, SOURCE = "recommended", "own"
"""The attribute of a customer's item, and what it says of where it comes from."""
WRITES_AT_ONCE = 4
_READ = ("customer_id", "customer", "consents", RECOMMENDED)

Lists = Iterable[tuple[str, ForCustomer | None]]
ProductLists = Iterable[tuple[str, Mapping[str, list[str]]]]


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
    lists, written = dict(lot), 0
    for _ in range(TRIES):
        held = list(batch_get(dynamodb, table, ({"customer_id": customer_id} for customer_id in lists), _READ))
        due = list(_due(table, lists, held, at))
        refused = write_together(dynamodb, due).places
        written += len(due) - len(refused)
        if not refused:
            return written
    raise Contended(len(refused))


def _due(table: str, lists: Mapping[str, ForCustomer | None], held: Iterable[Item], at: str) -> Iterator[Action]:
    for item in held:
        if "customer" in item:
            continue  # merged into another customer since
        found = lists[item["customer_id"]]
        allowed = allows(item.get("consents") or {}, Purpose.PERSONALIZATION, Channel.WEB)
        wanted = attribute(found, at) if found is not None and allowed else None
        if _content(item.get(RECOMMENDED)) != _content(wanted):
            yield _action(table, item, wanted)


def attribute(found: ForCustomer, at: str) -> dict[str, Any]:
    """What stands on the item: lists without anything in them are left out, but for `items`."""
    more = {name: list(ids) for name, ids in (("again", found.again), ("bought", found.bought)) if ids}
    return {"items": list(found.items), **more, "at": at, "source": SOURCE}


def _action(table: str, item: Item, wanted: Mapping[str, Any] | None) -> Action:
    """Sets or removes, if the item still holds the consents and the recommendations that were read."""
    compared = {"consents": item.get("consents"), RECOMMENDED: item.get(RECOMMENDED)}
    values = {f":{name}": value for name, value in compared.items() if value is not None} | ({":new": wanted} if wanted else {})
    unchanged = (f"#{name} = :{name}" if value is not None else f"attribute_not_exists(#{name})" for name, value in compared.items())
    return {
        "Update": {
            "TableName": table,
            "Key": encode({"customer_id": item["customer_id"]}),
            "UpdateExpression": f"SET #{RECOMMENDED} = :new" if wanted else f"REMOVE #{RECOMMENDED}",
            "ConditionExpression": " AND ".join(("attribute_exists(customer_id)", *unchanged)),
            "ExpressionAttributeNames": {f"#{name}": name for name in compared},
            "ExpressionAttributeValues": encode(values),
        }
    }


def _content(recommended: Any) -> Any:
    return recommended and {name: value for name, value in recommended.items() if name != "at"}


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
