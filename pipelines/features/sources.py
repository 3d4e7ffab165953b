"""What features are aggregates of: a table each of rows that were known on the date, with `customer_id` and how old they are.

`age_days` are days from the row to the date, above 0: a window of n days is `age_days <= n`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pipelines.features.registry import days, days_between
from pipelines.versions import known_at, state

YEAR = 365
USUAL = 20.0
"""Subscriptions, or years of them, that every plan is thought to have had beside its own: what three people did says little."""
INTEREST_DAYS = 90


@dataclass(frozen=True, kw_only=True)
class History:
    """Everything that is known of customers up to a date: versions (`pipelines.versions`), and rows with `known_from`.

    `customers` are all who are known. `bought` (`customer_id`, `ordered_at`) are the completed orders and `endings` (`subscription_id`,
    `ends_at`) the ends of subscriptions, both as known on that date: what labels are made from, with the `subscriptions` themselves.
    """

    customers: ir.Table
    orders: ir.Table
    lines: ir.Table
    products: ir.Table
    returns: ir.Table
    subscriptions: ir.Table
    tickets: ir.Table
    messages: ir.Table
    traits: ir.Table
    activity: ir.Table
    bought: ir.Table
    endings: ir.Table


@dataclass(frozen=True)
class Known:
    """The facts, the sources that were described before, and the date as an expression."""

    facts: History
    made: Mapping[str, ir.Table]
    now: ir.TimestampScalar

    def state(self, versions: ir.Table) -> ir.Table:
        """The records as they stood."""
        return state(versions, self.now)

    def aged(self, rows: ir.Table, column: str) -> ir.Table:
        """The rows from before the date, with `age_days`."""
        aged = rows.mutate(age_days=days_between(rows[column], self.now))
        return aged.filter(rows[column] < self.now)


def orders(known: Known) -> ir.Table:
    """Completed orders: `order_id`, `channel`, `total` and `discount` in the order's currency, `gap_days` since the one before."""
    rows = completed(known.state(known.facts.orders))
    before = rows.ordered_at.lag().over(ibis.window(group_by="customer_id", order_by=["ordered_at", "order_id"]))
    aged = known.aged(rows.mutate(gap_days=days_between(before, rows.ordered_at)), "ordered_at")
    total, discount = aged.total.cast("float64"), ibis.coalesce(aged.discount.cast("float64"), 0.0)
    return aged.select("customer_id", "order_id", "channel", "age_days", "gap_days", total=total, discount=discount)


def lines(known: Known) -> ir.Table:
    """Lines of those orders: `order_id`, `product_id`, `quantity`, and `category`, null for a product that the catalog did not know."""
    rows = known.state(known.facts.lines).select("order_id", "product_id", "quantity")
    sold = known.made["orders"].select("order_id", "customer_id", "age_days")
    products = known.state(known.facts.products).select("product_id", category="category_l1")
    bought = rows.inner_join(sold, "order_id").left_join(products, "product_id")
    return bought.select("customer_id", "order_id", "product_id", "category", "quantity", "age_days")


def categories(known: Known) -> ir.Table:
    """Lines of the last 365 days by `category`: how many `lines`."""
    recent = known.made["lines"].filter(lambda t: t.age_days <= YEAR, lambda t: t.category.notnull())
    return recent.group_by("customer_id", "category").agg(lines=recent.count())


def returns(known: Known) -> ir.Table:
    """Returns with their `amount`; one that names no customer is of the order's."""
    rows = known.state(known.facts.returns)
    buyers = known.state(known.facts.orders).select("order_id", buyer="customer_id")
    joined = rows.left_join(buyers, "order_id")
    owner = ibis.coalesce(rows.customer_id, buyers.buyer)
    owned = joined.select(customer_id=owner, amount=rows.amount.cast("float64"), returned_at=rows.returned_at)
    return known.aged(owned.filter(owned.customer_id.notnull()), "returned_at").select("customer_id", "amount", "age_days")


def tickets(known: Known) -> ir.Table:
    """Support tickets: `csat` once it was given, `topic` in small letters, `open` while it was not closed."""
    rows = known.facts.tickets.filter(known.facts.tickets.known_from < known.now)
    aged = known.aged(rows, "opened_at")
    rated = ibis.coalesce(aged.closed_at, aged.opened_at) < known.now
    is_open = aged.closed_at.isnull() | (aged.closed_at >= known.now)
    return aged.select(
        "customer_id", "age_days", open=is_open, csat=rated.ifelse(aged.csat, ibis.null("int64")), topic=aged.topic.strip().lower()
    )


