"""Which rebuild is the newest: an older one that still runs stops as soon as it sees a newer one.

An erasure claims the table too: what a rebuild read before it must not bring the person back.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from omnichannel.aws.dynamodb import decode, encode
from omnichannel.contracts.store import VIEW_KEY

T = TypeVar("T")
LOOK_AGAIN = 1_000
"""Writes between two looks at who is the newest: about a second's."""


class NewerRebuild(Exception):
    """A rebuild that knows more has begun; whatever this one would still write, that one writes better."""

    def __init__(self, ours: datetime) -> None:
        super().__init__(f"the rebuild of {ours.isoformat()} gives way to one that began later; nothing is to be done")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One rebuild's claim on the customers table, by the moment it began."""

    dynamodb: Any
    table: str
    began_at: datetime

    def make(self) -> None:
        """Notes that this rebuild has begun; raises `NewerRebuild` when a later one has."""
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=encode({"customer_id": VIEW_KEY}),
                UpdateExpression="SET began_at = :ours",
                ConditionExpression="attribute_not_exists(began_at) OR began_at <= :ours",
                ExpressionAttributeValues=encode({":ours": self._ours}),
            )
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise NewerRebuild(self.began_at) from refused

    def check(self) -> None:
        """Raises `NewerRebuild` when a later one has begun since."""
        answer = self.dynamodb.get_item(TableName=self.table, Key=encode({"customer_id": VIEW_KEY}), ConsistentRead=True)
        if decode(answer["Item"])["began_at"] > self._ours:
            raise NewerRebuild(self.began_at)

    def held(self, writes: Iterable[T]) -> Iterator[T]:
        """The writes, for as long as no later rebuild has begun; then `NewerRebuild`."""
        for number, write in enumerate(writes):
            if number % LOOK_AGAIN == 0:
                self.check()
            yield write

    @property
    def _ours(self) -> str:
        # Always with microseconds, so that texts compare as times do.
        return self.began_at.isoformat(timespec="microseconds")
