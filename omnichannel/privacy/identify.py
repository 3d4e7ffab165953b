"""Who a person is in the data: identifiers by the links, raw spellings and further ones out of the rows that name them.

Three passes over the trusted tables' columns that hold identifiers, a batch in memory at a time:

1. raw spellings of hashed addresses and numbers; and which identifiers stand in another customer's rows (they are not used);
2. what else stands in the person's rows: orders, a second address, a number;
3. which of that stands in another customer's rows as well.

A row is another customer's when it names a reference that is not the person's.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from omnichannel.contracts.privacy import Values
from omnichannel.identity import normalise
from omnichannel.privacy.fields import Kind, kinds
from omnichannel.privacy.subject import Subject, telling

Batches = Callable[[str], Iterator[pa.RecordBatch]]
"""The columns of a trusted table that hold identifiers (`columns_of`), in batches."""
Found = dict[Kind, set[str]]

LINKED: Mapping[str, Kind] = {kind.value: kind for kind in Kind}
_OWNER = ("customer_ref", "user_id")
_HASHED = {Kind.EMAIL: (Kind.EMAIL_SHA256, normalise.email_sha256), Kind.PHONE: (Kind.PHONE_SHA256, normalise.phone_sha256)}
_COLLECTED = (Kind.EMAIL, Kind.PHONE, Kind.LOYALTY_CARD, Kind.ANONYMOUS_ID, Kind.DEVICE_ID, Kind.SEGMENT_ID, Kind.ORDER_ID)


def columns_of(names: Iterable[str]) -> list[str]:
    """Those columns that hold identifiers, and the country that a phone number is read with."""
    return [name for name in names if kinds(name)]


@dataclass
class Gathering:
    """What is known of the person so far, and which of it other customers have as well."""

    customer_ids: tuple[str, ...]
    known: Found = field(default_factory=lambda: defaultdict(set))
    shared: Found = field(default_factory=lambda: defaultdict(set))

    def subject(self) -> Subject:
        """The person, without what is shared; identifiers that only hash to something shared go with it."""
        usable = {kind: frozenset(values - self.shared[kind]) for kind, values in self.known.items()}
        usable[Kind.CUSTOMER_ID] = frozenset(self.customer_ids)
        for kind, (hashed, digest) in _HASHED.items():
            made = {digest(value) for value in usable.get(kind, ())} - {None}
            usable[hashed] = usable.get(hashed, frozenset()) | frozenset(map(str, made))
        values = {kind: found for kind, found in usable.items() if found}
        counts = {kind: len(found) for kind, found in self.shared.items() if found}
        return Subject(customer_ids=self.customer_ids, values=values, shared=counts)


def gather(
    customer_ids: tuple[str, ...], item: Mapping[str, Any], links: Iterable[Mapping[str, Any]], tables: Sequence[str], read: Batches
) -> Subject:
    """The person with these ids (the surviving one first), their item in the store, every row of `identity_links`, and the tables."""
    about = Gathering(customer_ids)
    _from_links(about, links)
    _from_item(about, item)
    for name in tables:
        for batch in read(name):
            _spellings(about, batch)
    _drop_shared(about, tables, read)
    before = {kind: set(values) for kind, values in about.known.items()}
    for name in tables:
        for batch in read(name):
            _collect(about, batch, before)
    _drop_shared(about, tables, read)
    return about.subject()


def values_of(subject: Subject, columns: Iterable[str]) -> Values:
    """Which rows of a table with these columns name the person."""
    held = {name: sorted(subject.of(*kinds(name))) for name in columns}
    mentions = telling(subject.everything - subject.of(Kind.ORDER_ID))
    return Values(columns={name: values for name, values in held.items() if values}, mentions=sorted(mentions))


def _from_links(about: Gathering, links: Iterable[Mapping[str, Any]]) -> None:
    owners: dict[tuple[Kind, str], set[str]] = defaultdict(set)
    for link in links:
        if kind := LINKED.get(link["id_type"]):
            owners[kind, link["id_value"]].add(link["customer_id"])
    for (kind, value), ids in owners.items():
        if ids & set(about.customer_ids):
            about.known[kind].add(value)
            if ids - set(about.customer_ids):
                about.shared[kind].add(value)


def _from_item(about: Gathering, item: Mapping[str, Any]) -> None:
    for name, value in item.items():
        for kind in kinds(name) if isinstance(value, str) else ():
            if kind in (Kind.CUSTOMER_REF, *_COLLECTED):
                about.known[kind].add(value)


def _spellings(about: Gathering, batch: pa.RecordBatch) -> None:
    """Raw addresses and numbers whose hash is the person's."""
    for name, column in _texts(batch):
        for kind in kinds(name) & _HASHED.keys():
            hashed, digest = _HASHED[kind]
            if about.known[hashed]:
                wanted = about.known[hashed] - about.shared[hashed]
                about.known[kind] |= {value for value in _distinct(column) if digest(value) in wanted}


