"""What came of messages: who was reached on which channel, who may not be any more, and what followed a campaign's decisions."""

import ibis
import ibis.expr.types as ir

from omnichannel.contracts.consent import Channel
from omnichannel.contracts.feedback import CAMPAIGN_EVENTS, CLOCKS, REPORTED, SENDING_SINKS, SOFT, SUPPRESSING, TOUCHING, FeedbackType
from omnichannel.contracts.ledger import Status
from omnichannel.contracts.store import IdType
from omnichannel.playbook.campaigns import campaigns_playbook
from omnichannel.transform.amounts import money
from omnichannel.transform.profile_links import owned
from omnichannel.transform.registry import Tables, transformation

CONTACT_DAYS = 60
"""Older contacts count for no cap."""
WINDOW_DAYS = 28
"""How long outcomes count of a campaign that the playbook does not have (any more)."""
_SAID = ("event_id", "customer_id", "channel", "type", "at", "campaign", "run", "message_id", "sink")
_TEXT = ibis.null("string")


@transformation(reads=("events_once", "links_now"))
def campaign_events(t: Tables) -> ir.Table:
    """Segment's campaign events of customers, in the words of messaging feedback."""
    by = {"user_id": IdType.CUSTOMER_REF, "recipient_email": IdType.EMAIL_SHA256, "email": IdType.EMAIL_SHA256}
    events = t["events_once"]
    told = events.filter(events.event.isin(list(CAMPAIGN_EVENTS))).select(
        "message_id", "event", "timestamp", *by, named=ibis.coalesce(events.push_campaign, events.campaign, events.campaign_id)
    )
    rows = owned(t["links_now"], told, by)
    return rows.select(
        "customer_id",
        event_id=rows.message_id,
        channel=rows.event.cases(*((name, channel) for name, (channel, _) in CAMPAIGN_EVENTS.items())),
        type=rows.event.cases(*((name, kind.value) for name, (_, kind) in CAMPAIGN_EVENTS.items())),
        at=rows.timestamp,
        campaign=rows.named,
        run=_TEXT,
        message_id=_TEXT,
        sink=ibis.literal("segment"),
    ).select(*_SAID)


@transformation(reads=("feedback_of_customers", "campaign_events"))
def messages_said(t: Tables) -> ir.Table:
    """Everything that was reported of messages to customers; bounces that pass are left out."""
    rows = t["feedback_of_customers"].mutate(channel=lambda f: ibis.coalesce(f.channel, Channel.EMAIL.value))
    passing = (rows.type == FeedbackType.BOUNCE.value) & (rows.bounce == SOFT)
    return ibis.union(rows.filter(~passing.fill_null(False)).select(*_SAID), t["campaign_events"])


@transformation(reads=("messages_said",))
def suppressions(t: Tables) -> ir.Table:
    """Per customer and channel the last reason why nothing more goes there: `type` and `at`."""
    said = t["messages_said"].select("event_id", "customer_id", "channel", "type", "at")
    rows = said.filter(said.type.isin([kind.value for kind in SUPPRESSING]))
    last = ibis.row_number().over(group_by=["customer_id", "channel"], order_by=[ibis.desc("at"), "type", "event_id"])
    return rows.mutate(last=last).filter(lambda m: m.last == 0).select("customer_id", "channel", "type", "at")


@transformation(reads=("messages_said",))
def contacts_made(t: Tables) -> ir.Table:
    """Each message of the last 60 days that somebody reports to have sent a customer: of those without an id one a campaign and day.

    A delivery without an id within 36 hours after something was sent for the campaign is that message's, on whichever day.
    """
    said = t["messages_said"].select("event_id", "customer_id", "channel", "type", "at", "campaign", "run", "message_id")
    recent = said.filter(said.type.isin([kind.value for kind in TOUCHING]), said["at"] >= t.as_of - ibis.interval(days=CONTACT_DAYS))
    named = recent.mutate(campaign=recent.campaign.fill_null(""), run=recent.run.fill_null(""))
    counted = _of_their_own(named)
    day = counted.channel + "/" + counted.campaign + "/" + counted["at"].strftime("%Y-%m-%d")
    ids = counted.mutate(message_id=ibis.coalesce(counted.message_id, day))
    first = ibis.row_number().over(group_by=["customer_id", "message_id"], order_by=["at", "event_id"])
    once = ids.mutate(first=first).filter(lambda m: m.first == 0)
    return once.select("customer_id", "message_id", "channel", "campaign", "run", "at")


