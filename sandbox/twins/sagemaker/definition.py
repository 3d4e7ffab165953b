"""A pipeline's definition JSON as steps with their dependencies, refused when it could never run."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from sandbox.twins.errors import ServiceError
from sandbox.twins.sagemaker.expressions import ExpressionError, references, tokens
from sandbox.twins.sagemaker.step_requests import STEP_OPERATIONS, check_arguments

STEP_TYPES = (*STEP_OPERATIONS, "Condition", "Fail")
_PARAMETER_TYPES = ("String", "Integer", "Float", "Boolean")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step. `needs` are the steps that have to succeed before; `branch` is the condition step and the outcome it waits for."""

    name: str
    type: str
    arguments: Mapping[str, Any]
    needs: frozenset[str]
    property_files: tuple[Mapping[str, str], ...] = ()
    branch: tuple[str, bool] | None = None
    display_name: str | None = None
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class Definition:
    """Parameters by name, and all steps, those inside of conditions included, in the order in which they are written."""

    parameters: Mapping[str, Mapping[str, Any]]
    steps: Mapping[str, Step]

    @classmethod
    def parse(cls, text: str) -> "Definition":
        """The definition. ServiceError `ValidationException` when it is not one, names what is not there, or goes in a circle."""
        try:
            document = json.loads(text)
        except ValueError as error:
            raise _invalid(f"it is not JSON: {error}") from error
        try:
            return cls._from_document(document)
        except (KeyError, TypeError, AttributeError) as error:
            raise _invalid(f"{type(error).__name__}: {error}") from error
        except ExpressionError as error:
            raise _invalid(str(error)) from error

    @classmethod
    def _from_document(cls, document: Mapping[str, Any]) -> "Definition":
        parameters = {each["Name"]: each for each in document.get("Parameters") or []}
        for name, parameter in parameters.items():
            if parameter["Type"] not in _PARAMETER_TYPES:
                raise _invalid(f"parameter {name} has type {parameter['Type']!r}; expected one of {', '.join(_PARAMETER_TYPES)}")
        steps: dict[str, Step] = {}
        for step in _steps(document["Steps"], None):
            if step.name in steps:
                raise _invalid(f"two steps are called {step.name!r}")
            steps[step.name] = step
        for step in steps.values():
            _check_step(step, steps, parameters)
        _check_order(steps)
        return cls(parameters=parameters, steps=steps)

    def values(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Typed values of all parameters from the texts given and the defaults. ServiceError when one is unknown, missing or wrong."""
        unknown = sorted(given.keys() - self.parameters.keys())
        if unknown:
            raise ServiceError("ValidationException", f"Unknown pipeline parameters {unknown}; expected some of {sorted(self.parameters)}")
        values = {name: given.get(name, parameter.get("DefaultValue")) for name, parameter in self.parameters.items()}
        missing = sorted(name for name, value in values.items() if value is None)
        if missing:
            raise ServiceError("ValidationException", f"Pipeline parameters {missing} have neither a value nor a default")
        return {name: _typed(self.parameters[name], value) for name, value in values.items()}


def _steps(documents: list[Mapping[str, Any]], branch: tuple[str, bool] | None) -> Iterator[Step]:
    for document in documents:
        name, kind = document["Name"], document["Type"]
        arguments = document.get("Arguments") or {}
        own = {key: value for key, value in arguments.items() if key not in ("IfSteps", "ElseSteps")} if kind == "Condition" else arguments
        used = {path[1] for path in map(tokens, references(own)) if path[0] == "Steps"}
        yield Step(
            name=name,
            type=kind,
            arguments=own,
            needs=frozenset(used | set(document.get("DependsOn") or ()) | ({branch[0]} if branch else set())),
            property_files=tuple(document.get("PropertyFiles") or ()),
            branch=branch,
            display_name=document.get("DisplayName"),
            description=document.get("Description"),
        )
        if kind == "Condition":
            yield from _steps(arguments.get("IfSteps") or [], (name, True))
            yield from _steps(arguments.get("ElseSteps") or [], (name, False))


def _check_step(step: Step, steps: Mapping[str, Step], parameters: Mapping[str, Any]) -> None:
    if step.type not in STEP_TYPES:
        raise _invalid(f"step {step.name} has type {step.type!r}; the sandbox runs {', '.join(STEP_TYPES)}")
    if lost := sorted(step.needs - steps.keys()):
        raise _invalid(f"step {step.name} depends on {lost}, which the pipeline does not have")
    for path in references(step.arguments):
        root, name, *_ = [*tokens(path), ""]
        if root == "Parameters" and name not in parameters:
            raise _invalid(f"step {step.name} uses {path}, which the pipeline does not have")
    if step.type in STEP_OPERATIONS:
        check_arguments(step.type, step.name, step.arguments)


def _check_order(steps: Mapping[str, Step]) -> None:
    try:
        TopologicalSorter({name: step.needs for name, step in steps.items()}).prepare()
    except CycleError as error:
        raise _invalid(f"a cyclic dependency: {' -> '.join(reversed(error.args[1]))}") from error


def _typed(parameter: Mapping[str, Any], value: Any) -> Any:
    name, kind = parameter["Name"], parameter["Type"]
    try:
        typed = _convert(kind, value)
    except ValueError as error:
        raise ServiceError("ValidationException", f"Pipeline parameter {name} is of type {kind}, got {value!r}") from error
    allowed = parameter.get("EnumValues")
    if allowed and typed not in allowed:
        raise ServiceError("ValidationException", f"Pipeline parameter {name} must be one of {allowed}, got {value!r}")
    return typed


def _convert(kind: str, value: Any) -> Any:
    match kind:
        case "Integer":
            return int(value)
        case "Float":
            return float(value)
        case "Boolean":
            if str(value).lower() not in ("true", "false"):
                raise ValueError(value)
            return str(value).lower() == "true"
    return str(value)


def _invalid(reason: str) -> ServiceError:
    return ServiceError("ValidationException", f"Unable to parse pipeline definition: {reason}")
