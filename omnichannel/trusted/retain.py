"""Which consents are no longer needed: those that were superseded long ago. The newest is kept always, and so is whatever a hold protects.

Consents are one matter when they name the same identifiers, purpose and channel. Who owns an identifier may change; rows that name the same
ones have one owner whoever that is, so what is newest of a matter is all that its older rows could ever say.
"""

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import compress
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import BooleanExpression, In, LessThan
from pyiceberg.table import Table

from omnichannel.contracts.identity import LINKS_TABLE
from omnichannel.contracts.store import IdType
from omnichannel.identity import normalise
from omnichannel.trusted.erase import Changed, TimeLeft, Wanted, changed_by, erase

IDENTIFIERS = ("customer_ref", "email", "anonymous_id")
MATTER = (*IDENTIFIERS, "purpose", "channel")
READ = ("consent_id", *MATTER, "granted", "recorded_at", "_content_id", "_line")
_REPEATED = ("recorded_at", "_content_id", "_line")
_NORMAL_FORM = {
    "customer_ref": (IdType.CUSTOMER_REF, normalise.plain),
    "email": (IdType.EMAIL_SHA256, normalise.email_sha256),
    "anonymous_id": (IdType.ANONYMOUS_ID, normalise.plain),
}

_ANY_OF: Any = In
_EARLIER: Any = LessThan
"""Their constructors' types are those of the parsed form."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Protected:
    """The identifiers of those for whom a legal hold stands, as (type, normal form)."""

    identifiers: frozenset[tuple[str, str]] = frozenset()

    def rows(self, rows: pa.Table) -> pa.Array:
        """True where a row names one of them."""
        named = zip(*(self._named(name, rows[name].to_pylist()) for name in IDENTIFIERS), strict=True)
        return pa.array(map(any, named), pa.bool_())

    def _named(self, column: str, values: Iterable[str | None]) -> list[bool]:
        kind, form = _NORMAL_FORM[column]
        return [bool(self.identifiers) and (kind.value, form(value)) in self.identifiers for value in values]


def superseded(rows: pa.Table) -> pa.Table:
    """`READ` columns of the entries that another one of `rows` supersedes, one row for each `consent_id`.

    `rows` are all that were recorded before one moment. The order is that of `consent_state`: at the same time a refusal wins; of an
    entry that was told several times, the earliest counts.
    """
    told = _first(rows, ("consent_id",), [(name, "ascending") for name in _REPEATED])
    newest = _first(told, MATTER, [("recorded_at", "descending"), ("granted", "ascending"), ("consent_id", "ascending")])
    return told.filter(pc.invert(pc.is_in(told["consent_id"], newest["consent_id"])))


def _first(rows: pa.Table, keys: tuple[str, ...], order: list[tuple[str, str]]) -> pa.Table:
    """Of rows with the same keys the first in that order; keys may be null."""
    numbered = rows.sort_by(order)
    numbered = numbered.append_column("_at", pa.array(range(numbered.num_rows), pa.int64()))
    return numbered.take(numbered.group_by(keys).aggregate([("_at", "min")])["_at_min"]).drop_columns("_at")


def retain(table: Table, before: datetime, protected: Protected, request: str, time_left: TimeLeft) -> Changed:
    """The table without the consents that were superseded `before` that moment; gives what all commits of that request did.

    What holds at any time from then on stays what it was. Former snapshots still have the rows, until they expire.
    Raises `NotAllErased`.
    """
    old = superseded(_read(table, _EARLIER("recorded_at", before.isoformat())))
    held = protected.rows(old)
    doomed = list(compress(old["consent_id"].to_pylist(), (not each for each in held.to_pylist())))
    log.info("superseded consents", extra={"superseded": old.num_rows, "held": old.num_rows - len(doomed), "deleted": len(doomed)})
    return erase(table, Wanted(columns={"consent_id": doomed}), request, time_left) if doomed else changed_by(table, request)


def _read(table: Table, rows: BooleanExpression) -> pa.Table:
    return table.scan(rows, selected_fields=READ).to_arrow().select(READ)


def protected_by(catalog: Catalog, database: str, held: Collection[str]) -> Protected:
    """The identifiers that these customers ever had, and those of whoever shares one with them: a merge may have renamed a customer.

    Raises `NoSuchTableError` when somebody is held and nobody can tell who that is.
    """
    if not held:
        return Protected()
    links = catalog.load_table((database, LINKS_TABLE))
    own = _links(links, _ANY_OF("customer_id", set(held)))
    heirs = _links(links, _ANY_OF("id_value", {value for _, _, value in own})) if own else set()
    every = _links(links, _ANY_OF("customer_id", {*held, *(customer for customer, _, _ in heirs)}))
    return Protected(frozenset((kind, value) for _, kind, value in every))


def _links(table: Table, rows: BooleanExpression) -> set[tuple[str, str, str]]:
    columns = ("customer_id", "id_type", "id_value")
    found = table.scan(rows, selected_fields=columns).to_arrow()
    return set(zip(*(found[name].to_pylist() for name in columns), strict=True))
