"""An activation run's audience as it lies in the lake: parts of JSON lines and their index."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

import orjson

from omnichannel.aws import s3 as objects
from omnichannel.contracts import zones

Traits = dict[str, Any]
"""Values by `Trait`; a model that did not score the customer leaves its traits out."""


@dataclass(frozen=True, slots=True)
class Member:
    """One customer of an audience; `customer_ref` is empty where the retailer's own id is not known."""

    customer_id: str
    customer_ref: str
    traits: Traits = field(repr=False)
    scores: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    decision: dict[str, Any] | None = field(default=None, repr=False)
    """What is next for the customer, as `omnichannel.contracts.decisions.Decision` writes it; None before it is decided."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of one run's audience: what a bridge is asked to deliver."""

    run: str
    as_of: str
    key: str
    order: str = ""
    """Of the run among all, as `omnichannel.contracts.scores.activation_order` says it; empty where it is not known."""

    @property
    def name(self) -> str:
        """`part-000`, which also names the part's ledger and files."""
        return PurePosixPath(self.key).name.split(".", 1)[0]

    @classmethod
    def of(cls, event: dict[str, Any]) -> "Part":
        """The part that a state machine's task names; a missing field is a `KeyError` with its name."""
        return cls(run=event["run"], as_of=event["as_of"], key=event["part"])


def members(part: bytes) -> Iterator[Member]:
    """The customers of one gzipped part, in its order."""
    for line in gzip.decompress(part).splitlines():
        record = _parsed(line)
        yield Member(
            record["customer_id"], record["customer_ref"] or "", record["traits"], record.get("scores", {}), record.get("decision")
        )


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        record: dict[str, Any] = orjson.loads(line)
    except orjson.JSONDecodeError:
        # Half a surrogate pair, which is no text, is its own customer's matter: the part's others are read all the same.
        record = json.loads(line)
    return record


def read(s3: Any, bucket: str, part: Part) -> list[Member]:
    """The customers of a part in the lake."""
    return list(members(objects.get(s3, bucket, part.key)))


def ordered(s3: Any, bucket: str, event: dict[str, Any]) -> Part:
    """The part that a task names, with its run's order as the audience's index says it."""
    part = Part.of(event)
    return replace(part, order=index(s3, bucket, part.run).get("order", ""))


def index(s3: Any, bucket: str, run: str) -> dict[str, Any]:
    """What the audience function answered for this run: `run`, `as_of`, `order`, `parts`, `customers`."""
    answer: dict[str, Any] = json.loads(objects.get(s3, bucket, zones.audience_index(run)))
    return answer
