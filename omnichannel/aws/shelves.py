"""What the own recommender wrote down, and what can be bought at all, out of DynamoDB."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from omnichannel.aws.dynamodb import batch_get
from omnichannel.contracts.store import POPULAR_KEY
from omnichannel.recommendations.candidates import Lists

_OF_PRODUCTS = ("related", "together")


def lists(dynamodb: Any, table: str) -> Callable[[Sequence[str]], Lists]:
    """Reads the popular list and those of some products, in one call; what is not there is empty."""

    def read(product_ids: Sequence[str]) -> Lists:
        keys = [{"product_id": each} for each in dict.fromkeys((POPULAR_KEY, *product_ids))]
        found = {item["product_id"]: item for item in batch_get(dynamodb, table, keys, ("product_id", "items", *_OF_PRODUCTS))}
        popular = _ids(found.pop(POPULAR_KEY, {}), "items")
        return Lists(popular=popular, of_products={key: {name: _ids(item, name) for name in _OF_PRODUCTS} for key, item in found.items()})

    return read


def in_stock(dynamodb: Any, table: str) -> Iterator[str]:
    """Products that can be bought, read from the table as far as they are asked for: for when no list has one of them."""
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        ProjectionExpression="#id",
        FilterExpression="#active = :yes AND (attribute_not_exists(#stock) OR #stock > :none)",
        ExpressionAttributeNames={"#id": "product_id", "#active": "active", "#stock": "stock"},
        ExpressionAttributeValues={":yes": {"BOOL": True}, ":none": {"N": "0"}},
    )
    return (item["product_id"]["S"] for page in pages for item in page["Items"])


def _ids(item: Mapping[str, Any], name: str) -> list[str]:
    return [str(each) for each in item.get(name) or ()]
