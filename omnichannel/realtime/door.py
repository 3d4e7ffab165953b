"""What the event door decides: is this body one event of ours, and which answer does its sender get.

2xx only after the bus accepted; 4xx for what can never work, so that nobody sends it again; 5xx for the rest, so that Segment does.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from omnichannel.contracts.events import BUS_SOURCE
from omnichannel.realtime.events import Event, Unusable, parse
from omnichannel.realtime.signature import Secrets, valid

MAX_BODY = 64 * 1024
"""Segment takes events up to 32 KB; what it adds on the way fits into twice that."""
SIGNATURE_HEADER = "x-signature"


class Refused(Exception):
    """A request that the door turns away: the HTTP status, a short title, and what would have worked."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        self.status, self.title = status, title
        super().__init__(detail)


class NotAccepted(Exception):
    """The bus did not take the event; sending it again may work."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """The raw body and the signature of one request."""

    body: bytes
    signature: str


def request_of(event: Mapping[str, Any]) -> Request:
    """The request inside an HTTP API event (payload version 2.0, header names in lower case); raises `Refused`."""
    text = event.get("body") or ""
    if len(text) > 2 * MAX_BODY:
        raise _too_large(len(text))
    try:
        body = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
    except (binascii.Error, UnicodeEncodeError) as exc:
        raise Refused(400, "Unreadable body", "the body is not valid base64 or UTF-8") from exc
    if len(body) > MAX_BODY:
        raise _too_large(len(body))
    return Request(body=body, signature=(event.get("headers") or {}).get(SIGNATURE_HEADER, ""))


def accept(request: Request, secrets: Secrets, *, received_at: datetime) -> Event:
    """The event of a correctly signed request; raises `Refused` with 401 or 400."""
    if not valid(request.body, request.signature, secrets):
        raise Refused(401, "Wrong signature", "X-Signature is not the hex HMAC-SHA1 of the body with the shared secret")
    try:
        message = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        raise Refused(400, "Not JSON", "the body is not complete JSON in UTF-8") from None
    if isinstance(message, list):
        # Segment signs only the first element of a batch: the rest could be anybody's.
        raise Refused(400, "Batches are refused", "the body is an array; set the webhook's batch size to 1 and send one event a request")
    try:
        return parse(message, received_at=received_at)
    except Unusable as unusable:
        raise Refused(400, f"Unusable event: {unusable.reason}", str(unusable)) from None


def bus_entry(event: Event, bus_name: str) -> dict[str, object]:
    """The event as one entry of EventBridge's PutEvents."""
    detail = json.dumps(event.to_detail(), separators=(",", ":"))
    return {"EventBusName": bus_name, "Source": BUS_SOURCE, "DetailType": str(event.detail_type), "Detail": detail}


def publish(event: Event, bus_name: str, put_events: Callable[[Mapping[str, object]], Mapping[str, Any]]) -> None:
    """Puts the event on the bus; raises `NotAccepted` when the bus answered but did not take it."""
    answer = put_events({"Entries": [bus_entry(event, bus_name)]})
    if answer.get("FailedEntryCount", 0) or len(answer.get("Entries", ())) != 1:
        code = next((entry.get("ErrorCode", "") for entry in answer.get("Entries", ())), "")
        raise NotAccepted(f"the bus refused the event: {code or 'no error code'}")


def _too_large(size: int) -> Refused:
    return Refused(413, "Body too large", f"{size} bytes; expected at most {MAX_BODY}")
