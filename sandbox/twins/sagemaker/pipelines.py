"""Pipelines and their executions, as operations of the API."""

import secrets
import string
from typing import Any

from sandbox.twins.errors import ServiceError
from sandbox.twins.sagemaker.base import only, ordered, page
from sandbox.twins.sagemaker.definition import Definition
from sandbox.twins.sagemaker.engine import Engine
from sandbox.twins.sagemaker.executions import Status
from sandbox.twins.sagemaker.transfer import split
from sandbox.twins.store import Document

_PIPELINE = ("PipelineArn", "PipelineName", "PipelineDisplayName", "PipelineDescription", "RoleArn", "CreationTime", "LastModifiedTime")
_EXECUTION = ("PipelineExecutionArn", "PipelineExecutionDescription", "PipelineExecutionDisplayName", "PipelineExecutionStatus")
_CONFIG = "ParallelismConfiguration"
_MAX_DEFINITION = 1_048_576
_ID = string.ascii_lowercase + string.digits


class PipelineOperations(Engine):
    """Create, change, start, stop and look at pipelines."""

    def create_pipeline(self, request: dict[str, Any]) -> dict[str, Any]:
        """A pipeline; the same ClientRequestToken again answers with the pipeline that it made."""
        name, arn = request["PipelineName"], self._pipeline_arn(request["PipelineName"])
        existing = self.store.get("pipeline", name.lower())
        if existing:
            if existing.get("Token") == request["ClientRequestToken"]:
                return {"PipelineArn": arn}
            raise ServiceError(
                "ValidationException", f"Pipeline names must be unique within an AWS account and region. {arn} exists already."
            )
        now = self.context.now()
        times = {"CreationTime": now, "LastModifiedTime": now, "Token": request["ClientRequestToken"]}
        document = {**only(request, (*_PIPELINE, _CONFIG)), "PipelineArn": arn, "PipelineStatus": "Active", **times}
        self.store.put("pipeline", name.lower(), {**document, "PipelineDefinition": self._definition(request)})
        self._tag(arn, request)
        return {"PipelineArn": arn}

    def update_pipeline(self, request: dict[str, Any]) -> dict[str, Any]:
        """Change a pipeline; executions that run keep the definition that they started with."""
        pipeline = self._pipeline(request["PipelineName"])
        changes = {**only(request, (*_PIPELINE, _CONFIG)), "PipelineName": pipeline["PipelineName"], "LastModifiedTime": self.context.now()}
        if "PipelineDefinition" in request or "PipelineDefinitionS3Location" in request:
            changes["PipelineDefinition"] = self._definition(request)
        self.store.update("pipeline", pipeline["PipelineName"].lower(), lambda current: {**current, **changes})
        return {"PipelineArn": pipeline["PipelineArn"]}

    def describe_pipeline(self, request: dict[str, Any]) -> dict[str, Any]:
        """One pipeline, by name or ARN."""
        pipeline = self._pipeline(request["PipelineName"])
        last = max((each["CreationTime"] for each in self._executions(pipeline)), default=None)
        return {**only(pipeline, (*_PIPELINE, _CONFIG, "PipelineStatus", "PipelineDefinition")), "LastRunTime": last}

    def delete_pipeline(self, request: dict[str, Any]) -> dict[str, Any]:
        """Remove a pipeline without running executions; what its executions did stays readable."""
        pipeline = self._pipeline(request["PipelineName"])
        if any(each["PipelineExecutionStatus"] in (Status.EXECUTING, Status.STOPPING) for each in self._executions(pipeline)):
            raise ServiceError("ConflictException", f"{pipeline['PipelineArn']} has running executions.")
        self.store.delete("pipeline", pipeline["PipelineName"].lower())
        return {"PipelineArn": pipeline["PipelineArn"]}

    def list_pipelines(self, request: dict[str, Any]) -> dict[str, Any]:
        """All pipelines whose names start with `PipelineNamePrefix`."""
        found = [only(each, _PIPELINE) for each in self.store.all("pipeline")]
        found = [each for each in found if each["PipelineName"].startswith(request.get("PipelineNamePrefix", ""))]
        by = {"Name": "PipelineName"}.get(request.get("SortBy", ""), "CreationTime")
        return page("PipelineSummaries", ordered(found, request, by), request)

    def start_pipeline_execution(self, request: dict[str, Any]) -> dict[str, Any]:
        """Start an execution; the same ClientRequestToken again answers with the execution that it started."""
        pipeline = self._pipeline(request["PipelineName"])
        token = f"{pipeline['PipelineArn']} {request['ClientRequestToken']}"
        if known := self.store.get("token", token):
            return {"PipelineExecutionArn": known["Arn"]}
        definition = Definition.parse(pipeline["PipelineDefinition"])
        given = {each["Name"]: each["Value"] for each in request.get("PipelineParameters", [])}
        values = definition.values(given)
        arn = f"{pipeline['PipelineArn']}/execution/{''.join(secrets.choice(_ID) for _ in range(12))}"
        now = self.context.now()
        state = {
            "PipelineExecutionArn": arn,
            "PipelineExecutionStatus": Status.EXECUTING.value,
            "CreationTime": now,
            "LastModifiedTime": now,
        }
        kept = only(pipeline, ("PipelineArn", "PipelineName", "RoleArn", "PipelineDefinition"))
        parameters = {"Parameters": [{"Name": name, "Value": _text(value)} for name, value in values.items()]}
        display = {"PipelineExecutionDisplayName": f"execution-{int(now.timestamp() * 1000)}"}
        execution = {**display, **only(request, _EXECUTION), **kept, **state, **parameters}
        self.store.put("execution", arn, execution)
        self.store.put("token", token, {"Arn": arn})
        configuration = request.get(_CONFIG) or pipeline.get(_CONFIG) or {}
        self.start_execution(execution, definition, values, configuration.get("MaxParallelExecutionSteps"))
        return {"PipelineExecutionArn": arn}

    def describe_pipeline_execution(self, request: dict[str, Any]) -> dict[str, Any]:
        """One execution."""
        execution = self._execution(request["PipelineExecutionArn"])
        return only(execution, ("PipelineArn", *_EXECUTION, "FailureReason", "CreationTime", "LastModifiedTime"))

    def stop_pipeline_execution(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ask an execution to stop: no step starts any more, running jobs are ended."""
        arn = self._execution(request["PipelineExecutionArn"])["PipelineExecutionArn"]
        self.store.update("execution", arn, lambda current: {**current, "PipelineExecutionStatus": _stopping(current)})
        self.running.stop(arn)
        return {"PipelineExecutionArn": arn}

    def list_pipeline_executions(self, request: dict[str, Any]) -> dict[str, Any]:
        """The executions of a pipeline, newest first."""
        found = self._executions(self._pipeline(request["PipelineName"]))
        names = ("PipelineExecutionArn", "PipelineExecutionStatus", "PipelineExecutionDescription", "PipelineExecutionDisplayName")
        shown = [
            {**only(each, names), "StartTime": each["CreationTime"], "PipelineExecutionFailureReason": each.get("FailureReason")}
            for each in found
            if request.get("CreatedAfter", each["CreationTime"])
            <= each["CreationTime"]
            <= request.get("CreatedBefore", each["CreationTime"])
        ]
        return page("PipelineExecutionSummaries", ordered(shown, request, "StartTime"), request)

    def list_pipeline_execution_steps(self, request: dict[str, Any]) -> dict[str, Any]:
        """The started steps of an execution, the last one first unless asked otherwise."""
        arn = self._execution(request["PipelineExecutionArn"])["PipelineExecutionArn"]
        hidden = ("Execution", "StepType")
        steps = [{key: value for key, value in step.items() if key not in hidden} for step in self.steps_of(arn)]
        return page("PipelineExecutionSteps", ordered(steps, request, "StartTime"), request)

    def list_pipeline_parameters_for_execution(self, request: dict[str, Any]) -> dict[str, Any]:
        """All parameters of an execution with the values that it ran with."""
        return page("PipelineParameters", self._execution(request["PipelineExecutionArn"])["Parameters"], request)

    def describe_pipeline_definition_for_execution(self, request: dict[str, Any]) -> dict[str, Any]:
        """The definition that an execution started with."""
        execution = self._execution(request["PipelineExecutionArn"])
        return {"PipelineDefinition": execution["PipelineDefinition"], "CreationTime": execution["CreationTime"]}

    def _definition(self, request: dict[str, Any]) -> str:
        if "PipelineDefinition" in request:
            text = str(request["PipelineDefinition"])
        elif location := request.get("PipelineDefinitionS3Location"):
            bucket, key = split(f"s3://{location['Bucket']}/{location['ObjectKey']}")
            text = self.context.cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        else:
            raise ServiceError("ValidationException", "Either PipelineDefinition or PipelineDefinitionS3Location is required.")
        if len(text.encode()) > _MAX_DEFINITION:
            raise ServiceError("ValidationException", f"The pipeline definition has more than {_MAX_DEFINITION} bytes.")
        Definition.parse(text)
        return text

    def _pipeline_arn(self, name: str) -> str:
        return self.arn(f"pipeline/{name.lower()}")

    def _pipeline(self, name_or_arn: str) -> Document:
        name = name_or_arn.rpartition("/")[2]
        return self.found("pipeline", name.lower(), f"Pipeline '{self._pipeline_arn(name)}'", "ResourceNotFound")

    def _execution(self, arn: str) -> Document:
        return self.found("execution", arn, f"Pipeline execution with ARN '{arn}'", "ResourceNotFound")

    def _executions(self, pipeline: Document) -> list[Document]:
        return [each for each in self.store.all("execution") if each["PipelineArn"] == pipeline["PipelineArn"]]


def _stopping(execution: Document) -> str:
    running = execution["PipelineExecutionStatus"] == Status.EXECUTING
    return Status.STOPPING.value if running else str(execution["PipelineExecutionStatus"])


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
