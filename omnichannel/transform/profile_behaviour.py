"""What customers look at, ask and answer: visits, interests, support and messages."""

import ibis
import ibis.expr.types as ir

from omnichannel.contracts.events import EventName
from omnichannel.contracts.feedback import CAMPAIGN_EVENTS, SOFT
from omnichannel.contracts.segments import INTEREST_RULES
from omnichannel.contracts.store import IdType
from omnichannel.transform.profile_links import BY_EVENT, done_by, owned
from omnichannel.transform.registry import Tables, transformation

_DAY_SECONDS = 86_400.0
_OWN_CALLS = ("track", "page", "screen")
"""Segment's calls that tell what somebody does; the others tell who somebody is."""


@transformation(reads=("events_once", "links_now"))
def events_of_customers(t: Tables) -> ir.Table:
    """Events before `as_of` with `customer_id`: by the user id, without one by the anonymous id."""
    columns = ("message_id", "type", "event", *BY_EVENT, "timestamp", "session_id", "product_id", "order_id", "products")
    wanted = t["events_once"].filter(t["events_once"].timestamp < t.as_of).select(*columns)
    return done_by(t["links_now"], wanted)


@transformation(reads=("events_of_customers",))
def customer_visits(t: Tables) -> ir.Table:
    """Per customer within the days that interests count: `views`, `carts`, `wishes`, `searches`, `visits`; and `last_seen_at`, ever.

    What others tell of somebody is no visit: that a message reached them, or what a system knows of them.
    """
    every = t["events_of_customers"]
    events = every.filter(every.type.isin(_OWN_CALLS), every.event.isnull() | every.event.notin(list(CAMPAIGN_EVENTS)))
    recent = events.timestamp >= t.as_of - ibis.interval(days=INTEREST_RULES.days)

    def count(name: EventName) -> ir.IntegerValue:
        return events.count(where=recent & (events.event == name.value))

    return events.group_by("customer_id").agg(
        views=count(EventName.PRODUCT_VIEWED),
        carts=count(EventName.PRODUCT_ADDED),
        wishes=count(EventName.PRODUCT_ADDED_TO_WISHLIST),
        searches=count(EventName.PRODUCTS_SEARCHED),
        visits=events.session_id.nunique(where=recent),
        last_seen_at=events.timestamp.max(),
    )


@transformation(reads=("events_of_customers", "bought", "order_lines", "products"))
def interest_signals(t: Tables) -> ir.Table:
    """What somebody did with a product: `customer_id`, `category`, `at`, and `strength` by the rules."""
    rules, events = INTEREST_RULES, t["events_of_customers"]
    names = [EventName.PRODUCT_VIEWED.value, EventName.PRODUCT_ADDED.value]
    seen = events.filter(events.product_id.notnull(), events.event.isin(names))
    strength = (seen.event == EventName.PRODUCT_ADDED.value).ifelse(rules.added, rules.viewed)
    looked = seen.select("customer_id", "product_id", at=seen.timestamp, strength=strength.cast("int64"))
    lines = (
        t["order_lines"]
        .select("order_id", "product_id")
        .inner_join(t["bought"].select("order_id", "customer_id", "ordered_at"), "order_id")
    )
    sold = lines.select("customer_id", "product_id", at=lines.ordered_at, strength=ibis.literal(rules.bought, "int64"))
    signals = _recent(t, ibis.union(looked, sold), "at")
    known = t["products"].select("product_id", category="category_l1")
    return signals.inner_join(known, "product_id").select("customer_id", "category", "at", "strength")


@transformation(reads=("interest_signals",))
def customer_categories(t: Tables) -> ir.Table:
    """Per customer their foremost categories: `category`, `share` of the interest (to 0.01) and `rank` from 1.

    A signal's weight halves every so many days, that of all of them alike: time alone changes neither shares nor ranks.
    """
    rules, signals = INTEREST_RULES, t["interest_signals"]
    age = (t.as_of.epoch_seconds() - signals["at"].epoch_seconds()).cast("float64") / _DAY_SECONDS
    weighed = signals.mutate(weight=signals.strength * (ibis.literal(0.5) ** (age / rules.half_life_days)))
    summed = weighed.group_by("customer_id", "category").agg(weight=weighed.weight.sum())
    share = (summed.weight / summed.weight.sum().over(group_by="customer_id")).round(2)
    shared = summed.mutate(share=share)
    rank = ibis.row_number().over(group_by="customer_id", order_by=[ibis.desc("share"), "category"]) + 1
    ranked = shared.mutate(rank=rank)
    return ranked.filter(ranked["rank"] <= rules.kept).select("customer_id", "category", "share", "rank")


@transformation(reads=("tickets_once", "links_now"))
def customer_support(t: Tables) -> ir.Table:
    """Per customer: `tickets`, `last_ticket_at`, and `average_csat` (1 to 5) of those that were rated."""
    wanted = t["tickets_once"].select("customer_ref", "email", "opened_at", "csat")
    identifiers = {"customer_ref": IdType.CUSTOMER_REF, "email": IdType.EMAIL_SHA256}
    tickets = owned(t["links_now"], wanted.filter(wanted.opened_at < t.as_of), identifiers)
    return tickets.group_by("customer_id").agg(
        tickets=tickets.count(), last_ticket_at=tickets.opened_at.max(), average_csat=tickets.csat.mean().round(2)
    )


@transformation(reads=("feedback_of_customers",))
def customer_messages(t: Tables) -> ir.Table:
    """Per customer: messages `delivered`, `opened` and `clicked`, and how many `bounced`; bounces that pass are left out."""
    feedback = t["feedback_of_customers"]
    known = feedback.filter(feedback["at"] < t.as_of)

    def count(kind: str) -> ir.IntegerValue:
        return known.count(where=known.type == kind)

    return known.group_by("customer_id").agg(
        delivered=count("delivered"), opened=count("open"), clicked=count("click"),
        bounced=known.count(where=(known.type == "bounce") & (known.bounce != SOFT).fill_null(True)),
    )  # fmt: skip


def _recent(t: Tables, rows: ir.Table, column: str) -> ir.Table:
    since = t.as_of - ibis.interval(days=INTEREST_RULES.days)
    return rows.filter(rows[column] >= since, rows[column] < t.as_of)
