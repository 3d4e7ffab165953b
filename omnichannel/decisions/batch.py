"""One part of an audience, decided: the same records, each with its decision and the traits that come of it."""

import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from omnichannel.activation.parts import Part
from omnichannel.aws import s3 as objects
from omnichannel.aws.dynamodb import batches
from omnichannel.contracts import zones
from omnichannel.contracts.scores import NO_ACTION, Trait
from omnichannel.decisions.columns import NONE
from omnichannel.decisions.decide import decide
from omnichannel.decisions.gather import Known
from omnichannel.decisions.readable import named
from omnichannel.decisions.shelves import recommended
from omnichannel.decisions.store import Store
from omnichannel.playbook.choices import Playbook

LOT = 2_000
"""Customers whose items are in memory at a time."""

Record = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class DecidedPart:
    """The key of a decided part, and how many customers got which action."""

    key: str
    counts: dict[str, int]


def decide_part(s3: Any, bucket: str, part: Part, store: Store, playbook: Playbook, at: datetime) -> DecidedPart:
    """Decides for every customer of a part as of a moment, and writes the decided part.

    A run decides once: what it decided before stands when it is run again, or it would count its own messages as contacts, change its
    mind, and send something new.
    """
    key = zones.decided_part(part.run, part.name)
    if objects.exists(s3, bucket, key):
        return DecidedPart(key=key, counts=_counts(map(orjson.loads, gzip.decompress(objects.get(s3, bucket, key)).splitlines())))
    lines = gzip.decompress(objects.get(s3, bucket, part.key)).splitlines()
    counts: Counter[str] = Counter()
    packed = bytearray()
    for lot in batches(map(json.loads, lines), LOT):
        for record in decided(lot, store, playbook, at):
            counts[record["traits"][Trait.NEXT_BEST_ACTION]] += 1
            packed += orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
    objects.put(s3, bucket, key, gzip.compress(packed, compresslevel=6, mtime=0), objects.GZIP_JSON_LINES)
    return DecidedPart(key=key, counts=dict(sorted(counts.items())))


def _counts(records: Iterable[Record]) -> dict[str, int]:
    return dict(sorted(Counter(record["traits"][Trait.NEXT_BEST_ACTION] for record in records).items()))


def decided(records: Sequence[Record], store: Store, playbook: Playbook, at: datetime) -> Iterator[Record]:
    """The records with `decision` and the traits `next_best_action` and `recommended_items`; scores are the record's own."""
    items = store.customers(record["customer_id"] for record in records)
    facts = store.columns(store.with_contacts(list(_known(records, items))), playbook)
    found, shown = decide(facts, playbook, at), recommended(facts, playbook.stock_floor)
    for row, record in enumerate(records):
        decision = found.decision(row)
        also = tuple(facts.products.ids[place] for place in shown[row].tolist() if place != NONE)
        traits = {
            Trait.NEXT_BEST_ACTION.value: decision.action or NO_ACTION,
            Trait.RECOMMENDED_ITEMS.value: list(decision.items or also),
        }
        yield {**record, "traits": {**record["traits"], **traits}, "decision": decision.to_dict()}


def _known(records: Iterable[Record], items: dict[str, Any]) -> Iterator[Known]:
    """The run's scores are newer than those on the items, which are written beside the sinks."""
    for record in records:
        item = items.get(record["customer_id"], {"customer_id": record["customer_id"]})
        yield Known(item={**item, "scores": {**named(item.get("scores")), **named(record.get("scores"))}})
