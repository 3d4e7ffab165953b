"""The history table: one item per landed content, what became of its rows and where it stands."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.aws.dynamodb import Item, decode, encode
from omnichannel.contracts.store import FileStatus

DUPLICATE = "duplicate"
"""The status that stage A answers (and never stores) for content that was dealt with before."""


@dataclass(frozen=True, kw_only=True)
class Staged:
    """What stage A made of one landed file: `rows_in = rows_staged + sum(quarantined.values())`, always.

    `status` is a `FileStatus`, or `duplicate` with no rows at all. `key` is the landed key.
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

    def to_dict(self) -> dict[str, Any]:
        """The result as plain JSON values: what the state machine passes on and the commit queue carries."""
        return asdict(self)


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
    )  # fmt: skip


def record(dynamodb: Any, table: str, staged: Staged, at: datetime) -> bool:
    """Writes what stage A found; False (and nothing written) when another execution was first with the same content."""
    item = staged.to_dict() | {"at": at.isoformat()}
    try:
        dynamodb.put_item(TableName=table, Item=encode(item), ConditionExpression="attribute_not_exists(content_id)")
    except ClientError as refused:
        if refused.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return False
    return True


def committed(dynamodb: Any, table: str, content_id: str, *, batch: str, snapshot_id: str, at: datetime) -> None:
    """The content's rows are in the trusted table, in that snapshot (empty when it had no rows)."""
    attributes = {"status": FileStatus.COMMITTED.value, "batch": batch, "snapshot_id": snapshot_id, "committed_at": at.isoformat()}
    dynamodb.update_item(
        TableName=table,
        Key=encode({"content_id": content_id}),
        UpdateExpression="SET " + ", ".join(f"#{n} = :{n}" for n in range(len(attributes))),
        ExpressionAttributeNames={f"#{n}": name for n, name in enumerate(attributes)},
        ExpressionAttributeValues=encode({f":{n}": value for n, value in enumerate(attributes.values())}),
    )


def add_duplicate(dynamodb: Any, table: str, content_id: str, key: str) -> None:
    """The same content landed under another key."""
    dynamodb.update_item(
        TableName=table,
        Key=encode({"content_id": content_id}),
        UpdateExpression="ADD duplicates :keys",
        ExpressionAttributeValues=encode({":keys": {key}}),
    )
