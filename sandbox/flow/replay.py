"""Dead letters sent once more to where they came from, one queue or all: SQS's own move is not in the sandbox, and knows no executions."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.flow.progress import Tell
from sandbox.inventory import QUEUE, resources

AT_ONCE = 10
LONGEST_NAME = 80
"""Of an execution."""
LONGEST_DEDUPLICATION = 128


@dataclass(frozen=True, kw_only=True)
class DeadLetters:
    """A dead-letter queue and the queue whose messages end there."""

    label: str
    url: str
    source: str


def queues(cloud: Cloud, name: str = "") -> list[DeadLetters]:
    """Every dead-letter queue of the app, or those whose own or whose source's label has `name` in it."""
    sqs = cloud.client("sqs")
    found = {r.id: r.label for r in resources(cloud) if r.type == QUEUE}
    attributes = {url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"] for url in found}
    by_arn = {held["QueueArn"]: url for url, held in attributes.items()}
    pairs = (
        (url, json.loads(held["RedrivePolicy"])["deadLetterTargetArn"]) for url, held in attributes.items() if held.get("RedrivePolicy")
    )
    every = [DeadLetters(label=found[by_arn[arn]], url=by_arn[arn], source=url) for url, arn in pairs if arn in by_arn]
    wanted = [each for each in every if name.lower() in each.label.lower() or name.lower() in found[each.source].lower()]
    if not wanted:
        raise SandboxError(
            "Finding the queue", f"there is no dead-letter queue {name!r}", hint=", ".join(sorted(each.label for each in every))
        )
    return wanted


def replay(cloud: Cloud, name: str, tell: Tell) -> Counter[str]:
    """Sends what the dead-letter queues hold now; gives how many messages by queue.

    A message is removed when it has been taken on: broken off in between, it comes once more, which every consumer here expects.
    """
    done: Counter[str] = Counter()
    for each in queues(cloud, name):
        for message in _held(cloud.client("sqs"), each.url):
            _send(cloud, each.source, message)
            cloud.client("sqs").delete_message(QueueUrl=each.url, ReceiptHandle=message["ReceiptHandle"])
            done[each.label] += 1
            tell(", ".join(f"{count} from {label}" for label, count in done.items()))
    return done


def _held(sqs: Any, url: str) -> Iterator[dict[str, Any]]:
    """The messages that the queue holds now; what fails again meanwhile waits for the next time."""
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    left = int(attributes["ApproximateNumberOfMessages"])
    while left > 0:
        answer = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=min(AT_ONCE, left), WaitTimeSeconds=1,
            MessageSystemAttributeNames=["All"], MessageAttributeNames=["All"],
        )  # fmt: skip
        messages = answer.get("Messages", [])
        yield from messages
        left = left - len(messages) if messages else 0


def _send(cloud: Cloud, source: str, message: Mapping[str, Any]) -> None:
    """To the queue, or to the state machine whose execution gave the message up: its name would not be free again."""
    refused = _refused(message["Body"])
    if refused is None:
        cloud.client("sqs").send_message(QueueUrl=source, MessageBody=message["Body"], **_more(message))
        return
    name = f"{refused['execution']}-{message['MessageId']}"[-LONGEST_NAME:].lstrip("-")
    try:
        cloud.client("stepfunctions").start_execution(
            stateMachineArn=refused["state_machine"], name=name, input=json.dumps(refused["input"])
        )
    except ClientError as known:
        if known.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise


def _refused(body: str) -> dict[str, Any] | None:
    """The dead letter of an execution, or None for a message of a queue."""
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) and {"state_machine", "execution", "input"} <= found.keys() else None


def _more(message: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes as they were; in a FIFO queue the same group, and an id that is not taken for the message that failed."""
    more: dict[str, Any] = {}
    if given := message.get("MessageAttributes"):
        more["MessageAttributes"] = {name: {k: v for k, v in value.items() if k in _SENDABLE} for name, value in given.items()}
    system = message.get("Attributes", {})
    if "MessageGroupId" in system:
        more["MessageGroupId"] = system["MessageGroupId"]
        more["MessageDeduplicationId"] = f"{system['MessageDeduplicationId']}-{message['MessageId']}"[-LONGEST_DEDUPLICATION:]
    return more


_SENDABLE = ("DataType", "StringValue", "BinaryValue")
