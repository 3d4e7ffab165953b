"""Whom a purpose and a channel may reach right now: the gate in front of every send."""

from collections.abc import Iterable
from typing import Any

from omnichannel.aws import dynamodb as tables
from omnichannel.consent.gate import allows


def permitted(
    dynamodb: Any, table: str, customer_ids: Iterable[str], *, purpose: str, channel: str, attributes: tuple[str, ...] = ()
) -> dict[str, dict[str, Any]]:
    """Those of the customers who have consented, by customer id, with those attributes of their item (if any).

    A customer without an item, or without a consent on it, is not permitted.
    """
    keys = ({"customer_id": customer_id} for customer_id in customer_ids)
    items = tables.batch_get(dynamodb, table, keys, ("customer_id", "consents", *attributes))
    return {item["customer_id"]: item for item in items if allows(item.get("consents") or {}, purpose, channel)}
