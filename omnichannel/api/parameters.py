"""A request's parameters as the definition of its operation has them: texts become numbers and lists, and are checked."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from omnichannel.api.problem import Unanswerable
from omnichannel.api.schema import fault, words

_WHOLE = re.compile(r"-?[0-9]{1,9}")


def read(parameters: Sequence[Mapping[str, Any]], path: Mapping[str, str], query: Mapping[str, str]) -> dict[str, Any]:
    """By name, those that were given and the defaults of the others.

    Raises `Unanswerable`: 404 for a path that is not there, 400 for everything else.
    """
    known = [each["name"] for each in parameters if each["in"] == "query"]
    if unknown := query.keys() - set(known):
        raise Unanswerable(400, "Unknown parameter", f"{len(unknown)} unknown; expected only {', '.join(known)}")
    found = {}
    for each in parameters:
        name, schema = each["name"], each["schema"]
        given = (path if each["in"] == "path" else query).get(name)
        if given is not None:
            found[name] = _checked(each, given)
        elif "default" in schema:
            found[name] = schema["default"]
        elif each.get("required"):
            raise _refusal(each, f"{name} is missing; expected {words(schema)}")
    return found


def _checked(parameter: Mapping[str, Any], given: str) -> Any:
    value = _typed(parameter["schema"].get("type"), given)
    if wrong := fault(value, parameter["schema"], {}, parameter["name"]):
        raise _refusal(parameter, wrong)
    return value


def _typed(kind: str, text: str) -> Any:
    """The value, or the text where it is none of that kind, which the schema then refuses."""
    if kind == "integer":
        return int(text) if _WHOLE.fullmatch(text) else text
    return text.split(",") if kind == "array" else text


def _refusal(parameter: Mapping[str, Any], detail: str) -> Unanswerable:
    if parameter["in"] == "path":
        return Unanswerable(404, f"Unknown {parameter['name']}", detail)
    return Unanswerable(400, f"Unusable {parameter['name']}", detail)
