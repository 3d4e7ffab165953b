"""Sightings by hand: two identifiers as `type:value`, seen together by a source on some days."""

import hashlib
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from omnichannel.identity.encode import SIGHTINGS_SCHEMA
from omnichannel.identity.resolve import LINKS_SCHEMA, resolve

START = datetime(2025, 1, 1, tzinfo=UTC)
AT = datetime(2026, 11, 1, tzinfo=UTC)
NOTHING = LINKS_SCHEMA.empty_table()
SHORT = {
    "ref": "customer_ref", "card": "loyalty_card", "mail": "email_sha256", "tel": "phone_sha256", "profile": "segment_id",
    "web": "anonymous_id", "phone": "device_id", "born": "birth_date", "name": "first_name",
}  # fmt: skip


def customer_id(ref):
    """The id of a customer who is first known by that reference."""
    return "c_" + hashlib.sha256(f"customer_ref:{ref}".encode()).hexdigest()[:24]


def day(number):
    return START + timedelta(days=number)


def seen(left, right="", source="customers", first=0, last=None, times=1):
    """A row, such as `seen("ref:R1", "mail:m1", "orders", 3, 9)`: from day 3 to day 9."""
    sides = [part for text in (left, right) for part in ((SHORT[text.split(":")[0]], text.split(":")[1]) if text else (None, None))]
    return (*sides, source, day(first), day(first if last is None else last), times)


def table(rows):
    columns = list(zip(*rows, strict=True)) or [()] * len(SIGHTINGS_SCHEMA)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, SIGHTINGS_SCHEMA, strict=True)], schema=SIGHTINGS_SCHEMA)


def resolved(rows, before=NOTHING, at=AT, **more):
    return resolve(table(rows), before, at=at, **more)


def owners(resolution):
    """Customer by identifier (`type:value`, short), of links that hold."""
    short = {long: name for name, long in SHORT.items()}
    return {f"{short[r['id_type']]}:{r['id_value']}": r["customer_id"] for r in resolution.links.to_pylist() if r["valid_to"] is None}


def groups(resolution):
    """The sets of identifiers that belong together."""
    found = {}
    for identifier, customer in owners(resolution).items():
        found.setdefault(customer, set()).add(identifier)
    return {frozenset(group) for group in found.values()}


def happened(resolution, kind):
    return [row for row in resolution.events.to_pylist() if row["kind"] == kind]
