"""Runs the steps of an execution for real, and writes down how they went."""

import logging
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.twins.errors import ServiceError
from sandbox.twins.sagemaker.conditions import holds
from sandbox.twins.sagemaker.definition import Definition, Step
from sandbox.twins.sagemaker.executions import Result, Schedule, Status
from sandbox.twins.sagemaker.expressions import ExpressionError, Scope, resolve
from sandbox.twins.sagemaker.jobs import INTERRUPTED, KINDS
from sandbox.twins.sagemaker.outcome import JobFailedError
from sandbox.twins.sagemaker.processes import Stop
from sandbox.twins.sagemaker.step_requests import STEP_OPERATIONS, request_of
from sandbox.twins.sagemaker.transfer import read_json
from sandbox.twins.sagemaker.tuning_jobs import ARN_KIND, TuningJobOperations
from sandbox.twins.store import Document

LOG = logging.getLogger("sandbox.twins.sagemaker")
STEP_FAILED = "Step failure: One or multiple steps failed."
_PARALLEL = 8
_ARN_KINDS = {"Model": "model", "RegisterModel": "model-package", "Tuning": ARN_KIND}


class Engine(TuningJobOperations):
    """Executions: started here, kept as documents `execution` and `step`, readable while they run and after."""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self._interrupt()

    def close(self) -> None:
        """Stop what runs; nothing is left behind when this returns."""
        self.running.close()

    def start_execution(self, execution: Document, definition: Definition, values: Mapping[str, Any], parallel: int | None) -> None:
        """Run an execution whose document is already kept."""
        arn = execution["PipelineExecutionArn"]
        stop = Stop()
        run = _Execution(self, execution, definition, values, stop)
        self.running.start(arn, stop, lambda: run.run(min(parallel or _PARALLEL, _PARALLEL)))

    def end_execution(self, arn: str, status: Status, reason: str | None = None) -> None:
        """Write down how an execution went."""
        changes = {"PipelineExecutionStatus": status.value, "LastModifiedTime": self.context.now()}
        changes |= {"FailureReason": reason} if reason else {}
        self.store.update("execution", arn, lambda current: {**current, **changes})

    def steps_of(self, arn: str) -> list[Document]:
        """The started steps of an execution, in the order in which they started."""
        return [step for step in self.store.all("step") if step["Execution"] == arn]

    def _interrupt(self) -> None:
        """What ran when the last server ended was ended with it."""
        self.interrupt_jobs()
        self.interrupt_tuning_jobs()
        unfinished = (Status.EXECUTING, Status.STOPPING)
        for step in self.store.all("step"):
            if step["StepStatus"] in unfinished:
                failed = {**step, "StepStatus": Status.FAILED.value, "FailureReason": INTERRUPTED, "EndTime": self.context.now()}
                self.store.put("step", f"{step['Execution']}/{step['StepName']}", failed)
        for execution in self.store.all("execution"):
            if execution["PipelineExecutionStatus"] in unfinished:
                self.end_execution(execution["PipelineExecutionArn"], Status.FAILED, INTERRUPTED)


