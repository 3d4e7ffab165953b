"""Features of what a customer bought."""

import ibis
import ibis.expr.types as ir

from pipelines.features.registry import between, feature, within


@feature(family="recency", unit="days", drives="churn", expected="+", owner="crm", absent=None)
def recency_days(orders: ir.Table) -> ir.NumericValue:
    """Days since the last completed order; unknown for who never bought."""
    return orders.age_days.min()


@feature(family="frequency", unit="count", drives="repurchase", expected="+", owner="crm", absent=0)
def orders_30d(orders: ir.Table) -> ir.NumericValue:
    """Completed orders in the last 30 days."""
    return orders.count(where=within(orders, 30))


@feature(family="frequency", unit="count", drives="repurchase", expected="+", owner="crm", absent=0)
def orders_90d(orders: ir.Table) -> ir.NumericValue:
    """Completed orders in the last 90 days."""
    return orders.count(where=within(orders, 90))


@feature(family="frequency", unit="count", drives="repurchase", expected="+", owner="crm", absent=0)
def orders_180d(orders: ir.Table) -> ir.NumericValue:
    """Completed orders in the last 180 days."""
    return orders.count(where=within(orders, 180))


@feature(family="frequency", unit="count", drives="repurchase", expected="+", owner="crm", absent=0)
def orders_365d(orders: ir.Table) -> ir.NumericValue:
    """Completed orders in the last 365 days."""
    return orders.count(where=within(orders, 365))


@feature(family="frequency", unit="count", drives="repurchase", expected="+", owner="crm", absent=0)
def orders_total(orders: ir.Table) -> ir.NumericValue:
    """Completed orders ever."""
    return orders.count()


@feature(family="monetary", unit="money", drives="repurchase", expected="+", owner="crm", absent=0)
def spend_90d(orders: ir.Table) -> ir.NumericValue:
    """What completed orders of the last 90 days cost, in the orders' own currency (amounts are not converted)."""
    return orders.total.sum(where=within(orders, 90))


@feature(family="monetary", unit="money", drives="repurchase", expected="+", owner="crm", absent=0)
def spend_365d(orders: ir.Table) -> ir.NumericValue:
    """What completed orders of the last 365 days cost, in the orders' own currency (amounts are not converted)."""
    return orders.total.sum(where=within(orders, 365))


@feature(family="monetary", unit="money", drives="repurchase", expected="+", owner="crm", absent=0)
def average_order_365d(orders: ir.Table) -> ir.NumericValue:
    """Mean value of the completed orders of the last 365 days."""
    return orders.total.mean(where=within(orders, 365))


@feature(family="tenure", unit="days", drives="churn", expected="-", owner="crm", absent=0)
def tenure_days(orders: ir.Table) -> ir.NumericValue:
    """Days since the first completed order."""
    return orders.age_days.max()


@feature(family="rhythm", unit="days", drives="repurchase", expected="-", owner="data science", absent=None)
def days_between_orders(orders: ir.Table) -> ir.NumericValue:
    """Mean days between completed orders; unknown below two."""
    return orders.gap_days.mean()


@feature(family="rhythm", unit="days", drives="churn", expected="+", owner="data science", absent=None)
def order_gap_spread_days(orders: ir.Table) -> ir.NumericValue:
    """Standard deviation of the days between completed orders; unknown below three."""
    return orders.gap_days.std(how="sample")


@feature(family="rhythm", unit="ratio", drives="churn", expected="+", owner="data science", absent=None)
def overdue_ratio(recency_days: ir.FloatingValue, days_between_orders: ir.FloatingValue) -> ir.NumericValue:
    """Days since the last order in units of the customer's own mean interval, of a day at least; above 1 is overdue.

    Unknown below two orders.
    """
    # Not `greatest`, which passes over what is unknown.
    return recency_days / ibis.ifelse(days_between_orders < 1.0, 1.0, days_between_orders)


@feature(family="rhythm", unit="days", drives="churn", expected="+", owner="data science", absent=None)
def overdue_days(recency_days: ir.FloatingValue, days_between_orders: ir.FloatingValue) -> ir.NumericValue:
    """Days since the last order beyond the customer's own mean interval, below 0 before it is due; unknown below two orders."""
    return recency_days - days_between_orders


@feature(family="trend", unit="count", drives="churn", expected="-", owner="data science", absent=0)
def orders_trend_90d(orders: ir.Table) -> ir.NumericValue:
    """Completed orders of the last 90 days less those of the 90 days before."""
    return orders.count(where=within(orders, 90)) - orders.count(where=between(orders, 90, 180))


@feature(family="trend", unit="money", drives="churn", expected="-", owner="data science", absent=0)
def spend_trend_90d(orders: ir.Table) -> ir.NumericValue:
    """What orders of the last 90 days cost less that of the 90 days before."""
    earlier = ibis.coalesce(orders.total.sum(where=between(orders, 90, 180)), 0.0)
    return ibis.coalesce(orders.total.sum(where=within(orders, 90)), 0.0) - earlier


@feature(family="price", unit="share", drives="churn", expected="+", owner="merchandising", absent=0)
def discount_share_365d(orders: ir.Table) -> ir.NumericValue:
    """Share of the last 365 days' orders that were bought with a discount."""
    return (orders.discount > 0).ifelse(1, 0).mean(where=within(orders, 365))


@feature(family="channel", unit="share", drives="churn", expected="-", owner="merchandising", absent=0)
def store_share_365d(orders: ir.Table) -> ir.NumericValue:
    """Share of the last 365 days' orders that were made in a shop."""
    return (orders.channel == "store").ifelse(1, 0).mean(where=within(orders, 365))


@feature(family="channel", unit="count", drives="repurchase", expected="+", owner="merchandising", absent=0)
def channels_365d(orders: ir.Table) -> ir.NumericValue:
    """Channels bought through in the last 365 days."""
    return orders.channel.nunique(where=within(orders, 365))


@feature(family="range", unit="count", drives="repurchase", expected="+", owner="merchandising", absent=0)
def categories_365d(categories: ir.Table) -> ir.NumericValue:
    """Product categories bought from in the last 365 days; products that the catalog does not know are of none."""
    return categories.count()


@feature(family="range", unit="share", drives="churn", expected="+", owner="merchandising", absent=None)
def top_category_share_365d(categories: ir.Table) -> ir.NumericValue:
    """Share of the last 365 days' order lines that fall to the category most bought from, of those whose category is known.

    1 is one category alone.
    """
    return categories.lines.max().cast("float64") / categories.lines.sum()


@feature(family="range", unit="count", drives="repurchase", expected="+", owner="merchandising", absent=0)
def products_365d(lines: ir.Table) -> ir.NumericValue:
    """Different products bought in the last 365 days."""
    return lines.product_id.nunique(where=within(lines, 365))


@feature(family="range", unit="count", drives="repurchase", expected="+", owner="merchandising", absent=0)
def units_per_order_365d(lines: ir.Table) -> ir.NumericValue:
    """Units bought for each order of the last 365 days whose lines are known."""
    recent = within(lines, 365)
    return lines.quantity.sum(where=recent) / lines.order_id.nunique(where=recent).nullif(0)
