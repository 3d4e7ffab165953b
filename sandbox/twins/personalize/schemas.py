"""Schemas: Avro records as Personalize restricts them, and the fields that the ECOMMERCE domain requires."""

import json
from collections.abc import Iterable
from typing import Any

from sandbox.twins.errors import ServiceError

TYPES = frozenset({"float", "double", "int", "long", "string", "boolean", "null"})
_REQUIRED: dict[str, dict[str, str]] = {
    "INTERACTIONS": {"USER_ID": "string", "ITEM_ID": "string", "TIMESTAMP": "long"},
    "USERS": {"USER_ID": "string"},
    "ITEMS": {"ITEM_ID": "string"},
}
_REQUIRED_IN_ECOMMERCE: dict[str, dict[str, str]] = {
    "INTERACTIONS": {"EVENT_TYPE": "string"},
    "ITEMS": {"PRICE": "float", "CATEGORY_L1": "string"},
}
DATASET_TYPES = tuple(_REQUIRED)


def parsed(text: str) -> dict[str, list[str]]:
    """The fields of an Avro schema, each with its types; refuses with `InvalidInputException` what Personalize would."""
    try:
        schema = json.loads(text)
    except ValueError:
        raise invalid("the schema is not JSON") from None
    if not isinstance(schema, dict) or schema.get("type") != "record" or not isinstance(schema.get("fields"), list):
        raise invalid("expected an Avro record with fields")
    if missing := [key for key in ("name", "namespace", "version") if not schema.get(key)]:
        raise invalid(f"the Avro record lacks {', '.join(missing)}")
    fields: dict[str, list[str]] = {}
    for field in schema["fields"]:
        name, types = _field(field)
        if name in fields:
            raise invalid(f"field {name} is there twice")
        fields[name] = types
    return fields


def check_dataset(fields: dict[str, list[str]], dataset_type: str, domain: str | None) -> None:
    """Refuses a schema that lacks what its dataset type, or the domain, requires."""
    if dataset_type not in DATASET_TYPES:
        raise invalid(f"unknown dataset type {dataset_type}; expected one of {', '.join(DATASET_TYPES)}")
    required = dict(_REQUIRED[dataset_type])
    if domain == "ECOMMERCE":
        required |= _REQUIRED_IN_ECOMMERCE.get(dataset_type, {})
    wrong = [f"{name} ({kind})" for name, kind in required.items() if kind not in fields.get(name, ())]
    if wrong:
        raise invalid(f"a schema of {dataset_type} needs {', '.join(wrong)}")
    if len(fields) <= 1:
        raise invalid(f"a schema of {dataset_type} needs at least one field beside its id")


def property_name(field: str) -> str:
    """What the API calls a field: `numberOfRatings` for NUMBER_OF_RATINGS."""
    first, *more = field.lower().split("_")
    return first + "".join(word.capitalize() for word in more)


def missing_columns(fields: Iterable[str], header: Iterable[str]) -> list[str]:
    """The schema's fields that a file's header lacks."""
    held = set(header)
    return [name for name in fields if name not in held]


def _field(field: Any) -> tuple[str, list[str]]:
    if not isinstance(field, dict) or not isinstance(field.get("name"), str):
        raise invalid("a field without name")
    types = field.get("type")
    listed = [types] if isinstance(types, str) else types
    if not isinstance(listed, list) or not listed or not set(map(str, listed)) <= TYPES:
        raise invalid(f"field {field['name']}: expected types of {', '.join(sorted(TYPES))}")
    return field["name"], list(map(str, listed))


def invalid(message: str) -> ServiceError:
    """The refusal of a request that Personalize's model lets through and its rules do not."""
    return ServiceError("InvalidInputException", message)
