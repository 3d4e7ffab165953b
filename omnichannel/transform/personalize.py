"""What Personalize trains on, in its schemas' columns in lower case; whom it may learn from, the export asks."""

import ibis
import ibis.expr.types as ir

from omnichannel.contracts.events import PERSONALIZE_EVENT_TYPES, EventName
from omnichannel.contracts.recommendations import INTERACTIONS, ITEMS, MAX_ID, USERS
from omnichannel.transform.amounts import pieces
from omnichannel.transform.registry import Tables, transformation

PURCHASE = PERSONALIZE_EVENT_TYPES[EventName.ORDER_COMPLETED]
_BROWSED = {name: kind for name, kind in PERSONALIZE_EVENT_TYPES.items() if name != EventName.ORDER_COMPLETED}


@transformation(reads=("events_of_customers",))
def browsed_items(t: Tables) -> ir.Table:
    """What customers viewed and put into carts."""
    events = t["events_of_customers"]
    seen = events.filter(events.product_id.notnull(), events.event.isin([str(name) for name in _BROWSED]))
    kind = seen.event.cases(*((str(name), kind) for name, kind in _BROWSED.items()))
    return _interaction(seen.mutate(item=seen.product_id, kind=kind))


@transformation(reads=("order_lines", "bought"))
def sold_items(t: Tables) -> ir.Table:
    """The lines of completed orders, of every channel."""
    orders = t["bought"].select("order_id", "customer_id", timestamp="ordered_at")
    lines = t["order_lines"].select("order_id", item="product_id").inner_join(orders, "order_id")
    return _interaction(lines.mutate(kind=ibis.literal(PURCHASE)))


@transformation(reads=("events_of_customers", "order_lines"))
def reported_items(t: Tables) -> ir.Table:
    """The products of completed-order events whose order has no lines: each product of an event once."""
    events = t["events_of_customers"].select("message_id", "customer_id", "event", "timestamp", "product_id", "order_id", "products")
    told = events.filter(events.event == EventName.ORDER_COMPLETED.value).anti_join(t["order_lines"].select("order_id"), "order_id")
    # Cut as text: an array inside JSON is nothing that both engines take apart alike.
    listed = told.filter(told.products.notnull()).mutate(piece=lambda r: r.products.split('"product_id"').unnest())
    named = listed.mutate(item=listed.piece.re_extract(r'^\s*:\s*"?([^",}\]]+)', 1))
    several = named.filter(named.item.notnull(), named.item != "").select("message_id", "customer_id", "timestamp", "item")
    single = told.filter(told.product_id.notnull()).anti_join(several, "message_id")
    rows = ibis.union(several, single.select("message_id", "customer_id", "timestamp", item="product_id"), distinct=True)
    return _interaction(rows.mutate(kind=ibis.literal(PURCHASE)))


@transformation(reads=("browsed_items", "sold_items", "reported_items"))
def interactions(t: Tables) -> ir.Table:
    """Every view, cart and purchase of a known customer, each once; `timestamp` in seconds."""
    return ibis.union(t["browsed_items"], t["sold_items"], t["reported_items"])


@transformation(reads=("products_changes",))
def product_births(t: Tables) -> ir.Table:
    """When each product was first told of: `product_id`, `created_at`."""
    changes = t["products_changes"]
    versions = changes.filter(changes.source_ts < t.as_of)
    return versions.group_by("product_id").agg(created_at=versions.source_ts.min())


@transformation(reads=("stock_levels",))
def product_stock(t: Tables) -> ir.Table:
    """Per product the `stock` over all locations."""
    levels = t["stock_levels"]
    return levels.group_by("product_id").agg(stock=pieces(levels.quantity))


@transformation(reads=("products", "product_births", "product_stock"))
def items(t: Tables) -> ir.Table:
    """The catalogue: `available` is no for what is not sold any more and for what is known to be out of stock."""
    described = t["products"].select("product_id", "price", "category_l1", "category_l2", "brand", "active")
    products = described.inner_join(t["product_births"], "product_id").left_join(t["product_stock"], "product_id")
    sold_out = (products.stock <= 0).fill_null(False)
    rows = products.filter(products.product_id.length() <= MAX_ID).select(
        item_id="product_id",
        price=products.price.cast("float64"),
        category_l1="category_l1",
        category_l2="category_l2",
        brand="brand",
        creation_timestamp=products.created_at.epoch_seconds().cast("int64"),
        available=(products.active & ~sold_out).ifelse("yes", "no"),
    )
    return rows.select(*ITEMS.columns)


@transformation(reads=("customer_profiles",))
def users(t: Tables) -> ir.Table:
    """Every customer with a few attributes that name nobody."""
    people = t["customer_profiles"]
    return people.select(*USERS.columns[1:], user_id="customer_id").select(*USERS.columns)


def _interaction(rows: ir.Table) -> ir.Table:
    """Rows with `customer_id`, `item`, `kind` and `timestamp` in the columns of the schema; ids that are too long are left out."""
    fit = rows.filter(rows.item.length() <= MAX_ID)
    seconds = fit.timestamp.epoch_seconds().cast("int64")
    return fit.select(user_id="customer_id", item_id="item", event_type="kind", timestamp=seconds).select(*INTERACTIONS.columns)
