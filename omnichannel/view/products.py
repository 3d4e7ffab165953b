"""The product items that recommendations show, and which products are popular."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from omnichannel.aws.dynamodb import WRITE_BATCH, batch_delete, batch_put, batches, decode
from omnichannel.contracts.store import LEARNED, POPULAR_KEY
from omnichannel.transform.lake import Lake

READS = ("product_cards", "product_popularity")
"""The transformations that products are made of."""
POPULAR = 50
WRITES_AT_ONCE = 8

Item = dict[str, Any]


@dataclass(frozen=True)
class Shelf:
    """How many products there are, and how many of their items were written because they differ, and deleted."""

    products: int
    written: int
    deleted: int


def rebuild_products(lake: Lake, dynamodb: Any, table: str, as_of: datetime) -> Shelf:
    """Makes the products table hold exactly the catalogue and a popular list; what the own recommender has written stays."""
    stored = {item["product_id"]: item for item in _stored(dynamodb, table) if not item["product_id"].startswith(f"{POPULAR_KEY}#")}
    changed, count = [], 0
    for item in product_items(lake, as_of):
        count += item["product_id"] != POPULAR_KEY
        before = stored.pop(item["product_id"], None)
        kept = _kept(before or {}, item)
        if before is None or _content(before) != _content(kept):
            changed.append(kept)
    gone = [{"product_id": product_id} for product_id in stored]
    with ThreadPoolExecutor(WRITES_AT_ONCE) as pool:
        written = sum(pool.map(partial(batch_put, dynamodb, table), batches(changed, WRITE_BATCH)))
        deleted = sum(pool.map(partial(batch_delete, dynamodb, table), batches(gone, WRITE_BATCH)))
    return Shelf(count, written, deleted)


def product_items(lake: Lake, as_of: datetime) -> Iterator[Item]:
    """One item a product of the catalogue, and one with the popular ones; no catalogue, no products.

    `price` is a decimal as text, `stock` the sum over all locations: left out where no stock was ever told of any product.
    """
    stamp = as_of.isoformat()
    told = bool(lake.rows("SELECT 1 FROM product_cards WHERE stock IS NOT NULL LIMIT 1"))
    for batch in lake.batches("product_cards"):
        for product in batch.to_pylist():
            price = f"{product['price']:.2f}" if product["price"] == round(product["price"], 2) else str(product["price"])
            stock = (product["stock"] or 0) if told else None
            yield {**product, "price": price, "stock": stock, "updated_at": stamp}
    yield {"product_id": POPULAR_KEY, "items": popular(lake), "updated_at": stamp}


def popular(lake: Lake) -> list[str]:
    """Up to `POPULAR` active products, most often bought first: in the last 90 days of data, else ever, else by id."""
    for count in ("p.recent", "p.ever"):
        found = _ranked(
            lake, f"JOIN product_popularity p USING (product_id) WHERE active AND {count} > 0 ORDER BY {count} DESC, product_id"
        )
        if found:
            return found
    return _ranked(lake, "WHERE active ORDER BY product_id")


def _ranked(lake: Lake, which: str) -> list[str]:
    rows = lake.rows(f"SELECT product_id FROM product_cards {which} LIMIT {POPULAR}")  # noqa: S608 - our own words
    return [row["product_id"] for row in rows]


def _stored(dynamodb: Any, table: str) -> Iterator[Item]:
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from map(decode, page["Items"])


def _kept(before: Mapping[str, Any], item: Item) -> Item:
    """The item with what the own recommender has written of it; its popular list, which has a `source`, is the better one."""
    if "source" in before and item["product_id"] == POPULAR_KEY:
        return {**before, "updated_at": item["updated_at"]}
    return {**item, **{name: before[name] for name in LEARNED if name in before}}


def _content(item: Mapping[str, Any]) -> dict[str, Any]:
    """What makes two items differ: not when they were written, nor attributes without a value."""
    return {name: value for name, value in item.items() if name != "updated_at" and value is not None}
