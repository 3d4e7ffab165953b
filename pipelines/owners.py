"""Whose a trusted row is: the customer that its identifiers are linked to, and from when that was known."""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from omnichannel.contracts.store import IdType
from omnichannel.transform import identity_values as form
from omnichannel.transform.profile_links import heirs
from pipelines.engine import Plan
from pipelines.versions import ALWAYS

OWN = {"customer_ref": IdType.CUSTOMER_REF}
SALE = {"customer_ref": IdType.CUSTOMER_REF, "loyalty_card": IdType.LOYALTY_CARD, "email": IdType.EMAIL_SHA256}
TICKET = {"customer_ref": IdType.CUSTOMER_REF, "email": IdType.EMAIL_SHA256}
PROFILE = {"canonical_segment_id": IdType.SEGMENT_ID}
"""The identifiers of rows by column, the surest first."""

NORMAL_FORMS = {
    IdType.CUSTOMER_REF: form.plain,
    IdType.LOYALTY_CARD: form.loyalty_card,
    IdType.EMAIL_SHA256: form.email_sha256,
    IdType.ANONYMOUS_ID: form.plain,
    IdType.SEGMENT_ID: form.plain,
}


class Owners:
    """Gives rows to customers through the identity links that hold now, as far as they were made before the as-of date.

    A link counts from the moment it was made: on an earlier date the row was nobody's. A customer's first reference is theirs from the
    start, since an account's own rows name it, however late the account itself was exported; a second one is another account's, which
    counts from when the two were known to be one. Links that ended do not count.
    """

    def __init__(self, plan: Plan, links: ir.Table, as_of: ir.TimestampScalar) -> None:
        self._plan = plan
        self._links = links
        self._as_of = as_of
        self._kept: dict[IdType, ir.Table] = {}

    def everybody(self) -> ir.Table:
        """`customer_id` of all who were known before the date."""
        since = ibis.coalesce(self._links.valid_from, ALWAYS)
        return self._links.filter(since < self._as_of).select("customer_id").distinct()

    def merged(self, ever: ir.Table) -> ir.Table:
        """`customer_id` of who is part of another by now, that `survivor`, and `since` when; `ever` are all links, ended ones, too."""
        had = self._links.select("id_type", "id_value", survivor="customer_id", since="valid_from")
        found = heirs(ever, self._links).inner_join(had, ["id_type", "id_value", "survivor"])
        return self._plan.add("merged", found.select("customer_id", "survivor", "since"))

    def link(self, kind: IdType) -> ir.Table:
        """`id_value`, `customer_id`, `valid_from`: the newest link of each value."""
        if kind not in self._kept:
            self._kept[kind] = self._plan.add(f"links_by_{kind}", self._newest(kind))
        return self._kept[kind]

    def _newest(self, kind: IdType) -> ir.Table:
        links = self._links.filter(self._links.id_type == str(kind))
        dated = links.select("id_value", "customer_id", valid_from=ibis.coalesce(links.valid_from, ALWAYS))
        if kind is IdType.CUSTOMER_REF:
            place = ibis.row_number().over(group_by="customer_id", order_by=["valid_from", "id_value"])
            dated = dated.mutate(place=place).mutate(valid_from=lambda row: (row.place == 0).ifelse(ALWAYS, row.valid_from)).drop("place")
        known = dated.filter(dated.valid_from < self._as_of)
        ranked = known.mutate(newest=ibis.row_number().over(group_by="id_value", order_by=[ibis.desc("valid_from"), "customer_id"]))
        return ranked.filter(ranked.newest == 0).drop("newest")

    def of_values(self, rows: ir.Table, column: str, kind: IdType) -> ir.Table:
        """The same by the values as they stand in a column, where it `means` anybody; without a customer where that is nobody.

        Each is brought to its normal form once, however many rows have it.
        """
        found = rows.filter(rows[column].notnull()).select(column).distinct()
        values = self._plan.add(f"values_of_{column}", found.mutate(normal=NORMAL_FORMS[kind](found[column])))
        # Not before they are kept: DuckDB would ask it of every row, and not of every value.
        meant = values.filter(values.normal.notnull())
        link = self.link(kind)
        joined = meant.left_join(link, meant.normal == link.id_value)
        # A flag is lighter to carry through a join with every row than the value itself.
        known = {"customer_id": link.customer_id, "valid_from": link.valid_from}
        return joined.select(**{f"_{column}": meant[column], "means": ibis.literal(True), **known})

    def given(self, rows: ir.Table, identifiers: Mapping[str, IdType]) -> ir.Table:
        """`rows` with `customer_id`, null for nobody's, and `known_from` (which they have) no earlier than the link's.

        The first of the identifiers that has a link decides, so a reference that links nobody (a till's, `unknown`) leaves it to the
        next. The identifiers are left behind.
        """
        # DuckDB hashes columns; of an expression in a join's condition it tries every pair.
        joined = rows.mutate(**{f"_{column}_normal": NORMAL_FORMS[kind](rows[column]) for column, kind in identifiers.items()})
        for column, kind in identifiers.items():
            link = self.link(kind).rename(
                {f"_{column}_value": "id_value", f"_{column}_customer": "customer_id", f"_{column}_from": "valid_from"}
            )
            same = joined[f"_{column}_normal"] == link[f"_{column}_value"]
            joined = joined.left_join(link, same).drop(f"_{column}_value")
        customer = ibis.coalesce(*(joined[f"_{c}_customer"] for c in identifiers))
        linked = ibis.coalesce(*(joined[f"_{c}_from"] for c in identifiers), ALWAYS)
        kept = [c for c in rows.columns if c not in identifiers and c != "known_from"]
        return joined.select(*kept, customer_id=customer, known_from=ibis.greatest(joined.known_from, linked))

    def owned(self, rows: ir.Table, identifiers: Mapping[str, IdType]) -> ir.Table:
        """The same without nobody's rows."""
        found = self.given(rows, identifiers)
        return found.filter(found.customer_id.notnull())
