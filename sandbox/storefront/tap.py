"""A tap on the bus: a queue of the storefront's own, which hears everything that the consumers hear, for as long as it is open."""

import json
from collections.abc import Iterator
from typing import Any, Self
from uuid import uuid4

from omnichannel.contracts.events import BUS_SOURCE, DECISIONS_SOURCE, SEGMENTS_SOURCE

SOURCES = (BUS_SOURCE, SEGMENTS_SOURCE, DECISIONS_SOURCE)
LONG_POLL_SECONDS = 2
BATCH = 10
"""SQS' limit of messages a call."""


class Tap:
    """A rule on the bus and its queue; both are gone when it closes."""

    def __init__(self, events: Any, sqs: Any, bus: str) -> None:
        self._events, self._sqs, self._bus = events, sqs, bus
        self._name = f"omni-shop-{uuid4().hex[:12]}"
        self._queue = ""

    def __enter__(self) -> Self:
        self._queue = self._sqs.create_queue(QueueName=self._name)["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        pattern = json.dumps({"source": list(SOURCES)})
        rule = self._events.put_rule(Name=self._name, EventBusName=self._bus, EventPattern=pattern)["RuleArn"]
        self._sqs.set_queue_attributes(QueueUrl=self._queue, Attributes={"Policy": _policy(arn, rule)})
        self._events.put_targets(Rule=self._name, EventBusName=self._bus, Targets=[{"Id": "tap", "Arn": arn}])
        return self

    def __exit__(self, *_: object) -> None:
        self._events.remove_targets(Rule=self._name, EventBusName=self._bus, Ids=["tap"])
        self._events.delete_rule(Name=self._name, EventBusName=self._bus)
        self._sqs.delete_queue(QueueUrl=self._queue)

    def read(self) -> Iterator[dict[str, Any]]:
        """What was put on the bus since, as soon as there is something; nothing after `LONG_POLL_SECONDS`."""
        answer = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=BATCH, WaitTimeSeconds=LONG_POLL_SECONDS)
        for message in answer.get("Messages", ()):
            self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
            yield json.loads(message["Body"])


def _policy(queue_arn: str, rule_arn: str) -> str:
    """EventBridge may put there what this rule found, and nobody else anything."""
    statement = {
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
    }  # fmt: skip
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
