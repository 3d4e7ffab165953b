"""What the customer view is made from: the present state of trusted tables, and who is who in them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog

from omnichannel.consent.state import ConsentRecord
from omnichannel.contracts.datasets import CONSENTS, CUSTOMERS, EVENTS, ORDER_LINES, ORDERS, PRODUCTS, STOCK_LEVELS, SUBSCRIPTIONS, Dataset
from omnichannel.contracts.store import IdType
from omnichannel.identity.resolve import Identity, Sighting, email_hash, resolve
from omnichannel.onboarding.read import current, scan

_CHANGE = ("op", "source_ts", "_line", "_content_id")
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Current rows of each data set that the view needs; a data set that never landed is an empty table.

    `met` has a row for each pair of `anonymous_id` and `user_id` seen in one event, with `first` and `last`.
    """

    customers: pa.Table
    orders: pa.Table
    lines: pa.Table
    subscriptions: pa.Table
    products: pa.Table
    stock: pa.Table
    consents: pa.Table
    met: pa.Table


def read_inputs(catalog: Catalog, database: str) -> Inputs:
    """Scans only the columns that are used."""

    def now(dataset: Dataset, *columns: str) -> pa.Table:
        wanted = (*dict.fromkeys((*dataset.keys, *columns, *_CHANGE)),)
        return current(scan(catalog, database, dataset.table, wanted), dataset).select([*dict.fromkeys((*dataset.keys, *columns))])

    about = ("email", "phone", "loyalty_card", "first_name", "timezone", "country", "language", "created_at", "source_ts")
    return Inputs(
        customers=now(CUSTOMERS, *about),
        orders=now(ORDERS, "customer_ref", "email", "loyalty_card", "ordered_at", "status", "total"),
        lines=now(ORDER_LINES, "product_id", "quantity", "unit_price"),
        subscriptions=now(SUBSCRIPTIONS, "customer_ref", "started_at"),
        products=now(PRODUCTS, "name", "category_l1", "category_l2", "brand", "price", "currency", "image_url", "active"),
        stock=now(STOCK_LEVELS, "quantity"),
        consents=scan(catalog, database, CONSENTS.table, [c.name for c in CONSENTS.columns if c.name not in ("consent_id", "source")]),
        met=_met(catalog, database),
    )


def _met(catalog: Catalog, database: str) -> pa.Table:
    both = "anonymous_id IS NOT NULL AND user_id IS NOT NULL"
    seen = scan(catalog, database, EVENTS.table, ("anonymous_id", "user_id", "timestamp"), both)
    grouped = seen.group_by(["anonymous_id", "user_id"]).aggregate([("timestamp", "min"), ("timestamp", "max")])
    return grouped.rename_columns({"timestamp_min": "first", "timestamp_max": "last"})


def identity(inputs: Inputs) -> Identity:
    """Who is who: customers are the references of the CRM, of orders and of subscriptions; events only add identifiers to them."""
    return resolve(_refs(inputs), _sightings(inputs))


def _refs(inputs: Inputs) -> dict[str, datetime]:
    """Every reference, with the first time that anything is known of it."""
    first: dict[str, datetime] = {}
    for table, column in ((inputs.customers, "created_at"), (inputs.orders, "ordered_at"), (inputs.subscriptions, "started_at")):
        for ref, at in _columns(table, "customer_ref", column):
            if ref and (ref not in first or at < first[ref]):
                first[ref] = at
    return first


def _sightings(inputs: Inputs) -> Iterator[Sighting]:
    for ref, email, card, created, told in _columns(inputs.customers, "customer_ref", "email", "loyalty_card", "created_at", "source_ts"):
        yield from _known_by(ref, email, card, min(created, told), told)
    with_ref = inputs.orders.filter(pc.is_valid(inputs.orders["customer_ref"]))
    for ref, email, card, at in _columns(with_ref, "customer_ref", "email", "loyalty_card", "ordered_at"):
        yield from _known_by(ref, email, card, at, at)
    for anonymous_id, ref, first, last in _columns(inputs.met, "anonymous_id", "user_id", "first", "last"):
        yield Sighting(IdType.ANONYMOUS_ID, anonymous_id, ref, first, last)


def _known_by(ref: str, email: str | None, card: str | None, first: datetime, last: datetime) -> Iterator[Sighting]:
    if email:
        yield Sighting(IdType.EMAIL_SHA256, email_hash(email), ref, first, last)
    if card:
        yield Sighting(IdType.LOYALTY_CARD, card, ref, first, last)


def consent_log(inputs: Inputs) -> Iterator[ConsentRecord]:
    """Every consent that was ever recorded."""
    return (ConsentRecord(**row) for row in rows(inputs.consents))


def rows(table: pa.Table, at_once: int = 20_000) -> Iterator[Row]:
    """The rows as dictionaries, a batch in memory at a time."""
    for batch in table.to_batches(max_chunksize=at_once):
        yield from batch.to_pylist()


def _columns(table: pa.Table, *names: str) -> Iterable[tuple[Any, ...]]:
    return zip(*(table[name].to_pylist() for name in names), strict=True)
