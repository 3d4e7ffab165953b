"""`POST /decisions`: its body and its answer."""

from typing import Any

from omnichannel.api.problem import LARGEST_BODY
from omnichannel.api.profiles import MAX_ID
from omnichannel.contracts.decisions import Rule
from omnichannel.playbook.actions import CHANNELS

PATH = "/decisions"
MOST_NAMES, MOST_RANKED, RANKED = 50, 20, 3
_TEXT = {
    "type": "string",
    "minLength": 1,
    "maxLength": MAX_ID,
    "pattern": r"^[^\s\u0000-\u001f\u007f-\u009f]",
    "description": f"1 to {MAX_ID} printable characters",
}
_ID = {**_TEXT, "pattern": r"^[^#\s\u0000-\u001f\u007f-\u009f][^#\u0000-\u001f\u007f-\u009f]*$"}
_NAMES = {"type": "array", "items": _TEXT, "maxItems": MOST_NAMES}
BODY: dict[str, Any] = {
    "type": "object",
    "description": f"Exactly one of customer_id and customer_ref; at most {LARGEST_BODY} bytes.",
    "oneOf": [{"required": ["customer_id"]}, {"required": ["customer_ref"]}],
    "additionalProperties": False,
    "properties": {
        "customer_id": {**_ID, "description": "our id of the customer, printable, without #"},
        "customer_ref": {**_ID, "description": "your id of the customer, printable, without #"},
        "channel": {"type": "string", "enum": list(CHANNELS), "description": "left out: all of them"},
        "context": {
            "type": "object",
            "description": "what has just happened",
            "additionalProperties": False,
            "properties": {"event": _TEXT, "products": _NAMES, "live_segments": _NAMES},
        },
        "limit": {"type": "integer", "minimum": 1, "maximum": MOST_RANKED, "default": RANKED, "description": "how many actions are ranked"},
        "fresh": {"type": "boolean", "default": False, "description": "true or false: whether the customer is scored anew first"},
    },
}
BODY_EXAMPLE: dict[str, Any] = {"customer_ref": "user-00042", "channel": "email", "context": {"event": "Order Completed"}, "limit": 3}
_STRING, _NUMBER = {"type": "string"}, {"type": "number"}
_STRINGS = {"type": "array", "items": _STRING}
DECISION: dict[str, Any] = {
    "type": "object",
    "description": "Without an allowed action, `action` and what belongs to it are empty.",
    "required": ["customer_id", "at", "action", "refused"],
    "additionalProperties": False,
    "properties": {
        **dict.fromkeys(("customer_id", "at", "action", "campaign", "channel", "not_before", "runner_up", "playbook"), _STRING),
        **dict.fromkeys(("p", "value", "score", "runner_up_score"), _NUMBER),
        "explored": {"type": "boolean"},
        "items": _STRINGS,
        "refused": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string", "enum": [rule.value for rule in Rule]}},
        },
        "arms": {"type": "object", "additionalProperties": _STRING},
    },
}
ANSWER: dict[str, Any] = {
    "type": "object",
    "required": ["decision", "explanation"],
    "additionalProperties": False,
    "properties": {
        "decision": {"$ref": "#/components/schemas/Decision"},
        "explanation": {
            "type": "object",
            "required": ["why", "message", "ranking", "refused"],
            "additionalProperties": False,
            "properties": {
                "why": _STRING,
                "message": _STRING,
                "ranking": {"type": "array", "items": {"type": "object"}},
                "refused": {"type": "object", "additionalProperties": _STRINGS},
            },
        },
    },
}
EXAMPLE: dict[str, Any] = {
    "decision": {
        "customer_id": "c_4711", "at": "2026-11-20T10:15:31+00:00", "action": "complement", "campaign": "order-value", "channel": "email",
        "p": 0.05, "value": 18.0, "score": 0.9, "explored": False, "not_before": "", "items": ["p-1001"], "runner_up": "",
        "runner_up_score": 0.0, "refused": {"win-back-recommended": ["not-eligible"]}, "arms": {"holdout": "treated"},
        "playbook": "3f2c91aa",
    },
    "explanation": {
        "why": "worth most: 0.050 x 18.00 EUR, weighted 0.900; next: nothing (0.000)", "message": "complement", "ranking": [],
        "refused": {"win-back-recommended": ["does not meet the action's conditions, or lacks the score or value to judge it by"]},
    },
}  # fmt: skip
