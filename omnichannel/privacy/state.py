"""State in DynamoDB: first nothing more is sent, at the end nothing is left but tombstones of hashes."""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from omnichannel.activation import merged as merged_ids
from omnichannel.aws.dynamodb import Item, batch_get, decode, encode
from omnichannel.consent.gate import consent_key
from omnichannel.contracts.datasets import CONSENT_CHANNELS, CONSENT_PURPOSES
from omnichannel.contracts.privacy import request_item, suppressed_item
from omnichannel.contracts.store import ANONYMOUS, IdType, link_key
from omnichannel.privacy.fields import Kind
from omnichannel.privacy.matcher import Matcher
from omnichannel.privacy.stores import done_if
from omnichannel.privacy.subject import Subject
from omnichannel.view.claim import Claim, NewerRebuild

ERASED = "erased"
"""What stands in the history where a landed key named the person."""


def customer(dynamodb: Any, table: str, customer_id: str) -> tuple[tuple[str, ...], Item]:
    """All ids of a person, the surviving one first and then those that were merged into it, and the person's item."""
    found = next(batch_get(dynamodb, table, [{"customer_id": customer_id}]), {})
    survivor = str(found.get("customer", customer_id))
    item = next(batch_get(dynamodb, table, [{"customer_id": survivor}]), {}) if survivor != customer_id else found
    merged = (each["customer_id"] for each in redirects(dynamodb, table, survivor) if "#" not in each["customer_id"])
    return tuple(dict.fromkeys((survivor, customer_id, *sorted(merged)))), item


def redirects(dynamodb: Any, table: str, customer_id: str) -> Iterator[Item]:
    """Every redirect item that leads to the customer: a scan, for redirects are kept by what leads there."""
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression="customer = :id",
        ProjectionExpression="customer_id, customer",
        ExpressionAttributeValues=encode({":id": customer_id}),
        ConsistentRead=True,
    )
    for page in pages:
        yield from map(decode, page["Items"])


def stop(dynamodb: Any, customers: str, privacy: str, subject: Subject, request: str, at: datetime) -> dict[str, int]:
    """Every consent refused from now on, and a tombstone for each identifier."""
    refused = {"granted": False, "at": at.isoformat()}
    consents = {consent_key(purpose, channel): refused for purpose in CONSENT_PURPOSES for channel in CONSENT_CHANNELS}
    stopped = sum(_refuse(dynamodb, customers, customer_id, consents, at) for customer_id in subject.customer_ids)
    tombstones = subject.hashes()
    for each in tombstones:
        item = {"id": suppressed_item(each["sha256"]), "kind": each["kind"], "erased_at": at.isoformat(), "request": request}
        dynamodb.put_item(TableName=privacy, Item=encode(item))
    return {"customers": stopped, "tombstones": len(tombstones)}


def forget(
    dynamodb: Any, *, customers: str, sent: str, windows: str, history: str, privacy: str, request: str, subject: Subject, matcher: Matcher,
    at: datetime,
) -> dict[str, int]:  # fmt: skip
    """Deletes the person's items and redirects, what sinks were sent, windows, and other requests; takes their name out of landed keys.

    The trusted tables are without the person by now; a rebuild of the view that read them before gives way.
    """
    with suppress(NewerRebuild):
        Claim(dynamodb=dynamodb, table=customers, began_at=at).make()
    ids = set(subject.customer_ids)
    links = {
        link_key(IdType(kind.value), value) for kind, values in subject.values.items() if kind.value in set(IdType) for value in values
    }
    leading = {each["customer_id"] for customer_id in ids for each in redirects(dynamodb, customers, customer_id)}
    gone = sum(_delete(dynamodb, customers, {"customer_id": key}, ids) for key in sorted(ids | links | leading))
    memory = sum(_forget_all(dynamodb, sent, ("customer_id", "sink"), customer_id) for customer_id in sorted(ids))
    merged_ids.forget(dynamodb, sent, sorted(ids))
    visitors = {ANONYMOUS + value for value in subject.of(Kind.ANONYMOUS_ID)}
    live = sum(_forget_all(dynamodb, windows, ("who", "rule"), who) for who in sorted(ids | visitors))
    others = _forget_requests(dynamodb, privacy, request, matcher)
    return {"customers": gone, "sent": memory, "windows": live, "requests": others, "history": _redact_history(dynamodb, history, matcher)}


