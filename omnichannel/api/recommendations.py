"""`GET /recommendations/{placement}`: its parameters and its answer."""

from typing import Any

from omnichannel.contracts.recommendations import MAX_ID, Placement, Reason, Source

PATH = "/recommendations/{placement}"
DEFAULT_LIMIT, MAX_LIMIT = 10, 50
MOST_PRODUCTS, MOST_EXCLUDED = 20, 100
DEVICES = ("desktop", "mobile", "tablet", "app", "tv")
ID = {
    "type": "string",
    "minLength": 1,
    "maxLength": MAX_ID,
    "pattern": r"^[^#\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$",
    "description": f"1 to {MAX_ID} printable characters, the first not #",
}
"""An id of somebody or something as others know it; what begins with # is our own."""
_OUR_ID = {
    **ID,
    "pattern": r"^[^#\u0000-\u001f\u007f-\u009f]+$",
    "description": f"1 to {MAX_ID} printable characters without #",
}
_LISTED = {**ID, "pattern": r"^[^#,\u0000-\u001f\u007f-\u009f][^,\u0000-\u001f\u007f-\u009f]*$"}


def _parameter(name: str, description: str, schema: dict[str, Any], example: object) -> dict[str, Any]:
    lists = {"style": "form", "explode": False} if schema["type"] == "array" else {}
    return {"name": name, "in": "query", "description": description, "schema": schema, "example": example, **lists}


def _ids(most: int) -> dict[str, Any]:
    return {"type": "array", "items": _LISTED, "minItems": 1, "maxItems": most}


PARAMETERS: list[dict[str, Any]] = [
    {
        "name": "placement",
        "in": "path",
        "required": True,
        "description": "Where they are shown.",
        "schema": {"type": "string", "enum": [placement.value for placement in Placement]},
        "example": "home",
    },
    _parameter("customer_id", "Our id of the customer. Of several ids this one counts, then yours.", _OUR_ID, "c_4711"),
    _parameter("customer_ref", "Your id of the customer.", ID, "user-00042"),
    _parameter("anonymous_id", "The id of a browser or a device that nobody has logged in on.", ID, "anon-7f3a"),
    _parameter(
        "product_id",
        "The product that is looked at, or what is in the cart; without it, what suits the customer. None of them is answered.",
        _ids(MOST_PRODUCTS),
        ["p-1001", "p-2002"],
    ),
    _parameter(
        "limit",
        "How many products at most.",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        5,
    ),
    _parameter("device", "What they are shown on.", {"type": "string", "enum": list(DEVICES)}, "mobile"),
    _parameter(
        "country",
        "Where they are shown: two capital letters (ISO 3166-1).",
        {"type": "string", "pattern": "^[A-Z]{2}$", "description": "two capital letters"},
        "NL",
    ),
    _parameter("exclude", "Products that are not answered.", _ids(MOST_EXCLUDED), ["p-3003"]),
]

ITEM: dict[str, Any] = {
    "type": "object",
    "required": ["product_id", "source", "reason"],
    "additionalProperties": False,
    "properties": {
        "product_id": {"type": "string"},
        "name": {"type": "string"},
        "category_l1": {"type": "string"},
        "brand": {"type": "string"},
        "price": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "description": "a decimal number as text"},
        "currency": {"type": "string"},
        "image_url": {"type": "string"},
        "source": {"type": "string", "enum": [source.value for source in Source]},
        "reason": {"type": "string", "enum": [reason.value for reason in Reason]},
        "promotion": {"type": "string", "description": "the name of the business rule that put it here"},
    },
}
"""What is missing is not known of the product."""
ANSWER: dict[str, Any] = {
    "type": "object",
    "required": ["placement", "recommendationId", "items"],
    "additionalProperties": False,
    "properties": {
        "placement": PARAMETERS[0]["schema"],
        "recommendationId": {
            "type": ["string", "null"],
            "description": "Personalize's id of the list, to be sent along with what is done about it; null when it had no part in it",
        },
        "items": {"type": "array", "maxItems": MAX_LIMIT, "items": {"$ref": "#/components/schemas/RecommendedProduct"}},
    },
}
EXAMPLE: dict[str, Any] = {
    "placement": "home",
    "recommendationId": "RID-24c9f1e6",
    "items": [
        {
            "product_id": "p-1001", "name": "Trail shoe", "category_l1": "Shoes", "brand": "Corvo", "price": "89.90", "currency": "EUR",
            "image_url": "https://shop.example/p-1001.jpg", "source": "personalize", "reason": "for-you",
        },
        {"product_id": "p-2002", "name": "Rain coat", "price": "59.00", "currency": "EUR", "source": "popular", "reason": "popular"},
    ],
}  # fmt: skip
