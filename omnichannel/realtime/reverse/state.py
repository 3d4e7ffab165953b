"""What Segment shall know of a customer at a moment: plain rules over the customer's item and what Segment was told before."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson

from omnichannel.activation.delivery import HASH_CHARS, message_id
from omnichannel.activation.live import KEY, Live, later
from omnichannel.activation.parts import Traits
from omnichannel.activation.sent import Sent
from omnichannel.activation.suppression import ATTRIBUTE as SUPPRESSED
from omnichannel.activation.suppression import suppressed
from omnichannel.consent.gate import allows, moment
from omnichannel.contracts.decisions import NEXT_ACTION
from omnichannel.contracts.reasons import Reason
from omnichannel.contracts.scores import LIVE_SEGMENTS as TRAIT
from omnichannel.contracts.scores import NO_ACTION
from omnichannel.playbook.facts import LIVE_SEGMENTS

PURPOSE, CHANNEL = "personalization", "web"
RECOMMENDED = "recommended"
ITEMS = 5
"""Products of the trait at most, as many as a message shows."""
ATTRIBUTES = ("customer_id", "customer", "customer_ref", "consents", SUPPRESSED, LIVE_SEGMENTS, NEXT_ACTION, RECOMMENDED)
"""What is read of a customer's item; a redirect has `customer`."""

Item = Mapping[str, Any]


def refusal(item: Item) -> Reason | None:
    """Why nothing of the customer may leave at this moment; an item that is not there has no consent on it."""
    if not allows(item.get("consents") or {}, PURPOSE, CHANNEL):
        return Reason.NO_CONSENT
    return Reason.SUPPRESSED if suppressed(item, CHANNEL) else None


def read_at(before: Live | None) -> str:
    """When the state was read that Segment holds for certain; empty where it holds none."""
    return before.read_at if before and before.traits_hash and not before.open else ""


def segments(item: Item, now: datetime) -> list[str]:
    """The names of the live segments that hold at an aware moment, in the alphabet's order."""
    live = item.get(LIVE_SEGMENTS) or {}
    return sorted(str(name) for name, spell in live.items() if moment({"at": spell["until"]}) > now)


def told(item: Item, before: Live, run: Sent | None) -> Live:
    """The record with the item's own decision where it is the newest: newer than what was told live and than what a run has told."""
    action = item.get(NEXT_ACTION) or {}
    at = str(action.get("at", ""))
    if not later(at, before.decided) or not later(at, _of_run(run)):
        return before
    wanted = list(action.get("items") or ()) or list((item.get(RECOMMENDED) or {}).get("items") or ())
    return replace(before, action=str(action.get("action") or NO_ACTION), items=tuple(map(str, wanted[:ITEMS])), decided=at)


def traits_of(live_segments: list[str], record: Live, run: Sent | None) -> Traits:
    """What is sent. What is next is left out where a run has told a later decision, or nothing was decided live."""
    return {TRAIT: live_segments, **(record.traits if later(record.decided, _of_run(run)) else {})}


def values_of(live_segments: list[str], record: Live) -> str:
    """Names the state: the same where nothing is new. Raises `TypeError` for what is no text."""
    return sha256(orjson.dumps([live_segments, record.action, record.items])).hexdigest()[:HASH_CHARS]


def claimed(before: Live, record: Live, *, customer_ref: str, values: str, shared: bool, now: datetime) -> Live:
    """The record as it is written before the state (`values` is its hash) goes out.

    The same state as one that is open has the same message id: it is a try again. Any other has one of its own, made of the one before.
    `shared` says that what is next goes along.
    """
    again = before.open and before.traits_hash == values
    name = before.message_id if again else message_id(KEY, customer_ref, values, "", before=before.message_id)
    stamp = now.astimezone(UTC).isoformat(timespec="milliseconds")
    since = stamp if shared else record.told_at
    return replace(record, traits_hash=values, message_id=name, open=True, read_at=stamp, told_at=since, version=before.version + 1)


def _of_run(run: Sent | None) -> str:
    return (run.decided or run.at) if run else ""
