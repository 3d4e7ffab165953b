"""Trusted rows as facts about customers, and what was known of them on a date.

A changing record is a list of versions. A version is known from its `source_ts`; the first one from its business time where that
is earlier, because a full load tells later of what happened before. Rows are given to customers through the identity links that hold
now, and a link counts from the moment it was made: on an earlier date the row was nobody's. Links that ended do not count: what a
merged customer did is the surviving one's, since the two were known to be one.
"""

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from omnichannel.contracts.datasets import EVENTS, ORDER_LINES, ORDERS, PRODUCTS, RETURNS, SUBSCRIPTIONS, TICKETS, Dataset
from omnichannel.contracts.identity import LINKS_TABLE
from omnichannel.contracts.store import IdType
from omnichannel.transform import identity_values as form
from pipelines.features.registry import moment, within
from pipelines.source import EVENT_DAYS
from pipelines.tasks import Coverage, NoDataError

CLOCK = "clock"
ALWAYS = ibis.timestamp("1900-01-01 00:00:00")
IDENTIFIERS = {"customer_ref": IdType.CUSTOMER_REF, "loyalty_card": IdType.LOYALTY_CARD, "email": IdType.EMAIL_SHA256}
EVENT_IDENTIFIERS = {"user_id": IdType.CUSTOMER_REF, "anonymous_id": IdType.ANONYMOUS_ID}
NORMAL_FORMS = {
    IdType.CUSTOMER_REF: form.plain,
    IdType.LOYALTY_CARD: form.loyalty_card,
    IdType.EMAIL_SHA256: form.email_sha256,
    IdType.ANONYMOUS_ID: form.plain,
}


