"""A large file: the processing job that the function starts stages it as the function would, and answers the same."""

import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
import urllib3
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from lambdas import stage_job
from omnichannel.aws import clients
from omnichannel.contracts import zones
from omnichannel.contracts.environment.onboarding import StageJobEnv
from omnichannel.onboarding import history
from omnichannel.onboarding.job import JOB, LEAST_GB, request_of
from pipelines import bundle
from pipelines.requests import processing as requests
from tests.integration.onboarding.test_stage_a import GOOD_ORDER, ORDERS, orders
from tests.integration.sagemaker_twin import BUCKET, IMAGE, ROLE, World, serve

HISTORY = "history"
SECONDS = 120


def template() -> str:
    """The request as the stack writes it."""
    named = {"--lake-bucket": BUCKET, "--quarantine-bucket": BUCKET, "--history-table": HISTORY, "--order": requests.input_folder("order")}
    named |= {"--answer": requests.output_folder("answer"), "--work": f"{requests.WORK}/stage"}
    return json.dumps(
        requests.processing(
            image=IMAGE, role=ROLE, instance="ml.m5.large", code=f"s3://{BUCKET}/code/sourcedir.tar.gz", wheels=f"s3://{BUCKET}/code/wheels.zip",
            module="pipelines.steps.stage_file", arguments=[part for pair in named.items() for part in pair],
            inputs={"order": f"s3://{BUCKET}/{zones.stage_job_order(JOB)}"}, outputs={"answer": f"s3://{BUCKET}/{zones.stage_job_answer(JOB)}"},
        )
    )  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, endpoint: str) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("twin")
    urllib3.request("POST", f"{endpoint}/moto-api/reset")
    with pytest.MonkeyPatch.context() as patch, serve(directory, endpoint) as running:
        # moto keeps one account's tables from another's, and the account is that of the keys: those of the job's role.
        sts = boto3.client("sts", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        keys = sts.assume_role(RoleArn=ROLE, RoleSessionName="test")["Credentials"]
        environment = {"AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": keys["AccessKeyId"]}
        environment |= {"AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"], "AWS_SESSION_TOKEN": keys["SessionToken"]}
        for name, value in (environment | StageJobEnv(lake_bucket=BUCKET, request=template()).variables()).items():
            patch.setenv(name, value)
        clients.forget()
        patch.setattr(stage_job, "client", lambda name: running.sagemaker if name == "sagemaker" else clients.client(name))
        clients.client("dynamodb").create_table(
            TableName=HISTORY, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "content_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "content_id", "AttributeType": "S"}],
        )  # fmt: skip
        _code(directory)
        yield running
    clients.forget()


def _code(directory: Path) -> None:
    s3 = clients.client("s3")
    s3.upload_file(str(bundle.write_bundle(directory / "sourcedir.tar.gz")), BUCKET, "code/sourcedir.tar.gz")
    with zipfile.ZipFile(directory / "wheels.zip", "w"):
        pass
    s3.upload_file(str(directory / "wheels.zip"), BUCKET, "code/wheels.zip")


def land(key: str, content: str) -> dict[str, Any]:
    clients.client("s3").put_object(Bucket=BUCKET, Key=key, Body=content.encode())
    return {"bucket": BUCKET, "key": key, "etag": "e", "size": len(content)}


def run(job: str, landed: dict[str, Any]) -> dict[str, Any]:
    """The job to its end, asked as the state machine asks."""
    stage_job.handler({"action": "start", "job": job, "landed": landed}, None)  # type: ignore[arg-type]
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        answer = stage_job.handler({"action": "describe", "job": job}, None)  # type: ignore[arg-type]
        if answer["status"] == "Completed":
            return dict(answer["staged"])
        time.sleep(0.2)
    raise TimeoutError(job)


def test_the_job_stages_the_file_and_answers_as_the_function_does(world: World) -> None:
    rows = [GOOD_ORDER.replace("O1", f"O{n}") for n in range(50)]

    staged = run("stage-1", land(ORDERS, orders(*rows, "broken")))

    assert (staged["status"], staged["rows_in"], staged["rows_staged"], staged["quarantined"]) == ("staged", 51, 50, {"malformed-row": 1})
    assert clients.client("s3").head_object(Bucket=BUCKET, Key=staged["staged_key"])["ContentLength"]
    item = history.find(clients.client("dynamodb"), HISTORY, staged["content_id"])
    assert item is not None
    assert history.staged_of(item).to_dict() == staged


def test_a_key_with_odd_characters_reaches_the_job_as_it_is(world: World) -> None:
    key = "dms/sales/orders/2026 + märz/ö'r\"d $(x).csv"

    assert run("stage-2", land(key, orders(GOOD_ORDER)))["key"] == key


def test_the_same_job_started_again_is_the_same_job(world: World) -> None:
    landed = land(ORDERS, orders(GOOD_ORDER.replace("O1", "O99")))

    first = run("stage-3", landed)

    assert run("stage-3", landed) == first


def test_a_job_that_fails_says_why(world: World) -> None:
    with pytest.raises(stage_job.StageJobFailed, match=r"stage-4 ended as Failed: .*NoSuchKey"):
        run("stage-4", {"bucket": BUCKET, "key": "dms/sales/orders/gone.csv", "etag": "e", "size": 5})


def test_a_job_can_be_stopped_and_its_name_is_taken_for_good(world: World) -> None:
    request = request_of(template(), "stage-5", 5)
    request["AppSpecification"] = {"ImageUri": IMAGE, "ContainerEntrypoint": ["sleep", "600"]}
    request.pop("ProcessingInputs")
    world.sagemaker.create_processing_job(**request)

    world.sagemaker.stop_processing_job(ProcessingJobName="stage-5")

    deadline = time.monotonic() + SECONDS
    while (status := world.sagemaker.describe_processing_job(ProcessingJobName="stage-5")["ProcessingJobStatus"]) == "InProgress":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert status == "Stopped"
    with pytest.raises(ClientError, match="ResourceInUse"):
        world.sagemaker.create_processing_job(**request)
    listed = world.sagemaker.list_processing_jobs(NameContains="stage-5")["ProcessingJobSummaries"]
    assert [job["ProcessingJobStatus"] for job in listed] == ["Stopped"]


@pytest.mark.parametrize(("size", "volume"), [(5, LEAST_GB), (6 * 2**30, 150)])
def test_the_request_is_one_that_sagemaker_takes_with_a_volume_for_the_file(size: int, volume: int) -> None:
    request = request_of(template(), "stage-6", size)

    shape = botocore.session.get_session().get_service_model("sagemaker").operation_model("CreateProcessingJob").input_shape
    assert not ParamValidator().validate(request, shape).has_errors()
    assert request["ProcessingResources"]["ClusterConfig"]["VolumeSizeInGB"] == volume
    assert JOB not in json.dumps(request)
