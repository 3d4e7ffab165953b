"""`GET /profiles/{id}` and `GET /profiles`: their parameters and their answer."""

from typing import Any

from omnichannel.contracts.store import IdType
from omnichannel.view.fields import USUAL, Field

PATH, SEARCH_PATH, MEMBERS_PATH = "/profiles/{id}", "/profiles", "/members"
MAX_ID = 256
MAX_MEMBERS = 100
"""Customers of a page: what DynamoDB reads in one call."""
_FIELDS: dict[str, Any] = {
    "name": "fields",
    "in": "query",
    "description": f"What is wanted; left out: {', '.join(USUAL)}. profile, contact and refs say who somebody is.",
    "schema": {
        "type": "array",
        "items": {"type": "string", "enum": [field.value for field in Field]},
        "minItems": 1,
        "maxItems": 2 * len(Field),
    },
    "style": "form",
    "explode": False,
    "example": ["aggregates", "scores"],
}
PARAMETERS: list[dict[str, Any]] = [
    {
        "name": "id",
        "in": "path",
        "required": True,
        "description": "Our id of the customer, or `ref:` and yours.",
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": MAX_ID,
            "pattern": r"^(ref:)?[^#\s\u0000-\u001f\u007f-\u009f]([^#\u0000-\u001f\u007f-\u009f]*[^#\s\u0000-\u001f\u007f-\u009f])?$",
            "description": f"at most {MAX_ID} printable characters without #",
        },
        "example": "ref:user-00042",
    },
    _FIELDS,
]
SEARCH_PARAMETERS: list[dict[str, Any]] = [
    {
        "name": IdType.EMAIL_SHA256.value,
        "in": "query",
        "required": True,
        "description": "The SHA-256 of the address, trimmed and in small letters.",
        "schema": {
            "type": "string",
            "pattern": "^[0-9a-fA-F]{64}$",
            "description": "the SHA-256 of the address, as 64 hex digits",
        },
        "example": "b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514",
    },
    _FIELDS,
]
MEMBERS_PARAMETERS: list[dict[str, Any]] = [
    {
        "name": "segment",
        "in": "query",
        "required": True,
        "description": "The name of a behaviour segment, as a profile's `segments.behaviour` says it.",
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": MAX_ID,
            "description": f"a segment's name of at most {MAX_ID} characters",
        },
        "example": "Sleepers",
    },
    {
        "name": "limit",
        "in": "query",
        "description": "How many at most.",
        "schema": {"type": "integer", "minimum": 1, "maximum": MAX_MEMBERS, "default": 50},
        "example": 100,
    },
    {
        "name": "after",
        "in": "query",
        "description": "`next` of the page before; left out: from the first.",
        "schema": {"type": "string", "minLength": 1, "maxLength": MAX_ID, "description": "what the page before says as next"},
        "example": "c_4711",
    },
    _FIELDS,
]
ANSWER: dict[str, Any] = {
    "type": "object",
    "required": ["customer_id", "updated_at"],
    "additionalProperties": False,
    "properties": {
        "customer_id": {"type": "string"},
        "updated_at": {"type": ["string", "null"], "description": "ISO 8601"},
        **{
            field.value: {"type": ["object", "array", "string", "number"], "description": "what is known of it; missing when nothing is"}
            for field in Field
        },
    },
}
EXAMPLE: dict[str, Any] = {
    "customer_id": "c_4711",
    "updated_at": "2026-11-20T03:31:07+00:00",
    "aggregates": {"orders": 7, "last_order_at": "2026-11-02T18:20:11+00:00"},
    "consents": {"marketing/email": {"granted": True, "at": "2026-01-04T09:12:00+00:00"}},
}
MEMBERS_ANSWER: dict[str, Any] = {
    "type": "object",
    "required": ["segment", "profiles", "next"],
    "additionalProperties": False,
    "properties": {
        "segment": {"type": "string"},
        "profiles": {
            "type": "array",
            "maxItems": MAX_MEMBERS,
            "items": {"$ref": "#/components/schemas/Profile"},
            "description": "in the order of ids; fewer than the limit where somebody has just left",
        },
        "next": {"type": ["string", "null"], "description": "what to ask `after` for the next page; null on the last"},
    },
}
MEMBERS_EXAMPLE: dict[str, Any] = {"segment": "Sleepers", "profiles": [EXAMPLE], "next": "c_4711"}
