"""`GET /profiles/{id}` and `GET /profiles`: their parameters and their answer."""

from typing import Any

from omnichannel.contracts.store import IdType
from omnichannel.view.fields import USUAL, Field

PATH, SEARCH_PATH = "/profiles/{id}", "/profiles"
MAX_ID = 256
REF = "ref:"
"""In front of the retailer's own id, where an id stands."""
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
