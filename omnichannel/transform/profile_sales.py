"""What customers bought: completed orders in every channel, and what came back."""

import ibis
import ibis.expr.types as ir

from omnichannel.contracts.store import IdType
from omnichannel.playbook.segments import segments_playbook
from omnichannel.transform.amounts import money
from omnichannel.transform.profile_links import BY_ORDER, owned
from omnichannel.transform.registry import Tables, transformation


@transformation(reads=("orders", "links_now"))
def orders_of_customers(t: Tables) -> ir.Table:
    """Orders with `customer_id`, cancelled ones too: by the customer's reference, else loyalty card, else e-mail address."""
    wanted = t["orders"].select("order_id", *BY_ORDER, "ordered_at", "channel", "status", "total", "discount", "currency")
    return owned(t["links_now"], wanted, BY_ORDER)


@transformation(reads=("orders_of_customers",))
def bought(t: Tables) -> ir.Table:
    """Their completed orders before `as_of`."""
    orders = t["orders_of_customers"]
    return orders.filter(orders.status == "completed", orders.ordered_at < t.as_of)


@transformation(reads=("bought",))
def customer_orders(t: Tables) -> ir.Table:
    """Per customer: `orders`, `recent_orders`, first and last time, and `discount_share`, of an order's price on average."""
    orders = t["bought"]
    since = t.as_of - ibis.interval(days=segments_playbook().rules.frequent_days)
    let_off = orders.discount.cast("float64").fill_null(0.0)
    price = orders.total.cast("float64") + let_off
    share = (price > 0).ifelse(let_off / price.nullif(0.0), 0.0)
    return orders.group_by("customer_id").agg(
        orders=orders.count(),
        recent_orders=orders.count(where=orders.ordered_at >= since),
        first_order_at=orders.ordered_at.min(),
        last_order_at=orders.ordered_at.max(),
        discount_share=share.mean().round(2),
    )


@transformation(reads=("bought",))
def customer_spend(t: Tables) -> ir.Table:
    """Per customer and `currency`: `orders`, `spend` and `average_order`, in that currency."""
    orders = t["bought"]
    sums = orders.group_by("customer_id", "currency").agg(orders=orders.count(), spend=money(orders.total))
    # Half a cent goes up, counted in whole numbers: engines round a float that stands near a half each in its own way.
    units, orders_units = (sums.spend.cast("float64") * 10_000).round().cast("int64"), sums.orders * 100
    cents = (2 * units + orders_units) // (2 * orders_units)
    return sums.mutate(average_order=(cents.cast("float64") / 100).round(2).cast("decimal(18,4)"))


@transformation(reads=("bought",))
def customer_channels(t: Tables) -> ir.Table:
    """Per customer and `channel`: `orders`."""
    orders = t["bought"]
    return orders.group_by("customer_id", "channel").agg(orders=orders.count())


@transformation(reads=("returns", "orders_of_customers", "links_now"))
def customer_returns(t: Tables) -> ir.Table:
    """Per customer: `returns` and `last_return_at`. A return without a customer is that of its order's."""
    returns = t["returns"].filter(t["returns"].returned_at < t.as_of).select("return_id", "order_id", "customer_ref", "returned_at")
    named = owned(t["links_now"], returns, {"customer_ref": IdType.CUSTOMER_REF})
    buyers = t["orders_of_customers"].select("order_id", "customer_id")
    others = returns.anti_join(named, "return_id").inner_join(buyers, "order_id")
    rows = ibis.union(*(each.select("customer_id", "returned_at") for each in (named, others)))
    return rows.group_by("customer_id").agg(returns=rows.count(), last_return_at=rows.returned_at.max())


@transformation(reads=("subscriptions", "links_now"))
def customer_subscriptions(t: Tables) -> ir.Table:
    """Per customer: `subscriptions` that run at `as_of`, and when the next of them `renews_at`."""
    rows = t["subscriptions"].select("customer_ref", "status", "started_at", "renews_at", "ends_at")
    running = rows.filter(rows.status == "active", rows.started_at < t.as_of, rows.ends_at.isnull() | (rows.ends_at >= t.as_of))
    theirs = owned(t["links_now"], running, {"customer_ref": IdType.CUSTOMER_REF})
    return theirs.group_by("customer_id").agg(subscriptions=theirs.count(), renews_at=theirs.renews_at.min())
