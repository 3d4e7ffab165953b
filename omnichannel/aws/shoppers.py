"""Whom a page is shown to, out of DynamoDB."""

from typing import Any

from omnichannel.aws.dynamodb import batch_get
from omnichannel.recommendations.shopper import ATTRIBUTES, Shopper


def shopper(dynamodb: Any, table: str, key: str) -> Shopper | None:
    """The customer at a key: our id, or an identifier's redirect, followed through merges; None for nobody we know."""
    followed: set[str] = set()
    while key and key not in followed:
        followed.add(key)
        item = next(iter(batch_get(dynamodb, table, [{"customer_id": key}], ATTRIBUTES)), None)
        if item is None:
            return None
        if "customer" not in item:
            return Shopper.of(item)
        key = str(item["customer"])
    return None
