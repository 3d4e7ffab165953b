"""The starter: one execution per version of a landed object, and only for objects."""

import json

import pytest
from botocore.exceptions import ClientError

from lambdas import onboarding_starter
from omnichannel.onboarding.landed import LandedObject, NotAnObjectEvent, execution_name, object_in


def envelope(key="dms/sales/orders/a b+ü.csv", size=7):
    detail = {"bucket": {"name": "landing"}, "object": {"key": key, "size": size, "etag": "e1"}, "reason": "PutObject"}
    return json.dumps({"source": "aws.s3", "detail-type": "Object Created", "detail": detail})


class States:
    """Remembers executions and refuses a second one of the same name, as Step Functions does."""

    def __init__(self):
        self.started = {}

    def start_execution(self, *, stateMachineArn, name, input):  # noqa: N803 - the service's spelling
        if name in self.started:
            raise ClientError({"Error": {"Code": "ExecutionAlreadyExists"}}, "StartExecution")
        self.started[name] = json.loads(input)


def test_the_object_is_named_as_it_is_stored():
    assert object_in(envelope()) == LandedObject(bucket="landing", key="dms/sales/orders/a b+ü.csv", etag="e1", size=7)


def test_the_version_that_landed_goes_with_its_execution():
    message = json.loads(envelope())
    message["detail"]["object"]["version-id"] = "v1"
    states = States()

    onboarding_starter.start(json.dumps(message), states, "arn")

    assert [started["version"] for started in states.started.values()] == ["v1"]


@pytest.mark.parametrize("body", [json.dumps({"Event": "s3:TestEvent"}), envelope(key="dms/sales/orders/", size=0)])
def test_test_messages_and_folder_markers_start_nothing(body):
    states = States()

    onboarding_starter.start(body, states, "arn")

    assert states.started == {}


def test_the_same_object_twice_starts_one_execution():
    states = States()

    for _ in range(2):
        onboarding_starter.start(envelope(), states, "arn")

    name = execution_name("landing", "dms/sales/orders/a b+ü.csv", "e1")
    assert states.started == {name: {"bucket": "landing", "key": "dms/sales/orders/a b+ü.csv", "etag": "e1", "size": 7}}


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"detail": {"bucket": {}}}', "not json"])
def test_any_other_message_is_refused_by_name(body):
    with pytest.raises(NotAnObjectEvent, match=r"detail\.bucket\.name"):
        object_in(body)


def test_a_poisoned_message_fails_alone(monkeypatch):
    states = States()
    monkeypatch.setenv("STATE_MACHINE_ARN", "arn")
    monkeypatch.setattr(onboarding_starter, "client", lambda name: states)

    answer = onboarding_starter.handler({"Records": [{"messageId": "1", "body": "x"}, {"messageId": "2", "body": envelope()}]}, None)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert len(states.started) == 1
