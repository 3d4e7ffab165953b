"""Products as the recommendations API shows them, out of DynamoDB."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from omnichannel.aws.dynamodb import batch_get
from omnichannel.contracts.recommendations import SHOWN
from omnichannel.contracts.store import POPULAR_KEY


def catalog(dynamodb: Any, table: str) -> Callable[[Iterable[str]], Mapping[str, Mapping[str, Any]]]:
    """Finds products by id; those that do not exist are missing in the answer."""

    def products(product_ids: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
        keys = [{"product_id": product_id} for product_id in dict.fromkeys(product_ids)]
        return {item["product_id"]: item for item in batch_get(dynamodb, table, keys, (*SHOWN, "active", "stock"))}

    return products


def popular(dynamodb: Any, table: str) -> list[str]:
    """The ids of the popular products, most popular first; none before the first customer view."""
    found = list(batch_get(dynamodb, table, [{"product_id": POPULAR_KEY}], ("items",)))
    return [str(each) for item in found for each in item.get("items", ())]
