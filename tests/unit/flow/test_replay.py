"""Dead letters go back to where they came from: to their queue, or as a new execution of the state machine that gave them up."""

import json
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from sandbox.errors import SandboxError
from sandbox.flow import replay
from sandbox.inventory import QUEUE, Resource

MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:onboard"
KEYS = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}


class States:
    """Step Functions that remembers what was started."""

    def __init__(self) -> None:
        self.started: list[tuple[str, str, dict[str, Any]]] = []

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> dict[str, str]:  # noqa: N803 - the service's spelling
        self.started.append((stateMachineArn, name, json.loads(input)))
        return {"executionArn": f"{stateMachineArn}:{name}"}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch):
    with mock_aws():
        sqs, states, found = boto3.client("sqs", **KEYS), States(), []
        for label, more in (("Landed", {}), ("Staged.fifo", {"FifoQueue": "true"})):
            name, ending = label.partition(".")[0], label.removeprefix(label.partition(".")[0])
            dead = sqs.create_queue(QueueName=f"{name}Dead{ending}", Attributes=more)["QueueUrl"]
            arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
            live = sqs.create_queue(QueueName=f"{name}Live{ending}", Attributes={**more, "RedrivePolicy": policy})["QueueUrl"]
            found += [
                Resource(stack="s", logical_id=f"{name}{kind}", type=QUEUE, id=url, status="")
                for kind, url in (("DeadLetters", dead), ("Queue", live))
            ]
        monkeypatch.setattr(replay, "resources", lambda _: found)
        yield SimpleNamespace(
            client=lambda service: sqs if service == "sqs" else states,
            sqs=sqs,
            states=states,
            url=lambda n: next(r.id for r in found if r.logical_id == n),
        )


def held(cloud, label):
    answer = cloud.sqs.receive_message(
        QueueUrl=cloud.url(label), MaxNumberOfMessages=10, AttributeNames=["All"], MessageAttributeNames=["All"]
    )
    return answer.get("Messages", [])


def test_a_message_goes_back_to_its_queue_with_its_attributes(cloud):
    for number in range(12):
        attributes = {"kind": {"DataType": "String", "StringValue": "x"}}
        cloud.sqs.send_message(QueueUrl=cloud.url("LandedDeadLetters"), MessageBody=f"m{number}", MessageAttributes=attributes)

    done = replay.replay(cloud, "", lambda _: None)

    back = held(cloud, "LandedQueue") + held(cloud, "LandedQueue")
    assert done == {"LandedDeadLetters": 12}
    assert sorted(message["Body"] for message in back) == sorted(f"m{number}" for number in range(12))
    assert {message["MessageAttributes"]["kind"]["StringValue"] for message in back} == {"x"}
    assert held(cloud, "LandedDeadLetters") == []


def test_in_a_fifo_queue_it_keeps_its_group_and_is_not_taken_for_the_one_that_failed(cloud):
    url = cloud.url("StagedDeadLetters")
    cloud.sqs.send_message(QueueUrl=url, MessageBody="m", MessageGroupId="orders", MessageDeduplicationId="content")

    replay.replay(cloud, "staged", lambda _: None)

    (back,) = held(cloud, "StagedQueue")
    assert back["Attributes"]["MessageGroupId"] == "orders"
    assert back["Attributes"]["MessageDeduplicationId"].startswith("content-")


def test_what_an_execution_gave_up_is_started_under_a_new_name(cloud):
    refused = {"state_machine": MACHINE, "execution": "e1", "input": {"key": "k"}, "error": "NoRoom", "cause": "full"}
    cloud.sqs.send_message(QueueUrl=cloud.url("LandedDeadLetters"), MessageBody=json.dumps(refused))

    done = replay.replay(cloud, "Landed", lambda _: None)

    ((machine, name, given),) = cloud.states.started
    assert (machine, given, done) == (MACHINE, {"key": "k"}, {"LandedDeadLetters": 1})
    assert name.startswith("e1-")
    assert held(cloud, "LandedQueue") == []


def test_one_queue_leaves_the_others_alone(cloud):
    cloud.sqs.send_message(QueueUrl=cloud.url("LandedDeadLetters"), MessageBody="m")

    assert replay.replay(cloud, "Staged", lambda _: None) == {}
    assert len(held(cloud, "LandedDeadLetters")) == 1


def test_a_queue_that_is_not_there_is_told_with_those_that_are(cloud):
    with pytest.raises(SandboxError) as refused:
        replay.replay(cloud, "nowhere", lambda _: None)

    assert "LandedDeadLetters, StagedDeadLetters" in str(vars(refused.value))
