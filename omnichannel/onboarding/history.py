"""The history table: what became of every landed content, and which contents landed under a key.

Two kinds of items. One per content (`content_id` is the hash of bytes and data set). One per landed key (`content_id` is
`key#<hash of bucket and key>`), whose `versions` are the contents that landed there, each with its time: the same file again changes
nothing, the same key with new content is a new version.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.aws.dynamodb import Item, decode, encode
from omnichannel.contracts.store import FileStatus

DUPLICATE = "duplicate"
"""The status that stage A answers (and never stores) for content that was dealt with before."""
KEY_ITEM = "key#"
"""How the `content_id` of a landed key's item begins."""


@dataclass(frozen=True, kw_only=True)
class Staged:
    """What stage A made of one landed content: `rows_in = rows_staged + sum(quarantined.values())`, always.

    `status` is a `FileStatus`, or `duplicate` with no rows at all. `key` is the landed key. `tolerated` is how many bad rows a file
    of that size may have; `said` tells a person why a file failed, and what to do. A redriven content names in `redrives` the content
    whose refused rows it brings again.
    """

    content_id: str
    dataset: str
    key: str
    status: str
    staged_key: str = ""
    rows_in: int = 0
    rows_staged: int = 0
    quarantined: Mapping[str, int] = field(default_factory=dict)
    extra_columns: list[str] = field(default_factory=list)
    tolerated: int = 0
    redrives: str = ""
    said: str = ""

    @property
    def refused(self) -> int:
        """How many rows were not staged."""
        return sum(self.quarantined.values())

    def to_dict(self) -> dict[str, Any]:
        """The result as plain JSON values: what the state machine passes on and the commit queue carries."""
        return asdict(self)


@dataclass(frozen=True, order=True)
class Version:
    """One landing of a key: when (ISO 8601, as S3 dates the object) and which content."""

    landed_at: str
    content_id: str


def find(dynamodb: Any, table: str, content_id: str) -> Item | None:
    """The item of that content, or None when it never landed before."""
    answer = dynamodb.get_item(TableName=table, Key=encode({"content_id": content_id}), ConsistentRead=True)
    return decode(answer["Item"]) if "Item" in answer else None


def staged_of(item: Mapping[str, Any]) -> Staged:
    """What stage A found when the content of this item landed first, with the status it has now."""
    return Staged(
        content_id=str(item["content_id"]), dataset=str(item["dataset"]), key=str(item["key"]), status=str(item["status"]),
        staged_key=str(item["staged_key"]), rows_in=int(item["rows_in"]), rows_staged=int(item["rows_staged"]),
        quarantined={reason: int(n) for reason, n in item["quarantined"].items()}, extra_columns=list(item["extra_columns"]),
        tolerated=int(item.get("tolerated", 0)), redrives=str(item.get("redrives", "")), said=str(item.get("said", "")),
    )  # fmt: skip


def record(dynamodb: Any, table: str, staged: Staged, at: datetime) -> bool:
    """Writes what stage A found; False (and nothing written) when another execution was first with the same content."""
    return _put_new(dynamodb, table, staged.to_dict() | {"at": at.isoformat()})


def know(dynamodb: Any, table: str, content_id: str, *, dataset: str, key: str, replaces: str, at: datetime) -> bool:
    """Records content that an erasure is about to write in the place of `replaces`: when it lands, onboarding does nothing.

    False (and nothing written) when the content is known already.
    """
    erased = Staged(content_id=content_id, dataset=dataset, key=key, status=FileStatus.ERASED.value)
    return _put_new(dynamodb, table, erased.to_dict() | {"replaces": replaces, "at": at.isoformat()})


def committed(dynamodb: Any, table: str, content_id: str, *, batch: str, snapshot_id: str, rows: int, at: datetime) -> None:
    """The content's rows are in the trusted table, so many of them, in that snapshot (empty when it had no rows)."""
    attributes = {
        "status": FileStatus.COMMITTED.value, "batch": batch, "snapshot_id": snapshot_id, "rows_committed": rows,
        "committed_at": at.isoformat(),
    }  # fmt: skip
    _set(dynamodb, table, content_id, attributes)


