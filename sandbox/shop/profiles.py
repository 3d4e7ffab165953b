"""What Segment knows of some customers: rows of Profiles Sync, identifiers, merges and computed traits.

Each browser begins a profile of its own; when its owner signs in with the second one, that is merged into the first. A computed trait has
one row each time it was computed.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson

from omnichannel.contracts.datasets import PROFILE_IDENTIFIERS, PROFILE_MERGES, PROFILE_TRAITS, Dataset
from sandbox.shop.behaviour import Ints
from sandbox.shop.catalogue import CATEGORIES
from sandbox.shop.landing import Sheet, iso, stamp
from sandbox.shop.people import DAY, NEVER, People
from sandbox.shop.sales import Sales

SHARE = 0.25
COMPUTED_DAYS_BEFORE = (35, 5)
VIP_CENTS = 50_000

Row = dict[str, Any]


def exports(rng: np.random.Generator, crowd: People, sold: Sales, start: int, end: int) -> list[Sheet]:
    """A first export of everything until a month ago, and one of what has come since."""
    chosen = np.sort(rng.permutation(len(crowd.refs))[: max(1, round(len(crowd.refs) * SHARE))])
    names = rng.bytes(8 * len(chosen)).hex()
    ids = {number: f"use_{names[16 * n : 16 * n + 16]}" for n, number in enumerate(chosen.tolist())}
    seen = np.maximum(crowd.frame["created_at"].to_numpy()[chosen], start) + rng.integers(60, DAY, len(chosen))
    identifiers, merges = list(_identifiers(crowd, ids, seen)), list(_merges(crowd, ids, seen))
    traits = [row for days in COMPUTED_DAYS_BEFORE for row in _traits(crowd, sold, ids, end - days * DAY)]
    cuts = [end - 30 * DAY, end]
    every = ((PROFILE_IDENTIFIERS, identifiers), (PROFILE_MERGES, merges), (PROFILE_TRAITS, traits))
    return [sheet for dataset, rows in every for sheet in _sheets(dataset, rows, cuts)]


def _sheets(dataset: Dataset, rows: list[Row], cuts: list[int]) -> Iterator[Sheet]:
    """One file up to each cut, in the order of time."""
    opens = 0
    for cut in cuts:
        part = sorted((row for row in rows if opens <= row["at"] < cut), key=lambda row: row["at"])
        if part:
            yield Sheet(f"{dataset.prefix}{stamp(cut)}.jsonl.gz", dataset, [orjson.dumps(_landed(row)).decode() for row in part])
        opens = cut


def _landed(row: Row) -> Row:
    at = row["at"]
    return {
        **{name: value for name, value in row.items() if name != "at"},
        "timestamp": iso(at),
        "received_at": iso(at + 2),
        "seq": at * 1000,
    }


def _identifiers(crowd: People, ids: dict[int, str], seen: Ints) -> Iterator[Row]:
    for (number, profile), at in zip(ids.items(), seen.tolist(), strict=True):
        known = [(profile, "anonymous_id", f"device-{number:06d}-0", at), (profile, "user_id", crowd.refs[number], at + 40)]
        if crowd.email[number]:
            known.append((profile, "email", crowd.email[number], at + 40))
        if crowd.devices[number] > 1:
            known.append((_second(profile), "anonymous_id", f"device-{number:06d}-1", at + 3 * DAY))
        if crowd.second_since[number] != NEVER:
            known.append((_third(profile), "user_id", crowd.second_refs[number], int(crowd.second_since[number])))
        for place, (segment_id, kind, value, when) in enumerate(known):
            about = {"segment_id": segment_id, "external_id_type": kind, "external_id_value": value}
            by = {"triggering_event_type": "page" if kind == "anonymous_id" else "identify"}
            yield {"id": f"{profile[4:]}-{place}", **about, **by, "at": when}


def _merges(crowd: People, ids: dict[int, str], seen: Ints) -> Iterator[Row]:
    for (number, profile), at in zip(ids.items(), seen.tolist(), strict=True):
        begun = {"triggering_event_type": "page"}
        yield {"segment_id": profile, "canonical_segment_id": profile, **begun, "at": at}
        if crowd.devices[number] > 1:
            second = _second(profile)
            yield {"segment_id": second, "canonical_segment_id": second, **begun, "at": at + 3 * DAY}
            yield {"segment_id": second, "canonical_segment_id": profile, "triggering_event_type": "identify", "at": at + 3 * DAY + 90}
        if crowd.second_since[number] != NEVER:
            third = _third(profile)
            yield {"segment_id": third, "canonical_segment_id": third, **begun, "at": int(crowd.second_since[number])}


def _second(profile: str) -> str:
    return f"{profile}b"


def _third(profile: str) -> str:
    return f"{profile}c"


def _traits(crowd: People, sold: Sales, ids: dict[int, str], at: int) -> Iterator[Row]:
    """Three computed traits and one audience of each profile, over a year of completed orders."""
    recent = (sold.at < at) & (sold.at >= at - 365 * DAY)
    orders = np.bincount(sold.customer[recent], minlength=len(crowd.refs))
    cents = np.bincount(sold.customer[recent], weights=sold.total_cents[recent], minlength=len(crowd.refs))
    categories = list(CATEGORIES)
    there = crowd.frame["created_at"].to_numpy() < at - 4 * DAY
    for number, profile in ids.items():
        if not there[number]:
            continue
        bought, spent = int(orders[number]), int(cents[number])
        traits = {
            "orders_last_year": str(bought),
            "average_order_value": f"{spent / bought / 100:.2f}" if bought else None,
            "favourite_category": categories[crowd.favourite[number]],
            "vip": "true" if spent >= VIP_CENTS else "false",
        }
        yield from ({"canonical_segment_id": profile, "name": name, "value": value, "at": at} for name, value in traits.items() if value)
