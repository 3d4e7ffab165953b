"""Conditional writes to DynamoDB by the hundred: one transaction each, taken apart only where a condition fails."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

ACTIONS = 100
"""DynamoDB's limit for one transaction, in actions and so in items; 4 MB together."""
TRIES = 8
_BUSY = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})

Sleep = Callable[[float], None]
Action = dict[str, Any]
"""One member of `TransactItems`: `Put`, `Update` or `Delete` with its `ConditionExpression`, in attribute values."""


class Contended(Exception):
    """Items that others went on writing to."""

    def __init__(self, left: int) -> None:
        super().__init__(f"{left} items were written to by others {TRIES} times while we tried; who writes to them that often?")


@dataclass(frozen=True)
class Refused:
    """Which of the actions met a failed condition."""

    places: frozenset[int]


def write_alone(write: Callable[[], object]) -> None:
    """One write that is no transaction, made again while somebody's transaction has its item in hand, which the SDK does not do.

    Raises what DynamoDB answers, that one too when it goes on.
    """
    for attempt in range(TRIES):
        try:
            write()
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "TransactionConflictException" or attempt == TRIES - 1:
                raise
            time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - spreads tries, hides nothing
        else:
            return


def write_together(dynamodb: Any, actions: Sequence[Action], *, sleep: Sleep = time.sleep) -> Refused:
    """Writes all actions whose condition holds; gives the places of those whose does not.

    A transaction is cancelled whole, so the others are sent again without them. Raises `Contended` when items stay busy.
    """
    places, refused = list(range(len(actions))), set[int]()
    for attempt in range(TRIES):
        codes = _send(dynamodb, [actions[place] for place in places]) if places else []
        failed = {place for place, code in zip(places, codes, strict=False) if code == "ConditionalCheckFailed"}
        refused |= failed
        if not codes:
            return Refused(frozenset(refused))
        places = [place for place in places if place not in failed]
        if not failed:
            sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - spreads tries, hides nothing
    raise Contended(len(places))


def _send(dynamodb: Any, actions: Sequence[Action]) -> list[str]:
    """Empty when the transaction was taken, else why each action was not."""
    try:
        dynamodb.transact_write_items(TransactItems=list(actions))
    except ClientError as cancelled:
        codes = list(_codes(cancelled))
        if not codes or set(codes) - _BUSY - {"None", "ConditionalCheckFailed"}:
            raise
        return codes
    return []


def _codes(cancelled: ClientError) -> Iterator[str]:
    if cancelled.response["Error"]["Code"] == "TransactionCanceledException":
        reasons: list[dict[str, Any]] = cancelled.response.get("CancellationReasons", [])  # type: ignore[assignment]
        yield from (reason.get("Code", "None") for reason in reasons)
