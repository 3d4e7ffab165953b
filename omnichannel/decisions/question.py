"""What a caller of the decisions API asks, checked against the API's definition."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from omnichannel.api.decisions import BODY, RANKED
from omnichannel.api.problem import LARGEST_BODY, Unanswerable, sized
from omnichannel.api.schema import fault
from omnichannel.contracts.store import IdType, link_key

__all__ = ["Question", "Unanswerable"]


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
    def of(cls, event: Mapping[str, Any]) -> Self:
        """From a request's body; raises `Unanswerable`, whose words repeat nothing of it."""
        sized(event)
        asked = _body(event)
        context = asked.get("context", {})
        return cls(
            key=_key(asked),
            channel=asked.get("channel", ""),
            event=context.get("event", "").strip(),
            products=tuple(dict.fromkeys(each.strip() for each in context.get("products", ()))),
            live_segments=frozenset(each.strip() for each in context.get("live_segments", ())),
            limit=int(asked.get("limit", RANKED)),
            fresh=asked.get("fresh", False),
        )


def _body(event: Mapping[str, Any]) -> dict[str, Any]:
    text = event.get("body") or ""
    try:
        raw = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else str(text).encode()
        asked = json.loads(raw)
        json.dumps(asked, ensure_ascii=False).encode()  # half of a surrogate pair is no text that any table takes
    except (binascii.Error, ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise Unanswerable(400, "Unusable body", f"expected a JSON object of at most {LARGEST_BODY} bytes with customer_id or customer_ref")
    if wrong := fault(asked, BODY, {}, "the body"):
        raise Unanswerable(400, "Unusable body", wrong)
    return asked


def _key(asked: Mapping[str, Any]) -> str:
    value = str(asked.get("customer_id") or asked["customer_ref"]).strip()
    return value if "customer_id" in asked else link_key(IdType.CUSTOMER_REF, value)
