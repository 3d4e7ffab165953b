"""The function that starts pipelines and tells how they stand, with requests and answers held against botocore's models."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from lambdas import pipeline_run

ARN = "arn:aws:sagemaker:us-east-1:000000000000:pipeline/omni-dev-churn-train/execution/abc"
PACKAGE = "arn:aws:sagemaker:us-east-1:000000000000:model-package/omni-dev-churn/7"
DATA = "s3://lake/pipelines/churn-train/r/repacked/model.tar.gz"
CONTEXT = SimpleNamespace(aws_request_id="request-1")
NOW = datetime(2025, 3, 1, tzinfo=UTC)


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Stubber]]:
    for name, value in {"LAKE_BUCKET": "lake", "GLUE_DATABASE": "omni_dev", "PREFIX": "omni-dev-"}.items():
        monkeypatch.setenv(name, value)
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
    clients = {name: boto3.client(name, **keys) for name in ("sagemaker", "s3")}
    monkeypatch.setattr(pipeline_run, "client", clients.__getitem__)
    with Stubber(clients["sagemaker"]) as sagemaker, Stubber(clients["s3"]) as s3:
        yield {"sagemaker": sagemaker, "s3": s3}


@pytest.fixture
def sagemaker(services: dict[str, Stubber]) -> Stubber:
    return services["sagemaker"]


def handle(**event: Any) -> dict[str, Any]:
    return pipeline_run.handler(event, CONTEXT)  # type: ignore[arg-type]


def describe() -> dict[str, Any]:
    return handle(action="describe", definition="churn-train", run="2025-03-01-abc", execution_arn=ARN)


def listed(sagemaker: Stubber, *arns: str, status: str = "Approved") -> None:
    summaries = [{"ModelPackageArn": arn, "ModelPackageName": "n", "CreationTime": NOW, "ModelPackageStatus": "Completed"} for arn in arns]
    expected = {
        "ModelPackageGroupName": "omni-dev-churn", "ModelApprovalStatus": status,
        "SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": 1,
    }  # fmt: skip
    sagemaker.add_response("list_model_packages", {"ModelPackageSummaryList": summaries}, expected)


def approved(sagemaker: Stubber, trained_as_of: str | None = "2025-02-01") -> None:
    listed(sagemaker, PACKAGE)
    described = {
        "ModelPackageName": "n", "ModelPackageArn": PACKAGE, "CreationTime": NOW, "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": []},
        "InferenceSpecification": {"Containers": [{"Image": "i", "ModelDataUrl": DATA}]},
        **({"CustomerMetadataProperties": {"as_of": trained_as_of}} if trained_as_of else {}),
    }  # fmt: skip
    sagemaker.add_response("describe_model_package", described, {"ModelPackageName": PACKAGE})


def started(sagemaker: Stubber, pipeline: str, times: int = 1) -> list[dict[str, Any]]:
    """The requests to start, as they come."""
    asked: list[dict[str, Any]] = []
    sagemaker.client.meta.events.register(
        "provide-client-params.sagemaker.StartPipelineExecution", lambda params, **_: asked.append(dict(params))
    )
    for _ in range(times):
        expected = {"PipelineName": pipeline, "PipelineParameters": ANY, "ClientRequestToken": ANY}
        sagemaker.add_response("start_pipeline_execution", {"PipelineExecutionArn": ARN}, expected)
    return asked


def values(request: dict[str, Any]) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in request["PipelineParameters"]}


def test_the_same_asker_starts_the_same_execution(sagemaker: Stubber) -> None:
    asked = started(sagemaker, "omni-dev-audiences", times=3)

    for asker in ("scoring-1", "scoring-1", "scoring-2"):
        handle(action="start", definition="audiences", as_of="2025-03-01", execution=asker)

    first, again, other = (request["ClientRequestToken"] for request in asked)
    assert first == again != other
    assert values(asked[0])["AsOf"] == "2025-03-01"
    assert values(asked[0])["Run"] != values(asked[2])["Run"]


def test_without_a_date_the_day_before_the_asking_is_scored(sagemaker: Stubber) -> None:
    started(sagemaker, "omni-dev-audiences")

    answer = handle(action="start", definition="audiences", asked_at="2025-03-01T00:30:00.123Z")

    assert (answer["as_of"], answer["execution_arn"], answer["definition"]) == ("2025-02-28", ARN, "audiences")


def test_scoring_takes_the_newest_approved_version(sagemaker: Stubber) -> None:
    approved(sagemaker)
    asked = started(sagemaker, "omni-dev-churn-score")

    handle(action="start", definition="churn-score", as_of="2025-03-01")

    assert values(asked[0]) == {"AsOf": "2025-03-01", "Run": ANY, "ModelDataUrl": DATA, "ModelVersion": PACKAGE}


def test_without_an_approved_version_nothing_is_scored_and_the_advice_is_to_train(sagemaker: Stubber) -> None:
    listed(sagemaker)
    listed(sagemaker, status="PendingManualApproval")

    answer = handle(action="start", definition="churn-score", as_of="2025-03-01")

    assert answer.keys() == {"definition", "no_model"}
    assert "in omni-dev-churn is approved" in answer["no_model"]
    assert "train first: omni train" in answer["no_model"]


def test_a_version_that_waits_for_approval_is_named(sagemaker: Stubber) -> None:
    listed(sagemaker)
    listed(sagemaker, PACKAGE, status="PendingManualApproval")

    assert f"approve {PACKAGE}" in handle(action="start", definition="churn-score", as_of="2025-03-01")["no_model"]


def test_training_names_the_version_to_beat(sagemaker: Stubber) -> None:
    approved(sagemaker)
    asked = started(sagemaker, "omni-dev-churn-train")

    handle(action="start", definition="churn-train", as_of="2025-03-01")

    assert values(asked[0])["Champion"] == DATA


def test_the_first_training_has_nobody_to_beat(sagemaker: Stubber) -> None:
    listed(sagemaker)
    asked = started(sagemaker, "omni-dev-churn-train")

    handle(action="start", definition="churn-train", as_of="2025-03-01")

    assert values(asked[0])["Champion"] == "none"


@pytest.mark.parametrize("trained_as_of", ["2025-02-01", "2025-03-01"])
def test_a_version_of_the_champions_date_or_later_is_approved_as_the_deployment_says(sagemaker: Stubber, trained_as_of: str) -> None:
    approved(sagemaker, trained_as_of)
    asked = started(sagemaker, "omni-dev-churn-train")

    handle(action="start", definition="churn-train", as_of="2025-03-01")

    assert values(asked[0]).keys() == {"AsOf", "Run", "Champion"}


def test_a_version_of_an_earlier_date_than_the_champions_waits_for_a_person(sagemaker: Stubber) -> None:
    approved(sagemaker, "2025-03-02")
    asked = started(sagemaker, "omni-dev-churn-train")

    handle(action="start", definition="churn-train", as_of="2025-03-01")

    assert values(asked[0])["ApprovalStatus"] == "PendingManualApproval"


@pytest.mark.parametrize("trained_as_of", [None, "last spring"])
def test_a_version_waits_for_a_person_where_the_registry_does_not_know_the_champions_date(
    sagemaker: Stubber, trained_as_of: str | None
) -> None:
    approved(sagemaker, trained_as_of)
    asked = started(sagemaker, "omni-dev-churn-train")

    handle(action="start", definition="churn-train", as_of="2025-03-01")

    assert values(asked[0])["ApprovalStatus"] == "PendingManualApproval"


def test_a_running_execution_has_no_failure(sagemaker: Stubber) -> None:
    sagemaker.add_response("describe_pipeline_execution", {"PipelineExecutionArn": ARN, "PipelineExecutionStatus": "Executing"})

    standing = {"status": "Executing", "execution_arn": ARN, "failure": None}

    assert describe() == {"definition": "churn-train", "run": "2025-03-01-abc", **standing}


def test_a_failed_execution_names_the_step_and_its_reason(services: dict[str, Stubber]) -> None:
    sagemaker = services["sagemaker"]
    sagemaker.add_response("describe_pipeline_execution", {"PipelineExecutionStatus": "Failed", "FailureReason": "Step failure"})
    steps = [
        {"StepName": "Features", "StepStatus": "Failed", "FailureReason": "AlgorithmError: CannotTrainError: too little history"},
        {"StepName": "Refused", "StepStatus": "Failed", "Metadata": {"Fail": {"ErrorMessage": "the gate refused"}}},
        {"StepName": "Train", "StepStatus": "Succeeded"},
    ]
    sagemaker.add_response("list_pipeline_execution_steps", {"PipelineExecutionSteps": steps})
    services["s3"].add_client_error("get_object", "NoSuchKey")

    assert describe()["failure"] == "step Features: AlgorithmError: CannotTrainError: too little history; step Refused: the gate refused"


def test_cloudwatch_hears_how_many_data_sets_had_stopped(services: dict[str, Stubber], capsys: pytest.CaptureFixture[str]) -> None:
    services["sagemaker"].add_response("describe_pipeline_execution", {"PipelineExecutionStatus": "Succeeded"})
    check = {"data_sets": [{"verdict": verdict} for verdict in ("fine", "silent", "silent")]}
    key = {"Bucket": "lake", "Key": "pipelines/churn-train/2025-03-01-abc/meta/check.json"}
    services["s3"].add_response("get_object", {"Body": io.BytesIO(json.dumps(check).encode())}, key)

    describe()

    told = json.loads(next(line for line in capsys.readouterr().out.splitlines() if "_aws" in line))
    assert (told["SilentDataSets"], told["deployment"]) == ([2.0], "omni_dev")


def test_a_run_that_missing_data_ended_is_heard_of_too(services: dict[str, Stubber], capsys: pytest.CaptureFixture[str]) -> None:
    services["sagemaker"].add_response("describe_pipeline_execution", {"PipelineExecutionStatus": "Failed"})
    steps = [{"StepName": "Features", "StepStatus": "Failed", "FailureReason": "AlgorithmError: SilentDataSetError: sales/orders stopped"}]
    services["sagemaker"].add_response("list_pipeline_execution_steps", {"PipelineExecutionSteps": steps})

    describe()

    assert json.loads(next(line for line in capsys.readouterr().out.splitlines() if "_aws" in line))["SilentDataSets"] == [1.0]


def test_an_unknown_action_says_which_there_are(sagemaker: Stubber) -> None:
    with pytest.raises(ValueError, match="expected start or describe"):
        handle(action="stop")
