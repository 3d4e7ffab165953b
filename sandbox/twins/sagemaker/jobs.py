"""Processing, training and transform jobs: their records, and running them."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.twins.cloud import Cloud
from sandbox.twins.context import TwinContext
from sandbox.twins.sagemaker.container import ALONE, Container, host_names
from sandbox.twins.sagemaker.models import ModelOperations
from sandbox.twins.sagemaker.outcome import JobFailedError
from sandbox.twins.sagemaker.processes import JobStoppedError, JobTimeoutError, Stop
from sandbox.twins.sagemaker.processing import run_processing
from sandbox.twins.sagemaker.running import Running, Slots
from sandbox.twins.sagemaker.training import model_uri, run_training
from sandbox.twins.sagemaker.transfer import Transfer
from sandbox.twins.sagemaker.transform import run_transform
from sandbox.twins.store import Document
from sandbox.twins.wire import wire_for

LOG_FILE = "log.txt"
_DAY = 24 * 3600.0
INTERRUPTED = "InternalServerError: the sandbox's twin server ended while this was running"


@dataclass(frozen=True)
class Kind:
    """How one kind of job calls its members."""

    prefix: str
    arn: str

    def member(self, name: str) -> str:
        """`ProcessingJob` + `Status`."""
        return f"{self.prefix}{name}"


KINDS = {
    "Processing": Kind("ProcessingJob", "processing-job"),
    "Training": Kind("TrainingJob", "training-job"),
    "Transform": Kind("TransformJob", "transform-job"),
}


class JobOperations(ModelOperations):
    """Jobs by name. `run_job` blocks until the job is over; what runs in the background ends with `running`."""

    def __init__(self, context: TwinContext) -> None:
        super().__init__(context)
        self.running = Running()
        self.slots = Slots()

    def describe_processing_job(self, request: dict[str, Any]) -> dict[str, Any]:
        """One processing job."""
        return self.job("Processing", request["ProcessingJobName"])

    def describe_training_job(self, request: dict[str, Any]) -> dict[str, Any]:
        """One training job."""
        return self.job("Training", request["TrainingJobName"])

    def describe_transform_job(self, request: dict[str, Any]) -> dict[str, Any]:
        """One transform job."""
        return self.job("Transform", request["TransformJobName"])

    def job(self, step_type: str, name: str) -> Document:
        """The document of a job. ServiceError when there is none."""
        return self.found(f"job-{step_type}", name.lower(), f"{step_type} job {name}", "ResourceNotFound")

    def job_directory(self, name: str) -> Path:
        """A job's own folder, its log in it."""
        return self.context.directory / "jobs" / name

    def run_job(self, step_type: str, request: Mapping[str, Any], stop: Stop, more: Mapping[str, Any] | None = None) -> Document:
        """Run a job to its end; its describe response, whose status says how it went and which has `more` in it."""
        kind = KINDS[step_type]
        name = request[kind.member("Name")]
        arn = self.note_start(step_type, {**request, **(more or {})})
        directory = self.job_directory(name)
        directory.mkdir(parents=True, exist_ok=True)
        try:
            with self.slots.one(stop):
                ended = {kind.member("Status"): "Completed", **self._work(step_type, request, arn, stop)}
        except JobFailedError as error:
            ended = {kind.member("Status"): "Failed", "FailureReason": error.reason, "ExitMessage": error.exit_message}
        except JobStoppedError:
            ended = {kind.member("Status"): "Stopped"}
        except JobTimeoutError:
            ended = {kind.member("Status"): "Stopped", "FailureReason": f"MaxRuntimeExceeded: more than {_seconds(request):.0f} seconds"}
        (directory / LOG_FILE).touch()
        if ended[kind.member("Status")] == "Completed":
            _keep_only_log(directory)
        return self._finish(step_type, name, {key: value for key, value in ended.items() if value is not None})

    def note_start(self, step_type: str, request: Mapping[str, Any]) -> str:
        """Write down that a job begins; its ARN."""
        kind = KINDS[step_type]
        name = request[kind.member("Name")]
        arn = self.arn(f"{kind.arn}/{name.lower()}")
        started = {kind.member("Arn"): arn, kind.member("Status"): "InProgress", **_start(step_type, request, self.context.now())}
        self.store.put(f"job-{step_type}", name.lower(), _described(step_type, {**request, **started}))
        return arn

    def fail_job(self, step_type: str, name: str, reason: str) -> None:
        """Write down that a job failed for a reason of the service's own."""
        self._finish(step_type, name, {KINDS[step_type].member("Status"): "Failed", "FailureReason": reason})

    def interrupt_jobs(self) -> None:
        """After a restart: jobs that were running are not any more."""
        for step_type, kind in KINDS.items():
            for document in self.store.all(f"job-{step_type}"):
                if document[kind.member("Status")] == "InProgress":
                    self.fail_job(step_type, document[kind.member("Name")], INTERRUPTED)

    def _work(self, step_type: str, request: Mapping[str, Any], arn: str, stop: Stop) -> dict[str, Any]:
        role_arn = request.get("RoleArn", "")
        try:
            match step_type:
                case "Processing":
                    (container,) = self._hosts(step_type, request, request["AppSpecification"]["ImageUri"], role_arn, stop)
                    return run_processing(container, request, arn)
                case "Training":
                    hosts = self._hosts(step_type, request, _training_image(request), role_arn, stop)
                    return run_training(hosts, request, arn, self.context.now())
            described = self.describe_model({"ModelName": request["ModelName"]})
            model, role_arn = self.container_of(described), described.get("ExecutionRoleArn", "")
            if not role_arn:
                raise JobFailedError(f"ClientError: model {request['ModelName']} has no ExecutionRoleArn")
            (container,) = self._hosts(step_type, request, model["Image"], role_arn, stop)
            return run_transform(container, request, model)
        except (ClientError, BotoCoreError) as error:
            raise JobFailedError(f"ClientError: {role_arn}: {error}") from error

    def _hosts(self, step_type: str, request: Mapping[str, Any], image: str, role_arn: str, stop: Stop) -> list[Container]:
        """Where the job runs: one container for each host, whose folders are apart when there are several."""
        cloud, name = self.context.cloud, request[KINDS[step_type].member("Name")]
        directory = self.job_directory(name)
        hosts = host_names(name, request["ResourceConfig"].get("InstanceCount", 1)) if step_type == "Training" else ALONE
        ends = stop if len(hosts) == 1 else stop.part()
        return [
            Container(
                directory=directory if len(hosts) == 1 else directory / f"host-{position}",
                log=directory / (LOG_FILE if position == 1 else f"log-{position}.txt"),
                image=image,
                transfer=Transfer(cloud.client("s3", role_arn, session="SageMaker"), role_arn, cloud.region, ends),
                environment=_towards(cloud, role_arn),
                stop=ends,
                seconds=_seconds(request),
                hosts=hosts,
                host=host,
            )
            for position, host in enumerate(hosts, start=1)
        ]

    def _finish(self, step_type: str, name: str, ended: Mapping[str, Any]) -> Document:
        now = self.context.now()
        end = f"{step_type}EndTime"
        changes: Document = {**ended, end: now, "LastModifiedTime": now, "SecondaryStatus": ended.get("TrainingJobStatus")}
        return self.store.update(f"job-{step_type}", name.lower(), lambda current: _described(step_type, {**current, **changes}))


