"""The products that recommendations show, and how often each was bought lately."""

import ibis
import ibis.expr.types as ir

from omnichannel.transform.registry import Tables, transformation

RECENT_DAYS = 90
_SHOWN = ("product_id", "name", "category_l1", "brand", "price", "currency", "image_url", "active", "min_age")


@transformation(reads=("products", "product_stock"))
def product_cards(t: Tables) -> ir.Table:
    """The catalogue with `stock` over all locations: null where none was told of the product."""
    return t["products"].select(*_SHOWN).left_join(t["product_stock"], "product_id").drop("product_id_right")


@transformation(reads=("bought", "order_lines"))
def product_popularity(t: Tables) -> ir.Table:
    """Per product that was ever bought: order lines `ever`, and `recent` ones, of the last 90 days before the last order."""
    orders = t["bought"].select("order_id", "ordered_at")
    lines = t["order_lines"].select("order_id", "product_id").inner_join(orders, "order_id")
    dated = lines.mutate(last=lines.ordered_at.max().over())
    recent = dated.ordered_at >= dated["last"] - ibis.interval(days=RECENT_DAYS)
    return dated.group_by("product_id").agg(ever=dated.count(), recent=dated.count(where=recent))
