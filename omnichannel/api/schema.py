"""Values checked against the part of JSON Schema that our OpenAPI file uses; a word of it that is not known here is an error.

A library for all of JSON Schema would be most of the package's start-up; the definition is our own, and small.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

Schema = Mapping[str, Any]
_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict, "null": type(None),
}  # fmt: skip
_WORDS = frozenset(
    [
        "type",
        "enum",
        "minLength",
        "maxLength",
        "pattern",
        "minimum",
        "maximum",
        "items",
        "minItems",
        "maxItems",
        "uniqueItems",
        "properties",
        "required",
        "oneOf",
        "additionalProperties",
        "minProperties",
        "maxProperties",
        "description",
        "default",
        "examples",
        "$ref",
    ]
)


def fault(value: Any, schema: Schema, components: Mapping[str, Schema], place: str = "the value") -> str:
    """What is wrong first, as a place and what is expected there; empty when the value is as the schema says.

    Never repeats the value. Raises `ValueError` for a schema that uses a word which is not checked here.
    """
    if unknown := schema.keys() - _WORDS:
        raise ValueError(
            f"the schema of {place} says {', '.join(sorted(unknown))}, which nothing checks; known: {', '.join(sorted(_WORDS))}"
        )
    if "$ref" in schema:
        return fault(value, components[schema["$ref"].rsplit("/", 1)[-1]], components, place)
    if not _is(value, schema) or not _fits(value, schema):
        return f"{place}: expected {words(schema)}"
    if "oneOf" in schema and sum(not fault(value, each, components, place) for each in schema["oneOf"]) != 1:
        return f"{place}: expected either {' or '.join(map(words, schema['oneOf']))}"
    if isinstance(value, list) and "items" in schema:
        return next(filter(None, (fault(each, schema["items"], components, f"{place}[]") for each in value)), "")
    return _of_object(value, schema, components, place) if isinstance(value, dict) else ""


def words(schema: Schema) -> str:
    """What a schema wants, in words."""
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}"
    if schema.keys() == {"required"}:
        return " and ".join(schema["required"])
    kind = schema.get("type", "a value")
    if kind == "integer":
        return f"a whole number from {schema.get('minimum', 'any')} to {schema.get('maximum', 'any')}"
    if kind == "array":
        return f"{schema.get('minItems', 0)} to {schema.get('maxItems', 'any number')} times {words(schema.get('items', {}))}"
    return str(schema.get("description") or kind)


def _is(value: Any, schema: Schema) -> bool:
    named = schema.get("type")
    kinds: Sequence[str] = [named] if isinstance(named, str) else named or list(_KINDS)
    if isinstance(value, bool):  # which Python takes for a number
        return "boolean" in kinds
    if isinstance(value, float) and value.is_integer():  # 3.0 is JSON Schema's integer
        return bool({"integer", "number"} & set(kinds))
    return any(isinstance(value, _KINDS[kind]) for kind in kinds)


def _fits(value: Any, schema: Schema) -> bool:
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, str):
        pattern = _compiled(schema["pattern"]) if "pattern" in schema else None
        return _within(len(value), schema, "minLength", "maxLength") and (pattern is None or pattern.search(value) is not None)
    if isinstance(value, list):
        repeated = schema.get("uniqueItems") and len({repr(each) for each in value}) < len(value)
        return _within(len(value), schema, "minItems", "maxItems") and not repeated
    if isinstance(value, dict):
        return _within(len(value), schema, "minProperties", "maxProperties")
    return isinstance(value, bool | None) or _within(value, schema, "minimum", "maximum")


def _within(amount: float, schema: Schema, low: str, high: str) -> bool:
    return bool(schema.get(low, amount) <= amount <= schema.get(high, amount))


def _of_object(value: Mapping[str, Any], schema: Schema, components: Mapping[str, Schema], place: str) -> str:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    if missing := [name for name in schema.get("required", ()) if name not in value]:
        return f"{place}: expected {', '.join(missing)} in it"
    if others is False and value.keys() - known.keys():
        return f"{place}: {len(value.keys() - known.keys())} unknown names; expected only {', '.join(known)}"
    rest: Schema = others if isinstance(others, Mapping) else {}
    found = (
        fault(each, known.get(name, rest), components, f"{place}.{name}" if name in known else f"{place}.*") for name, each in value.items()
    )
    return next(filter(None, found), "")


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    # JSON Schema's $ is the end, Python's would also stand in front of a last line break.
    return re.compile(pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern)
