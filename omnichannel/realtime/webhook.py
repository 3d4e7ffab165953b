"""Segment's webhook: a request becomes a message only when it is signed, whole and alone.

4xx is for what can never work, so that nobody sends it again.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from omnichannel.realtime.signature import Secrets, valid

MAX_BODY = 64 * 1024
"""Segment takes events up to 32 KB; what it adds on the way fits into twice that."""
SIGNATURE_HEADER = "x-signature"
_JSON = "application/json"


class Refused(Exception):
    """A request that the door turns away: the HTTP status, a short title, and what would have worked."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        self.status, self.title = status, title
        super().__init__(detail)


@dataclass(frozen=True, kw_only=True)
class Request:
    """The raw body and the signature of one request."""

    body: bytes
    signature: str


def request_of(event: Mapping[str, Any]) -> Request:
    """The request inside an HTTP API event (payload version 2.0); raises `Refused`.

    API Gateway puts chunks together and joins repeated headers with commas; another front might not, so both are looked at.
    """
    headers = _headers(event.get("headers"))
    _check_content(headers)
    text = event.get("body") or ""
    if not isinstance(text, str):
        raise Refused(400, "Unreadable body", "the body is not text")
    if len(text) > 2 * MAX_BODY:
        raise _too_large(len(text))
    try:
        body = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
    except (binascii.Error, ValueError) as exc:
        raise Refused(400, "Unreadable body", "the body is not valid base64 or UTF-8") from exc
    if len(body) > MAX_BODY:
        raise _too_large(len(body))
    return Request(body=body, signature=_only(headers, SIGNATURE_HEADER))


def message_of(request: Request, secrets: Secrets) -> object:
    """The decoded body of a correctly signed request; raises `Refused` with 401 or 400."""
    if not valid(request.body, request.signature, secrets):
        raise Refused(401, "Wrong signature", "X-Signature is not the hex HMAC-SHA1 of the body with the shared secret")
    try:
        message = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        raise Refused(400, "Not JSON", "the body is not complete JSON in UTF-8") from None
    if isinstance(message, list):
        # Segment signs only the first element of a batch: the rest could be anybody's.
        raise Refused(400, "Batches are refused", "the body is an array; set the webhook's batch size to 1 and send one event a request")
    return message


def _headers(given: object) -> list[tuple[str, str]]:
    """Names in lower case, each as often as it came."""
    pairs = given.items() if isinstance(given, Mapping) else ()
    return [(str(name).lower(), value) for name, value in pairs if isinstance(value, str)]


def _only(headers: list[tuple[str, str]], name: str) -> str:
    """The one value of a header; empty when there is none, or more than one, of which nobody could say which counts."""
    values = [value for given, value in headers if given == name]
    return values[0] if len(values) == 1 and "," not in values[0] else ""


def _check_content(headers: list[tuple[str, str]]) -> None:
    """A sender that says nothing means JSON; one that says something else is refused."""
    for name, value in headers:
        if name == "content-type" and value != _JSON and not _json(value.lower()):
            raise Refused(415, "Not JSON", f"the content type is not {_JSON} in UTF-8")
        if name == "content-encoding" and value.strip().lower() not in ("", "identity"):
            raise Refused(415, "Encoded body", "the body is compressed; the signature is over what is sent, so send it as it is")


def _json(content_type: str) -> bool:
    kind, *parameters = content_type.split(";")
    said = (each.partition("=") for each in parameters)
    charset = next((value.strip().strip('"') for name, _, value in said if name.strip() == "charset"), "utf-8")
    return kind.strip() == _JSON and charset in ("utf-8", "utf8")


def _too_large(size: int) -> Refused:
    return Refused(413, "Body too large", f"{size} bytes; expected at most {MAX_BODY}")
