"""The interactions and items that Personalize trains on, as CSV: only of customers who allow it."""

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.csv import CSVWriter, WriteOptions
from pyiceberg.catalog import Catalog

from omnichannel.aws.dynamodb import batch_get
from omnichannel.consent.gate import allows
from omnichannel.contracts.datasets import EVENTS, ORDER_LINES, ORDERS, PRODUCTS
from omnichannel.contracts.events import PERSONALIZE_EVENT_TYPES, EventName
from omnichannel.contracts.identity import LINKS_TABLE
from omnichannel.contracts.recommendations import LEAST_CUSTOMERS, LEAST_INTERACTIONS, LEAST_SHARE
from omnichannel.contracts.store import IdType
from omnichannel.identity.resolve import Identity, Link
from omnichannel.onboarding.read import current, scan
from omnichannel.view.inputs import rows

PURPOSE, CHANNEL = "personalization", "web"
PURCHASE = PERSONALIZE_EVENT_TYPES[EventName.ORDER_COMPLETED]
_TYPES = {"USER_ID": pa.string(), "ITEM_ID": pa.string(), "TIMESTAMP": pa.int64(), "EVENT_TYPE": pa.string()}
SCHEMA = pa.schema(list(_TYPES.items()))
"""Exactly the fields of the dataset's schema, as the import wants it."""
ITEM_COLUMNS = ("ITEM_ID", "PRICE", "CATEGORY_L1")
_CHANGE = ("op", "source_ts", "_line", "_content_id")


def linked(catalog: Catalog, database: str) -> Identity:
    """Who is who, as the last customer view left it."""
    stored = scan(catalog, database, LINKS_TABLE, ("customer_id", "id_type", "id_value", "valid_from"))
    links = (Link(r["customer_id"], IdType(r["id_type"]), r["id_value"], r["valid_from"]) for r in rows(stored))
    return Identity(links={(link.id_type, link.id_value): link for link in links})


def permitted(dynamodb: Any, table: str, customers: Iterable[str]) -> list[str]:
    """Those of the customers who allow personalization now."""
    items = batch_get(dynamodb, table, ({"customer_id": each} for each in customers), ("customer_id", "consents"))
    return [item["customer_id"] for item in items if allows(item.get("consents") or {}, PURPOSE, CHANNEL)]


def interactions(catalog: Catalog, database: str, who: Identity) -> pa.Table:
    """Every view, cart and purchase of an identified customer in `SCHEMA`, each once.

    Purchases are order lines of completed orders in every channel; a completed-order event counts where its order has no lines.
    """
    lines = _lines(catalog, database, who)
    events = _events(catalog, database, who)
    names = list(PERSONALIZE_EVENT_TYPES)
    ordered = pc.equal(events["event"], EventName.ORDER_COMPLETED.value)
    browsed = events.filter(pc.and_(pc.invert(ordered), pc.is_valid(events["product_id"])))
    kinds = pa.array(PERSONALIZE_EVENT_TYPES.values()).take(pc.index_in(browsed["event"], pa.array(names)).combine_chunks())
    seen = _table(browsed["customer"], browsed["product_id"], browsed["timestamp"], kinds)
    known_orders = pc.is_in(events["order_id"], lines["order_id"].combine_chunks())
    bought = pa.Table.from_pylist(list(_bought(events.filter(pc.and_(ordered, pc.invert(known_orders))))), schema=SCHEMA)
    kinds = pa.array([PURCHASE] * lines.num_rows, pa.string())
    sold = _table(lines["customer"], lines["product_id"], lines["ordered_at"], kinds)
    return pa.concat_tables([seen, bought, sold]).sort_by(
        [(name, "ascending") for name in ("TIMESTAMP", "USER_ID", "ITEM_ID", "EVENT_TYPE")]
    )


def _events(catalog: Catalog, database: str, who: Identity) -> pa.Table:
    wanted = ("message_id", "event", "user_id", "anonymous_id", "timestamp", "product_id", "order_id", "products", "_line", "_content_id")
    names = ", ".join(f"'{name}'" for name in PERSONALIZE_EVENT_TYPES)
    found = current(scan(catalog, database, EVENTS.table, wanted, f"event IN ({names})"), EVENTS)
    by_ref, by_device = (IdType.CUSTOMER_REF, found["user_id"]), (IdType.ANONYMOUS_ID, found["anonymous_id"])
    customer = pc.coalesce(_customers(who, *by_ref), _customers(who, *by_device))
    return found.append_column("customer", customer).filter(pc.is_valid(customer))


