"""Legal holds: a customer whose data must be kept is not erased until the hold ends."""

from datetime import UTC, date, datetime
from typing import Any

from omnichannel.aws.dynamodb import Item, encode, scan
from omnichannel.contracts.privacy import Stand, hold_item
from omnichannel.privacy.stores import Desk, done_if, get


def hold(dynamodb: Any, table: str, customer_id: str, reason: str, until: date | None, at: datetime) -> None:
    """Puts a hold on a customer; another one replaces it, and erasures that wait go on waiting."""
    values: dict[str, Any] = {":reason": reason, ":at": at.isoformat(), ":none": []}
    said = "SET reason = :reason, held_at = :at, waiting = if_not_exists(waiting, :none)"
    if until:
        values[":until"] = until.isoformat()
    said += ", held_until = :until" if until else " REMOVE held_until"
    dynamodb.update_item(
        TableName=table,
        Key=encode({"id": hold_item(customer_id)}),
        UpdateExpression=said,
        ExpressionAttributeValues=encode(values),
    )


def release(dynamodb: Any, table: str, customer_id: str) -> list[str] | None:
    """Ends a hold; gives the requests that waited for it, None when there was no hold."""
    found = get(dynamodb, table, hold_item(customer_id))
    if found is None:
        return None
    dynamodb.delete_item(TableName=table, Key=encode({"id": hold_item(customer_id)}))
    return [str(each) for each in found.get("waiting", [])]


def standing(dynamodb: Any, table: str, today: date) -> frozenset[str]:
    """The customers on whom a hold is in force, by the ids under which it was put."""
    start = hold_item("")
    found = (item for item in scan(dynamodb, table, ("id", "held_until")) if str(item["id"]).startswith(start))
    return frozenset(str(item["id"]).removeprefix(start) for item in found if _in_force(item, today))


def _in_force(found: Item, today: date) -> bool:
    return today <= date.fromisoformat(found.get("held_until") or date.max.isoformat())


def held(dynamodb: Any, table: str, customer_ids: tuple[str, ...], today: date) -> Item | None:
    """The hold on any of a person's ids that is still in force: through its last day. One that has ended is taken away."""
    for customer_id in customer_ids:
        found = get(dynamodb, table, hold_item(customer_id))
        if found is not None and _in_force(found, today):
            return found
        if found is not None:
            dynamodb.delete_item(TableName=table, Key=encode({"id": hold_item(customer_id)}))
    return None


def refuse(desk: Desk, hold_found: Item, at: datetime) -> None:
    """Records that the request was refused because of the hold, and that it waits for its end."""
    reason = str(hold_found["reason"])
    desk.stand(Stand.HELD, reason=reason, held_until=hold_found.get("held_until", ""), refused_at=at.astimezone(UTC).isoformat())
    done_if(
        desk.dynamodb.update_item,
        TableName=desk.privacy_table,
        Key=encode({"id": hold_found["id"]}),
        UpdateExpression="SET waiting = list_append(waiting, :requests)",
        ConditionExpression="attribute_exists(id) AND NOT contains(waiting, :request)",
        ExpressionAttributeValues=encode({":requests": [desk.request], ":request": desk.request}),
    )
