"""Features of what went wrong and of what binds: returns, support tickets, subscriptions."""

from collections.abc import Callable

import ibis.expr.types as ir

from pipelines.features.registry import feature, within

LOW_CSAT = 2

TOPICS = ("delivery", "quality", "refund", "payment", "account")
"""What support tickets are counted by. Any other topic, and none, counts as `other`: what somebody typed is no feature."""


@feature(family="returns", unit="count", drives="churn", expected="+", owner="service", absent=0)
def returns_90d(returns: ir.Table) -> ir.NumericValue:
    """Returns in the last 90 days."""
    return returns.count(where=within(returns, 90))


@feature(family="returns", unit="money", drives="churn", expected="+", owner="service", absent=0)
def returned_amount_90d(returns: ir.Table) -> ir.NumericValue:
    """What was paid back for returns of the last 90 days, in the orders' own currency."""
    return returns.amount.sum(where=within(returns, 90))


@feature(family="returns", unit="ratio", drives="churn", expected="+", owner="service", absent=0)
def return_share_90d(returns_90d: ir.FloatingValue, orders_90d: ir.FloatingValue) -> ir.NumericValue:
    """Returns in the last 90 days for each completed order of them; 0 without orders."""
    return returns_90d / orders_90d.nullif(0.0)


@feature(family="support", unit="count", drives="churn", expected="+", owner="service", absent=0)
def tickets_180d(tickets: ir.Table) -> ir.NumericValue:
    """Support tickets opened in the last 180 days."""
    return tickets.count(where=within(tickets, 180))


@feature(family="support", unit="count", drives="churn", expected="+", owner="service", absent=0)
def tickets_open(tickets: ir.Table) -> ir.NumericValue:
    """Support tickets that are not closed yet."""
    return tickets.count(where=tickets.open)


@feature(family="support", unit="1 to 5", drives="churn", expected="-", owner="service", absent=None)
def csat_180d(tickets: ir.Table) -> ir.NumericValue:
    """Mean satisfaction with the tickets of the last 180 days; unknown when none was rated."""
    return tickets.csat.mean(where=within(tickets, 180))


@feature(family="support", unit="count", drives="churn", expected="+", owner="service", absent=0)
def low_csat_90d(tickets: ir.Table) -> ir.NumericValue:
    """Tickets of the last 90 days rated 1 or 2."""
    return tickets.count(where=within(tickets, 90) & (tickets.csat <= LOW_CSAT))


def _about(topic: str) -> Callable[[ir.Table], ir.NumericValue]:
    def counted(tickets: ir.Table) -> ir.NumericValue:
        known = tickets.topic.isin(TOPICS).fill_null(False)
        chosen = ~known if topic == "other" else known & (tickets.topic == topic)
        return tickets.count(where=within(tickets, 180) & chosen)

    return counted


for _topic in (*TOPICS, "other"):
    feature(
        name=f"tickets_{_topic}_180d",
        meaning=f"Support tickets of the last 180 days about {_topic if _topic != 'other' else 'anything else'}.",
        family="support",
        unit="count",
        drives="churn",
        expected="+",
        owner="service",
        absent=0,
    )(_about(_topic))


@feature(family="subscription", unit="0 or 1", drives="churn", expected="-", owner="crm", absent=0)
def subscription_active(subscriptions: ir.Table) -> ir.NumericValue:
    """Whether a subscription is active on the date."""
    return subscriptions.active.ifelse(1, 0).max()


@feature(family="subscription", unit="days", drives="churn", expected="-", owner="crm", absent=None)
def subscription_age_days(subscriptions: ir.Table) -> ir.NumericValue:
    """Days since the oldest active subscription started; unknown without one."""
    return subscriptions.age_days.max(where=subscriptions.active)


@feature(family="subscription", unit="days", drives="churn", expected="-", owner="crm", absent=None)
def subscription_days_left(subscriptions: ir.Table) -> ir.NumericValue:
    """Days until the active subscription renews or ends, the longest of several, as far as it is known on the date."""
    return subscriptions.days_left.max(where=subscriptions.active)


@feature(family="subscription", unit="count", drives="churn", expected="-", owner="crm", absent=0)
def subscription_renewals(subscriptions: ir.Table) -> ir.NumericValue:
    """How often the active subscription is known to have been renewed, the most of several."""
    return subscriptions.renewals.max(where=subscriptions.active)


@feature(family="subscription", unit="money", drives="churn", expected="+", owner="merchandising", absent=0)
def subscription_price(subscriptions: ir.Table) -> ir.NumericValue:
    """What a period of the active subscriptions costs, in their own currency."""
    return subscriptions.price.sum(where=subscriptions.active)


@feature(family="subscription", unit="count", drives="churn", expected="+", owner="crm", absent=0)
def subscriptions_ended_365d(subscriptions: ir.Table) -> ir.NumericValue:
    """Subscriptions that ended in the last 365 days."""
    return subscriptions.count(where=subscriptions.ended_days.notnull() & (subscriptions.ended_days <= 365))


@feature(family="subscription", unit="count", drives="churn", expected="-", owner="crm", absent=0)
def subscriptions_active(subscriptions: ir.Table) -> ir.NumericValue:
    """Subscriptions that are active on the date."""
    return subscriptions.count(where=subscriptions.active)


@feature(family="subscription", unit="0 or 1", drives="churn", expected="-", owner="crm", absent=None)
def subscription_renews_itself(subscriptions: ir.Table) -> ir.NumericValue:
    """Whether an active subscription has a day of renewal and no end, so that it goes on by itself; unknown without one."""
    return subscriptions.renews_itself.max(where=subscriptions.active)


@feature(family="subscription", unit="days", drives="churn", expected="-", owner="crm", absent=None)
def subscription_term_days(subscriptions: ir.Table) -> ir.NumericValue:
    """Days from one renewal of the active subscription to the next, the longest of several, as far as renewals are known."""
    return subscriptions.term_days.max(where=subscriptions.active)


@feature(family="subscription", unit="share", drives="churn", expected="+", owner="merchandising", absent=None)
def plan_ended_share_max(subscriptions: ir.Table) -> ir.NumericValue:
    """Share of a plan's subscriptions of the last 365 days that ended in them, by the date: the highest of the customer's active plans.

    A plan's own share is drawn towards that of all by twenty subscriptions.
    """
    return subscriptions.ended_share.max(where=subscriptions.active)


@feature(family="subscription", unit="share", drives="churn", expected="+", owner="merchandising", absent=None)
def plan_ended_share_min(subscriptions: ir.Table) -> ir.NumericValue:
    """Share of a plan's subscriptions of the last 365 days that ended in them, by the date: the lowest of the customer's active plans."""
    return subscriptions.ended_share.min(where=subscriptions.active)


@feature(family="subscription", unit="per year", drives="churn", expected="+", owner="merchandising", absent=None)
def plan_endings_a_year_max(subscriptions: ir.Table) -> ir.NumericValue:
    """Endings for each year that a plan's subscriptions ran, by the date: the highest of the customer's active plans.

    A plan's own rate is drawn towards that of all by twenty years.
    """
    return subscriptions.endings_a_year.max(where=subscriptions.active)


@feature(family="subscription", unit="per year", drives="churn", expected="+", owner="merchandising", absent=None)
def plan_endings_a_year_min(subscriptions: ir.Table) -> ir.NumericValue:
    """Endings for each year that a plan's subscriptions ran, by the date: the lowest of the customer's active plans."""
    return subscriptions.endings_a_year.min(where=subscriptions.active)
