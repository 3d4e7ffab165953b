"""The request that each kind of step makes, checked against botocore's shape of the operation behind it."""

from collections.abc import Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.validate import ParamValidator

from sandbox.twins.constraints import violations
from sandbox.twins.errors import ServiceError
from sandbox.twins.sagemaker.expressions import expression
from sandbox.twins.wire import wire_for

STEP_OPERATIONS = {
    "Processing": ("CreateProcessingJob", "ProcessingJobName"),
    "Training": ("CreateTrainingJob", "TrainingJobName"),
    "Tuning": ("CreateHyperParameterTuningJob", "HyperParameterTuningJobName"),
    "Transform": ("CreateTransformJob", "TransformJobName"),
    "Model": ("CreateModel", "ModelName"),
    "RegisterModel": ("CreateModelPackage", None),
}
"""Step type -> (operation whose request the arguments are, the name that SageMaker adds itself)."""

_SAMPLES: dict[str, Any] = {"integer": 1, "long": 1, "float": 1.0, "double": 1.0, "boolean": True, "blob": b"-"}


def request_of(step_type: str, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The complete request of a step whose expressions are resolved. ServiceError when the operation would refuse it."""
    operation, name_member = STEP_OPERATIONS[step_type]
    request = {**arguments, name_member: name} if name_member else dict(arguments)
    shape = _input_shape(operation)
    report = ParamValidator().validate(request, shape)
    found = [report.generate_report()] if report.has_errors() else list(violations(request, shape))
    if found:
        raise ServiceError("ValidationException", f"{operation}: {'; '.join(found)}")
    return request


def check_arguments(step_type: str, step: str, arguments: Mapping[str, Any]) -> None:
    """Refuse arguments that no execution could make valid: unknown, misspelt, missing or mistyped members."""
    operation, name_member = STEP_OPERATIONS[step_type]
    shape = _input_shape(operation)
    sample = _filled(arguments, shape)
    report = ParamValidator().validate({**sample, name_member: "name"} if name_member else sample, shape)
    if report.has_errors():
        raise ServiceError("ValidationException", f"Unable to parse pipeline definition: step {step}: {report.generate_report()}")


def _input_shape(operation: str) -> StructureShape:
    shape = wire_for("sagemaker").model.operation_model(operation).input_shape
    assert shape is not None, operation  # noqa: S101  every Create operation has an input
    return shape


def _filled(value: Any, shape: Shape) -> Any:
    """`value` with a sample of the right type in the place of each expression."""
    if expression(value):
        return _sample(shape)
    if isinstance(value, dict) and isinstance(shape, StructureShape):
        return {key: _filled(item, shape.members[key]) if key in shape.members else item for key, item in value.items()}
    if isinstance(value, dict) and isinstance(shape, MapShape):
        return {key: _filled(item, shape.value) for key, item in value.items()}
    if isinstance(value, list) and isinstance(shape, ListShape):
        return [_filled(item, shape.member) for item in value]
    return value


def _sample(shape: Shape) -> Any:
    if isinstance(shape, ListShape):
        return [_sample(shape.member)]
    if isinstance(shape, StructureShape):
        return {name: _sample(shape.members[name]) for name in shape.required_members}
    if isinstance(shape, MapShape):
        return {}
    return _SAMPLES.get(shape.type_name, "-" * max(int(shape.metadata.get("min", 1)), 1))
