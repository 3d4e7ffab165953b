"""Who is who: sightings of an identifier together with the retailer's own reference become links to one customer each."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from omnichannel.contracts.store import IdType

MOST_OWNERS = 3
"""An identifier seen with more references than this belongs to nobody: a shared till card, a kiosk, a test address."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One identifier together with one `customer_ref`: when first and when last. E-mail addresses come as `email_hash`."""

    id_type: IdType
    value: str
    customer_ref: str
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """One identifier and its customer, since the two were first seen together."""

    customer_id: str
    id_type: IdType
    id_value: str
    valid_from: datetime


@dataclass(frozen=True)
class Identity:
    """Every link, by kind and value of the identifier; and `refs`, the reference behind each customer id."""

    links: Mapping[tuple[IdType, str], Link]
    refs: Mapping[str, str] = field(default_factory=dict)

    def customer(
        self, *, customer_ref: str | None = None, loyalty_card: str | None = None, email: str | None = None, anonymous_id: str | None = None
    ) -> str | None:
        """The customer whom the surest of the given identifiers names; None when none of them is linked."""
        if customer_ref:
            return self._linked(IdType.CUSTOMER_REF, customer_ref)
        return (
            self._linked(IdType.LOYALTY_CARD, loyalty_card)
            or self._linked(IdType.EMAIL_SHA256, email_hash(email) if email else None)
            or self._linked(IdType.ANONYMOUS_ID, anonymous_id)
        )

    def _linked(self, id_type: IdType, value: str | None) -> str | None:
        found = self.links.get((id_type, value)) if value else None
        return found.customer_id if found else None


def customer_id(customer_ref: str) -> str:
    """Our id of the customer with that reference: the same on every rebuild."""
    return "c_" + hashlib.sha256(f"{IdType.CUSTOMER_REF}:{customer_ref}".encode()).hexdigest()[:24]


def email_hash(email: str) -> str:
    """The identifier of an e-mail address: the SHA-256 of its normal form."""
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()


def resolve(refs: Mapping[str, datetime], sightings: Iterable[Sighting]) -> Identity:
    """One customer per reference (known since the given time), and each other identifier with the reference last seen with it.

    References that are in sightings only are nobody's. An identifier with more than `MOST_OWNERS` references gets no link.
    """
    ids = {ref: customer_id(ref) for ref in refs}
    links = {(IdType.CUSTOMER_REF, ref): Link(ids[ref], IdType.CUSTOMER_REF, ref, since) for ref, since in refs.items()}
    owners: dict[tuple[IdType, str], dict[str, tuple[datetime, datetime]]] = defaultdict(dict)
    for seen in sightings:
        if seen.customer_ref in ids:
            refs_of = owners[(seen.id_type, seen.value)]
            first, last = refs_of.get(seen.customer_ref, (seen.first, seen.last))
            refs_of[seen.customer_ref] = (min(first, seen.first), max(last, seen.last))
    for (id_type, value), refs_of in owners.items():
        if len(refs_of) <= MOST_OWNERS:
            owner = max(refs_of, key=lambda ref: (refs_of[ref][1], ref))
            links[(id_type, value)] = Link(ids[owner], id_type, value, refs_of[owner][0])
    return Identity(links=links, refs={found: ref for ref, found in ids.items()})
