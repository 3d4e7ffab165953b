"""The function that starts pipelines and tells how they stand, with requests and answers held against botocore's models."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from lambdas import pipeline_run

ARN = "arn:aws:sagemaker:us-east-1:000000000000:pipeline/churn/execution/abc"
CONTEXT = SimpleNamespace(aws_request_id="request-1")


@pytest.fixture
def sagemaker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    for name, value in {"LAKE_BUCKET": "lake", "CHURN_PIPELINE": "omni-churn", "REPURCHASE_PIPELINE": "omni-repurchase"}.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("sagemaker", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    monkeypatch.setattr(pipeline_run, "client", lambda name: client)
    with Stubber(client) as stub:
        yield stub


def handle(**event: Any) -> dict[str, Any]:
    return pipeline_run.handler(event, CONTEXT)  # type: ignore[arg-type]


def test_the_same_asker_starts_the_same_execution(sagemaker: Stubber) -> None:
    tokens: list[Any] = []
    sagemaker.client.meta.events.register(
        "provide-client-params.sagemaker.StartPipelineExecution", lambda params, **_: tokens.append(params)
    )
    for _ in range(3):
        expected = {"PipelineName": "omni-churn", "PipelineParameters": ANY, "ClientRequestToken": ANY}
        sagemaker.add_response("start_pipeline_execution", {"PipelineExecutionArn": ARN}, expected)

    for asker in ("scoring-1", "scoring-1", "scoring-2"):
        handle(action="start", model="churn", as_of="2025-03-01", execution=asker)

    first, again, other = (t["ClientRequestToken"] for t in tokens)
    assert first == again != other
    assert tokens[0]["PipelineParameters"][0] == {"Name": "AsOf", "Value": "2025-03-01"}
    assert tokens[0]["PipelineParameters"][1]["Value"] != tokens[2]["PipelineParameters"][1]["Value"]


def test_without_a_date_yesterday_is_scored(sagemaker: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import UTC, datetime

    monkeypatch.setattr(pipeline_run, "datetime", SimpleNamespace(now=lambda zone: datetime(2025, 3, 1, 0, 30, tzinfo=UTC)))
    sagemaker.add_response("start_pipeline_execution", {"PipelineExecutionArn": ARN})

    started = handle(action="start", model="repurchase")

    assert (started["as_of"], started["execution_arn"]) == ("2025-02-28", ARN)


def test_a_running_execution_has_no_failure(sagemaker: Stubber) -> None:
    sagemaker.add_response("describe_pipeline_execution", {"PipelineExecutionArn": ARN, "PipelineExecutionStatus": "Executing"})

    assert handle(action="describe", execution_arn=ARN) == {"status": "Executing", "execution_arn": ARN, "failure": None}


def test_a_failed_execution_names_the_step_and_its_reason(sagemaker: Stubber) -> None:
    sagemaker.add_response("describe_pipeline_execution", {"PipelineExecutionStatus": "Failed", "FailureReason": "Step failure"})
    steps = [
        {"StepName": "Features", "StepStatus": "Failed", "FailureReason": "AlgorithmError: CannotTrainError: too little history"},
        {"StepName": "Refused", "StepStatus": "Failed", "Metadata": {"Fail": {"ErrorMessage": "the gate refused"}}},
        {"StepName": "Train", "StepStatus": "Succeeded"},
    ]
    sagemaker.add_response("list_pipeline_execution_steps", {"PipelineExecutionSteps": steps})

    failure = handle(action="describe", execution_arn=ARN)["failure"]

    assert failure == "step Features: AlgorithmError: CannotTrainError: too little history; step Refused: the gate refused"


def test_an_unknown_action_says_which_there_are(sagemaker: Stubber) -> None:
    with pytest.raises(ValueError, match="expected start or describe"):
        handle(action="stop")
