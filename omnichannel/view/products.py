"""The product items that recommendations show, and which products are popular."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from omnichannel.contracts.store import POPULAR_KEY
from omnichannel.view.inputs import Inputs, rows

POPULAR = 50
RECENT = timedelta(days=90)

Item = dict[str, Any]


def product_items(inputs: Inputs, now: datetime) -> Iterator[Item]:
    """One item a product of the catalogue, and one with the popular ones; no catalogue, no products.

    `price` is a decimal as text, `stock` the sum over all locations: left out where no stock was ever told.
    """
    stock = _stock(inputs) if inputs.stock.num_rows else None
    for product in rows(inputs.products.select(["product_id", "name", "category_l1", "brand", "price", "currency", "image_url", "active"])):
        price = f"{product['price']:.2f}" if product["price"] == round(product["price"], 2) else str(product["price"])
        shown = {**product, "price": price, "updated_at": now.isoformat()}
        yield shown if stock is None else {**shown, "stock": stock[product["product_id"]]}
    yield {"product_id": POPULAR_KEY, "items": popular(inputs), "updated_at": now.isoformat()}


def popular(inputs: Inputs) -> list[str]:
    """Up to `POPULAR` active products, most often bought first: in the last 90 days of data, else ever, else by id."""
    active = set(inputs.products.filter(inputs.products["active"])["product_id"].to_pylist())
    completed = inputs.orders.filter(pc.equal(inputs.orders["status"], "completed"))
    latest = pc.max(completed["ordered_at"]).as_py()
    counts: Counter[str] = Counter()
    if latest is not None:
        since = pa.scalar(latest - RECENT, completed.schema.field("ordered_at").type)
        recent = completed.filter(pc.greater_equal(completed["ordered_at"], since))
        counts = _purchases(inputs, recent, active) or _purchases(inputs, completed, active)
    ranked = sorted(counts, key=lambda product: (-counts[product], product)) or sorted(active)
    return ranked[:POPULAR]


def _purchases(inputs: Inputs, orders: pa.Table, active: set[str]) -> Counter[str]:
    """How many order lines of those orders have each active product."""
    lines = inputs.lines.filter(pc.is_in(inputs.lines["order_id"], orders["order_id"].combine_chunks()))
    counted = pc.value_counts(lines["product_id"]).to_pylist()
    return Counter({each["values"]: each["counts"] for each in counted if each["values"] in active})


def _stock(inputs: Inputs) -> Counter[str]:
    summed = inputs.stock.group_by("product_id").aggregate([("quantity", "sum")])
    return Counter(dict(zip(summed["product_id"].to_pylist(), summed["quantity_sum"].to_pylist(), strict=True)))
