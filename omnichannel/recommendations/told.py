"""What Personalize is told of products and customers between imports: what has changed since it was told last, ten a call.

What it was told is remembered as a set of digests, one a row, without an id in it. A row that was not taken is not in the set, so the
next call tells it again; telling twice changes nothing.
"""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from omnichannel.aws import s3 as objects
from omnichannel.aws.dynamodb import batches
from omnichannel.contracts import zones
from omnichannel.contracts.recommendations import MAX_ID, TrainingData
from omnichannel.recommendations.relay import Invalid, Unavailable

AT_ONCE = 10
"""Records that PutItems and PutUsers take in a call."""
CALLS_PER_SECOND = 10
"""Of each of the two operations, for a region."""
ASKED_AT_ONCE = 100

Row = Mapping[str, Any]
"""A row in the columns of its data set; the first column is the id."""
Put = Callable[[Sequence[dict[str, str]]], None]
"""Tells records; raises `Invalid` or `Unavailable`."""
Allowed = Callable[[Sequence[str]], frozenset[str]]
"""Which of some ids may be told of at this moment."""


@dataclass(kw_only=True)
class Telling:
    """What became of the rows, counted: told now, `unchanged`, `withheld` by consent, `refused` for good, `left` for the next call."""

    told: int = 0
    unchanged: int = 0
    withheld: int = 0
    refused: int = 0
    left: int = 0
    digests: set[str] = field(default_factory=set, repr=False)

    def counts(self) -> dict[str, int]:
        """Numbers alone."""
        return {name: value for name, value in vars(self).items() if name != "digests"}


def record(data: TrainingData, row: Row) -> dict[str, str]:
    """A row as PutItems and PutUsers take it: the id, and the other columns that say something, as JSON in camel case."""
    key, *names = data.columns
    properties = {camel(name): row[name] for name in names if row[name] is not None}
    return {camel(key): str(row[key]), "properties": json.dumps(properties, separators=(",", ":"), sort_keys=True)}


def camel(column: str) -> str:
    """`category_l1` as the API spells it: `categoryL1`."""
    first, *more = column.split("_")
    return first + "".join(word.capitalize() for word in more)


def tell(
    data: TrainingData, rows: Iterable[Row], known: frozenset[str], put: Put, allowed: Allowed, in_time: Callable[[], bool]
) -> Telling:
    """Tells what `known` (digests) does not have, of who is allowed right before; after the time is over the rest is left."""
    done = Telling()
    for lot in batches(_due(data, rows, known, done), ASKED_AT_ONCE):
        if not in_time():
            done.left += len(lot)
            continue
        may = allowed([each[camel(data.columns[0])] for each in lot])
        going = [each for each in lot if each[camel(data.columns[0])] in may]
        done.withheld += len(lot) - len(going)
        for call in batches(going, AT_ONCE):
            _tell_call(call, put, in_time, done)
    return done


def read_digests(s3: Any, bucket: str, data: TrainingData) -> frozenset[str]:
    """What Personalize was told by the calls before; nothing at first."""
    key = zones.personalize_told(data.folder)
    return frozenset(gzip.decompress(objects.get(s3, bucket, key)).decode().split()) if objects.exists(s3, bucket, key) else frozenset()


def write_digests(s3: Any, bucket: str, data: TrainingData, digests: Iterable[str]) -> None:
    """Remembers what Personalize has been told."""
    body = gzip.compress("\n".join(sorted(digests)).encode(), mtime=0)
    objects.put(s3, bucket, zones.personalize_told(data.folder), body, objects.GZIP_JSON_LINES)


def _due(data: TrainingData, rows: Iterable[Row], known: frozenset[str], done: Telling) -> Iterator[dict[str, str]]:
    for row in rows:
        if len(str(row[data.columns[0]])) > MAX_ID:
            done.refused += 1
            continue
        one = record(data, row)
        if _digest(one) in known:
            done.unchanged += 1
            done.digests.add(_digest(one))
        else:
            yield one


def _tell_call(call: Sequence[dict[str, str]], put: Put, in_time: Callable[[], bool], done: Telling) -> None:
    """One bad record spoils its call: halves find it, and the others get through."""
    waiting = [call]
    while waiting:
        part = waiting.pop()
        if not in_time():
            done.left += len(part)
            continue
        try:
            put(part)
        except Unavailable:
            done.left += len(part)
        except Invalid:
            middle = len(part) // 2
            waiting += [part[middle:], part[:middle]] if middle else []
            done.refused += 0 if middle else 1
        else:
            done.told += len(part)
            done.digests |= {_digest(each) for each in part}


def _digest(one: Mapping[str, str]) -> str:
    return sha256(json.dumps(one, sort_keys=True).encode()).hexdigest()[:32]
