"""Who an event belongs to: redirect items and customer items, one read per distinct id."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from omnichannel.aws.dynamodb import batch_get, encode
from omnichannel.contracts.store import BY_SEGMENT, IN_SEGMENT, IdType, link_key
from omnichannel.realtime.events import Event
from omnichannel.recommendations.customer import STRANGER, Customer


def customers_of(dynamodb: Any, table: str) -> Callable[[Iterable[Event]], Callable[[Event], Customer | None]]:
    """Looks up everybody whom a batch of events names at once; the answer finds an event's customer, or None.

    A user id decides alone: what is done under one that nobody knows, on a browser that belongs to a customer, is a `STRANGER`'s.
    """

    def lookup(events: Iterable[Event]) -> Callable[[Event], Customer | None]:
        keys = {key for event in events for key in _keys(event)}
        links = {item["customer_id"]: str(item["customer"]) for item in _get(dynamodb, table, keys, "customer")}
        known = {item["customer_id"]: item for item in _get(dynamodb, table, set(links.values()), "consents")}

        def customer_of(event: Event) -> Customer | None:
            found = [known.get(links.get(key, "")) for key in _keys(event)]
            decides = found[0] if found else None
            if decides is None:
                return STRANGER if any(found) else None
            return Customer(customer_id=str(decides["customer_id"]), consents=decides.get("consents") or {})

        return customer_of

    return lookup


def _keys(event: Event) -> list[str]:
    """The redirect items that may know the event's customer: the user id's, if there is one, before the browser's."""
    ids = ((IdType.CUSTOMER_REF, event.user_id), (IdType.ANONYMOUS_ID, event.anonymous_id))
    return [link_key(id_type, value) for id_type, value in ids if value]


def _get(dynamodb: Any, table: str, ids: set[str], *attributes: str) -> Iterable[dict[str, Any]]:
    return batch_get(dynamodb, table, [{"customer_id": each} for each in sorted(ids)], ("customer_id", *attributes))


def customer_named(dynamodb: Any, table: str, customer_id: str, customer_ref: str) -> Customer | None:
    """The customer of our id (followed where it was merged into another) or of the retailer's; None for nobody we know."""
    key = customer_id or (link_key(IdType.CUSTOMER_REF, customer_ref) if customer_ref else "")
    if not key:
        return None
    found = next(iter(_get(dynamodb, table, {key}, "customer", "consents")), None)
    if found is not None and "customer" in found:
        found = next(iter(_get(dynamodb, table, {str(found["customer"])}, "consents")), None)
    return None if found is None else Customer(customer_id=str(found["customer_id"]), consents=found.get("consents") or {})


def customers_of_segment(dynamodb: Any, table: str) -> Callable[[str, str, int], tuple[list[str], bool]]:
    """Finds a segment's customers by the index: ids after one (empty: from the first), at most so many, and whether there are more."""

    def find(segment: str, after: str, limit: int) -> tuple[list[str], bool]:
        condition, values = "#segment = :segment", {":segment": segment}
        if after:
            condition, values = f"{condition} AND customer_id > :after", {**values, ":after": after}
        answer = dynamodb.query(
            TableName=table,
            IndexName=BY_SEGMENT,
            KeyConditionExpression=condition,
            ExpressionAttributeNames={"#segment": IN_SEGMENT},
            ExpressionAttributeValues=encode(values),
            Limit=limit,
        )
        return [item["customer_id"]["S"] for item in answer["Items"]], "LastEvaluatedKey" in answer

    return find


def customer_items(dynamodb: Any, table: str) -> Callable[[Sequence[str], tuple[str, ...]], Iterable[Mapping[str, Any]]]:
    """Reads items by their keys, with those of their attributes, in no promised order."""
    return lambda keys, attributes: batch_get(dynamodb, table, [{"customer_id": key} for key in keys], attributes)


def customer_item(dynamodb: Any, table: str) -> Callable[[str, tuple[str, ...]], Mapping[str, Any] | None]:
    """Reads one item by its key, with those of its attributes; None when there is none."""

    def read(key: str, attributes: tuple[str, ...]) -> Mapping[str, Any] | None:
        return next(iter(batch_get(dynamodb, table, [{"customer_id": key}], attributes)), None)

    return read
