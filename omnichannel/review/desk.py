"""Reviews in DynamoDB: opened, waiting with a token, decided once. Every change is conditional, so whoever comes second sees the first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.aws.dynamodb import Item, decode, encode
from omnichannel.contracts.reviews import Standing
from omnichannel.review.signal import Signals

SHORT = ("run", "as_of", "order", "status", "verdict", "outside", "scores", "sending", "digest", "opened_at", "decided_by", "decided_at",
         "reason")  # fmt: skip
"""What a list of reviews shows: all but the report and the token."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The table of reviews, and the way to the executions that wait."""

    dynamodb: Any = field(repr=False)
    table: str
    signals: Signals

    def get(self, run: str) -> Item | None:
        """A review, as it is now; None when there is none."""
        found = self.dynamodb.get_item(TableName=self.table, Key=encode({"run": run}), ConsistentRead=True)
        return decode(found["Item"]) if "Item" in found else None

    def all(self) -> Iterator[Item]:
        """Every review without its report and token, in no order; one or two a day are written, so a scan is a page or two."""
        names = {f"#{n}": name for n, name in enumerate(SHORT)}
        pages = self.dynamodb.get_paginator("scan").paginate(
            TableName=self.table, ProjectionExpression=", ".join(names), ExpressionAttributeNames=names, ConsistentRead=True
        )
        for page in pages:
            yield from map(decode, page["Items"])

    def open(self, item: Item) -> Item:
        """Writes a new review, or a new look at one that waits on other scores; gives what stands then."""
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item=encode(item),
                ConditionExpression="attribute_not_exists(#run) OR (#status = :waiting AND #digest <> :digest)",
                ExpressionAttributeNames={"#run": "run", "#status": "status", "#digest": "digest"},
                ExpressionAttributeValues=encode({":waiting": Standing.WAITING.value, ":digest": item["digest"]}),
            )
        except ClientError as refused:
            _unless_conditional(refused)
            return self.known(item["run"])
        return item

    def known(self, run: str) -> Item:
        """A review that must be there; a `LookupError` when it is not."""
        found = self.get(run)
        if found is None:
            raise LookupError(f"no review of run {run}; the state machine opens one before it waits")
        return found

    def wait(self, run: str, token: str) -> Item:
        """Keeps the token of the execution that waits. Where the review was decided meanwhile, the execution hears of it at once."""
        item, kept = self._if_waiting(run, {"token": token})
        if not kept:
            self.signals.tell({**item, "token": token})
        return item

    def settle(self, run: str, status: Standing, at: datetime, *, by: str, reason: str) -> tuple[Item, bool]:
        """Decides a review that waits; gives it and whether this call decided it. The execution is told in either case.

        Told again, because whoever decided first may have ended before they told it.
        """
        decided = {"status": status.value, "decided_by": by, "decided_at": at.isoformat(), "reason": reason}
        item, done = self._if_waiting(run, decided)
        self.signals.tell(item)
        return item, done

    def supersede(self, newer: Item, at: datetime) -> list[str]:
        """Ends the waiting of every older run; gives their names. `newer` may be done again, after a crash."""
        older = [each["run"] for each in self.all() if each["status"] == Standing.WAITING and each["order"] < newer["order"]]
        ended = []
        for run in older:
            _, done = self.settle(run, Standing.SUPERSEDED, at, by=newer["run"], reason=f"run {newer['run']} is newer")
            ended += [run] if done else []
        return ended

    def overtake(self, run: str, newer: str, at: datetime) -> Item:
        """Marks an approved run as superseded by a newer one; gives it as it is then."""
        values = {":approved": "approved", ":superseded": Standing.SUPERSEDED.value, ":by": newer, ":at": at.isoformat()}
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=encode({"run": run}),
                UpdateExpression="SET #status = :superseded, decided_by = :by, decided_at = :at, reason = :reason",
                ConditionExpression="#status = :approved",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=encode({**values, ":reason": f"run {newer} is newer"}),
            )
        except ClientError as refused:
            _unless_conditional(refused)
        return self.known(run)

    def _if_waiting(self, run: str, values: Mapping[str, Any]) -> tuple[Item, bool]:
        """Sets attributes of a review that waits; gives the review as it is then and whether they were set."""
        try:
            answer = self.dynamodb.update_item(
                TableName=self.table,
                Key=encode({"run": run}),
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
                ConditionExpression="#status = :waiting",
                ExpressionAttributeNames={"#status": "status", **{f"#{name}": name for name in values}},
                ExpressionAttributeValues=encode({":waiting": Standing.WAITING.value, **{f":{n}": v for n, v in values.items()}}),
                ReturnValues="ALL_NEW",
            )
        except ClientError as refused:
            _unless_conditional(refused)
            return self.known(run), False
        return decode(answer["Attributes"]), True


def _unless_conditional(refused: ClientError) -> None:
    if refused.response["Error"]["Code"] != "ConditionalCheckFailedException":
        raise refused
