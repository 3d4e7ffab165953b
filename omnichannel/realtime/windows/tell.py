"""Who enters and who leaves a live segment: onto the customer's item and onto the bus; and timers for what happens by itself."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.aws.customers import customer_named
from omnichannel.aws.dynamodb import encode
from omnichannel.aws.telling import PutEvents, put
from omnichannel.contracts.events import SEGMENTS_SOURCE, DetailType
from omnichannel.playbook.facts import LIVE_SEGMENTS
from omnichannel.realtime.windows.others import time_of
from omnichannel.realtime.windows.rows import SECOND
from omnichannel.realtime.windows.settle import Change, Timer

OLDEST_SECONDS, TRIES = 3600, 10
"""How long and how often a timer tries to reach its queue."""


@dataclass(frozen=True, kw_only=True)
class Teller:
    """The customers' table and the bus."""

    dynamodb: Any
    customers_table: str
    put_events: PutEvents
    bus_name: str

    def __call__(self, change: Change) -> bool:
        """Writes the membership, then says so; False for a customer without an item or consent. Raises `NotTold`."""
        if change.now and not self._consents(change.customer_id):
            return False
        if not self._noted(change):
            return False
        entries = entries_of(change, self.bus_name)
        if entries:
            put(self.put_events, entries)
        return True

    def _consents(self, customer_id: str) -> bool:
        """Whoever withdrew it while a timer ran does not enter."""
        customer = customer_named(self.dynamodb, self.customers_table, customer_id, "")
        return customer is not None and customer.consents_to_personalization

    def _noted(self, change: Change) -> bool:
        """The item's `live_segments`: the segment's name with `since` and `until`, or without it."""
        here = "attribute_exists(customer_id) AND attribute_not_exists(#customer)"
        names = {"#live": LIVE_SEGMENTS, "#customer": "customer"}
        request = {"TableName": self.customers_table, "Key": encode({"customer_id": change.customer_id}), "ExpressionAttributeNames": names}
        made = {
            "UpdateExpression": "SET #live = if_not_exists(#live, :none)", "ConditionExpression": here,
            "ExpressionAttributeValues": encode({":none": {}}),
        }  # fmt: skip
        inside = {**names, "#segment": change.rule.segment}
        if change.now:
            spell = {"since": time_of(change.now.since).isoformat(), "until": time_of(change.now.until).isoformat()}
            wanted = {"UpdateExpression": "SET #live.#segment = :spell", "ExpressionAttributeValues": encode({":spell": spell})}
        else:
            wanted = {"UpdateExpression": "REMOVE #live.#segment"}
        write = {**request, **wanted, "ExpressionAttributeNames": inside, "ConditionExpression": f"{here} AND attribute_exists(#live)"}
        if self._updated(write):
            return True
        return self._updated({**request, **made}) and self._updated(write)

    def _updated(self, request: Mapping[str, Any]) -> bool:
        try:
            self.dynamodb.update_item(**request)
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True


def entries_of(change: Change, bus_name: str) -> list[dict[str, object]]:
    """What the bus hears: of a spell that goes on nothing."""
    if change.goes_on:
        return []
    told = []
    if change.before:
        told.append((DetailType.SEGMENT_LEFT, change.left, change.event_id("left")))
    if change.now:
        told.append((DetailType.SEGMENT_ENTERED, change.entered, change.event_id("entered")))
    return [_entry(change, bus_name, kind, at, event_id) for kind, at, event_id in told]


def _entry(change: Change, bus_name: str, kind: DetailType, at: int, event_id: str) -> dict[str, object]:
    detail = {
        "customer_id": change.customer_id, "segment": change.rule.segment, "rule": change.rule.name,
        "at": time_of(at).isoformat(), "event_id": event_id, "products": list(change.products),
    }  # fmt: skip
    return {"EventBusName": bus_name, "Source": SEGMENTS_SOURCE, "DetailType": kind.value, "Detail": json.dumps(detail)}


@dataclass(frozen=True, kw_only=True)
class Timers:
    """EventBridge Scheduler: a schedule that fires once, and is gone then."""

    scheduler: Any
    group: str
    role_arn: str
    queue_arn: str

    def __call__(self, timer: Timer) -> None:
        """Sets a timer; one that is set already stays."""
        at = datetime.fromtimestamp(-(-timer.due // SECOND), UTC)
        target = {
            "Arn": self.queue_arn,
            "RoleArn": self.role_arn,
            "Input": json.dumps(asdict(timer)),
            "RetryPolicy": {"MaximumEventAgeInSeconds": OLDEST_SECONDS, "MaximumRetryAttempts": TRIES},
        }
        try:
            self.scheduler.create_schedule(
                Name=sha256(f"{timer.who}/{timer.rule}/{timer.due}".encode()).hexdigest()[:40],
                GroupName=self.group,
                ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})",
                ScheduleExpressionTimezone="UTC",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target=target,
            )
        except self.scheduler.exceptions.ConflictException:
            return
