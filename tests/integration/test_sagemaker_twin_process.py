"""The twin server as the sandbox starts it: a process of its own over TLS, with MiniStack's IAM, STS and S3 behind it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox import launcher
from sandbox.state import Sandbox
from tests.integration.sagemaker_twin import BUCKET, OVER, alive, processing, wait_for

ROLE = "arn:aws:iam::000000000000:role/pipeline"
SLEEP = """
import os, pathlib, sys, time
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
time.sleep(600)
"""
READ = """
import boto3, sys
boto3.client("s3").get_object(Bucket=sys.argv[1], Key="secret.txt")
"""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    directory = tmp_path_factory.mktemp("sandbox")
    started = launcher.up(directory).sandbox
    try:
        prepare(started)
        yield started
    finally:
        launcher.down(directory, wipe=True)


def prepare(sandbox: Sandbox) -> None:
    """A bucket with two scripts, the pipeline's role, which may only read code, and a caller's role, which may only start."""
    s3, iam = client(sandbox, "s3"), client(sandbox, "iam")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="code/sleep.py", Body=SLEEP.encode())
    s3.put_object(Bucket=BUCKET, Key="code/read.py", Body=READ.encode())
    s3.put_object(Bucket=BUCKET, Key="secret.txt", Body=b"secret")
    code = [allow("s3:ListBucket", f"arn:aws:s3:::{BUCKET}"), allow("s3:GetObject", f"arn:aws:s3:::{BUCKET}/code/*")]
    jobs = allow("sagemaker:CreateProcessingJob", "arn:aws:sagemaker:us-east-1:000000000000:processing-job/pipelines-*")
    passing = {**allow("iam:PassRole", ROLE), "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}}
    role(iam, "pipeline", "sagemaker.amazonaws.com", [*code, jobs, passing])
    start = allow("sagemaker:StartPipelineExecution", "arn:aws:sagemaker:us-east-1:000000000000:pipeline/sleep")
    role(iam, "starter", "lambda.amazonaws.com", [start])


def allow(action: str, resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def role(iam: Any, name: str, service: str, statements: list[dict[str, Any]]) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy)


def client(sandbox: Sandbox, service: str, path: str = "") -> Any:
    environ = sandbox.environ()
    endpoint = f"{sandbox.twin_url}/aws/{service}{path}" if service == "sagemaker" else sandbox.endpoint
    return boto3.session.Session().client(
        service,
        endpoint_url=endpoint,
        verify=environ["AWS_CA_BUNDLE"],
        region_name="us-east-1",
        aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
    )


def pipeline(sagemaker: Any, name: str, *arguments: str) -> None:
    step = processing(name.capitalize(), f"s3://{BUCKET}/code/{name}.py", list(arguments))
    del step["Arguments"]["ProcessingOutputConfig"]
    definition = json.dumps({"Version": "2020-12-01", "Steps": [step]})
    sagemaker.create_pipeline(PipelineName=name, RoleArn=ROLE, PipelineDefinition=definition)


def pid_in(file: Path) -> int:
    return int(wait_for(lambda: file.exists() and file.read_text()))


def test_a_role_may_start_the_pipeline_that_its_policy_names_and_no_other(sandbox: Sandbox, tmp_path: Path) -> None:
    pipeline(client(sandbox, "sagemaker"), "sleep", str(tmp_path / "pid"))
    starter = client(sandbox, "sagemaker", "/as/starter")

    arn = starter.start_pipeline_execution(PipelineName="sleep")["PipelineExecutionArn"]
    client(sandbox, "sagemaker").stop_pipeline_execution(PipelineExecutionArn=arn)

    with pytest.raises(ClientError, match="starter/sandbox is not authorized to perform: sagemaker:StartPipelineExecution") as denied:
        starter.start_pipeline_execution(PipelineName="other")
    assert denied.value.response["Error"]["Code"] == "AccessDeniedException"


def test_a_job_may_do_what_its_role_may_do(sandbox: Sandbox) -> None:
    sagemaker = client(sandbox, "sagemaker")
    pipeline(sagemaker, "read", BUCKET)

    arn = sagemaker.start_pipeline_execution(PipelineName="read")["PipelineExecutionArn"]
    wait_for(lambda: sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"] in OVER)

    (step,) = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    assert "AccessDenied" in step["FailureReason"]
    assert "s3:GetObject" in step["FailureReason"]


def test_what_ran_when_the_server_was_killed_is_failed_after_a_restart_and_its_processes_are_gone(sandbox: Sandbox, tmp_path: Path) -> None:
    with ExitStack() as servers:
        second, server = server_of(sandbox, tmp_path, servers)
        sagemaker = client(second, "sagemaker")
        pipeline(sagemaker, "sleep", str(tmp_path / "pid"))
        arn = sagemaker.start_pipeline_execution(PipelineName="sleep")["PipelineExecutionArn"]
        pid = pid_in(tmp_path / "pid")

        server.send_signal(signal.SIGKILL)
        server.wait()
        wait_for(lambda: not alive(pid))
        again, _ = server_of(sandbox, tmp_path, servers)

        sagemaker = client(again, "sagemaker")
        execution = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        (step,) = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
        job = sagemaker.describe_processing_job(ProcessingJobName=step["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2])
    assert [execution["PipelineExecutionStatus"], step["StepStatus"], job["ProcessingJobStatus"]] == ["Failed"] * 3
    assert "twin server ended" in execution["FailureReason"]


def test_the_server_ends_its_jobs_when_it_is_told_to_end(sandbox: Sandbox, tmp_path: Path) -> None:
    with ExitStack() as servers:
        second, server = server_of(sandbox, tmp_path, servers)
        sagemaker = client(second, "sagemaker")
        pipeline(sagemaker, "sleep", str(tmp_path / "pid"))
        sagemaker.start_pipeline_execution(PipelineName="sleep")
        pid = pid_in(tmp_path / "pid")

        server.terminate()

        assert server.wait(timeout=30) == 0
        assert not alive(pid)


def server_of(sandbox: Sandbox, directory: Path, servers: ExitStack) -> tuple[Sandbox, subprocess.Popen[str]]:
    """A twin server of our own beside the sandbox's, with the same MiniStack; its state is in `directory`."""
    own = ("--directory", str(directory), "--port", "0", "--endpoint", sandbox.endpoint)
    tls = ("--certificate", str(sandbox.certificate), "--key", str(sandbox.key))
    command = (sys.executable, "-m", "sandbox.twins", *own, *tls)
    server = subprocess.Popen(command, env={"PATH": os.environ["PATH"], **sandbox.environ()}, stdout=subprocess.PIPE, text=True)
    servers.callback(server.communicate)
    servers.callback(server.kill)
    assert server.stdout is not None
    return replace(sandbox, twin_port=int(server.stdout.readline().rpartition(":")[2])), server