def _collect(about: Gathering, batch: pa.RecordBatch, by: Found) -> None:
    rows = batch.filter(pc.and_(_named(batch, by, about), pc.invert(_others(batch, about))))
    for name, column in _texts(rows) if rows.num_rows else ():
        # A field that may hold a reference, or anything, does not say what stands in it.
        for kind in kinds(name) & set(_COLLECTED) if Kind.CUSTOMER_REF not in kinds(name) else ():
            about.known[kind] |= {value for value in _distinct(column) if _fits(kind, value)}


def _drop_shared(about: Gathering, names: Iterable[str], read: Batches) -> None:
    """What stands in rows of other references is shared; a reference itself never is, and neither is an order."""
    for table in names:
        for batch in read(table):
            others = batch.filter(_others(batch, about))
            for name, column in _texts(others) if others.num_rows else ():
                for kind in kinds(name) - {Kind.CUSTOMER_REF, Kind.CUSTOMER_ID}:
                    about.shared[kind] |= about.known[kind] & set(_distinct(column, about.known[kind]))


def _named(batch: pa.RecordBatch, by: Found, about: Gathering) -> pa.BooleanArray:
    named = _none(batch)
    for name, column in _texts(batch):
        wanted = sorted(set().union(*(by.get(kind, set()) - about.shared[kind] for kind in kinds(name) - {Kind.ORDER_ID})))
        if wanted:
            named = pc.or_(named, pc.is_in(column, value_set=pa.array(wanted, pa.string())))
    return named


def _others(batch: pa.RecordBatch, about: Gathering) -> pa.BooleanArray:
    """Rows that name a reference which is not the person's."""
    refs = pa.array(sorted(about.known[Kind.CUSTOMER_REF]), pa.string())
    others = _none(batch)
    for name, column in _texts(batch):
        if name in _OWNER:
            present = pc.fill_null(pc.greater(pc.utf8_length(column), 0), False)
            others = pc.or_(others, pc.and_(present, pc.invert(pc.is_in(column, value_set=refs))))
    return others


def _texts(batch: pa.RecordBatch) -> Iterator[tuple[str, pa.Array]]:
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if kinds(name) and (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
            yield name, column.cast(pa.string())


def _distinct(column: pa.Array, among: Iterable[str] | None = None) -> list[str]:
    if among is not None:
        column = column.filter(pc.is_in(column, value_set=pa.array(sorted(among), pa.string())))
    return [str(value) for value in pc.unique(column.drop_null()).to_pylist() if value.strip()]


def _fits(kind: Kind, value: str) -> bool:
    """An address column may hold a number, and the other way round."""
    return ("@" in value) == (kind is Kind.EMAIL) if kind in (Kind.EMAIL, Kind.PHONE) else True


def _none(batch: pa.RecordBatch) -> pa.BooleanArray:
    return pa.array([False] * batch.num_rows, pa.bool_())