def _start(step_type: str, request: Mapping[str, Any], now: datetime) -> Document:
    times = {"CreationTime": now, "LastModifiedTime": now, f"{step_type}StartTime": now}
    if step_type != "Training":
        return times
    return {**times, "SecondaryStatus": "Training", "ModelArtifacts": {"S3ModelArtifacts": model_uri(request)}}


def _described(step_type: str, document: Document) -> Document:
    """What of a job the describe operation shows."""
    shape = wire_for("sagemaker").model.operation_model(f"Describe{KINDS[step_type].prefix}").output_shape
    return {name: document[name] for name in (shape.members if shape else ()) if document.get(name) is not None}


def _keep_only_log(directory: Path) -> None:
    """What a job that went well made is in S3; one that failed keeps its folder as it was, to be looked at."""
    for path in directory.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != LOG_FILE:
            path.unlink()


def _training_image(request: Mapping[str, Any]) -> str:
    image = request["AlgorithmSpecification"].get("TrainingImage")
    if image is None:
        raise JobFailedError("ClientError: AlgorithmSpecification has no TrainingImage")
    return str(image)


def _seconds(request: Mapping[str, Any]) -> float:
    return float(request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", _DAY))


def _towards(cloud: Cloud, role_arn: str) -> dict[str, str]:
    """What the SDKs inside of a job need: the role's keys, where AWS is, and the region."""
    keys = cloud.credentials(role_arn, session="SageMaker").environment()
    return {**keys, "AWS_ENDPOINT_URL": cloud.endpoint, "AWS_REGION": cloud.region, "AWS_DEFAULT_REGION": cloud.region}
