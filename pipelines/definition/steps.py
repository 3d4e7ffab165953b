"""Steps whose arguments are plain requests, and the retries that each kind of step has."""

from collections.abc import Sequence
from typing import Any

from pipelines.definition.sdk import (
    ConfigurableRetryStep,
    PipelineVariable,
    Properties,
    PropertyFile,
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    Step,
    StepExceptionTypeEnum,
    StepRetryPolicy,
    StepTypeEnum,
)
from pipelines.requests import Request
from pipelines.requests.check import check

OPERATIONS = {
    StepTypeEnum.PROCESSING: ("CreateProcessingJob", "ProcessingJobName", "DescribeProcessingJobResponse"),
    StepTypeEnum.TUNING: ("CreateHyperParameterTuningJob", "HyperParameterTuningJobName", "DescribeHyperParameterTuningJobResponse"),
    StepTypeEnum.TRAINING: ("CreateTrainingJob", "TrainingJobName", "DescribeTrainingJobResponse"),
    StepTypeEnum.TRANSFORM: ("CreateTransformJob", "TransformJobName", "DescribeTransformJobResponse"),
    StepTypeEnum.CREATE_MODEL: ("CreateModel", "ModelName", "DescribeModelOutput"),
    StepTypeEnum.REGISTER_MODEL: ("CreateModelPackage", "ModelPackageName", "DescribeModelPackageOutput"),
}
"""Step type -> the operation behind it, the name that the service gives, and the shape of its properties."""


class RequestStep(ConfigurableRetryStep):  # type: ignore[misc]  # the SDK has no types
    """A step whose arguments are a plain request, checked against botocore's model of the operation when it is made."""

    def __init__(
        self,
        name: str,
        kind: StepTypeEnum,
        request: Request,
        *,
        property_files: Sequence[PropertyFile] = (),
        depends_on: Sequence[Step] = (),
    ) -> None:
        super().__init__(name, kind, depends_on=list(depends_on) or None, retry_policies=_retries(kind))
        operation, named, described = OPERATIONS[kind]
        check(operation, {named: "name", **request}, is_variable=lambda value: isinstance(value, PipelineVariable))
        self.property_files = list(property_files)
        self._request = request
        self._properties = Properties(step_name=name, step=self, shape_name=described)

    @property
    def arguments(self) -> Request:
        """The request."""
        return self._request

    @property
    def properties(self) -> Any:
        """What the step's describe operation will say."""
        return self._properties

    def to_request(self) -> dict[str, Any]:
        """The step's part of the definition."""
        request: dict[str, Any] = super().to_request()
        if self.property_files:
            request["PropertyFiles"] = [f.expr for f in self.property_files]
        return request


def output(step: RequestStep, name: str) -> Any:
    """Where a processing step's output of that name lies."""
    return step.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri


def _retries(kind: StepTypeEnum) -> list[Any]:
    throttled = StepRetryPolicy(
        exception_types=[StepExceptionTypeEnum.SERVICE_FAULT, StepExceptionTypeEnum.THROTTLING],
        interval_seconds=10,
        backoff_rate=2.0,
        max_attempts=4,
    )
    if kind in (StepTypeEnum.CREATE_MODEL, StepTypeEnum.REGISTER_MODEL):
        return [throttled]
    crowded = SageMakerJobStepRetryPolicy(
        exception_types=[SageMakerJobExceptionTypeEnum.RESOURCE_LIMIT],
        failure_reason_types=[SageMakerJobExceptionTypeEnum.INTERNAL_ERROR, SageMakerJobExceptionTypeEnum.CAPACITY_ERROR],
        interval_seconds=60,
        backoff_rate=2.0,
        max_attempts=3,
    )
    return [throttled, crowded]
