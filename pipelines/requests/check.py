"""Holds a request against botocore's model of its operation, so that a misspelt field fails where it is written."""

from collections.abc import Callable, Mapping
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.validate import ParamValidator

from pipelines.requests import Value

_TEXT = "s3://in-the-place-of/a-pipeline-variable"
_SAMPLES: dict[str, Any] = {"integer": 1, "long": 1, "float": 1.0, "double": 1.0, "boolean": True}


def check(operation: str, request: Mapping[str, Any], is_variable: Callable[[Value], bool]) -> None:
    """Raises ValueError unless botocore would send the request, a pipeline variable counting as whatever its field takes."""
    shape = botocore.session.get_session().get_service_model("sagemaker").operation_model(operation).input_shape
    if shape is None:
        raise ValueError(f"{operation} takes no request")
    report = ParamValidator().validate(_sampled(request, shape, is_variable), shape)
    if report.has_errors():
        raise ValueError(f"{operation}: {report.generate_report()}")


def _sampled(value: Any, shape: Shape | None, is_variable: Callable[[Value], bool]) -> Any:
    if is_variable(value):
        return _SAMPLES.get(shape.type_name, _TEXT) if shape else _TEXT
    if isinstance(value, Mapping) and isinstance(shape, StructureShape):
        return {k: _sampled(v, shape.members.get(k), is_variable) for k, v in value.items()}
    if isinstance(value, Mapping) and isinstance(shape, MapShape):
        return {k: _sampled(v, shape.value, is_variable) for k, v in value.items()}
    if isinstance(value, list) and isinstance(shape, ListShape):
        return [_sampled(v, shape.member, is_variable) for v in value]
    return value
