"""Features of what went wrong and of what binds: returns, support tickets, subscriptions."""

import ibis.expr.types as ir

from pipelines.features.registry import days_between, feature, within

LOW_CSAT = 2


@feature(family="returns", unit="count", drives="churn", expected="+", absent=0)
def returns_90d(returns: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Returns in the last 90 days."""
    recent = within(returns, "returned_at", as_of, 90)
    return recent.group_by("customer_id").agg(returns_90d=recent.count())


@feature(family="support", unit="count", drives="churn", expected="+", absent=0)
def tickets_180d(tickets: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Support tickets opened in the last 180 days."""
    recent = within(tickets, "opened_at", as_of, 180)
    return recent.group_by("customer_id").agg(tickets_180d=recent.count())


@feature(family="support", unit="1 to 5", drives="churn", expected="-", absent=None)
def csat_180d(tickets: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Mean satisfaction with the tickets of the last 180 days; unknown when none was rated."""
    recent = within(tickets, "opened_at", as_of, 180)
    return recent.group_by("customer_id").agg(csat_180d=recent.csat.mean())


@feature(family="support", unit="count", drives="churn", expected="+", absent=0)
def low_csat_90d(tickets: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Tickets of the last 90 days rated 1 or 2."""
    recent = within(tickets, "opened_at", as_of, 90)
    return recent.group_by("customer_id").agg(low_csat_90d=(recent.csat <= LOW_CSAT).ifelse(1, 0).sum())


@feature(family="subscription", unit="0 or 1", drives="churn", expected="-", absent=0)
def subscription_active(subscriptions: ir.Table) -> ir.Table:
    """Whether a subscription is active on the date."""
    return subscriptions.group_by("customer_id").agg(subscription_active=subscriptions.active.ifelse(1, 0).max())


@feature(family="subscription", unit="days", drives="churn", expected="+", absent=None)
def subscription_age_days(subscriptions: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Days since the oldest active subscription started; unknown without one."""
    active = subscriptions.filter(subscriptions.active)
    return active.group_by("customer_id").agg(subscription_age_days=days_between(active.started_at.min(), as_of))


@feature(family="subscription", unit="days", drives="churn", expected="-", absent=None)
def subscription_days_left(subscriptions: ir.Table, as_of: ir.TimestampScalar) -> ir.Table:
    """Days until the active subscription renews or ends, as far as it is known on the date."""
    active = subscriptions.filter(subscriptions.active)
    due = active.ends_at.coalesce(active.renews_at)
    return active.group_by("customer_id").agg(subscription_days_left=days_between(as_of, due.max()))
