"""What customers did on web and app, counted once for all dates: a row for each customer, day and category."""

import ibis
import ibis.expr.types as ir

from omnichannel.contracts.datasets import EVENTS
from omnichannel.contracts.events import EventName
from omnichannel.contracts.store import IdType
from pipelines.engine import Plan
from pipelines.features.registry import days
from pipelines.owners import Owners
from pipelines.source import EVENT_DAYS, EVENT_NAMES, trusted

COUNTED = {
    "views": EventName.PRODUCT_VIEWED,
    "adds": EventName.PRODUCT_ADDED,
    "wishes": EventName.PRODUCT_ADDED_TO_WISHLIST,
    "searches": EventName.PRODUCTS_SEARCHED,
    "checkouts": EventName.CHECKOUT_STARTED,
}


@ibis.udf.scalar.builtin(name="hash")  # type: ignore[untyped-decorator]
def short(text: str) -> int:  # type: ignore[empty-body]
    """A number of few bytes for a text, another on every engine; different texts may have the same."""


def between(start: ir.TimestampScalar, end: ir.TimestampScalar) -> ir.Table:
    """The events of [start - `EVENT_DAYS`, end) that features read."""
    events = _read()
    return events.filter(events.timestamp >= start - days(EVENT_DAYS), events.timestamp < end)


def _read() -> ir.Table:
    events = trusted(EVENTS)
    return events.filter(events.event.isin(EVENT_NAMES))


def activity(plan: Plan, owners: Owners, events: ir.Table) -> ir.Table:
    """`customer_id`, `day`, `known_day` (a row counts on dates after it), `category`, the counts, `last_at`. Each message counts once.

    Windows begin and end at midnight, so nothing smaller than a day is ever asked for.
    """
    # Of any time: one more id or value does no harm, and one column less is read.
    repeated = plan.add("events_repeated", _repeated(_read()))
    users, visitors = (
        plan.add(f"events_by_{column}", owners.of_values(_read(), column, kind))
        for column, kind in (("user_id", IdType.CUSTOMER_REF), ("anonymous_id", IdType.ANONYMOUS_ID))
    )
    return plan.add("activity", _counted(_once(events, repeated), users, visitors))


def _repeated(events: ir.Table) -> ir.Table:
    """The short forms of ids that more than one message has: few, so that only few messages have to be compared as a whole."""
    numbered = events.select(id=short(events.message_id))
    counted = numbered.group_by("id").agg(messages=numbered.count())
    return counted.filter(counted.messages > 1).select(repeated="id")


def _once(events: ir.Table, repeated: ir.Table) -> ir.Table:
    """Each message as it came first."""
    single = events.anti_join(repeated, short(events.message_id) == repeated.repeated)
    several = events.semi_join(repeated, short(events.message_id) == repeated.repeated)
    order = ibis.row_number().over(group_by="message_id", order_by=["timestamp", "_content_id", "_line"])
    ranked = several.mutate(order=order)
    columns = ("event", "user_id", "anonymous_id", "timestamp", "category")
    return ibis.union(single.select(*columns), ranked.filter(ranked.order == 0).select(*columns))


def _counted(once: ir.Table, users: ir.Table, visitors: ir.Table) -> ir.Table:
    """A user id decides alone who did it, and only without one the browser."""
    joined = once.left_join(users, once.user_id == users._user_id).select(
        *("event", "timestamp", "category", "anonymous_id"), named=users.means, user=users.customer_id, user_from=users.valid_from
    )
    both = joined.left_join(visitors, joined.anonymous_id == visitors._anonymous_id).select(
        "event",
        "timestamp",
        "category",
        day=joined.timestamp.date(),
        customer_id=joined.named.notnull().ifelse(joined.user, visitors.customer_id),
        known_day=ibis.greatest(joined.timestamp, ibis.coalesce(joined.user_from, visitors.valid_from)).date(),
    )
    owned = both.filter(both.customer_id.notnull())
    counts = {name: owned.count(where=owned.event == str(event)) for name, event in COUNTED.items()}
    return owned.group_by("customer_id", "day", "known_day", "category").agg(last_at=owned.timestamp.max(), **counts)
