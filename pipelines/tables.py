"""Trusted rows as facts about customers, and what was known of them on a date.

What the tables are is said once, without a date in it: the dates stand in tables of their own. So the expressions are compiled once in
a process, whatever dates are asked about.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import ibis
import ibis.expr.types as ir

from omnichannel.contracts.datasets import (
    MESSAGING_FEEDBACK,
    ORDER_LINES,
    ORDERS,
    PRODUCTS,
    PROFILE_TRAITS,
    RETURNS,
    SUBSCRIPTIONS,
    TICKETS,
    Dataset,
)
from omnichannel.contracts.identity import LINKS_TABLE
from omnichannel.contracts.store import IdType
from pipelines import owners, source
from pipelines.activity import activity, between
from pipelines.engine import Engine, Plan, answer, run
from pipelines.features.sources import SOURCES, History, Known, completed
from pipelines.tasks import Coverage, NoDataError
from pipelines.versions import ALWAYS, ORDER, first, state, until, versions

SPAN = ibis.table({"oldest": "timestamp", "as_of": "timestamp"}, name="span")
"""One row: the earliest date that is asked about, and the last, on which everything is as known."""
CLOCK = ibis.table({"now": "timestamp"}, name="clock")
"""One row: the date that is asked about now."""
NOW = CLOCK.now.as_scalar()

TOLD = ("at", "seq", "_line", "_content_id")


@dataclass(frozen=True)
class Described:
    """The tables that are made once, those that are made for each date, and what they are called."""

    once: Plan
    each: Plan
    history: History
    sources: Mapping[str, ir.Table]


@cache
def described() -> Described:
    """All tables, as expressions."""
    once, each, made = Plan(), Plan(), dict[str, ir.Table]()
    history = _history(once)
    for name, build in SOURCES.items():
        made[name] = each.add(f"now_{name}", build(Known(history, made, NOW)))
    return Described(once, each, history, made)


@cache
def _queries(dialect: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    tables = described()
    return tables.once.queries(dialect), tables.each.queries(dialect)


class Facts:
    """Every version and event of the shop up to a date, given to customers: tables of an engine."""

    def __init__(self, engine: Engine, as_of: date, oldest_cut_off: date | None = None) -> None:
        self.engine = engine
        self._as_of = as_of
        self._refuse_without_links()
        once, self._each = _queries(engine.dialect)
        engine.keep(SPAN.get_name(), f"SELECT {_at(oldest_cut_off or as_of)} AS oldest, {_at(as_of)} AS as_of")
        run(engine, once)

    @property
    def sources(self) -> Mapping[str, ir.Table]:
        """What features read, by source; as known on the date of the last `as_of`: see `pipelines.features.sources`."""
        return described().sources

    @property
    def history(self) -> History:
        """What sources are made of, and labels."""
        return described().history

    def as_of(self, at: date) -> Mapping[str, ir.Table]:
        """The sources as known on `at`."""
        self.engine.keep(CLOCK.get_name(), f"SELECT {_at(at)} AS now")
        run(self.engine, self._each)
        return self.sources

    def coverage(self) -> Coverage:
        """The days of the first and last completed order in the trusted zone, later ones included: what an error may advise.

        Raises `NoDataError` when there is none, or none before the as-of date that belongs to a known customer.
        """
        orders = completed(source.trusted(ORDERS))
        bounds = self._one(orders.aggregate(first=orders.ordered_at.min(), last=orders.ordered_at.max(), n=orders.count()))
        if not bounds["n"]:
            raise NoDataError("there are no completed orders in the trusted zone: land sales/orders first")
        covered = Coverage(first=bounds["first"].date(), last=bounds["last"].date())
        if covered.first < self._as_of and not self._count(self.history.bought):
            self._refuse_nameless()
            raise NoDataError(
                f"none of the completed orders before {self._as_of} belongs to a known customer: "
                f"do crm/customers and sales/orders use the same customer_ref?"
            )
        return covered

    def _refuse_without_links(self) -> None:
        if self._count(source.trusted(ORDERS)) and not self._count(source.links()):
            self._refuse_nameless()
            raise NoDataError(f"table {LINKS_TABLE} is empty: no row can be given to a customer; build the customer view first")

    def _refuse_nameless(self) -> None:
        orders = source.trusted(ORDERS)
        if not self._count(orders.filter(ibis.or_(*(orders[column].notnull() for column in owners.SALE)))):
            raise NoDataError(f"no order names a customer: land orders with {', '.join(list(owners.SALE)[:-1])} or {list(owners.SALE)[-1]}")

    def _count(self, rows: ir.Table) -> int:
        return int(self._one(rows.aggregate(n=rows.count()))["n"])

    def _one(self, rows: ir.Table) -> dict[str, Any]:
        return answer(self.engine, rows)[0]


def _at(day: date) -> str:
    return f"CAST('{day} 00:00:00' AS TIMESTAMP)"


def _history(plan: Plan) -> History:
    as_of = SPAN.as_of.as_scalar()
    whose = owners.Owners(plan, source.links(), as_of)

    def told(dataset: Dataset, rows: ir.Table) -> ir.Table:
        return plan.add(f"{dataset.table}_history", until(rows, dataset.keys))

    def of(dataset: Dataset) -> ir.Table:
        return versions(source.trusted(dataset), dataset)

    orders = told(ORDERS, whose.owned(of(ORDERS), owners.SALE))
    subscriptions = told(SUBSCRIPTIONS, _courses(whose.owned(of(SUBSCRIPTIONS), owners.OWN)))
    traits = plan.add("traits_history", until(_memberships(whose), ["profile", "name"], TOLD))
    return History(
        customers=plan.add("customers_known", whose.everybody()),
        orders=orders,
        lines=told(ORDER_LINES, of(ORDER_LINES)),
        products=told(PRODUCTS, of(PRODUCTS)),
        # Without a customer of its own a return is of whoever made the order, as far as that is known on the date.
        returns=told(RETURNS, whose.given(of(RETURNS), owners.OWN)),
        subscriptions=subscriptions,
        tickets=plan.add("tickets_once", _tickets(whose)),
        messages=plan.add("messages_once", _messages(whose)),
        traits=traits,
        activity=activity(plan, whose, between(SPAN.oldest.as_scalar(), as_of)),
        bought=plan.add("bought", completed(state(orders, as_of)).select("customer_id", "ordered_at")),
        endings=plan.add("endings", _endings(state(subscriptions, as_of))),
    )


def _tickets(whose: owners.Owners) -> ir.Table:
    rows = first(source.trusted(TICKETS), TICKETS)
    return whose.owned(rows.mutate(known_from=rows.opened_at), owners.TICKET)


def _messages(whose: owners.Owners) -> ir.Table:
    """Feedback names the customer, who may be another one's part since, or the address that the message went to."""
    once = first(source.trusted(MESSAGING_FEEDBACK), MESSAGING_FEEDBACK)
    given = whose.given(once.rename(named="customer_id").mutate(known_from=once["at"]), {"address": IdType.EMAIL_SHA256})
    merged = whose.merged(source.links_ever()).rename(old="customer_id")
    followed = given.left_join(merged, given.named == merged.old)
    told = ibis.greatest(followed["at"], ibis.coalesce(followed.since, ALWAYS))
    known = followed.named.notnull().ifelse(told, followed.known_from)
    customer = ibis.coalesce(followed.survivor, followed.named, followed.customer_id)
    made = followed.select("type", "at", customer_id=customer, known_from=known)
    return made.filter(made.customer_id.notnull())


