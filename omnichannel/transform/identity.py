"""Who was seen with whom: every record that names somebody, and the pairs of identifiers that it tells.

Identifiers of one record are tied to the surest of them, so a record with five tells four pairs, not ten. Records are first counted in
the spelling they came in, then brought to their normal forms: a visitor's thousand events are one row to normalise.
"""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from omnichannel.contracts.datasets import CONSENTS, CUSTOMERS, EVENTS, ORDERS, RETURNS, SUBSCRIPTIONS, TICKETS, Dataset
from omnichannel.contracts.identity import SIGHTING_COLUMNS, Trait
from omnichannel.contracts.store import IdType
from omnichannel.identity.rules import RULES
from omnichannel.transform import identity_values as form
from omnichannel.transform.registry import Tables, transformation

_NAMES = ("customer_ref", "loyalty_card", "email", "phone", "country", "segment_id", "anonymous_id", "device_id")
_PROFILE_IDS = {
    "user_id": "customer_ref", "email": "email", "phone": "phone", "anonymous_id": "anonymous_id", "ios.id": "device_id",
    "ios.idfa": "device_id", "android.id": "device_id", "android.idfa": "device_id",
}  # fmt: skip
"""How Segment's profiles call what we know; identifiers of other types are not used."""
_PLACEHOLDER_BIRTHS = ("1900-01-01", "1970-01-01")


@transformation(
    reads=("customers_changes", "orders", "subscriptions", "returns", "events", "tickets_once", "consents_once", "profile_identifiers_once")
)
def identity_records(t: Tables) -> ir.Table:
    """What each source says in one breath: identifiers in their normal forms, when first and last, and how often.

    Of customers every version counts: an address that somebody had still leads to them. Of orders and the like the present state does.
    """
    versions = t["customers_changes"].filter(lambda c: c.source_ts < t.as_of, lambda c: c["op"].isnull() | (c["op"] != "D"))
    created = versions.mutate(_told=ibis.least(versions.created_at, versions.source_ts))
    said = [
        _counted(created, CUSTOMERS.table.removesuffix("_changes"), first="_told", last="source_ts"),
        *(_counted(t[name], name, first=dataset.ordered_by) for name, dataset in _PRESENT.items()),
        *_of_events(t["events"].filter(lambda e: e.timestamp < t.as_of)),
        _of_profiles(t["profile_identifiers_once"]),
    ]
    records = ibis.union(*said)
    return records.select(
        "source", "first_seen", "last_seen", "seen",
        customer_ref=form.plain(records.customer_ref),
        loyalty_card=form.loyalty_card(records.loyalty_card),
        email_sha256=form.email_sha256(records.email),
        phone_sha256=form.phone_sha256(records.phone, records.country),
        segment_id=form.plain(records.segment_id),
        anonymous_id=form.plain(records.anonymous_id),
        device_id=form.plain(records.device_id),
    )  # fmt: skip


_PRESENT: Mapping[str, Dataset] = {
    "orders": ORDERS, "subscriptions": SUBSCRIPTIONS, "returns": RETURNS, "tickets_once": TICKETS, "consents_once": CONSENTS,
}  # fmt: skip


@transformation(reads=("identity_records", "events", "customers", "profile_merges_once"))
def identity_sightings(t: Tables) -> ir.Table:
    """Which identifiers were seen together, by which source, first and last, and how often; a lone one has no `right_type`.

    Rows about a trait (birth date, first name) tell it of a `customer_ref`.
    """
    records = t["identity_records"]
    aliases = _of_aliases(t["events"].filter(lambda e: e.timestamp < t.as_of), records)
    rows = ibis.union(*_pairs(records), *aliases, _of_merges(t["profile_merges_once"]), *_traits(t["customers"]))
    ends = ("left_type", "left_value", "right_type", "right_value", "source")
    counted = rows.group_by(list(ends)).agg(
        first_seen=rows.first_seen.min(), last_seen=rows.last_seen.max(), seen=rows.seen.sum().cast("int64")
    )
    return counted.select(*(column.name for column in SIGHTING_COLUMNS))


def _counted(rows: ir.Table, source: str, *, first: str, last: str = "", **renamed: str) -> ir.Table:
    """Rows by the identifiers that they have, as they are spelt; `renamed` says which column holds an identifier of another name."""
    columns = {name: rows[renamed.get(name, name)] if renamed.get(name, name) in rows.columns else _null() for name in _NAMES}
    named = rows.select(**columns, _first=rows[first], _last=rows[last or first])
    once = named.group_by(list(_NAMES)).agg(first_seen=named["_first"].min(), last_seen=named["_last"].max(), seen=named.count())
    return once.filter(ibis.coalesce(*(once[name] for name in _NAMES if name != "country")).notnull()).mutate(
        source=ibis.literal(source.removesuffix("_once"))
    )


