"""The single customer view, one row a customer: who they are, what they did, which segments they fall into."""

import ibis
import ibis.expr.types as ir

from omnichannel.contracts.segments import AGE_BANDS, OLDEST_BAND, Frequency, Lifecycle
from omnichannel.contracts.store import IdType
from omnichannel.playbook.segments import segments_playbook
from omnichannel.transform.registry import Tables, transformation

FROM_CRM = ("email", "phone", "first_name", "birth_date", "country", "region", "timezone", "language", "created_at")


@transformation(reads=("links_now",))
def customer_refs(t: Tables) -> ir.Table:
    """Per customer the retailer's own references: `customer_ref` and `rank`, 0 for the one that was linked last."""
    links = t["links_now"]
    refs = links.filter(links.id_type == IdType.CUSTOMER_REF.value).select("customer_id", "valid_from", customer_ref="id_value")
    rank = ibis.row_number().over(group_by="customer_id", order_by=[ibis.desc("valid_from"), ibis.desc("customer_ref")])
    return refs.mutate(rank=rank).select("customer_id", "customer_ref", "rank")


@transformation(reads=("customers", "customer_refs"))
def customer_people(t: Tables) -> ir.Table:
    """Per customer what the CRM says of the newest reference, and of older ones where that is silent; `references` counts them."""
    told = t["customer_refs"].inner_join(t["customers"].select("customer_ref", *FROM_CRM), "customer_ref")

    def newest(name: str) -> ir.Value:
        return told[name].argmin(told["rank"], where=told[name].notnull())

    return told.group_by("customer_id").agg(references=told.count(), **{name: newest(name) for name in FROM_CRM})


@transformation(reads=("orders_of_customers",))
def customer_addresses(t: Tables) -> ir.Table:
    """Per customer the e-mail address of the last order that has one: `order_email`."""
    orders = t["orders_of_customers"]
    given = orders.filter(orders.email.notnull()).select("customer_id", "order_id", "ordered_at", "email")
    last = ibis.row_number().over(group_by="customer_id", order_by=[ibis.desc("ordered_at"), "order_id"])
    return given.mutate(last=last).filter(lambda r: r.last == 0).select("customer_id", order_email="email")


_PARTS = ("customer_people", "customer_addresses", "customer_orders", "customer_returns", "customer_subscriptions")
_MORE = ("customer_visits", "customer_support", "customer_messages")
_COUNTS = (
    *("references", "orders", "recent_orders", "returns", "subscriptions", "views", "carts", "wishes", "searches", "visits"),
    *("tickets", "delivered", "opened", "clicked", "bounced"),
)


@transformation(reads=("links_now", "customer_refs", *_PARTS, *_MORE))
def customer_facts(t: Tables) -> ir.Table:
    """Every customer, guests included, with what is known of them side by side; a count of what never happened is 0."""
    facts = t["links_now"].select("customer_id").distinct()
    refs = t["customer_refs"]
    for part in (refs.filter(refs["rank"] == 0).drop("rank"), *(t[name] for name in (*_PARTS, *_MORE))):
        facts = facts.left_join(part, "customer_id").drop("customer_id_right")
    return facts.mutate(
        **{name: facts[name].fill_null(0).cast("int64") for name in _COUNTS}, email=ibis.coalesce(facts.email, facts.order_email)
    ).drop("order_email")


@transformation(reads=("customer_facts",))
def customer_profiles(t: Tables) -> ir.Table:
    """The facts with `age_band`, the segments `frequency`, `lifecycle` and `demographic`, and flags on the data's quality."""
    facts = t["customer_facts"]
    banded = facts.mutate(age_band=_age_band(facts.birth_date, t.as_of), frequency=_frequency(facts), lifecycle=_lifecycle(facts, t.as_of))
    demographic = ibis.coalesce(banded.country, "?") + "/" + ibis.coalesce(banded.age_band, "?")
    return banded.mutate(
        demographic=demographic,
        without_crm=banded.references == 0,
        without_address=banded.email.isnull() & banded.phone.isnull(),
        without_country=banded.country.isnull(),
        odd_birth_date=banded.birth_date.notnull() & banded.age_band.isnull(),
        address_bounced=banded.bounced > 0,
    ).drop("birth_date")


def _age_band(born: ir.DateValue, as_of: ir.TimestampScalar) -> ir.StringValue:
    """Null for an unknown birth date and for one that is no living person's."""
    age = (_day(as_of) - _day(born)) // 10_000
    possible = (age >= 0) & (age <= 120)
    older = [(possible & (age < bound), name) for bound, name in AGE_BANDS]
    return ibis.cases(*older, (possible, OLDEST_BAND))


def _day(at: ir.DateValue | ir.TimestampValue) -> ir.IntegerValue:
    return at.year() * 10_000 + at.month() * 100 + at.day()


def _frequency(facts: ir.Table) -> ir.StringValue:
    return ibis.cases(
        (facts.recent_orders >= segments_playbook().rules.frequent_orders, Frequency.FREQUENT.value),
        (facts.orders >= 2, Frequency.OCCASIONAL.value),
        (facts.orders == 1, Frequency.ONE_TIME.value),
        else_=Frequency.NONE.value,
    )


def _lifecycle(facts: ir.Table, as_of: ir.TimestampScalar) -> ir.StringValue:
    seen = ibis.greatest(facts.last_order_at, ibis.coalesce(facts.last_seen_at, facts.last_order_at))
    rules = segments_playbook().rules
    return ibis.cases(
        (facts.orders == 0, Lifecycle.PROSPECT.value),
        (facts.first_order_at >= as_of - ibis.interval(days=rules.new_days), Lifecycle.NEW.value),
        (seen >= as_of - ibis.interval(days=rules.active_days), Lifecycle.ACTIVE.value),
        (seen >= as_of - ibis.interval(days=rules.dormant_days), Lifecycle.DORMANT.value),
        else_=Lifecycle.CHURNED.value,
    )
