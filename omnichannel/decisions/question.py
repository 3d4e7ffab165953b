"""What a caller of the decisions API asks, checked."""

import base64
import binascii
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from omnichannel.contracts.store import IdType, link_key
from omnichannel.view.question import MAX_ID, Unanswerable

KNOWN = ("customer_id", "customer_ref", "channel", "context", "limit", "fresh")
CONTEXT = ("event", "products", "live_segments")
MOST_NAMES, MOST_RANKED, RANKED = 50, 20, 3
LARGEST_BODY = 16_384


@dataclass(frozen=True, kw_only=True)
class Question:
    """Whose next best action: `key` is our id or a reference's redirect. `channel` may be empty; `limit` is how many are ranked."""

    key: str = field(repr=False)
    channel: str = ""
    event: str = ""
    products: tuple[str, ...] = ()
    live_segments: frozenset[str] = frozenset()
    limit: int = RANKED
    fresh: bool = False

    @classmethod
    def of(cls, event: Mapping[str, Any], channels: Collection[str]) -> Self:
        """From a request's body; raises `Unanswerable`, whose words repeat nothing of it."""
        asked = _body(event)
        if unknown := len(asked.keys() - set(KNOWN)):
            raise Unanswerable(400, "Unknown field", f"{unknown} unknown; expected some of {', '.join(KNOWN)}")
        context = asked.get("context", {})
        if not isinstance(context, dict) or context.keys() - set(CONTEXT):
            raise Unanswerable(400, "Unusable context", f"expected an object with some of {', '.join(CONTEXT)}")
        return cls(
            key=_key(asked),
            channel=_channel(asked.get("channel", ""), channels),
            event=_text(context["event"], "context.event") if "event" in context else "",
            products=_names(context.get("products", []), "context.products"),
            live_segments=frozenset(_names(context.get("live_segments", []), "context.live_segments")),
            limit=_limit(asked.get("limit", RANKED)),
            fresh=_flag(asked.get("fresh", False)),
        )


def _body(event: Mapping[str, Any]) -> dict[str, Any]:
    text = event.get("body") or ""
    try:
        raw = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else str(text).encode()
        asked = json.loads(raw) if len(raw) <= LARGEST_BODY else None
    except (binascii.Error, ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise Unanswerable(400, "Unusable body", f"expected a JSON object of at most {LARGEST_BODY} bytes with customer_id or customer_ref")
    return asked


def _key(asked: Mapping[str, Any]) -> str:
    given = [name for name in ("customer_id", "customer_ref") if name in asked]
    if len(given) != 1:
        raise Unanswerable(400, "Which customer", "expected either customer_id or customer_ref")
    value = _text(asked[given[0]], given[0])
    if "#" in value:
        raise Unanswerable(400, "Unusable id", f"{given[0]} holds #; expected one without")
    return link_key(IdType.CUSTOMER_REF, value) if given[0] == "customer_ref" else value


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= MAX_ID or not value.isprintable():
        raise Unanswerable(400, f"Unusable {name}", f"expected a text of 1 to {MAX_ID} printable characters")
    return value.strip()


def _channel(value: Any, channels: Collection[str]) -> str:
    if value and value not in channels:
        raise Unanswerable(400, "Unknown channel", f"expected one of {', '.join(channels)}, or none for all")
    return str(value)


def _names(value: Any, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST_NAMES:
        raise Unanswerable(400, f"Unusable {name}", f"expected a list of at most {MOST_NAMES} texts")
    return tuple(dict.fromkeys(_text(each, name) for each in value))


def _limit(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_RANKED:
        raise Unanswerable(400, "Unusable limit", f"expected a whole number from 1 to {MOST_RANKED}")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unanswerable(400, "Unusable fresh", "expected true or false")
    return value
