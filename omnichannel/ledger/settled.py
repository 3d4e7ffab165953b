"""A part's rows after later tries: what failed is replaced by what became of it, and what did not fail stands."""

from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Any

from omnichannel.aws import s3 as objects
from omnichannel.contracts import zones
from omnichannel.contracts.ledger import Status
from omnichannel.contracts.reasons import Reason
from omnichannel.ledger.parts import Row, unpacked

SINK_FAILURES = (Reason.UNAUTHORIZED, Reason.SINK_UNAVAILABLE)
"""Reasons that say something about the sink and nothing about the customer: trying again may deliver."""


def failed(row: Row) -> bool:
    """Whether trying again may deliver."""
    return row["status"] == Status.DEAD_LETTERED or (row["status"] == Status.REJECTED and row["reason"] in SINK_FAILURES)


def settle(rows: Iterable[Row], later: Iterable[Row]) -> Iterator[Row]:
    """The rows with what a later try of the failed and the missing ones gave; of others the later rows say nothing new."""
    tried = {row["customer_id"]: row for row in later}
    for row in rows:
        again = tried.pop(row["customer_id"], row)
        yield again if failed(row) else row
    yield from tried.values()


def tries(keys: Iterable[str]) -> dict[str, list[str]]:
    """The ledger keys of each part, those of its replays after its own, in their order."""
    found: dict[str, list[str]] = {}
    for key in sorted(keys, key=_number):
        found.setdefault(zones.part_name(key).split(zones.REPLAYED)[0], []).append(key)
    return found


def rows_of(s3: Any, lake: str, keys: Iterable[str]) -> Iterator[Row]:
    """The settled rows of one part's ledger keys, which come as `tries` gives them."""
    every: list[Iterable[Row]] = [unpacked(objects.get(s3, lake, key)) for key in keys]
    return iter(reduce(settle, every) if every else ())


def _number(key: str) -> int:
    _, _, number = zones.part_name(key).partition(zones.REPLAYED)
    return int(number or 0)
