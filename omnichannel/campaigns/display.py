"""Lists for display networks: of the newest look-alikes, whoever agrees to advertising at this moment, as hashes and nothing else."""

import csv
import gzip
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from omnichannel.activation.suppression import ATTRIBUTE, suppressed
from omnichannel.aws import dynamodb as tables
from omnichannel.aws import s3 as objects
from omnichannel.campaigns.audiences import LOT, Rules, Store
from omnichannel.campaigns.lists import Lists
from omnichannel.consent.gate import allows
from omnichannel.contracts import zones
from omnichannel.contracts.consent import Channel, Purpose
from omnichannel.contracts.reasons import Reason
from omnichannel.contracts.segments import AUDIENCE_COLUMNS
from omnichannel.contracts.store import IdType, link_key
from omnichannel.playbook.campaigns import Campaign, DisplayList
from omnichannel.playbook.experiments import CONTROL

FILES = {DisplayList.SEED: "seed.csv.gz", DisplayList.EXPANSION: "audience.csv.gz"}
UNKNOWN, IN_CONTROL = "unknown-hash", "control-group"
"""Withheld beside `Reason`: nobody has the address any more, or the campaign's effect is measured by leaving them out."""
_MANIFEST = re.compile(rf"({zones.LOOKALIKES}/as_of=(\d{{4}}-\d{{2}}-\d{{2}})/run=([^/]+)/){re.escape(zones.MANIFEST)}")
_KINDS = (IdType.EMAIL_SHA256, IdType.PHONE_SHA256)

Row = tuple[str, str]
"""The hashes of an address and a number, in the order of `AUDIENCE_COLUMNS`; one may be empty."""


@dataclass(frozen=True, order=True)
class Source:
    """A finished look-alikes run; the greater is of a later date, and of the same date the later written."""

    as_of: str
    written_at: Any
    run: str
    prefix: str


def newest(s3: Any, bucket: str, as_of: str) -> Source | None:
    """The run of the latest date that is not after `as_of`."""
    found = []
    for stored in objects.objects(s3, bucket, f"{zones.LOOKALIKES}/"):
        named = _MANIFEST.fullmatch(stored["Key"])
        if named and date.fromisoformat(named[2]) <= date.fromisoformat(as_of):
            found.append(Source(named[2], stored["LastModified"], named[3], named[1]))
    return max(found, default=None)


def write(store: Store, rules: Rules, run: str, as_of: str, campaign: Campaign) -> dict[str, Any]:
    """Writes one campaign's list and gives what a manifest says of it; `listed` and `withheld` add up to the rows of the source."""
    counts: Counter[str] = Counter()
    source, listed = newest(store.s3, store.bucket, as_of), 0
    with Lists(store.s3, store.bucket, run, AUDIENCE_COLUMNS, [campaign.name]) as lists:
        for lot in tables.batches(_rows(store, source, campaign), LOT):
            for row in _agreed(lot, store, rules, campaign, counts):
                lists.add(campaign.name, row)
                listed += 1
    told: dict[str, Any] = {"list": campaign.display, "listed": listed, "withheld": dict(sorted(counts.items()))}
    return told | _origin(store, source, as_of)


def _origin(store: Store, source: Source | None, as_of: str) -> dict[str, Any]:
    if source is None:
        message = f"no run of look-alikes is as of {as_of} or before; the pipeline audiences makes them after the scores"
        return {"empty": {"name": "no-lookalikes", "message": message}}
    made = json.loads(objects.get(store.s3, store.bucket, source.prefix + zones.MANIFEST))
    return {"source": {"as_of": source.as_of, "run": source.run}, **({"empty": made["empty"]} if made.get("empty") else {})}


def _rows(store: Store, source: Source | None, campaign: Campaign) -> Iterator[Row]:
    if source is None or campaign.display is None:
        return
    text = gzip.decompress(objects.get(store.s3, store.bucket, source.prefix + FILES[campaign.display])).decode()
    for row in csv.DictReader(io.StringIO(text)):
        yield row[AUDIENCE_COLUMNS[0]], row[AUDIENCE_COLUMNS[1]]


def _agreed(lot: Sequence[Row], store: Store, rules: Rules, campaign: Campaign, counts: Counter[str]) -> Iterator[Row]:
    owners = _owners(lot, store)
    keys = ({"customer_id": customer_id} for customer_id in dict.fromkeys(owners.values()))
    found = tables.batch_get(store.dynamodb, store.customers_table, keys, ("customer_id", "consents", ATTRIBUTE))
    items = {item["customer_id"]: item for item in found}
    for row in lot:
        pairs = list(zip(_KINDS, row, strict=True))
        reason = _reason({owners[pair] for pair in pairs if pair in owners}, items, rules, campaign)
        if reason:
            counts[reason] += 1
        else:
            email, phone = (pair[1] if pair in owners else "" for pair in pairs)
            yield email, phone


def _owners(lot: Iterable[Row], store: Store) -> dict[tuple[IdType, str], str]:
    """The customer of each hash that somebody has."""
    wanted = {link_key(*pair): pair for row in lot for pair in zip(_KINDS, row, strict=True) if pair[1]}
    links = tables.batch_get(store.dynamodb, store.customers_table, ({"customer_id": key} for key in wanted), ("customer_id", "customer"))
    return {wanted[link["customer_id"]]: link["customer"] for link in links if link.get("customer")}


def _reason(customers: set[str], items: Mapping[str, Mapping[str, Any]], rules: Rules, campaign: Campaign) -> str:
    """Why a row stays out, empty when it need not. Address and number of two people: both must agree."""
    if not customers:
        return UNKNOWN
    if any(rules.holdout.has(each) for each in customers):
        return Reason.HOLDOUT.value
    held = [items.get(each, {}) for each in customers]
    if not all(allows(item.get("consents") or {}, Purpose.ADVERTISING, Channel.WEB) for item in held):
        return Reason.NO_CONSENT.value
    if any(suppressed(item, Channel.ANY) for item in held):
        return Reason.SUPPRESSED.value
    experiment = rules.experiments.of_campaign(campaign.name)
    return IN_CONTROL if any(experiment.arm(each) == CONTROL for each in customers) else ""
