"""A SageMaker twin over HTTPS with moto's S3 and STS behind it, and short ways to write pipeline definitions."""

import io
import json
import tarfile
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import psutil
import urllib3
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sandbox.twins.__main__ import ACCOUNT, make_twins
from sandbox.twins.authorization import Authorization
from sandbox.twins.cloud import Cloud, Credentials
from sandbox.twins.routing import Routing
from sandbox.twins.server import TwinServer

ROLE = "arn:aws:iam::000000000000:role/pipeline"
BUCKET = "lake"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
OVER = ("Succeeded", "Failed", "Stopped")


@dataclass
class World:
    """A running twin and clients to it and to S3."""

    directory: Path
    sagemaker: Any
    s3: Any

    def script(self, name: str, code: str) -> str:
        """Put a script to S3; its URI."""
        self.s3.put_object(Bucket=BUCKET, Key=f"code/{name}", Body=textwrap.dedent(code).encode())
        return f"s3://{BUCKET}/code/{name}"

    def archive(self, name: str, **files: str) -> str:
        """Put a tar.gz of Python files to S3; its URI."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for module, code in files.items():
                content = textwrap.dedent(code).encode()
                info = tarfile.TarInfo(f"{module}.py")
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        self.s3.put_object(Bucket=BUCKET, Key=f"code/{name}", Body=packed.getvalue())
        return f"s3://{BUCKET}/code/{name}"

    def put(self, key: str, text: str) -> str:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=text.encode())
        return f"s3://{BUCKET}/{key}"

    def text(self, key: str) -> str:
        return str(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode())

    def create(self, name: str, steps: list[dict[str, Any]], parameters: list[dict[str, Any]] | None = None) -> None:
        definition = {"Version": "2020-12-01", "Metadata": {}, "Parameters": parameters or [], "Steps": steps}
        self.sagemaker.create_pipeline(PipelineName=name, RoleArn=ROLE, PipelineDefinition=json.dumps(definition))

    def start(self, name: str, **parameters: str) -> str:
        given = [{"Name": key, "Value": value} for key, value in parameters.items()]
        return str(self.sagemaker.start_pipeline_execution(PipelineName=name, PipelineParameters=given)["PipelineExecutionArn"])

    def finish(self, arn: str) -> dict[str, Any]:
        return self.until(arn, lambda execution: execution["PipelineExecutionStatus"] in OVER)

    def until(self, arn: str, done: Any) -> dict[str, Any]:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            execution: dict[str, Any] = self.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
            if done(execution):
                return execution
            time.sleep(0.05)
        raise TimeoutError(f"{arn}: {self.steps(arn)}")

    def steps(self, arn: str) -> dict[str, dict[str, Any]]:
        answer = self.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn, SortOrder="Ascending")
        return {step["StepName"]: step for step in answer["PipelineExecutionSteps"]}

    def run(self, steps: list[dict[str, Any]], parameters: list[dict[str, Any]] | None = None, **values: str) -> tuple[Any, Any]:
        """A pipeline made, started and finished: its execution and its steps by name."""
        self.create("test", steps, parameters)
        arn = self.start("test", **values)
        return self.finish(arn), self.steps(arn)


@contextmanager
def serve(directory: Path, endpoint: str, denied: tuple[str, ...] = ()) -> Iterator[World]:
    """A twin server with its state in `directory` before an empty moto; the actions named are denied to every role."""
    cloud = Cloud(endpoint, "us-east-1", Credentials(access_key="root", secret_key="secret"))
    urllib3.request("POST", f"{endpoint}/moto-api/reset")
    cloud.client("s3").create_bucket(Bucket=BUCKET)
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    cloud.client("iam").create_role(RoleName="pipeline", AssumeRolePolicyDocument=document)

    def simulate(role: str, action: str, resource: str, context: Mapping[str, str]) -> str:
        return "implicitDeny" if action in denied else "allowed"

    authorization = Authorization(simulate, account=ACCOUNT, root_key="root")
    twins = make_twins(directory, cloud, authorization)
    certificate = directory / "certificate.pem"
    write_certificate(certificate)
    server = TwinServer(0, Routing(twins, authorization), certificate, certificate)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield World(directory, client(f"{server.url}/aws/sagemaker/as/caller", verify=str(certificate)), cloud.client("s3"))
    finally:
        server.shutdown()
        server.server_close()
        twins.close()


def client(endpoint: str, key: str = "temporary", verify: str | None = None) -> Any:
    return boto3.session.Session().client(
        "sagemaker",
        endpoint_url=endpoint,
        verify=verify,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )


def write_certificate(path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)


def get(path: str) -> dict[str, str]:
    return {"Get": path}


def parameter(name: str, kind: str = "String", **more: Any) -> dict[str, Any]:
    return {"Name": name, "Type": kind, **more}


def processing(
    name: str, script: Any, arguments: list[Any] | None = None, inputs: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """A step that runs a script; outputs go to `out/<name>` from /opt/ml/processing/out."""
    given = {
        "code": (script, "/opt/ml/processing/code"),
        **{key: (uri, f"/opt/ml/processing/{key}") for key, uri in (inputs or {}).items()},
    }
    file = script.rpartition("/")[2]
    return {
        "Name": name,
        "Type": "Processing",
        "Arguments": {
            "RoleArn": ROLE,
            "AppSpecification": {
                "ImageUri": IMAGE,
                "ContainerEntrypoint": ["python3", f"/opt/ml/processing/code/{file}"],
                **({"ContainerArguments": arguments} if arguments else {}),
            },
            "ProcessingResources": {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}},
            "ProcessingInputs": [
                {"InputName": key, "S3Input": {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File"}}
                for key, (uri, path) in given.items()
            ],
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": "out",
                        "S3Output": {
                            "S3Uri": f"s3://{BUCKET}/out/{name}",
                            "LocalPath": "/opt/ml/processing/out",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                ]
            },
        },
        **more,
    }


def condition(name: str, conditions: list[Any], then: list[Any], otherwise: list[Any], **more: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Condition", "Arguments": {"Conditions": conditions, "IfSteps": then, "ElseSteps": otherwise}, **more}


def fail(name: str, message: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}}


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be collected does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for(value: Callable[[], Any]) -> Any:
    """The first value that is true, within a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if found := value():
            return found
        time.sleep(0.02)
    raise TimeoutError
