"""`GET /profiles/{id}`: its parameters and its answer."""

from typing import Any

from omnichannel.view.question import MAX_ID, USUAL, Field

PATH = "/profiles/{id}"
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
    {
        "name": "fields",
        "in": "query",
        "description": f"What is wanted; left out: {', '.join(USUAL)}. profile, contact and refs say who somebody is.",
        "schema": {"type": "array", "items": {"type": "string", "enum": [field.value for field in Field]}},
        "style": "form",
        "explode": False,
        "example": ["aggregates", "scores"],
    },
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
