"""Features of what a customer looked at: `events` are web and app events, each message once."""

import ibis.expr.types as ir

from omnichannel.contracts.events import EventName
from pipelines.features.registry import days, days_between, feature, within


def _named(events: ir.Table, *names: EventName) -> ir.Table:
    return events.filter(events.event.isin([str(n) for n in names]))


@feature(family="visits", unit="count", drives="repurchase", expected="+", absent=0)
def product_views_30d(events: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Product pages seen in the last 30 days."""
    seen = within(_named(events, EventName.PRODUCT_VIEWED), "at", as_of, 30)
    return seen.group_by("customer_id").agg(product_views_30d=seen.count())


@feature(family="visits", unit="count", drives="churn", expected="-", absent=0)
def product_views_trend(events: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Product pages seen in the last 30 days less those of the 30 days before."""
    seen = within(_named(events, EventName.PRODUCT_VIEWED), "at", as_of, 60)
    change = (seen["at"] >= as_of - days(30)).ifelse(1, -1).sum()
    return seen.group_by("customer_id").agg(product_views_trend=change)


@feature(family="visits", unit="days", drives="churn", expected="+", absent=None)
def days_since_visit(events: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Days since the last event of the last 90 days; unknown when there was none."""
    seen = within(events, "at", as_of, 90)
    return seen.group_by("customer_id").agg(days_since_visit=days_between(seen["at"].max(), as_of))


@feature(family="intent", unit="count", drives="repurchase", expected="+", absent=0)
def cart_adds_30d(events: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Products put into the cart in the last 30 days."""
    added = within(_named(events, EventName.PRODUCT_ADDED), "at", as_of, 30)
    return added.group_by("customer_id").agg(cart_adds_30d=added.count())


@feature(family="intent", unit="count", drives="repurchase", expected="+", absent=0)
def wishlist_90d(events: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Products put on the wishlist in the last 90 days."""
    wished = within(_named(events, EventName.PRODUCT_ADDED_TO_WISHLIST), "at", as_of, 90)
    return wished.group_by("customer_id").agg(wishlist_90d=wished.count())


@feature(family="intent", unit="count", drives="repurchase", expected="+", absent=0)
def open_intent_30d(events: ir.Table, orders: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Products put into the cart or on the wishlist in the last 30 days and after the last order: wanted, not bought."""
    wanted = within(_named(events, EventName.PRODUCT_ADDED, EventName.PRODUCT_ADDED_TO_WISHLIST), "at", as_of, 30)
    last = orders.group_by("customer_id").agg(last_order=orders.ordered_at.max())
    both = wanted.left_join(last, "customer_id").select("customer_id", "at", "last_order")
    still = both.filter(both.last_order.isnull() | (both["at"] > both.last_order))
    return still.group_by("customer_id").agg(open_intent_30d=still.count())


@feature(family="intent", unit="count", drives="repurchase", expected="+", absent=0)
def searches_30d(events: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Searches in the last 30 days."""
    searched = within(_named(events, EventName.PRODUCTS_SEARCHED), "at", as_of, 30)
    return searched.group_by("customer_id").agg(searches_30d=searched.count())