class Facts:
    """Every version and event of the shop up to a date, given to customers; tables of a DuckDB connection.

    `bought` (`customer_id`, `ordered_at`) are the completed orders and `endings` (`customer_id`, `started_at`, `ended_at`, null while it
    runs) the subscriptions, both as known on that date: what labels are made from.
    """

    def __init__(self, con: Backend, as_of: date) -> None:
        self._con = con
        self._as_of = as_of
        self._links = con.table(LINKS_TABLE)
        landed = con.table(ORDERS.table).count().execute()
        if landed and not self._links.count().execute():
            raise NoDataError(f"table {LINKS_TABLE} is empty: no row can be given to a customer; build the customer view first")
        own = {"customer_ref": IdType.CUSTOMER_REF}
        self.orders = self._history(ORDERS, con.table(ORDERS.table), IDENTIFIERS)
        self.lines = self._history(ORDER_LINES, con.table(ORDER_LINES.table))
        self.products = self._history(PRODUCTS, con.table(PRODUCTS.table))
        self.returns = self._history(RETURNS, self._with_the_order_s_customer(con.table(RETURNS.table)), own)
        self.subscriptions = self._history(SUBSCRIPTIONS, con.table(SUBSCRIPTIONS.table), own)
        self.tickets = self._keep("tickets_once", self._tickets())
        self.events = self._keep("events_once", self._events())
        bought = self._keep("bought", completed(state(self.orders, ORDERS.keys, moment(as_of))))
        self.bought = bought.select("customer_id", "ordered_at")
        self.endings = self._keep("endings", _endings(state(self.subscriptions, SUBSCRIPTIONS.keys, moment(as_of))))
        self._current: dict[str, str] = {}
        self._now: dict[str, ir.Table] = {}

    def coverage(self) -> Coverage:
        """The days of the first and last completed order in the trusted zone, later ones included: what an error may advise.

        Raises `NoDataError` when there is none, or none before the as-of date that belongs to a known customer.
        """
        orders = completed(self._con.table(ORDERS.table))
        bounds = orders.aggregate(first=orders.ordered_at.min(), last=orders.ordered_at.max(), n=orders.count()).execute().iloc[0]
        if not bounds.n:
            raise NoDataError("there are no completed orders in the trusted zone: land sales/orders first")
        covered = Coverage(first=bounds["first"].date(), last=bounds["last"].date())
        if covered.first < self._as_of and not self.bought.count().execute():
            raise NoDataError(
                f"none of the completed orders before {self._as_of} belongs to a known customer: "
                f"do crm/customers and sales/orders use the same customer_ref?"
            )
        return covered

    @property
    def customers(self) -> ir.Table:
        """`customer_id` of everybody who was known on the as-of date."""
        since = ibis.coalesce(self._links.valid_from, ALWAYS)
        return self._links.filter(since < moment(self._as_of)).select("customer_id").distinct()

    def as_of(self, at: date) -> dict[str, ir.Table]:
        """What features read, as known on `at`: `orders`, `lines`, `returns`, `subscriptions`, `tickets`, `events`.

        The tables and `now` are the same expressions for every date; this call sets the date and computes them again.
        """
        self._con.raw_sql(f"CREATE OR REPLACE TABLE {CLOCK} AS SELECT TIMESTAMP '{at} 00:00:00' AS now")
        for name, query in self._current.items():
            self._con.raw_sql(f'CREATE OR REPLACE TABLE "{name}" AS {query}')
        return self._now or self._describe()

    @property
    def now(self) -> ir.TimestampScalar:
        """The date of the last `as_of`, as an expression."""
        return self._con.table(CLOCK).now.as_scalar()

    def _describe(self) -> dict[str, ir.Table]:
        """Defines the tables of `as_of` once: compiling an expression takes longer than running it on a small shop."""
        now = self.now
        orders = self._keep_current("orders_now", completed(state(self.orders, ORDERS.keys, now)))
        lines = state(self.lines, ORDER_LINES.keys, now).select("order_id", "product_id")
        products = state(self.products, PRODUCTS.keys, now).select("product_id", category="category_l1")
        bought = lines.inner_join(orders.select("order_id", "customer_id", "ordered_at"), "order_id").left_join(products, "product_id")
        tickets = self.tickets.filter(self.tickets.known_from < now)
        rated = ibis.coalesce(tickets.closed_at, tickets.opened_at) < now
        events = within(self.events, "at", now, EVENT_DAYS)
        self._now = {
            "orders": orders,
            "lines": self._keep_current("lines_now", bought.select("customer_id", "product_id", "category", "ordered_at")),
            "returns": self._keep_current("returns_now", state(self.returns, RETURNS.keys, now)),
            "subscriptions": self._keep_current("subscriptions_now", _running(state(self.subscriptions, SUBSCRIPTIONS.keys, now), now)),
            "tickets": self._keep_current("tickets_now", tickets.mutate(csat=rated.ifelse(tickets.csat, None))),
            "events": self._keep_current("events_now", events.filter(events.known_from < now)),
        }
        return self._now

    def _history(self, dataset: Dataset, rows: ir.Table, identifiers: dict[str, IdType] | None = None) -> ir.Table:
        versions = _versions(rows, list(dataset.keys), ALWAYS if dataset.ordered_by == "source_ts" else rows[dataset.ordered_by])
        return self._keep(f"{dataset.table}_history", self._resolved(versions, identifiers) if identifiers else versions)

    def _tickets(self) -> ir.Table:
        tickets = self._con.table(TICKETS.table)
        first = ibis.row_number().over(group_by="ticket_id", order_by=["opened_at", "_content_id", "_line"])
        ranked = tickets.mutate(first=first, source_ts=tickets.opened_at)
        once = ranked.filter(ranked.first == 0).drop("first")
        identifiers = {k: IDENTIFIERS[k] for k in ("customer_ref", "email")}
        return self._resolved(once.mutate(known_from=once.opened_at), identifiers)

    def _events(self) -> ir.Table:
        events = self._con.table(EVENTS.table)
        once = events.group_by("message_id").agg(
            at=events.timestamp.min(),
            event=events.event.argmin(events.timestamp),
            user_id=events.user_id.argmin(events.timestamp),
            anonymous_id=events.anonymous_id.argmin(events.timestamp),
        )
        given = self._resolved(once.mutate(known_from=once["at"]), EVENT_IDENTIFIERS)
        return given.select("customer_id", "event", "at", "known_from")

    def _with_the_order_s_customer(self, returns: ir.Table) -> ir.Table:
        orders = self._con.table(ORDERS.table)
        buyer = orders.filter(orders.customer_ref.notnull()).group_by("order_id").agg(buyer=lambda t: t.customer_ref.argmin(t.source_ts))
        joined = returns.left_join(buyer, "order_id")
        others = [returns[c] for c in returns.columns if c != "customer_ref"]
        return joined.select(*others, customer_ref=ibis.coalesce(returns.customer_ref, buyer.buyer))

    def _resolved(self, rows: ir.Table, identifiers: dict[str, IdType]) -> ir.Table:
        """`rows` of known customers: the first of the identifiers that has a link decides, so a reference that
        links nobody (a till's, `unknown`) leaves it to the next; the identifiers themselves are left behind."""
        joined = rows
        for column, kind in identifiers.items():
            link = self._link(kind).rename(
                {f"_{column}_value": "id_value", f"_{column}_customer": "customer_id", f"_{column}_from": "valid_from"}
            )
            value = NORMAL_FORMS[kind](joined[column])
            joined = joined.left_join(link, value == link[f"_{column}_value"]).drop(f"_{column}_value")
        customer = ibis.coalesce(*(joined[f"_{c}_customer"] for c in identifiers))
        linked = ibis.coalesce(*(joined[f"_{c}_from"] for c in identifiers))
        kept = [c for c in rows.columns if c not in identifiers and c != "known_from"]
        result = joined.select(*kept, customer_id=customer, known_from=ibis.greatest(joined.known_from, linked))
        return result.filter(result.customer_id.notnull())

    def _link(self, kind: IdType) -> ir.Table:
        """One link a value: the newest that was made before the as-of date. A customer's own reference is theirs from the start."""
        links = self._links.filter(self._links.id_type == str(kind))
        since = ALWAYS if kind is IdType.CUSTOMER_REF else ibis.coalesce(links.valid_from, ALWAYS)
        dated = links.select("id_value", "customer_id", valid_from=since)
        known = dated.filter(dated.valid_from < moment(self._as_of))
        ranked = known.mutate(newest=ibis.row_number().over(group_by="id_value", order_by=[ibis.desc("valid_from"), "customer_id"]))
        return ranked.filter(ranked.newest == 0).drop("newest")

    def _keep(self, name: str, rows: ir.Table) -> ir.Table:
        """The rows as a table of their own, so that not every feature that reads them computes them again."""
        self._con.raw_sql(f'CREATE OR REPLACE TABLE "{name}" AS {self._con.compile(rows)}')
        return self._con.table(name)

    def _keep_current(self, name: str, rows: ir.Table) -> ir.Table:
        self._current[name] = self._con.compile(rows)
        return self._keep(name, rows)


