"""Features of how a customer answers to messages, and of the audiences that Segment keeps in real time."""

import ibis
import ibis.expr.types as ir

from pipelines.features.registry import feature, within


def _became(messages: ir.Table, n: int, *types: str) -> ir.IntegerScalar:
    return messages.count(where=within(messages, n) & messages.type.isin(types))


@feature(family="messaging", unit="count", drives="repurchase", expected="+", owner="crm", absent=0)
def messages_90d(messages: ir.Table) -> ir.NumericValue:
    """Messages of the last 90 days: those delivered, or those sent where delivery is not reported."""
    return ibis.greatest(_became(messages, 90, "delivered"), _became(messages, 90, "sent"))


@feature(family="messaging", unit="count", drives="repurchase", expected="+", owner="crm", absent=0)
def opens_90d(messages: ir.Table) -> ir.NumericValue:
    """Messages opened in the last 90 days."""
    return _became(messages, 90, "open")


@feature(family="messaging", unit="count", drives="repurchase", expected="+", owner="crm", absent=0)
def clicks_90d(messages: ir.Table) -> ir.NumericValue:
    """Clicks in messages in the last 90 days."""
    return _became(messages, 90, "click")


@feature(family="messaging", unit="ratio", drives="repurchase", expected="+", owner="crm", absent=None)
def open_rate_90d(opens_90d: ir.FloatingValue, messages_90d: ir.FloatingValue) -> ir.NumericValue:
    """Opens for each message of the last 90 days; unknown without messages."""
    return opens_90d / messages_90d.nullif(0.0)


@feature(family="messaging", unit="count", drives="churn", expected="+", owner="crm", absent=0)
def bounces_180d(messages: ir.Table) -> ir.NumericValue:
    """Messages of the last 180 days that bounced."""
    return _became(messages, 180, "bounce")


@feature(family="messaging", unit="count", drives="churn", expected="+", owner="crm", absent=0)
def unsubscribes_365d(messages: ir.Table) -> ir.NumericValue:
    """Complaints about messages and farewells to them in the last 365 days."""
    return _became(messages, 365, "complaint", "unsubscribe")


@feature(family="segments", unit="count", drives="repurchase", expected="+", owner="digital", absent=0)
def segments_in(memberships: ir.Table) -> ir.NumericValue:
    """Audiences and yes-or-no traits of Segment that hold for the customer on the date."""
    return memberships.name.nunique(where=memberships.member)


@feature(family="segments", unit="count", drives="churn", expected="+", owner="digital", absent=0)
def segments_left_90d(memberships: ir.Table) -> ir.NumericValue:
    """Audiences of Segment that the customer fell out of in the last 90 days and is not back in."""
    return memberships.name.nunique(where=~memberships.member & memberships.before & within(memberships, 90))