def naming(dynamodb: Any, table: str, matcher: Matcher, without: Collection[str] = ()) -> tuple[int, int]:
    """How many items a table has, and how many of them name the person, apart from those whose `id` is listed."""
    looked = found = 0
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        looked += len(page["Items"])
        found += sum(str(item.get("id")) not in without for item in _of_page(page, matcher))
    return looked, found


def _refuse(dynamodb: Any, table: str, customer_id: str, consents: Mapping[str, Any], at: datetime) -> bool:
    return done_if(
        dynamodb.update_item,
        TableName=table,
        Key=encode({"customer_id": customer_id}),
        # Raised, so that a rebuild that has read the item before does not write over it.
        UpdateExpression="SET consents = :refused, suppressed_at = :at, version = if_not_exists(version, :zero) + :one",
        ConditionExpression="attribute_exists(customer_id) AND attribute_not_exists(customer)",
        ExpressionAttributeValues=encode({":refused": dict(consents), ":at": at.isoformat(), ":zero": 0, ":one": 1}),
    )


def _delete(dynamodb: Any, table: str, key: Item, owners: set[str]) -> bool:
    """A redirect that leads to somebody else by now stays."""
    ids = {f":{n}": owner for n, owner in enumerate(sorted(owners))}
    return done_if(
        dynamodb.delete_item,
        TableName=table,
        Key=encode(key),
        ConditionExpression=f"attribute_exists(customer_id) AND (customer IN ({', '.join(ids)}) OR customer_id IN ({', '.join(ids)}))",
        ExpressionAttributeValues=encode(ids),
    )


def _forget_all(dynamodb: Any, table: str, keys: tuple[str, str], value: str) -> int:
    """Deletes every item of one partition; gives how many there were."""
    partition, sort = keys
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table, KeyConditionExpression=f"{partition} = :id", ExpressionAttributeValues=encode({":id": value})
    )
    count = 0
    for item in (decode(each) for page in pages for each in page["Items"]):
        dynamodb.delete_item(TableName=table, Key=encode({partition: value, sort: item[sort]}))
        count += 1
    return count


def _forget_requests(dynamodb: Any, table: str, request: str, matcher: Matcher) -> int:
    """Exports that did not end still name the customer whom they were for."""
    count = 0
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in _of_page(page, matcher):
            if item["id"] != request_item(request):
                dynamodb.delete_item(TableName=table, Key=encode({"id": item["id"]}))
                count += 1
    return count


def _redact_history(dynamodb: Any, table: str, matcher: Matcher) -> int:
    count = 0
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in _of_page(page, matcher):
            dynamodb.put_item(TableName=table, Item=encode({name: _redacted(value, matcher, name) for name, value in item.items()}))
            count += 1
    return count


def _of_page(page: Mapping[str, Any], matcher: Matcher) -> Iterator[Item]:
    """The items of a page that name the person: the page is looked at as one text first."""
    items = [decode(item) for item in page["Items"]]
    if matcher.hint(json.dumps([_listed(item) for item in items], default=str, ensure_ascii=False).encode()):
        yield from (item for item in items if matcher.record(_listed(item)))


def _redacted(value: Any, matcher: Matcher, name: str) -> Any:
    match value:
        case str():
            return ERASED if matcher.cell(name, value) else value
        case set():
            return {_redacted(each, matcher, name) for each in value}
        case list():
            return [_redacted(each, matcher, name) for each in value]
        case dict():
            return {key: _redacted(each, matcher, key) for key, each in value.items()}
    return value


def _listed(value: Any) -> Any:
    """DynamoDB's sets as lists: the matcher knows JSON."""
    match value:
        case set() | list():
            return [_listed(each) for each in value]
        case dict():
            return {name: _listed(each) for name, each in value.items()}
    return value
