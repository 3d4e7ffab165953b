"""What a batch of Personalize recommended, on customers' items: for some days it stands where the own recommender's items stand."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from omnichannel.aws.dynamodb import Item, batches
from omnichannel.aws.transactions import ACTIONS
from omnichannel.consent.gate import allows
from omnichannel.contracts.consent import Channel, Purpose
from omnichannel.contracts.recommendations import Source
from omnichannel.recommendations.attribute import RECOMMENDED, write_recommended

UNREADABLE, REFUSED, EMPTY = "unreadable", "refused", "without-items"
"""Why a line of the answer is not used."""
CHANNELS = (Channel.WEB, Channel.EMAIL)
"""Personalize learnt from what was done on the web, and the items go into messages: both must be allowed."""


def may_be_prepared(consents: Mapping[str, Any]) -> bool:
    """Whether a batch may recommend to somebody."""
    return all(allows(consents, Purpose.PERSONALIZATION, channel) for channel in CHANNELS)


def answers(lines: Iterable[bytes], counts: Counter[str]) -> Iterator[tuple[str, list[str]]]:
    """Customers with their items, from the lines of a batch's answer; lines that say nothing of use are counted by reason."""
    for line in filter(None, map(bytes.strip, lines)):
        try:
            answer = json.loads(line)
            customer, output = str(answer["input"]["userId"]), answer.get("output") or {}
        except (ValueError, TypeError, KeyError, AttributeError):
            counts[UNREADABLE] += 1
            continue
        if answer.get("error"):
            counts[REFUSED] += 1
        elif items := list(map(str, output.get("recommendedItems") or ())):
            yield customer, items
        else:
            counts[EMPTY] += 1


def write(dynamodb: Any, table: str, found: Iterable[tuple[str, list[str]]], *, at: datetime) -> dict[str, int]:
    """Sets `items` of each customer's `recommended`, with the source; gives how many were `answered` and how many items `written`.

    Who does not allow it (any more) keeps what is there. Raises `Contended` when others write to the same items all the time.
    """
    counts = Counter(answered=0, written=0)
    for lot in batches(found, ACTIONS):
        items = dict(lot)
        counts["answered"] += len(items)
        counts["written"] += write_recommended(dynamodb, table, items, partial(attribute, items=items, at=at))
    return dict(counts)


def attribute(item: Item, items: Mapping[str, list[str]], at: datetime) -> Mapping[str, Any] | None:
    """What the customer's item shall say: the batch's items, and the other lists as they are."""
    held: Mapping[str, Any] | None = item.get(RECOMMENDED)
    if not may_be_prepared(item.get("consents") or {}):
        return held
    when = at.isoformat()
    return {**(held or {}), "items": items[item["customer_id"]], "at": when, "source": Source.PERSONALIZE.value, "prepared": when}
