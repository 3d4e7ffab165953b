"""Features of what a customer bought: `orders` are the completed ones known on the date, `lines` their lines."""

import ibis
import ibis.expr.types as ir

from pipelines.features.registry import days_between, feature, within


@feature(family="recency", unit="days", drives="churn", expected="+", absent=None)
def recency_days(orders: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Days since the last completed order."""
    return orders.group_by("customer_id").agg(recency_days=days_between(orders.ordered_at.max(), as_of))


@feature(family="frequency", unit="count", drives="repurchase", expected="+", absent=0)
def orders_30d(orders: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Completed orders in the last 30 days."""
    recent = within(orders, "ordered_at", as_of, 30)
    return recent.group_by("customer_id").agg(orders_30d=recent.count())


@feature(family="frequency", unit="count", drives="repurchase", expected="+", absent=0)
def orders_90d(orders: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Completed orders in the last 90 days."""
    recent = within(orders, "ordered_at", as_of, 90)
    return recent.group_by("customer_id").agg(orders_90d=recent.count())


@feature(family="frequency", unit="count", drives="repurchase", expected="+", absent=0)
def orders_365d(orders: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Completed orders in the last 365 days."""
    recent = within(orders, "ordered_at", as_of, 365)
    return recent.group_by("customer_id").agg(orders_365d=recent.count())


@feature(family="monetary", unit="money", drives="repurchase", expected="+", absent=0)
def spend_365d(orders: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """What completed orders of the last 365 days cost, in the orders' own currency (amounts are not converted)."""
    recent = within(orders, "ordered_at", as_of, 365)
    return recent.group_by("customer_id").agg(spend_365d=recent.total.sum())


@feature(family="monetary", unit="money", drives="repurchase", expected="+", absent=0)
def average_order_365d(orders: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Mean value of the completed orders of the last 365 days."""
    recent = within(orders, "ordered_at", as_of, 365)
    return recent.group_by("customer_id").agg(average_order_365d=recent.total.sum().cast("float64") / recent.count())


@feature(family="tenure", unit="days", drives="churn", expected="-", absent=0)
def tenure_days(orders: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Days since the first completed order."""
    return orders.group_by("customer_id").agg(tenure_days=days_between(orders.ordered_at.min(), as_of))


@feature(family="rhythm", unit="days", drives="repurchase", expected="-", absent=None)
def days_between_orders(orders: ir.Table) -> ir.Table:
    """Mean days between completed orders; unknown below two."""
    return _rhythm(orders).select("customer_id", days_between_orders="gap")


@feature(family="rhythm", unit="ratio", drives="churn", expected="+", absent=None)
def overdue_ratio(orders: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Days since the last order in units of the customer's own mean interval; above 1 is overdue; unknown below two orders."""
    rhythm = _rhythm(orders)
    return rhythm.select("customer_id", overdue_ratio=days_between(rhythm["last"], as_of) / ibis.greatest(rhythm.gap, 1.0))


def _rhythm(orders: ir.Table) -> ir.Table:
    bounds = orders.group_by("customer_id").agg(first=orders.ordered_at.min(), last=orders.ordered_at.max(), n=orders.count())
    several = bounds.filter(bounds.n >= 2)
    return several.select("customer_id", "last", gap=days_between(several["first"], several["last"]) / (several.n - 1))


@feature(family="price", unit="share", drives="churn", expected="+", absent=0)
def discount_share_365d(orders: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Share of the last 365 days' orders that were bought with a discount."""
    recent = within(orders, "ordered_at", as_of, 365)
    return recent.group_by("customer_id").agg(discount_share_365d=(recent.discount > 0).ifelse(1, 0).mean())


@feature(family="channel", unit="share", drives="churn", expected="-", absent=0)
def store_share_365d(orders: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Share of the last 365 days' orders that were made in a shop."""
    recent = within(orders, "ordered_at", as_of, 365)
    return recent.group_by("customer_id").agg(store_share_365d=(recent.channel == "store").ifelse(1, 0).mean())


@feature(family="channel", unit="count", drives="repurchase", expected="+", absent=0)
def channels_365d(orders: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Channels bought through in the last 365 days."""
    recent = within(orders, "ordered_at", as_of, 365)
    return recent.group_by("customer_id").agg(channels_365d=recent.channel.nunique())


@feature(family="range", unit="count", drives="repurchase", expected="+", absent=0)
def categories_365d(lines: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Product categories bought from in the last 365 days."""
    recent = within(lines, "ordered_at", as_of, 365)
    return recent.group_by("customer_id").agg(categories_365d=recent.category.nunique())


@feature(family="range", unit="count", drives="repurchase", expected="+", absent=0)
def products_365d(lines: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Different products bought in the last 365 days."""
    recent = within(lines, "ordered_at", as_of, 365)
    return recent.group_by("customer_id").agg(products_365d=recent.product_id.nunique())