def subscriptions(known: Known) -> ir.Table:
    """Subscriptions: `active`, `days_left` until it renews or ends, `ended_days` since it ended (null before, also when it is known that it
    will), `price` of a period in its currency.

    `term_days` is the period that was agreed on, `renews_itself` is 1 where it goes on unless somebody ends it, and of its plan there
    are `ended_share` and `endings_a_year`. Of a row that was told only later we may use what was fixed when it began, not how it went on.
    """
    rows = known.state(known.facts.subscriptions)
    aged = known.aged(rows, "started_at")
    ends, renews = (aged.backfilled.ifelse(ibis.null("timestamp"), column) for column in (aged.ends_at, aged.renews_at))
    over = (aged.ends_at < known.now).fill_null(False)
    active = aged.backfilled.ifelse(~over, (aged.status == "active") & ~over)
    since = days_between(ibis.coalesce(aged.ends_at, aged.inactive_since), known.now)
    until = ibis.coalesce(ends, renews)
    itself = aged.backfilled.ifelse(ibis.null("int8"), (renews.notnull() & ends.isnull()).ifelse(1, 0).cast("int8"))
    kept = aged.select(
        *("customer_id", "plan", "age_days", "renewals"),
        active=active,
        days_left=days_between(known.now, until),
        ended_days=(~active & (since > 0)).ifelse(since, ibis.null("float64")),
        price=aged.price.cast("float64"),
        term_days=days_between(aged.started_at, until) / (aged.renewals + 1).cast("float64"),
        renews_itself=itself,
    )
    return kept.left_join(_plans(kept), "plan").drop("plan", "plan_right")


def _plans(subscriptions: ir.Table) -> ir.Table:
    """By plan what its subscribers did so far, small plans drawn towards all of them: `ended_share` and `endings_a_year`."""
    # Whole days, so that both engines add up the same number in whatever order.
    ran = (subscriptions.age_days - ibis.coalesce(subscriptions.ended_days, 0.0)).floor().cast("int64")
    gone = subscriptions.ended_days.notnull()
    lately = (gone & (subscriptions.ended_days <= YEAR)).fill_null(False)
    told = {"ended": lately, "ran": ~gone | lately, "endings": gone}
    counted = {name: which.ifelse(1, 0).sum().cast("float64") for name, which in told.items()}
    plans = subscriptions.group_by("plan").agg(**counted, years=ran.sum().cast("float64") / YEAR)
    share, rate = _drawn(plans.ended, plans.ran), _drawn(plans.endings, plans.years)
    return plans.select("plan", ended_share=share, endings_a_year=rate)


def _drawn(part: ir.FloatingColumn, whole: ir.FloatingColumn) -> ir.FloatingColumn:
    """Part of the whole, as if `USUAL` more had been like all; unknown where there is nothing at all."""
    overall = part.sum().over(ibis.window()) / whole.sum().over(ibis.window()).nullif(0.0)
    return (part + USUAL * overall) / (whole + USUAL)


def visits(known: Known) -> ir.Table:
    """Days with a visit: counts of what was done, `last_days` since the day's last event, `after_order` for days after the last order's."""
    rows = _active(known)
    counted = ("views", "adds", "wishes", "searches", "checkouts")
    daily = rows.group_by("customer_id", "day").agg(last_at=rows.last_at.max(), **{name: rows[name].sum() for name in counted})
    orders = known.made["orders"]
    last = orders.group_by("customer_id").agg(since=orders.age_days.min())
    age = days_between(daily.day.cast("timestamp"), known.now)
    joined = daily.mutate(age_days=age, last_days=days_between(daily.last_at, known.now)).left_join(last, "customer_id")
    after = (joined.age_days < joined.since.ceil()).fill_null(True)
    return joined.select("customer_id", "age_days", "last_days", *counted, after_order=after)


def interests(known: Known) -> ir.Table:
    """Product views of the last 90 days by `category`."""
    rows = _active(known)
    seen = rows.filter(rows.category.notnull(), rows.views > 0)
    return seen.group_by("customer_id", "category").agg(views=seen.views.sum())


def messages(known: Known) -> ir.Table:
    """What became of messages: `type` as messaging feedback has it."""
    rows = known.facts.messages.filter(known.facts.messages.known_from < known.now)
    return known.aged(rows, "at").select("customer_id", "type", "age_days")


def memberships(known: Known) -> ir.Table:
    """Segment's audiences and yes-or-no traits as they stood: `name`, `member`, `age_days` since that was computed, `before` it."""
    return known.aged(known_at(known.facts.traits, known.now), "at").select("customer_id", "name", "age_days", "member", "before")


def completed(orders: ir.Table) -> ir.Table:
    """The orders that were completed."""
    return orders.filter(orders.status == "completed")


def _active(known: Known) -> ir.Table:
    rows = known.facts.activity
    today = known.now.date()
    return rows.filter(rows.day < today, rows.known_day < today, rows.day >= (known.now - days(INTEREST_DAYS)).date())


SOURCES: Mapping[str, Callable[[Known], ir.Table]] = {
    build.__name__: build
    for build in (orders, lines, categories, returns, tickets, subscriptions, visits, interests, messages, memberships)
}
"""In the order in which they are made: a later one may read an earlier one's."""