def _customers(who: Identity, id_type: IdType, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """The customer behind each value; null where there is none."""
    links = [link for link in who.links.values() if link.id_type is id_type]
    known = pa.array([link.id_value for link in links], pa.string())
    return pa.chunked_array([pa.array([link.customer_id for link in links], pa.string())]).take(pc.index_in(values, known))


def _lines(catalog: Catalog, database: str, who: Identity) -> pa.Table:
    """Lines of completed orders with the order's `customer` and `ordered_at`."""
    about = ("order_id", "customer_ref", "loyalty_card", "email", "ordered_at", "status")
    orders = current(scan(catalog, database, ORDERS.table, (*about, *_CHANGE)), ORDERS)
    orders = orders.filter(pc.equal(orders["status"], "completed"))
    customer = pa.array(
        [who.customer(customer_ref=o["customer_ref"], loyalty_card=o["loyalty_card"], email=o["email"]) for o in rows(orders)], pa.string()
    )
    wanted = ("order_id", "line", "product_id", *_CHANGE)
    lines = current(scan(catalog, database, ORDER_LINES.table, wanted), ORDER_LINES)
    order = pc.index_in(lines["order_id"], orders["order_id"].combine_chunks())
    lines = lines.append_column("customer", pa.chunked_array([customer]).take(order))
    lines = lines.append_column("ordered_at", orders["ordered_at"].take(order))
    return lines.filter(pc.is_valid(lines["customer"]))


def _bought(events: pa.Table) -> Iterator[dict[str, Any]]:
    for event in rows(events.select(["customer", "product_id", "products", "timestamp"])):
        products = json.loads(event["products"]) if event["products"] else []
        named = [p for p in products if isinstance(p, dict)] if isinstance(products, list) else []
        ids = {str(p["product_id"]) for p in named if p.get("product_id")} or {event["product_id"]}
        for product_id in sorted(filter(None, ids)):
            at = int(event["timestamp"].timestamp())
            yield {"USER_ID": event["customer"], "ITEM_ID": product_id, "TIMESTAMP": at, "EVENT_TYPE": PURCHASE}


def _table(customer: pa.ChunkedArray, product: pa.ChunkedArray, at: pa.ChunkedArray, kind: pa.Array) -> pa.Table:
    seconds = pc.divide(at.cast(pa.int64()), 1_000_000)
    return pa.table([customer, product, seconds, kind], schema=SCHEMA)


def of_customers(found: pa.Table, allowed: list[str]) -> pa.Table:
    """The interactions of those customers."""
    return found.filter(pc.is_in(found["USER_ID"], pa.array(allowed, pa.string())))


def shortage(kept: pa.Table) -> str:
    """What Personalize lacks to learn from these interactions, in words; empty when they suffice."""
    if kept.num_rows < LEAST_INTERACTIONS:
        return f"{kept.num_rows:,} interactions of customers who allow personalization; it learns from {LEAST_INTERACTIONS:,} on"
    counts = pc.value_counts(kept["USER_ID"]).field("counts")
    again = pc.sum(pc.greater_equal(counts, 2)).as_py() or 0
    if again < max(LEAST_CUSTOMERS, LEAST_SHARE * len(counts)):
        needed = f"{LEAST_CUSTOMERS} and {LEAST_SHARE:.0%} of them"
        return f"{again:,} of {len(counts):,} customers who allow personalization have two interactions; it learns from {needed} on"
    return ""


def write_interactions(kept: pa.Table, to: Path) -> str:
    """The interactions as CSV; gives a hash of the file (16 hex digits)."""
    options = WriteOptions(include_header=False, quoting_style="needed")
    with to.open("wb") as file:
        # Personalize takes no quoted header, and Arrow writes no other.
        file.write((",".join(SCHEMA.names) + "\n").encode())
        with CSVWriter(file, SCHEMA, write_options=options) as writer:
            writer.write_table(kept)
    with to.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def write_items(catalog: Catalog, database: str, to: Path) -> int:
    """The catalogue as CSV; how many products."""
    products = current(scan(catalog, database, PRODUCTS.table, ("product_id", "price", "category_l1", *_CHANGE)), PRODUCTS)
    with to.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(ITEM_COLUMNS)
        writer.writerows((p["product_id"], f"{p['price']:f}", p["category_l1"]) for p in rows(products))
    return int(products.num_rows)
