"""Manifests that arrive start an activation once, when every model has one."""

import json
from datetime import date

import pytest
from botocore.stub import Stubber

from lambdas import activation_starter
from omnichannel.aws import clients

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:activation"
STARTED = {"executionArn": "arn:aws:states:us-east-1:123456789012:execution:activation:a", "startDate": 0}


def _event(*keys):
    bodies = [json.dumps({"source": "aws.s3", "detail": {"bucket": {"name": "lake"}, "object": {"key": key}}}) for key in keys]
    return {"Records": [{"messageId": f"message-{number}", "body": body} for number, body in enumerate(bodies)]}


@pytest.fixture
def step_functions(retailer):
    with Stubber(clients.client("stepfunctions")) as stub:
        yield stub
        stub.assert_no_pending_responses()


def _expect_start(step_functions, wanted):
    expected = {"stateMachineArn": ARN, "name": wanted.execution, "input": json.dumps(wanted.input)}
    step_functions.add_response("start_execution", STARTED, expected)


def _wanted():
    return activation_starter.starter.activation(clients.client("s3"), "lake", date(2026, 3, 1))


def test_one_model_alone_starts_nothing_and_waits_in_the_queue_whose_age_alarms(retailer, step_functions):
    key = retailer.scores("churn", [("c_1", 0.5)])

    assert activation_starter.handler(_event(key), retailer.context) == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}


def test_who_waits_says_for_which_model(retailer):
    retailer.scores("churn", [("c_1", 0.5)])

    with pytest.raises(activation_starter.starter.Waiting, match="no score run of 2026-03-01 by repurchase"):
        _wanted()


def test_the_last_model_starts_the_activation(retailer, step_functions):
    keys = retailer.score_everyone(1)
    _expect_start(step_functions, _wanted())

    answer = activation_starter.handler(_event(keys["repurchase"]), retailer.context)

    assert answer == {"batchItemFailures": []}


def test_the_same_manifest_again_is_no_failure(retailer, step_functions):
    keys = retailer.score_everyone(1)
    step_functions.add_client_error("start_execution", "ExecutionAlreadyExists")

    assert activation_starter.handler(_event(keys["churn"]), retailer.context) == {"batchItemFailures": []}


def test_another_score_run_of_the_date_starts_another_activation(retailer):
    retailer.score_everyone(1)
    first = _wanted()

    retailer.scores("churn", [("c_0000", 0.9)], run="s2")

    assert _wanted().execution != first.execution
    assert _wanted().input["manifests"]["repurchase"] == first.input["manifests"]["repurchase"]


def test_messages_fail_by_themselves(retailer, step_functions):
    keys = retailer.score_everyone(1)
    event = _event("scores/model=churn/as_of=2026-03-01/run=s1/part-000.parquet", keys["churn"])
    event["Records"].append({"messageId": "message-2", "body": "{"})
    _expect_start(step_functions, _wanted())

    answer = activation_starter.handler(event, retailer.context)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}, {"itemIdentifier": "message-2"}]}


def test_a_refused_start_goes_back_to_the_queue(retailer, step_functions):
    keys = retailer.score_everyone(1)
    step_functions.add_client_error("start_execution", "AccessDeniedException")

    answer = activation_starter.handler(_event(keys["churn"]), retailer.context)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
