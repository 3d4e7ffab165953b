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
    return _given(links, rows, identifiers, lambda _, owner: owner.notnull())


def done_by(links: ir.Table, events: ir.Table) -> ir.Table:
    """The events that a customer did, with `customer_id`: a user id decides alone, and only without one the browser.

    Somebody else's user id on a customer's browser makes nothing theirs: neither what was looked at nor what was consented to.
    """
    return _given(links, events, BY_EVENT, lambda normal, _: normal.notnull())


def _given(
    links: ir.Table, rows: ir.Table, identifiers: Mapping[str, IdType], decides: Callable[[ir.Value, ir.Value], ir.BooleanValue]
) -> ir.Table:
    """The rows with the owner of the first identifier that decides, by its normal form, if it means anybody, and whose it is."""
    joined = rows
    for n, (column, kind) in enumerate(identifiers.items()):
        owners = _owners(links, rows, column, kind).rename({f"_spelt{n}": "spelt", f"_normal{n}": "normal", f"_owner{n}": "owner"})
        joined = joined.left_join(owners, joined[column] == owners[f"_spelt{n}"])
    found = [(joined[f"_normal{n}"], joined[f"_owner{n}"]) for n in range(len(identifiers))]
    given = joined.mutate(customer_id=ibis.cases(*((decides(*one), one[1]) for one in found)))
    return given.filter(given.customer_id.notnull()).select(*rows.columns, "customer_id")


def _owners(links: ir.Table, rows: ir.Table, column: str, kind: IdType) -> ir.Table:
    """Of each spelling in the column, `spelt`, its `normal` form, null if it means nobody, and its `owner`, null if it is nobody's.

    Each is brought to its normal form once, a visitor's thousand events or not; and before it is joined by, since within a join's
    condition DuckDB would compare every pair. Nothing is filtered by it either, which DuckDB would do before it makes them distinct.
    """
    spellings = rows.select(spelt=column).distinct()
    formed = spellings.mutate(normal=_NORMAL_FORM[kind](spellings.spelt))
    known = links.filter(links.id_type == kind.value).select("id_value", owner="customer_id")
    return formed.left_join(known, formed.normal == known.id_value).select("spelt", "normal", "owner")


_NORMAL_FORM: Mapping[IdType, Callable[[ir.StringValue], ir.StringValue]] = {
    IdType.CUSTOMER_REF: identity_values.plain,
    IdType.ANONYMOUS_ID: identity_values.plain,
    IdType.LOYALTY_CARD: identity_values.loyalty_card,
    IdType.EMAIL_SHA256: identity_values.email_sha256,
}
