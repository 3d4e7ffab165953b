"""Features of what a customer looked at and wanted on web and app, each message once, by day of visit."""

import ibis
import ibis.expr.types as ir

from pipelines.features.registry import between, feature, within


@feature(family="visits", unit="count", drives="repurchase", expected="+", owner="digital", absent=0)
def product_views_30d(visits: ir.Table) -> ir.NumericValue:
    """Product pages seen in the last 30 days."""
    return visits.views.sum(where=within(visits, 30))


@feature(family="visits", unit="count", drives="repurchase", expected="+", owner="digital", absent=0)
def product_views_90d(visits: ir.Table) -> ir.NumericValue:
    """Product pages seen in the last 90 days."""
    return visits.views.sum()


@feature(family="visits", unit="count", drives="churn", expected="-", owner="digital", absent=0)
def product_views_trend(visits: ir.Table) -> ir.NumericValue:
    """Product pages seen in the last 30 days less those of the 30 days before."""
    earlier = ibis.coalesce(visits.views.sum(where=between(visits, 30, 60)), 0)
    return ibis.coalesce(visits.views.sum(where=within(visits, 30)), 0) - earlier


@feature(family="visits", unit="days", drives="churn", expected="+", owner="digital", absent=None)
def days_since_visit(visits: ir.Table) -> ir.NumericValue:
    """Days since the last event of the last 90 days; unknown when there was none."""
    return visits.last_days.min()


@feature(family="visits", unit="days", drives="repurchase", expected="+", owner="digital", absent=0)
def visit_days_30d(visits: ir.Table) -> ir.NumericValue:
    """Days of the last 30 with a visit."""
    return visits.count(where=within(visits, 30))


@feature(family="intent", unit="count", drives="repurchase", expected="+", owner="digital", absent=0)
def cart_adds_30d(visits: ir.Table) -> ir.NumericValue:
    """Products put into the cart in the last 30 days."""
    return visits.adds.sum(where=within(visits, 30))


@feature(family="intent", unit="count", drives="repurchase", expected="+", owner="digital", absent=0)
def wishlist_90d(visits: ir.Table) -> ir.NumericValue:
    """Products put on the wishlist in the last 90 days."""
    return visits.wishes.sum()


@feature(family="intent", unit="count", drives="repurchase", expected="+", owner="digital", absent=0)
def open_intent_30d(visits: ir.Table) -> ir.NumericValue:
    """Products put into the cart or on the wishlist in the last 30 days, on days after the last order's: wanted, not bought."""
    return (visits.adds + visits.wishes).sum(where=within(visits, 30) & visits.after_order)


@feature(family="intent", unit="count", drives="repurchase", expected="+", owner="digital", absent=0)
def checkouts_30d(visits: ir.Table) -> ir.NumericValue:
    """Checkouts begun in the last 30 days."""
    return visits.checkouts.sum(where=within(visits, 30))


@feature(family="intent", unit="count", drives="repurchase", expected="+", owner="digital", absent=0)
def searches_30d(visits: ir.Table) -> ir.NumericValue:
    """Searches in the last 30 days."""
    return visits.searches.sum(where=within(visits, 30))


@feature(family="interests", unit="count", drives="repurchase", expected="+", owner="merchandising", absent=0)
def categories_viewed_90d(interests: ir.Table) -> ir.NumericValue:
    """Product categories looked at in the last 90 days."""
    return interests.count()


@feature(family="interests", unit="share", drives="repurchase", expected="+", owner="merchandising", absent=None)
def top_interest_share_90d(interests: ir.Table) -> ir.NumericValue:
    """Share of the last 90 days' product views that fall to the category most looked at; unknown without any."""
    return interests.views.max().cast("float64") / interests.views.sum()
