"""Brings tables of the store to the state of the view: writes what differs, deletes what is gone, leaves the rest alone."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import pyarrow as pa
from pyiceberg.catalog import Catalog

from omnichannel.aws.dynamodb import WRITE_BATCH, batch_delete, batch_put, batches, decode
from omnichannel.consent.state import newest
from omnichannel.contracts.identity import LINK_COLUMNS, LINKS_TABLE
from omnichannel.identity.resolve import Identity
from omnichannel.onboarding.read import scan as read
from omnichannel.onboarding.schema import arrow_schema

WRITES_AT_ONCE = 8
Item = dict[str, Any]


@dataclass(frozen=True)
class Written:
    """How many items were wanted, written because they differ, and deleted because nothing is known of them any more."""

    items: int
    written: int
    deleted: int


def bring_up_to_date(dynamodb: Any, table: str, key: str, items: Iterable[Item]) -> Written:
    """Makes the table hold exactly these items (distinct by `key`); no items at all leave it alone.

    A stored item with a later `updated_at` than ours stays, and so does every stored consent that is newer than ours: the
    store is also written to by live events.
    """
    stored = {item[key]: item for item in _stored(dynamodb, table)}
    wanted, changed, gone = 0, [], []
    for item in items:
        wanted += 1
        before = stored.pop(item[key], None)
        merged = item if before is None else _merged(item, before)
        if before is None or _content(before) != _content(merged):
            changed.append(merged)
        written_at = _time(item)
    if wanted:
        gone = [{key: item[key]} for item in stored.values() if _time(item) < written_at]
    with ThreadPoolExecutor(WRITES_AT_ONCE) as pool:
        written = sum(pool.map(partial(batch_put, dynamodb, table), batches(changed, WRITE_BATCH)))
        deleted = sum(pool.map(partial(batch_delete, dynamodb, table), batches(gone, WRITE_BATCH)))
    return Written(wanted, written, deleted)


def _stored(dynamodb: Any, table: str) -> Iterator[Item]:
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from map(decode, page["Items"])


def _merged(item: Item, before: Mapping[str, Any]) -> Item:
    if _time(before) > _time(item):
        return dict(before)
    return {**item, "consents": newest(item["consents"], before.get("consents") or {})} if "consents" in item else item


def _content(item: Mapping[str, Any]) -> dict[str, Any]:
    """What makes two items differ: not when they were written, nor attributes without a value."""
    return {name: value for name, value in item.items() if name != "updated_at" and value is not None}


def _time(item: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(item["updated_at"])


def write_links(catalog: Catalog, database: str, who: Identity) -> int:
    """Replaces the rows of `identity_links`, unless it holds the very same already; returns how many links there are."""
    schema = arrow_schema(LINK_COLUMNS)
    rows = [
        {"customer_id": link.customer_id, "id_type": id_type.value, "id_value": value, "valid_from": link.valid_from, "valid_to": None}
        for (id_type, value), link in who.links.items()
    ]
    order = [("id_type", "ascending"), ("id_value", "ascending")]
    links = pa.Table.from_pylist(rows, schema=schema).sort_by(order)
    stored = read(catalog, database, LINKS_TABLE, schema.names)
    if not stored.sort_by(order).equals(links):
        table = catalog.load_table((database, LINKS_TABLE))
        if stored.num_rows:
            table.overwrite(links)
        else:
            table.append(links)
    return len(rows)
