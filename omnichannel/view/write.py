"""Brings the store to the state of the view: conditional writes for customers, plain ones for redirects, which have no other writer."""

import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from omnichannel.aws.dynamodb import WRITE_BATCH, batch_delete, batch_get, batch_put, batches, encode
from omnichannel.aws.transactions import ACTIONS, TRIES, Action, Contended, write_together
from omnichannel.consent.state import newest
from omnichannel.view.plan import Change
from omnichannel.view.stored import ATTRIBUTES

WRITES_AT_ONCE = 4
OWNED = ("customer_ref", "refs", "email", "phone", "profile", "aggregates", "segments", "quality")
"""The attributes of a customer item that a rebuild writes, beside consents, `digest`, `updated_at` and `version`; the rest is others'."""

Item = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Store:
    """The customers table, and the moment as of which the rebuild knows everything: what was written later is newer."""

    dynamodb: Any
    table: str
    as_of: datetime

    def write(self, changes: Iterable[Change]) -> int:
        """Writes, turns into redirects and deletes, a hundred items a transaction; gives how many were.

        Whoever wrote to an item since it was read is not overwritten: it is read and merged again. An item that was deleted
        meanwhile stays so, one that a later rebuild wrote stays as it is.
        """
        return self._spread(self._write_lot, batches(changes, ACTIONS))

    def link(self, links: Iterable[tuple[str, str]]) -> int:
        """Puts redirect items: key and customer."""
        stamp = self.as_of.isoformat()
        items = ({"customer_id": key, "customer": customer, "updated_at": stamp} for key, customer in links)
        return self._spread(lambda lot: batch_put(self.dynamodb, self.table, lot), batches(items, WRITE_BATCH))

    def unlink(self, keys: Iterable[str]) -> int:
        """Deletes redirect items."""
        found = ({"customer_id": key} for key in keys)
        return self._spread(lambda lot: batch_delete(self.dynamodb, self.table, lot), batches(found, WRITE_BATCH))

    def _spread(self, work: Callable[[list[Any]], int], lots: Iterable[list[Any]]) -> int:
        """The lots, some at once and only as many read ahead."""
        done = 0
        with ThreadPoolExecutor(WRITES_AT_ONCE) as pool:
            for wave in batches(lots, WRITES_AT_ONCE * 4):
                done += sum(pool.map(work, wave))
        return done

    def _write_lot(self, lot: Sequence[Change]) -> int:
        pending, written = list(lot), 0
        for _ in range(TRIES):
            refused = write_together(self.dynamodb, [self._action(change) for change in pending]).places
            written += len(pending) - len(refused)
            pending = self._again([pending[place] for place in sorted(refused)])
            if not pending:
                return written
        raise Contended(len(pending))

    def _again(self, refused: Sequence[Change]) -> list[Change]:
        """The refused changes as they are to be tried once more, on what the store holds now."""
        keys = ({"customer_id": change.customer_id} for change in refused)
        held = {item["customer_id"]: item for item in batch_get(self.dynamodb, self.table, keys, ATTRIBUTES)}
        tried = (self._renewed(change, held.get(change.customer_id)) for change in refused)
        return [change for change in tried if change is not None]

    def _renewed(self, change: Change, item: Item | None) -> Change | None:
        if item is None or "customer" in item:
            return None
        if change.body is None or datetime.fromisoformat(item["updated_at"]) > self.as_of:
            return None  # what somebody has just written to goes with the next rebuild, if it still has to
        version = None if "version" not in item else int(item["version"])
        return replace(change, seen=True, version=version, held=newest(change.held, item.get("consents") or {}))

    def _action(self, change: Change) -> Action:
        key = encode({"customer_id": change.customer_id})
        condition = _unchanged(change)
        if change.body is not None and not change.seen:
            return {"Put": {"TableName": self.table, "Item": {**key, **_given(change, self.as_of)}, **condition}}
        if change.body is not None:
            return {"Update": {"TableName": self.table, "Key": key, **_merge(condition, _update(change, self.as_of))}}
        if change.survivor is None:
            return {"Delete": {"TableName": self.table, "Key": key, **condition}}
        redirect = {"customer_id": change.customer_id, "customer": change.survivor, "updated_at": self.as_of.isoformat()}
        return {"Put": {"TableName": self.table, "Item": encode(redirect), **condition}}


def _unchanged(change: Change) -> dict[str, Any]:
    """The item is as it was read: still absent, or of the same version."""
    if not change.seen:
        return {"ConditionExpression": "attribute_not_exists(customer_id)"}
    names = {"#version": "version"}
    if change.version is None:
        present = "attribute_exists(customer_id) AND attribute_not_exists(#version)"
        return {"ConditionExpression": present, "ExpressionAttributeNames": names}
    values = encode({":seen": change.version})
    return {"ConditionExpression": "#version = :seen", "ExpressionAttributeNames": names, "ExpressionAttributeValues": values}


def _given(change: Change, as_of: datetime) -> Item:
    """What the view writes of an item, in attribute values, with a version that nobody has seen."""
    body = json.loads(change.body or "{}", parse_float=Decimal)
    stamp = {"digest": change.digest, "updated_at": as_of.isoformat(), "version": (change.version or 0) + 1}
    given = {**body, **stamp}
    return {**{name: value for name, member in given.items() if (value := typed(member))}, "consents": {"M": _typed_members(change.merged)}}


def _update(change: Change, as_of: datetime) -> dict[str, Any]:
    """Sets what the view owns, and takes away what of it has no value any more; the rest of the item is not touched."""
    given = _given(change, as_of)
    missing = [name for name in OWNED if name not in given]
    names = {f"#{name}": name for name in (*given, *missing)}
    sets = "SET " + ", ".join(f"#{name} = :{name}" for name in given)
    return {
        "UpdateExpression": sets + (" REMOVE " + ", ".join(f"#{name}" for name in missing) if missing else ""),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {f":{name}": value for name, value in given.items()},
    }


def typed(value: Any) -> dict[str, Any] | None:
    """A JSON value as an attribute value; null, and objects and lists without anything in them, are None and left out.

    boto3's own serializer takes four times as long, and this runs for every attribute of every customer.
    """
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | Decimal):
        return {"N": str(value)}
    if isinstance(value, dict):
        members = _typed_members(value)
        return {"M": members} if members else None
    elements = [element for each in value or () if (element := typed(each))]
    return {"L": elements} if elements else None


def _typed_members(value: dict[str, Any]) -> dict[str, Any]:
    return {name: element for name, member in value.items() if (element := typed(member))}


def _merge(*parts: dict[str, Any]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            merged[name] = {**merged.get(name, {}), **value} if isinstance(value, dict) else value
    return merged
