"""Whose row is it: identifiers of trusted rows become customers through the links that hold now."""

from collections.abc import Callable, Mapping

import ibis
import ibis.expr.types as ir

from omnichannel.contracts.store import IdType
from omnichannel.identity.rules import RULES
from omnichannel.transform import identity_values
from omnichannel.transform.registry import Tables, transformation

BY_ORDER = {"customer_ref": IdType.CUSTOMER_REF, "loyalty_card": IdType.LOYALTY_CARD, "email": IdType.EMAIL_SHA256}
BY_EVENT = {"user_id": IdType.CUSTOMER_REF, "anonymous_id": IdType.ANONYMOUS_ID}


@transformation(reads=("identity_links",))
def links_now(t: Tables) -> ir.Table:
    """`id_type`, `id_value`, `customer_id`, `valid_from`: the newest link of each identifier that has not ended."""
    links = t["identity_links"]
    open_links = links.filter(links.valid_to.isnull())
    newest = ibis.row_number().over(group_by=["id_type", "id_value"], order_by=[ibis.desc("valid_from"), "customer_id"])
    ranked = open_links.mutate(newest=newest)
    return ranked.filter(ranked.newest == 0).select("id_type", "id_value", "customer_id", "valid_from")


@transformation(reads=("identity_links", "links_now"))
def redirects(t: Tables) -> ir.Table:
    """`customer_id` of a customer who is no more, and `survivor`: who has the surest, then oldest of its identifiers now."""
    return heirs(t["identity_links"], t["links_now"]).select("customer_id", "survivor")


def heirs(links: ir.Table, now: ir.Table) -> ir.Table:
    """`redirects` of links and of those that hold `now`, with the identifier (`id_type`, `id_value`) that leads to the survivor."""
    held = now.select("customer_id").distinct()
    former = links.select("customer_id", "id_type", "id_value", "valid_from").anti_join(held, "customer_id")
    found = former.inner_join(now.select("id_type", "id_value", survivor="customer_id"), ["id_type", "id_value"])
    sureness = found.id_type.cases(*((str(rule.id_type), n) for n, rule in enumerate(RULES.types)), else_=len(RULES.types))
    first = ibis.row_number().over(group_by="customer_id", order_by=[sureness, "valid_from", "id_value", "survivor"])
    return found.mutate(first=first).filter(lambda r: r.first == 0).select("customer_id", "survivor", "id_type", "id_value")


def owned(links: ir.Table, rows: ir.Table, identifiers: Mapping[str, IdType]) -> ir.Table:
    """The rows that belong to a customer, with `customer_id`: the first of those columns that has a link decides."""
    joined, found = rows, [f"_customer{n}" for n in range(len(identifiers))]
    for name, (column, kind) in zip(found, identifiers.items(), strict=True):
        owners = _owners(links, rows, column, kind).rename({name: "owner"})
        joined = joined.left_join(owners, joined[column] == owners.spelt).drop("spelt")
    owner = ibis.coalesce(*(joined[name] for name in found))
    given = joined.mutate(customer_id=owner).drop(*found)
    return given.filter(given.customer_id.notnull())


def _owners(links: ir.Table, rows: ir.Table, column: str, kind: IdType) -> ir.Table:
    """`spelt` and `owner`: whose identifier each spelling is that stands in the column.

    Each is brought to its normal form once, a visitor's thousand events or not; and before it is joined by, since within a join's
    condition DuckDB would compare every pair.
    """
    spellings = rows.select(spelt=column).distinct()
    formed = spellings.mutate(id_value=_NORMAL_FORM[kind](spellings.spelt))
    known = links.filter(links.id_type == kind.value).select("id_value", owner="customer_id")
    return formed.inner_join(known, "id_value").select("spelt", "owner")


_NORMAL_FORM: Mapping[IdType, Callable[[ir.StringValue], ir.StringValue]] = {
    IdType.CUSTOMER_REF: identity_values.plain,
    IdType.ANONYMOUS_ID: identity_values.plain,
    IdType.LOYALTY_CARD: identity_values.loyalty_card,
    IdType.EMAIL_SHA256: identity_values.email_sha256,
}