def redriven(dynamodb: Any, table: str, content_id: str, by: str) -> None:
    """The refused rows of this content were taken up again by another: they count there, and no longer here."""
    _set(dynamodb, table, content_id, {"redriven_by": by})


def add_duplicate(dynamodb: Any, table: str, content_id: str, key: str) -> None:
    """The same content landed under another key."""
    dynamodb.update_item(
        TableName=table,
        Key=encode({"content_id": content_id}),
        UpdateExpression="ADD duplicates :keys",
        ExpressionAttributeValues=encode({":keys": {key}}),
    )


def key_item(bucket: str, key: str) -> str:
    """The `content_id` of a landed key's item."""
    return KEY_ITEM + hashlib.sha256(f"{bucket}/{key}".encode()).hexdigest()


def landed(dynamodb: Any, table: str, bucket: str, key: str, version: Version) -> None:
    """Adds a version to a key's item; the same landing again adds nothing, in whatever order they come."""
    dynamodb.update_item(
        TableName=table,
        Key=encode({"content_id": key_item(bucket, key)}),
        UpdateExpression="SET #bucket = :bucket, #key = :key ADD versions :versions",
        ExpressionAttributeNames={"#bucket": "bucket", "#key": "key"},
        ExpressionAttributeValues=encode(
            {":bucket": bucket, ":key": key, ":versions": {f"{version.landed_at} {version.content_id}"}},
        ),
    )


def versions(dynamodb: Any, table: str, bucket: str, key: str) -> list[Version]:
    """The contents that a key has had, oldest first; the same file again is no new version. None when the key never landed."""
    landings = landings_of(find(dynamodb, table, key_item(bucket, key)) or {})
    return [next(same) for _, same in groupby(landings, key=lambda landing: landing.content_id)]


def landings_of(item: Mapping[str, Any]) -> list[Version]:
    """Every landing in a key's item, oldest first."""
    return sorted(Version(*text.split(" ", 1)) for text in item.get("versions", ()))


def contents(dynamodb: Any, table: str, *, dataset: str = "", status: str = "") -> Iterator[Item]:
    """Every content, of one data set or in one status where given; reads the whole table."""
    wanted = {name: value for name, value in (("dataset", dataset), ("status", status)) if value}
    more: dict[str, Any] = {"FilterExpression": "attribute_exists(rows_in)"}
    if wanted:
        more["FilterExpression"] += "".join(f" AND #{name} = :{name}" for name in wanted)
        more["ExpressionAttributeNames"] = {f"#{name}": name for name in wanted}
        more["ExpressionAttributeValues"] = encode({f":{name}": value for name, value in wanted.items()})
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True, **more):
        yield from map(decode, page["Items"])


def landings(dynamodb: Any, table: str) -> Iterator[Version]:
    """Every landing of every key; reads the whole table."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True, FilterExpression="attribute_exists(versions)")
    for page in pages:
        for item in page["Items"]:
            yield from landings_of(decode(item))


def _put_new(dynamodb: Any, table: str, item: Mapping[str, Any]) -> bool:
    try:
        dynamodb.put_item(TableName=table, Item=encode(dict(item)), ConditionExpression="attribute_not_exists(content_id)")
    except ClientError as refused:
        if refused.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return False
    return True


def _set(dynamodb: Any, table: str, content_id: str, attributes: Mapping[str, Any]) -> None:
    dynamodb.update_item(
        TableName=table,
        Key=encode({"content_id": content_id}),
        UpdateExpression="SET " + ", ".join(f"#{n} = :{n}" for n in range(len(attributes))),
        ExpressionAttributeNames={f"#{n}": name for n, name in enumerate(attributes)},
        ExpressionAttributeValues=encode({f":{n}": value for n, value in enumerate(attributes.values())}),
    )
