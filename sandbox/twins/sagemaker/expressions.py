"""The expressions of a pipeline definition: `Get`, `Std:Join`, `Std:JsonGet`."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(r"\.?([^.\[\]]+)|\['([^']*)'\]|\[\"([^\"]*)\"\]|\[(\d+)\]")
_NAMES = ("OutputName", "InputName", "ChannelName", "PropertyFileName", "Name")
_FUNCTIONS = ("Get", "Std:Join", "Std:JsonGet")


class ExpressionError(ValueError):
    """An expression that cannot be resolved; the message says which and why."""


@dataclass
class Scope:
    """What expressions can see: `Parameters.X`, `Execution.X`, `Steps.X.…`, and the JSON documents behind property files.

    `steps` holds each finished step's describe response. `read_property_file(step, name)` and `read_json(s3_uri)` return parsed JSON.
    """

    parameters: Mapping[str, Any]
    execution: Mapping[str, Any]
    read_property_file: Callable[[str, str], Any]
    read_json: Callable[[str], Any]
    steps: dict[str, Any] = field(default_factory=dict)

    def get(self, path: str) -> Any:
        """The value of a `Get` path."""
        root, *rest = tokens(path)
        spaces: dict[str, Mapping[str, Any]] = {"Parameters": self.parameters, "Execution": self.execution, "Steps": self.steps}
        if root not in spaces or not rest:
            raise ExpressionError(f"cannot resolve {path!r}; expected Parameters.…, Execution.… or Steps.…")
        return walk(spaces[root], rest, path)


def resolve(value: Any, scope: Scope) -> Any:
    """`value` with every expression in it replaced by what it stands for."""
    if isinstance(value, list):
        return [resolve(item, scope) for item in value]
    if not isinstance(value, dict):
        return value
    match expression(value):
        case "Get", path:
            return scope.get(path)
        case "Std:Join", join:
            return str(join["On"]).join(_text(resolve(item, scope)) for item in join["Values"])
        case "Std:JsonGet", get:
            return _json_get(get, scope)
    return {key: resolve(item, scope) for key, item in value.items()}


def expression(value: Any) -> tuple[str, Any] | None:
    """(function, argument) when `value` is an expression."""
    if isinstance(value, dict) and len(value) == 1:
        name, argument = next(iter(value.items()))
        if name in _FUNCTIONS:
            return name, argument
    return None


def references(value: Any) -> Iterator[str]:
    """Every `Get` path anywhere in `value`."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        if isinstance(value.get("Get"), str) and len(value) == 1:
            yield value["Get"]
        else:
            yield from references(list(value.values()))


def tokens(path: str) -> list[str]:
    """`Steps.A.Outputs['x'][0]` as ["Steps", "A", "Outputs", "x", "0"]. ExpressionError when it is not a path."""
    found, end = [], 0
    for match in _TOKEN.finditer(path):
        if match.start() != end:
            break
        found.append(next(group for group in match.groups() if group is not None))
        end = match.end()
    if end != len(path) or not found:
        raise ExpressionError(f"{path!r} is not a path")
    return found


def walk(value: Any, names: list[str], path: str) -> Any:
    """Follow `names` into nested objects and lists; a list is entered by position or by the name its items carry."""
    for name in names:
        found = _step_into(value, name)
        if found is _MISSING:
            raise ExpressionError(f"{path!r} has nothing at {name!r}{_choices(value)}")
        value = found
    return value


_MISSING = object()


def _step_into(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(name, _MISSING)
    if isinstance(value, list):
        if name.isdecimal():
            return value[int(name)] if int(name) < len(value) else _MISSING
        return next((item for item in value if isinstance(item, Mapping) and name in (item.get(key) for key in _NAMES)), _MISSING)
    return _MISSING


def _choices(value: Any) -> str:
    return f"; there is {', '.join(map(str, value)) or 'nothing'}" if isinstance(value, Mapping) else ""


def _json_get(get: Mapping[str, Any], scope: Scope) -> Any:
    path = str(resolve(get["Path"], scope)).removeprefix("$")
    if "S3Uri" in get:
        uri = str(resolve(get["S3Uri"], scope))
        return walk(scope.read_json(uri), tokens(path), f"{uri}: {path}")
    where = expression(get["PropertyFile"])
    names = tokens(where[1]) if where and where[0] == "Get" else []
    if len(names) != 4 or names[0] != "Steps" or names[2] != "PropertyFiles":
        raise ExpressionError(f"Std:JsonGet reads Steps.<step>.PropertyFiles.<name>, got {get['PropertyFile']!r}")
    return walk(scope.read_property_file(names[1], names[3]), tokens(path), f"{names[3]}: {path}")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        raise ExpressionError(f"Std:Join takes texts and numbers, got {value!r}")
    return str(value)
