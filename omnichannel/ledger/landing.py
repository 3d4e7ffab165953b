"""An activation run's account onto the landing zone, part by part: what became of everyone, what was decided, who is in which arm.

A landed file is named by its content. Landed again the same is there already; what a later try changed is a file of its own, and rows
that both have are one row by their key.
"""

import gzip
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson

from omnichannel.activation.parts import Member, members
from omnichannel.aws import s3 as objects
from omnichannel.aws.dynamodb import batch_get, batch_put, batches
from omnichannel.contracts import zones
from omnichannel.contracts.ledger import Sink
from omnichannel.contracts.own_data import ACTIVATION_LOG, ASSIGNMENTS, DECISIONS
from omnichannel.contracts.shapes import Dataset, Type
from omnichannel.ledger.parts import parts_by_sink, read_part

ARMS_KEY = "#arms"
"""The sort key, in the table of what was sent, under which a customer's known arms stand."""
DIGEST_CHARS = 16
LOT = 1_000
_PLACES = 4
_DECIMALS = frozenset(column.name for column in DECISIONS.columns if column.type is Type.DECIMAL)
_DECIDED = frozenset(column.name for column in DECISIONS.columns)

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Run:
    """One activation run, the buckets, and the table in which known arms stand."""

    run: str
    as_of: str
    s3: Any = field(repr=False)
    lake: str
    landing: str
    dynamodb: Any = field(repr=False)
    sent_table: str


def part_names(s3: Any, lake: str, run: str) -> list[str]:
    """Every part of which a sink left a ledger, or that was decided, in order."""
    flows = {sink.flow for sink in Sink}
    keys = [key for flow in flows for found in parts_by_sink(s3, lake, flow=flow, run=run).values() for key in found]
    return sorted({zones.part_name(key) for key in (*keys, *objects.keys(s3, lake, zones.decided_parts(run)))})


def land(of: Run, part: str) -> dict[str, int]:
    """Lands one part's rows; gives how many of each data set were new to the landing zone."""
    decided = _decided(of, part)
    about = _campaigns(decided or _decided(of, part.split(zones.REPLAYED)[0]))
    landed = {ACTIVATION_LOG.table: sum(_put(of, ACTIVATION_LOG, f"{sink}-{part}", _outcomes(of, sink, part, about)) for sink in Sink)}
    landed[DECISIONS.table] = _put(of, DECISIONS, part, (_decision(of, member) for member in decided))
    new = [row for lot in batches(decided, LOT) for row in _new_arms(of, lot)]
    landed[ASSIGNMENTS.table] = _put(of, ASSIGNMENTS, part, new)
    # Known only once landed: broken off in between, they are found new again and land under the same name.
    _remember(of, decided, {row["customer_id"] for row in new})
    return landed


def _outcomes(of: Run, sink: Sink, part: str, campaigns: Mapping[str, str]) -> Iterator[Row]:
    for row in read_part(of.s3, of.lake, flow=sink.flow, run=of.run, sink=sink, part=part):
        told = {name: row[name] for name in ("customer_id", "sink", "run", "status", "reason", "message_id", "at")}
        yield {**told, "campaign": campaigns.get(row["customer_id"])}


def _campaigns(decided: Iterable[Member]) -> dict[str, str]:
    """The campaign of each decision that has one, by customer."""
    return {each.customer_id: campaign for each in decided if (campaign := (each.decision or {}).get("campaign"))}


def _decided(of: Run, part: str) -> list[Member]:
    key = zones.decided_part(of.run, part)
    if not objects.exists(of.s3, of.lake, key):
        return []
    return [member for member in members(objects.get(of.s3, of.lake, key)) if member.decision]


def _decision(of: Run, member: Member) -> Row:
    told = {name: value for name, value in (member.decision or {}).items() if name in _DECIDED}
    return {**told, "customer_id": member.customer_id, "run": of.run, "as_of": of.as_of} | {
        name: round(float(told[name]), _PLACES) for name in _DECIMALS & told.keys()
    }


def _new_arms(of: Run, lot: list[Member]) -> Iterator[Row]:
    """The arms of those customers that are not known yet, ordered by customer and experiment."""
    keys = ({"customer_id": member.customer_id, "sink": ARMS_KEY} for member in lot)
    known = {item["customer_id"]: item["arms"] for item in batch_get(of.dynamodb, of.sent_table, keys)}
    for member in lot:
        held = known.get(member.customer_id, {})
        for experiment, arm in sorted(_arms(member).items()):
            if held.get(experiment) != arm:
                yield {
                    "experiment": experiment, "customer_id": member.customer_id, "arm": arm, "run": of.run,
                    "at": (member.decision or {})["at"],
                }  # fmt: skip


def _remember(of: Run, decided: Iterable[Member], changed: set[str]) -> None:
    items = (
        {"customer_id": member.customer_id, "sink": ARMS_KEY, "arms": _arms(member)}
        for member in decided
        if member.customer_id in changed
    )  # fmt: skip
    batch_put(of.dynamodb, of.sent_table, items)


def _arms(member: Member) -> dict[str, str]:
    return dict((member.decision or {}).get("arms") or {})


def _put(of: Run, dataset: Dataset, name: str, rows: Iterable[Row]) -> int:
    """Lands the rows as one file unless the very same file has landed; gives how many rows landed."""
    lines = [orjson.dumps(row) for row in rows]
    if not lines:
        return 0
    body = b"\n".join(lines) + b"\n"
    key = f"{dataset.prefix}run={of.run}/{name}-{sha256(body).hexdigest()[:DIGEST_CHARS]}.jsonl.gz"
    if objects.exists(of.s3, of.landing, key):
        return 0
    objects.put(of.s3, of.landing, key, gzip.compress(body, compresslevel=6, mtime=0), objects.GZIP_JSON_LINES)
    return len(lines)