def state(versions: ir.Table, keys: Sequence[str], at: ir.TimestampScalar) -> ir.Table:
    """The newest version of each key that was known before `at`, deleted ones left out, with `backfilled`: it was told only later."""
    known = versions.filter(versions.known_from < at)
    order = [ibis.desc("source_ts"), ibis.desc("_line"), ibis.desc("_content_id")]
    ranked = known.mutate(newest=ibis.row_number().over(group_by=list(keys), order_by=order))
    current = ranked.filter(ranked.newest == 0, ranked["op"].isnull() | (ranked["op"] != "D"))
    return current.mutate(backfilled=current.source_ts >= at).drop("newest")


def completed(orders: ir.Table) -> ir.Table:
    """The orders that were completed."""
    return orders.filter(orders.status == "completed")


def _endings(subscriptions: ir.Table) -> ir.Table:
    ended = ibis.coalesce(subscriptions.ends_at, (subscriptions.status != "active").ifelse(subscriptions.source_ts, None))
    return subscriptions.select("customer_id", "started_at", ended_at=ended)


def _running(known: ir.Table, at: ir.TimestampScalar) -> ir.Table:
    """Subscriptions with `active`. Of a row that was told only later we may use what was fixed when it began, not how it went on."""
    ends, renews = (known.backfilled.ifelse(None, column) for column in (known.ends_at, known.renews_at))
    over = (known.ends_at < at).fill_null(False)
    active = known.backfilled.ifelse(~over, (known.status == "active") & ~over)
    return known.select("customer_id", "started_at", ends_at=ends, renews_at=renews, active=active)


def _versions(rows: ir.Table, keys: list[str], business_time: ir.TimestampValue) -> ir.Table:
    """All versions with `known_from`; of the first version of a key that is its business time where that is earlier."""
    order = ["source_ts", "_line", "_content_id"]
    numbered = rows.mutate(_happened=business_time, _version=ibis.row_number().over(group_by=keys, order_by=order))
    told = (numbered["_version"] == 0).ifelse(ibis.least(numbered.source_ts, numbered["_happened"]), numbered.source_ts)
    return numbered.mutate(known_from=told).drop("_happened", "_version")