def _of_events(events: ir.Table) -> list[ir.Table]:
    """Identify calls declare; in other events an address is what somebody typed, or of a mailing whom it is about."""
    about = events.user_id.notnull().ifelse(events.recipient_email, _null())
    told = events.mutate(_email=ibis.coalesce(events.email, events.contact_email, about))
    spelt = {"customer_ref": "user_id", "email": "_email", "country": ""}
    identify = told.type == "identify"
    return [
        _counted(told.filter(identify), "identify", first=EVENTS.ordered_by, **spelt),
        _counted(told.filter(~identify), "events", first=EVENTS.ordered_by, **spelt),
    ]


def _of_profiles(identifiers: ir.Table) -> ir.Table:
    typed = {
        name: identifiers.external_id_type.isin([kind for kind, ours in _PROFILE_IDS.items() if ours == name]).ifelse(
            identifiers.external_id_value, _null()
        )
        for name in dict.fromkeys(_PROFILE_IDS.values())
    }
    known = identifiers.mutate(**typed).filter(identifiers.external_id_type.isin(list(_PROFILE_IDS)))
    return _counted(known, "profile_identifiers", first="timestamp")


def _pairs(records: ir.Table) -> list[ir.Table]:
    """Each identifier with the surest of its record; the surest alone, too, since it may be all that there is."""
    surer: list[IdType] = []
    pairs = []
    for kind in (rule.id_type for rule in RULES.types):
        having = records.filter(records[kind].notnull())
        if surer:
            left_type = ibis.cases(*((having[s].notnull(), ibis.literal(str(s))) for s in surer), else_=_null())
            tied = having.mutate(_type=left_type, _value=ibis.coalesce(*(having[s] for s in surer)))
            together = tied.filter(tied["_type"].notnull())
            pairs.append(_sighting(together, together["_type"], together["_value"], ibis.literal(str(kind)), together[kind]))
            having = tied.filter(tied["_type"].isnull())
        pairs.append(_sighting(having, ibis.literal(str(kind)), having[kind], _null(), _null()))
        surer.append(kind)
    return pairs


def _of_aliases(events: ir.Table, records: ir.Table) -> list[ir.Table]:
    """An alias call says that a new reference replaces an old one, or what was an anonymous id before."""
    calls = events.filter(events.type == "alias", events.user_id.notnull(), events.previous_id.notnull())
    calls = calls.select(ref=form.plain(calls.user_id), previous=form.plain(calls.previous_id), at=calls.timestamp)
    known = records.filter(records.customer_ref.notnull()).select(known="customer_ref").distinct()
    told = calls.filter(calls.ref.notnull(), calls.previous.notnull(), calls.ref != calls.previous).left_join(
        known, calls.previous == known.known
    )
    kind = told.known.notnull().ifelse(str(IdType.CUSTOMER_REF), str(IdType.ANONYMOUS_ID))
    rows = told.mutate(kind=kind, source=ibis.literal("alias"), first_seen=told["at"], last_seen=told["at"], seen=ibis.literal(1, "int64"))
    return [_sighting(rows, ibis.literal(str(IdType.CUSTOMER_REF)), rows.ref, rows.kind, rows.previous)]


def _of_merges(merges: ir.Table) -> ir.Table:
    apart = merges.filter(merges.segment_id != merges.canonical_segment_id)
    rows = apart.mutate(
        source=ibis.literal("profile_merges"), first_seen=apart.timestamp, last_seen=apart.timestamp, seen=ibis.literal(1, "int64")
    )
    kind = ibis.literal(str(IdType.SEGMENT_ID))
    return _sighting(rows, kind, rows.canonical_segment_id, kind, rows.segment_id)


def _traits(every: ir.Table) -> list[ir.Table]:
    customers = every.select("customer_ref", "birth_date", "first_name", "created_at", "source_ts")
    born = customers.birth_date.cast("string")
    told = {
        Trait.BIRTH_DATE: born.isin(_PLACEHOLDER_BIRTHS).ifelse(_null(), born),
        Trait.FIRST_NAME: form.name(customers.first_name),
    }
    rows = customers.mutate(
        _ref=form.plain(customers.customer_ref), source=ibis.literal("customers"),
        first_seen=ibis.least(customers.created_at, customers.source_ts), last_seen=customers.source_ts, seen=ibis.literal(1, "int64"),
        **{f"_{trait}": value for trait, value in told.items()},
    )  # fmt: skip
    having = {trait: rows.filter(rows["_ref"].notnull(), rows[f"_{trait}"].notnull()) for trait in told}
    ref = ibis.literal(str(IdType.CUSTOMER_REF))
    return [_sighting(r, ref, r["_ref"], ibis.literal(str(trait)), r[f"_{trait}"]) for trait, r in having.items()]


def _sighting(rows: ir.Table, left_type: ir.Value, left: ir.Value, right_type: ir.Value, right: ir.Value) -> ir.Table:
    return rows.select(
        left_type=left_type, left_value=left, right_type=right_type, right_value=right, source=rows.source,
        first_seen=rows.first_seen, last_seen=rows.last_seen, seen=rows.seen,
    )  # fmt: skip


def _null() -> ir.Value:
    return ibis.null("string")
