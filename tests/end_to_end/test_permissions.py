"""A function with one grant taken away fails with AccessDenied, towards MiniStack and towards a twin."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sandbox.cloud import Cloud
from tests.end_to_end.conftest import Demo


def test_without_its_grant_a_function_cannot_read_a_table(demo: Demo) -> None:
    function = _function(demo.cloud, "RecommendationsApi")

    with _without(demo.cloud, function, "dynamodb:BatchGetItem"):
        answer = _invoke(demo.cloud, function, _request("home"))

    assert "AccessDenied" in json.dumps(_logs(demo.cloud, function)) or "AccessDenied" in json.dumps(answer)


def test_without_its_grant_a_function_cannot_start_a_pipeline(demo: Demo) -> None:
    function = _function(demo.cloud, "PipelineRun")

    with _without(demo.cloud, function, "sagemaker:StartPipelineExecution"):
        answer = _invoke(demo.cloud, function, {"action": "start", "definition": "churn-train", "as_of": "2026-11-01"})

    assert "AccessDenied" in answer["errorMessage"] + answer["errorType"]


def _function(cloud: Cloud, part: str) -> dict[str, Any]:
    pages = cloud.client("lambda").get_paginator("list_functions").paginate()
    return next(f for page in pages for f in page["Functions"] if part in f["FunctionName"])


def _invoke(cloud: Cloud, function: dict[str, Any], payload: dict[str, Any]) -> Any:
    answer = cloud.client("lambda").invoke(FunctionName=function["FunctionName"], Payload=json.dumps(payload))
    return json.loads(answer["Payload"].read())


def _logs(cloud: Cloud, function: dict[str, Any]) -> list[str]:
    group = function["LoggingConfig"]["LogGroup"]
    return [event["message"] for event in cloud.client("logs").filter_log_events(logGroupName=group)["events"]]


@contextmanager
def _without(cloud: Cloud, function: dict[str, Any], action: str) -> Iterator[None]:
    """Takes one action out of the inline policies of a function's role, and puts it back."""
    iam, role = cloud.client("iam"), function["Role"].rsplit("/", 1)[-1]
    before = {}
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        before[name] = json.dumps(document)
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(_stripped(document, action)))
    assert any(action in document for document in before.values()), f"{role} never had {action}"
    try:
        yield
    finally:
        for name, document in before.items():
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)


def _stripped(document: dict[str, Any], action: str) -> dict[str, Any]:
    statements = []
    for statement in document["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        kept = [a for a in actions if a != action]
        if kept:
            statements.append({**statement, "Action": kept})
    return {**document, "Statement": statements}


def _request(placement: str) -> dict[str, Any]:
    return {
        "version": "2.0",
        "rawPath": f"/recommendations/{placement}",
        "pathParameters": {"placement": placement},
        "queryStringParameters": {"limit": "3"},
        "requestContext": {"requestId": "test", "http": {"method": "GET", "path": f"/recommendations/{placement}"}},
    }