def _of_their_own(said: ir.Table) -> ir.Table:
    """The reports without those deliveries that have no id and follow upon a message of the same campaign and channel."""
    late = ibis.interval(minutes=int(REPORTED.total_seconds() // 60))
    early = ibis.interval(minutes=int(CLOCKS.total_seconds() // 60))
    about = {"customer_id": "sent_to", "channel": "sent_on", "campaign": "sent_for", "at": "sent_at"}
    sent = said.filter((said.type == FeedbackType.SENT.value) | said.message_id.notnull()).select(
        **{new: said[old] for old, new in about.items()}
    )
    unnamed = said.filter((said.type == FeedbackType.DELIVERED.value) & said.message_id.isnull())
    same = [unnamed[old] == sent[new] for old, new in about.items() if old != "at"]
    spans = [unnamed["at"] >= sent.sent_at - early, unnamed["at"] <= sent.sent_at + late]
    follows = unnamed.semi_join(sent, [*same, *spans]).select(follows="event_id")
    return said.anti_join(follows, said.event_id == follows.follows)


@transformation(reads=("decisions_once", "redirects"))
def campaign_decisions(t: Tables) -> ir.Table:
    """Each customer, campaign and run that decided for the campaign: its first decision, and when the campaign's window ends."""
    decided = t["decisions_once"].select("customer_id", "campaign", "run", "action", "channel", "at")
    rows = decided.filter(decided.campaign.notnull())
    merged = t["redirects"].rename(old="customer_id")
    joined = rows.left_join(merged, rows.customer_id == merged.old)
    now = joined.mutate(customer_id=ibis.coalesce(joined.survivor, joined.customer_id)).drop("old", "survivor")
    # A live run decides several times, and so does any for customers who are one by now. Taken whole: the least of each is nobody's.
    first = ibis.row_number().over(group_by=["customer_id", "campaign", "run"], order_by=["at", "action", "channel"])
    one = now.mutate(first=first).filter(lambda m: m.first == 0)
    once = one.select("customer_id", "campaign", "run", "action", "channel", decided_at=one["at"])
    return once.mutate(ends_at=_end(once))


@transformation(reads=("campaign_decisions", "messages_said"))
def campaign_reactions(t: Tables) -> ir.Table:
    """Per customer, campaign and run what was reported of its message; where no run is told, by every run whose window it falls in.

    What tells a run and no campaign is about the one campaign that the run decided for.
    """
    made = t["campaign_decisions"].select("customer_id", "campaign", "run", "decided_at", "ends_at")
    one = made.group_by(said_by="customer_id", said_run="run").agg(only=made.campaign.min(), campaigns=made.campaign.nunique())
    told = t["messages_said"].select("type", "at", "campaign", said_by="customer_id", said_run="run")
    about = told.left_join(one.filter(one.campaigns == 1), ["said_by", "said_run"])
    said = about.select("type", "at", "said_by", "said_run", said_of=ibis.coalesce(about.campaign, about.only))
    pairs = made.inner_join(said, [made.customer_id == said.said_by, made.campaign == said.said_of])
    within = (pairs["at"] >= pairs.decided_at) & (pairs["at"] < pairs.ends_at)
    theirs = pairs.filter((pairs.said_run == pairs.run).fill_null(False) | (pairs.said_run.isnull() & within))
    return theirs.group_by("customer_id", "campaign", "run").agg(
        **{name: theirs.count(where=theirs.type == kind.value) > 0 for name, kind in _REACTIONS.items()}
    )


@transformation(reads=("campaign_decisions", "bought"))
def campaign_purchases(t: Tables) -> ir.Table:
    """Per customer, campaign and run the completed `orders` within the campaign's window, and their `revenue`."""
    made = t["campaign_decisions"].select("customer_id", "campaign", "run", "decided_at", "ends_at")
    bought = t["bought"].select("ordered_at", "total", buyer=t["bought"].customer_id)
    pairs = made.inner_join(bought, made.customer_id == bought.buyer)
    within = pairs.filter(pairs.ordered_at >= pairs.decided_at, pairs.ordered_at < pairs.ends_at)
    return within.group_by("customer_id", "campaign", "run").agg(
        orders=within.count(), revenue=money(within.total)
    )  # fmt: skip


@transformation(reads=("activation_log_once", "redirects"))
def campaign_sends(t: Tables) -> ir.Table:
    """Each customer, run and campaign with a delivery to a messaging sink; the campaign is empty where the log does not say it."""
    log = t["activation_log_once"].select("customer_id", "run", "sink", "status", campaign=lambda row: row.campaign.fill_null(""))
    rows = log.filter(log.status == Status.DELIVERED.value, log.sink.isin(list(SENDING_SINKS))).select("customer_id", "run", "campaign")
    merged = t["redirects"].rename(old="customer_id")
    joined = rows.left_join(merged, rows.customer_id == merged.old)
    return joined.select("run", "campaign", customer_id=ibis.coalesce(joined.survivor, joined.customer_id)).distinct()


@transformation(reads=("campaign_decisions", "campaign_sends", "campaign_reactions", "campaign_purchases"))
def outcomes(t: Tables) -> ir.Table:
    """Per customer, campaign and run what followed its decision: sent, what was reported of the message, and purchases in the window.

    `closed` says that the window is over: before that, what has not happened may still happen.
    """
    keys, made = ["customer_id", "campaign", "run"], t["campaign_decisions"]
    sends = t["campaign_sends"].rename(sent_to="customer_id", sent_by="run", sent_for="campaign")
    theirs = (sends.sent_for == "") | (sends.sent_for == made.campaign)
    of_theirs = [made.customer_id == sends.sent_to, made.run == sends.sent_by, theirs]
    sent = made.semi_join(sends, of_theirs).select(*keys).mutate(was_sent=True)
    rows = made.left_join(sent, keys).drop(*(f"{key}_right" for key in keys))
    rows = rows.left_join(t["campaign_reactions"], keys).drop(*(f"{key}_right" for key in keys))
    rows = rows.left_join(t["campaign_purchases"], keys).drop(*(f"{key}_right" for key in keys))
    return rows.select(
        *made.columns,
        sent=rows.was_sent.fill_null(False),
        **{name: rows[name].fill_null(False) for name in _REACTIONS},
        orders=rows.orders.fill_null(0),
        revenue=rows.revenue.fill_null(ibis.literal(0).cast("decimal(18,4)")),
        closed=rows.ends_at <= t.as_of,
    )


_REACTIONS = {
    "delivered": FeedbackType.DELIVERED,
    "opened": FeedbackType.OPEN,
    "clicked": FeedbackType.CLICK,
    "bounced": FeedbackType.BOUNCE,
    "complained": FeedbackType.COMPLAINT,
    "unsubscribed": FeedbackType.UNSUBSCRIBE,
}


def _end(rows: ir.Table) -> ir.TimestampColumn:
    """When each row's campaign stops counting outcomes."""
    windows = {name: campaign.window_days for name, campaign in sorted(campaigns_playbook().items())}
    days = {name: rows.decided_at + ibis.interval(days=number) for name, number in windows.items()}
    return rows.campaign.cases(*days.items(), else_=rows.decided_at + ibis.interval(days=WINDOW_DAYS))