class _Execution:
    """One run of a definition."""

    def __init__(self, engine: Engine, execution: Document, definition: Definition, values: Mapping[str, Any], stop: Stop) -> None:
        self._engine = engine
        self._definition = definition
        self._stop = stop
        self._arn: str = execution["PipelineExecutionArn"]
        self._id = self._arn.rpartition("/")[2]
        self._role = execution["RoleArn"]
        names = {"PipelineExecutionId": self._id, "PipelineExecutionArn": self._arn, "PipelineArn": execution["PipelineArn"]}
        started = execution["CreationTime"].isoformat()
        times = {"StartDateTime": started, "CurrentDateTime": started}
        self._scope = Scope(
            parameters=values,
            execution={**names, **times, "PipelineName": execution["PipelineName"]},
            read_property_file=self._property_file,
            read_json=self._read_json,
        )

    def run(self, parallel: int) -> None:
        """All steps; the execution's document says at the end how it went."""
        schedule = Schedule(self._definition.steps, self._run_step, self._stop, parallel)
        status = schedule.run()
        self._engine.end_execution(self._arn, status, STEP_FAILED if status is Status.FAILED else None)

    def _run_step(self, step: Step) -> Result:
        self._note(step, StepStatus=Status.EXECUTING.value, StartTime=self._engine.context.now(), AttemptCount=1)
        try:
            result = self._do(step)
        except JobFailedError as error:
            result = Result(Status.FAILED, error.reason)
        except (ExpressionError, ServiceError, ClientError, BotoCoreError) as error:
            result = Result(Status.FAILED, f"ClientError: {error}")
        except Exception as error:
            LOG.exception("step %s of %s", step.name, self._arn)
            result = Result(Status.FAILED, f"InternalServerError: {type(error).__name__}: {error}")
        self._scope.steps[step.name] = result.described
        ended = {"StepStatus": result.status.value, "EndTime": self._engine.context.now()}
        self._note(step, **ended, **({"FailureReason": result.reason[:1024]} if result.reason else {}), **_metadata(step, result))
        return result

    def _do(self, step: Step) -> Result:
        if step.type == "Condition":
            outcome = all(holds(condition, self._scope) for condition in step.arguments["Conditions"])
            return Result(Status.SUCCEEDED, outcome=outcome, metadata={"Outcome": str(outcome)})
        if step.type == "Fail":
            message = str(resolve(step.arguments["ErrorMessage"], self._scope))
            return Result(Status.FAILED, message, metadata={"ErrorMessage": message})
        name = _job_name(self._id, step)
        request = request_of(step.type, name, resolve(step.arguments, self._scope))
        self._permit(step.type, request)
        if step.type == "Model":
            described = self._engine.describe_model({"ModelName": name}) if self._engine.create_model(request) else {}
            return Result(Status.SUCCEEDED, described=described, metadata={"Arn": described["ModelArn"]})
        if step.type == "RegisterModel":
            arn = self._engine.create_model_package(request)["ModelPackageArn"]
            return Result(Status.SUCCEEDED, described=self._engine.package(arn), metadata={"Arn": arn})
        return self._run_tuning(step, request) if step.type == "Tuning" else self._run_job(step, request)

    def _run_tuning(self, step: Step, request: Mapping[str, Any]) -> Result:
        arn = self._engine.arn(f"{ARN_KIND}/{request['HyperParameterTuningJobName'].lower()}")
        self._note(step, **_metadata(step, Result(Status.EXECUTING, metadata={"Arn": arn})))
        job = self._engine.run_tuning_job(request, self._stop)
        return Result(self._status(job["HyperParameterTuningJobStatus"]), job.get("FailureReason"), described=job, metadata={"Arn": arn})

    def _run_job(self, step: Step, request: Mapping[str, Any]) -> Result:
        kind = KINDS[step.type]
        arn = self._engine.arn(f"{kind.arn}/{request[kind.member('Name')].lower()}")
        self._note(step, **_metadata(step, Result(Status.EXECUTING, metadata={"Arn": arn})))
        job = self._engine.run_job(step.type, request, self._stop)
        return Result(self._status(job[kind.member("Status")]), job.get("FailureReason"), described=job, metadata={"Arn": arn})

    def _status(self, of_job: str) -> Status:
        statuses = {"Completed": Status.SUCCEEDED, "Stopped": Status.STOPPED if self._stop.asked else Status.FAILED}
        return statuses.get(of_job, Status.FAILED)

    def _permit(self, step_type: str, request: Mapping[str, Any]) -> None:
        """The pipeline's role makes the request, and hands over the roles in it."""
        operation, name = STEP_OPERATIONS[step_type]
        kind = _ARN_KINDS.get(step_type) or KINDS[step_type].arn
        target = request[name].lower() if name else request.get("ModelPackageGroupName", "*") + "/*"
        self._engine.context.permit(self._role, f"sagemaker:{operation}", self._engine.arn(f"{kind}/{target}"), request, "sagemaker")

    def _property_file(self, step_name: str, file: str) -> Any:
        step = self._definition.steps[step_name]
        declared = next((each for each in step.property_files if each["PropertyFileName"] == file), None)
        if declared is None:
            raise ExpressionError(f"step {step_name} declares no property file {file}")
        outputs = self._scope.steps[step_name].get("ProcessingOutputConfig", {}).get("Outputs", [])
        uri = next((each["S3Output"]["S3Uri"] for each in outputs if each["OutputName"] == declared["OutputName"]), None)
        if uri is None:
            raise ExpressionError(f"step {step_name} has no output {declared['OutputName']}, where {file} should be")
        return self._read_json(f"{uri.rstrip('/')}/{declared['FilePath']}")

    def _read_json(self, uri: str) -> Any:
        try:
            return read_json(self._engine.context.cloud.client("s3", self._role, session="SageMaker"), uri)
        except ValueError as error:
            raise ExpressionError(f"{uri} is not JSON: {error}") from error

    def _note(self, step: Step, **changes: Any) -> None:
        key = f"{self._arn}/{step.name}"
        texts = {"StepDisplayName": step.display_name, "StepDescription": step.description}
        first = {"Execution": self._arn, "StepName": step.name, "StepType": step.type}
        current = self._engine.store.get("step", key) or {**first, **{name: text for name, text in texts.items() if text}}
        self._engine.store.put("step", key, {**current, **changes})


def _job_name(execution: str, step: Step) -> str:
    """As the service names what a step starts: the unique end is what must stay of a name that is too long."""
    if step.type == "Tuning":  # at most 32 characters, since its training jobs' names start with it
        return f"{execution}-{step.name[:7].strip('-')}-{uuid4().hex[:10]}"
    return f"pipelines-{execution}-{step.name}"[:50].rstrip("-") + f"-{uuid4().hex[:10]}"


def _metadata(step: Step, result: Result) -> dict[str, Any]:
    """What ListPipelineExecutionSteps calls the metadata of each kind of step."""
    member = KINDS[step.type].prefix if step.type in KINDS else {"Tuning": "TuningJob"}.get(step.type, step.type)
    return {"Metadata": {member: dict(result.metadata)}} if result.metadata else {}
