"""What a request works with: clients and names; and its own notes in the lake and in the `privacy` table."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.aws import s3 as objects
from omnichannel.aws.dynamodb import Item, decode, encode
from omnichannel.aws.transactions import write_alone
from omnichannel.contracts.privacy import Stand, request_item, requests, subject_key
from omnichannel.privacy.subject import Subject


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One request, and the clients and names that its steps need; a step is given no more than it uses."""

    request: str
    lake: str
    privacy_table: str = ""
    s3: Any = field(default=None, repr=False)
    dynamodb: Any = field(default=None, repr=False)

    def subject(self) -> Subject:
        """The person; the service's `NoSuchKey` before they are identified and after the request has ended."""
        return Subject.of_json(objects.get(self.s3, self.lake, subject_key(self.request)))

    def keep(self, name: str, value: Any) -> None:
        """Notes a JSON value under the request's prefix, replacing what stood there."""
        objects.put(self.s3, self.lake, self.note(name), json.dumps(value).encode(), objects.JSON)

    def kept(self, name: str) -> Any:
        """A note; None when there is none."""
        key = self.note(name)
        return json.loads(objects.get(self.s3, self.lake, key)) if objects.exists(self.s3, self.lake, key) else None

    def notes(self, prefix: str) -> dict[str, Any]:
        """Every note below a prefix, by its name."""
        found = objects.keys(self.s3, self.lake, self.note(prefix))
        return {key.removeprefix(requests(self.request)): json.loads(objects.get(self.s3, self.lake, key)) for key in found}

    def note(self, name: str) -> str:
        """The key of a note."""
        return f"{requests(self.request)}{name}"

    def item(self) -> Item:
        """The request's item; empty when there is none."""
        return get(self.dynamodb, self.privacy_table, request_item(self.request)) or {}

    def progress(self, step: str, at: datetime, **counts: Any) -> None:
        """Says on the request's item that a step is done and what it did; done again, it says so again."""
        self.dynamodb.update_item(
            TableName=self.privacy_table,
            Key=encode({"id": request_item(self.request)}),
            UpdateExpression="SET #steps.#step = :did",
            ConditionExpression="attribute_exists(id)",
            ExpressionAttributeNames={"#steps": "steps", "#step": step},
            ExpressionAttributeValues=encode({":did": {"at": at.isoformat(), **counts}}),
        )

    def open(self, kind: str, customer_id: str, at: datetime) -> None:
        """Makes the request's item, or takes up the one there is."""
        item = {
            "id": request_item(self.request), "kind": kind, "customer_id": customer_id, "status": Stand.RUNNING.value,
            "asked_at": at.isoformat(), "steps": {},
        }  # fmt: skip
        try:
            self.dynamodb.put_item(TableName=self.privacy_table, Item=encode(item), ConditionExpression="attribute_not_exists(id)")
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            self.stand(Stand.RUNNING)

    def stand(self, status: Stand, **more: Any) -> None:
        """Where the request stands now, and what else there is to say of it."""
        values = {"status": status.value, **more}
        self.dynamodb.update_item(
            TableName=self.privacy_table,
            Key=encode({"id": request_item(self.request)}),
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
            ExpressionAttributeNames={f"#{name}": name for name in values},
            ExpressionAttributeValues=encode({f":{name}": value for name, value in values.items()}),
        )


def get(dynamodb: Any, table: str, id: str) -> Item | None:
    """An item of the `privacy` table, or None."""
    found: Mapping[str, Any] = dynamodb.get_item(TableName=table, Key=encode({"id": id}), ConsistentRead=True)
    return decode(found["Item"]) if "Item" in found else None


def done_if(operation: Any, **request: Any) -> bool:
    """Whether the condition held and the operation was done."""
    try:
        write_alone(partial(operation, **request))
    except ClientError as refused:
        if refused.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return False
    return True
