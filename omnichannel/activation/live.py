"""What Segment was told live of each customer, beside what activation runs have told it: kept so that neither takes the other's place.

A run and the live relay both say what is next for a customer; the later decision counts, whoever brings it. A live delivery is noted
before it goes out and once more when Segment has it: of what is open in between nobody believes that Segment holds it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson

from omnichannel.activation.delivery import HASH_CHARS
from omnichannel.activation.parts import Member, Traits
from omnichannel.activation.sent import Sent
from omnichannel.aws import dynamodb as tables
from omnichannel.aws.transactions import ACTIONS, Action, write_together
from omnichannel.contracts.scores import Trait

KEY = "segment-live"
"""The sort key of these records in the table of what was sent."""
SHARED = (Trait.NEXT_BEST_ACTION.value, Trait.RECOMMENDED_ITEMS.value)
"""The traits that runs and the live relay both send."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Live:
    """The latest live delivery to one customer: `open` until Segment has acknowledged it, `read_at` when its state was read.

    `action` and `items` are of the decision made at `decided`, told at `told_at` (ISO 8601, UTC; empty for none yet). `version` counts
    the writes, 0 for none.
    """

    customer_id: str
    traits_hash: str = ""
    message_id: str = ""
    open: bool = False
    read_at: str = ""
    action: str = ""
    items: tuple[str, ...] = ()
    decided: str = ""
    told_at: str = ""
    version: int = 0

    @property
    def traits(self) -> Traits:
        """The shared traits as they were told."""
        return {Trait.NEXT_BEST_ACTION.value: self.action, Trait.RECOMMENDED_ITEMS.value: list(self.items)}


def read(dynamodb: Any, table: str, customer_ids: Iterable[str]) -> dict[str, Live]:
    """What Segment was told live of those customers, by customer id."""
    keys = ({"customer_id": customer_id, "sink": KEY} for customer_id in customer_ids)
    return {item["customer_id"]: _live(item) for item in tables.batch_get(dynamodb, table, keys)}


def write(dynamodb: Any, table: str, records: Iterable[Live]) -> frozenset[str]:
    """Writes records where they still are of the version before; gives the customers of whom somebody else was faster."""
    lost: set[str] = set()
    for lot in tables.batches(records, ACTIONS):
        refused = write_together(dynamodb, [_put(table, each) for each in lot]).places
        lost.update(lot[place].customer_id for place in refused)
    return frozenset(lost)


def reopen(dynamodb: Any, table: str, customer_ids: Iterable[str]) -> None:
    """Two deliveries went out side by side: which of them Segment took last is not known, so the next one is sent in any case."""
    for customer_id in sorted(customer_ids):
        dynamodb.update_item(
            TableName=table,
            Key=tables.encode({"customer_id": customer_id, "sink": KEY}),
            UpdateExpression="SET #hash = :none ADD #version :one",
            ConditionExpression="attribute_exists(customer_id)",
            ExpressionAttributeNames={"#hash": "traits_hash", "#version": "version"},
            ExpressionAttributeValues=tables.encode({":none": "", ":one": 1}),
        )


def later(one: str, other: str) -> bool:
    """Whether one moment (ISO 8601) is after another; an empty one is before all."""
    return bool(one) and (not other or datetime.fromisoformat(one) > datetime.fromisoformat(other))


def decided_at(member: Member) -> str:
    """When what is next for a member of a run was decided; empty where nothing was."""
    return str((member.decision or {}).get("at", ""))


def newest(member: Member, told: Live | None) -> tuple[Member, str]:
    """The member with the later of the run's decision and the one told live, and when it was made."""
    mine = decided_at(member)
    if told is None or not later(told.decided, mine):
        return member, mine
    return replace(member, traits={**member.traits, **told.traits}), told.decided


def apart(traits: Traits) -> str:
    """Names the values of a run's traits that only runs send, the date left out; empty for what is no text."""
    own = {name: value for name, value in traits.items() if name not in SHARED and name != Trait.PROPENSITY_AS_OF.value}
    try:
        return sha256(orjson.dumps(own, option=orjson.OPT_SORT_KEYS)).hexdigest()[:HASH_CHARS]
    except TypeError:
        return ""


def overwrote(told: Live, held: Sent) -> bool:
    """Whether what was told live came after what the run's record says."""
    return bool(told.told_at) and not later(held.at, told.told_at)


def holds(told: Live, held: Sent, traits: Traits) -> bool:
    """Whether Segment has these traits of a run from the two deliveries together."""
    return bool(held.apart) and held.apart == apart(traits) and told.traits == {name: traits.get(name) for name in SHARED}


def _live(item: Mapping[str, Any]) -> Live:
    known = {name: item[name] for name in Live.__dataclass_fields__ if name in item}
    return Live(**{**known, "items": tuple(known.get("items", ())), "version": int(known.get("version", 0))})


def _put(table: str, record: Live) -> Action:
    item = tables.encode({**asdict(record), "items": list(record.items), "sink": KEY})
    if record.version == 1:
        return {"Put": {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(customer_id)"}}
    condition = {
        "ConditionExpression": "#version = :before",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": tables.encode({":before": record.version - 1}),
    }
    return {"Put": {"TableName": table, "Item": item, **condition}}