def _memberships(whose: owners.Owners) -> ir.Table:
    """What changed in yes-or-no traits of Segment's profiles, with `member` and, of the time before, `before`."""
    traits = source.trusted(PROFILE_TRAITS)
    told = traits.mutate(at=traits.timestamp, profile=traits.canonical_segment_id, known_from=traits.timestamp)
    owned = whose.owned(told.filter(told.value.lower().isin(["true", "false"])), owners.PROFILE)
    stands = owned.mutate(member=owned.value.lower() == "true")
    window = ibis.window(group_by=["profile", "name"], order_by=list(TOLD))
    told_before = stands.mutate(before=stands.member.lag().over(window)).drop("value")
    changed = told_before.filter(told_before.before.isnull() | (told_before.before != told_before.member))
    return changed.mutate(before=changed.before.fill_null(False))


def _courses(subscriptions: ir.Table) -> ir.Table:
    """Versions with `renewals`: how often the day of renewal had moved on by then; and of those that are not active with `inactive_since`:
    when that was first told, whatever was told of it afterwards.
    """
    versions_of = {"group_by": "subscription_id", "order_by": list(ORDER)}
    so_far = ibis.cumulative_window(**versions_of)
    before = subscriptions.mutate(
        _before=subscriptions.renews_at.lag().over(ibis.window(**versions_of)), _active=(subscriptions.status == "active").fill_null(False)
    )
    moved = (before.renews_at > before["_before"]).fill_null(False).ifelse(1, 0)
    counted = before.mutate(renewals=moved.sum().over(so_far), _times_active=before["_active"].ifelse(1, 0).sum().over(so_far))
    told = counted["_active"].ifelse(ibis.null("timestamp"), counted.source_ts)
    since = told.min().over(ibis.window(group_by=["subscription_id", "_times_active"]))
    return counted.mutate(inactive_since=since).drop("_before", "_active", "_times_active")


def _endings(subscriptions: ir.Table) -> ir.Table:
    return subscriptions.filter(subscriptions.ends_at.notnull()).select("subscription_id", "ends_at")
