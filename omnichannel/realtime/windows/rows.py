"""The table `windows`: states by person and rule, written only on what was read; and who a visitor turned out to be."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.aws.dynamodb import batch_get, encode
from omnichannel.contracts.store import ANONYMOUS, LINK_RULE
from omnichannel.realtime.windows.counting import Spell
from omnichannel.realtime.windows.state import State

SECOND = 1_000_000
LINK_SECONDS = 14 * 86_400
"""A visitor's customer is remembered for so long; by then the identity links of the nightly rebuild know."""
_LOST = frozenset({"ConditionalCheckFailedException", "TransactionCanceledException", "TransactionConflictException"})

Key = tuple[str, str]
"""Who, and which rule."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One person's state for one rule; `told` is the membership that the bus and the customer's item know, `left` when the last one that
    was told ended, `timer` when it is looked at next (microseconds since 1970, 0 for never), `version` counts the writes (0 for none yet).
    """

    who: str
    rule: str
    state: State = field(default_factory=State)
    told: Spell | None = None
    left: int = 0
    timer: int = 0
    version: int = 0


@dataclass(frozen=True, kw_only=True)
class Link:
    """The customer whom a visitor turned out to be; `joined` says that what the visitor did is theirs by now."""

    customer_id: str
    joined: bool


@dataclass(frozen=True)
class Rows:
    """The table, with a client of DynamoDB."""

    dynamodb: Any
    table: str

    def read(self, keys: Iterable[Key]) -> dict[Key, Row]:
        """The rows of those keys; empty ones for those that are not there."""
        wanted = sorted(set(keys))
        found = {(item["who"], item["rule"]): _row(item) for item in self._items(wanted)}
        return {key: found.get(key) or Row(who=key[0], rule=key[1]) for key in wanted}

    def write(self, row: Row, expires: int) -> Row | None:
        """The row as it is now stored, or None because somebody else wrote first; `expires` is in microseconds since 1970.

        A visitor's row is not written any more once the visitor is known: it would never be joined.
        """
        version = row.version + 1
        item = {
            "who": row.who, "rule": row.rule, "state": row.state.to_json(), "told": list(row.told) if row.told else None,
            "left": row.left, "timer": row.timer, "version": version, "expires": expires // SECOND + 1,
        }  # fmt: skip
        put = {"TableName": self.table, "Item": encode(item), **_unchanged(row)}
        if not self._done(put, unlinked=row.who.startswith(ANONYMOUS)):
            return None
        return replace(row, version=version)

    def delete(self, row: Row) -> bool:
        """Whether it was still as it was read, and is gone."""
        return _unless_lost(
            self.dynamodb.delete_item, TableName=self.table, Key=encode({"who": row.who, "rule": row.rule}), **_unchanged(row)
        )

    def links(self, anonymous_ids: Iterable[str]) -> dict[str, Link]:
        """Who those visitors are, as far as it is known."""
        keys = [(ANONYMOUS + each, LINK_RULE) for each in sorted(set(anonymous_ids))]
        return {
            item["who"].removeprefix(ANONYMOUS): Link(customer_id=item["customer"], joined=item["joined"]) for item in self._items(keys)
        }

    def link(self, anonymous_id: str, link: Link, now: int) -> None:
        """Remembers who a visitor is."""
        item = {"who": ANONYMOUS + anonymous_id, "rule": LINK_RULE, "customer": link.customer_id, "joined": link.joined}
        self.dynamodb.put_item(TableName=self.table, Item=encode({**item, "expires": now // SECOND + LINK_SECONDS}))

    def _items(self, keys: Iterable[Key]) -> Iterable[dict[str, Any]]:
        return batch_get(self.dynamodb, self.table, [{"who": who, "rule": rule} for who, rule in keys])

    def _done(self, put: dict[str, Any], *, unlinked: bool) -> bool:
        if not unlinked:
            return _unless_lost(self.dynamodb.put_item, **put)
        link = {"who": put["Item"]["who"], "rule": {"S": LINK_RULE}}
        check = {"TableName": self.table, "Key": link, "ConditionExpression": "attribute_not_exists(who)"}
        return _unless_lost(self.dynamodb.transact_write_items, TransactItems=[{"Put": put}, {"ConditionCheck": check}])


def _row(item: dict[str, Any]) -> Row:
    told = item.get("told")
    return Row(
        who=item["who"], rule=item["rule"], state=State.of_json(item["state"]), told=Spell(*map(int, told)) if told else None,
        left=int(item.get("left", 0)), timer=int(item["timer"]), version=int(item["version"]),
    )  # fmt: skip


def _unchanged(row: Row) -> dict[str, Any]:
    if not row.version:
        return {"ConditionExpression": "attribute_not_exists(who)"}
    values = encode({":seen": row.version})
    return {"ConditionExpression": "version = :seen", "ExpressionAttributeValues": values}


def _unless_lost(operation: Any, **request: Any) -> bool:
    try:
        operation(**request)
    except ClientError as refused:
        if refused.response["Error"]["Code"] not in _LOST:
            raise
        return False
    return True
