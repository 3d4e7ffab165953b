"""Answers of our HTTP APIs: JSON that may be kept for a while, and problems (RFC 9457) that may not."""

import json
from collections.abc import Mapping
from typing import Any

LARGEST_BODY = 16_384
"""Bytes of a request's body that are read at all."""
LONGEST_QUERY = 8_192
"""Characters of a query string, as API Gateway hands it on decoded."""


class Unanswerable(Exception):
    """A question that has no answer: the HTTP status, a short title, and what would have worked; of a 405, the method that is allowed."""

    def __init__(self, status: int, title: str, detail: str, *, allow: str = "") -> None:
        self.status, self.title, self.allow = status, title, allow
        super().__init__(detail)


def sized(event: Mapping[str, Any]) -> None:
    """Refuses what is too large to look at; raises `Unanswerable` (413 for a body, 400 for a query)."""
    if _body_bytes(event) > LARGEST_BODY:
        raise Unanswerable(413, "Too large", f"expected a body of at most {LARGEST_BODY} bytes")
    query = event.get("queryStringParameters") or {}
    if max(len(str(event.get("rawQueryString") or "")), sum(len(name) + len(value) for name, value in query.items())) > LONGEST_QUERY:
        raise Unanswerable(400, "Too long", f"expected a query string of at most {LONGEST_QUERY} characters")


def _body_bytes(event: Mapping[str, Any]) -> int:
    """The size of the body as its caller sent it."""
    text = str(event.get("body") or "")
    if event.get("isBase64Encoded"):
        return len(text) * 3 // 4 - text[-2:].count("=")
    return len(text.encode(errors="replace"))


def request_id(event: Mapping[str, Any]) -> str:
    """The id under which API Gateway and the log know a request; empty outside of it."""
    return str((event.get("requestContext") or {}).get("requestId", ""))


def problem(status: int, title: str, detail: str, request: str) -> dict[str, Any]:
    """What was wrong, and the id under which the log knows it; nobody may keep it."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": f"urn:request:{request}"}
    return reply(status, "application/problem+json", body)


def refusal(why: Unanswerable, request: str) -> dict[str, Any]:
    """The problem that says why a question has no answer."""
    found = problem(why.status, why.title, str(why), request)
    return {**found, "headers": {**found["headers"], "allow": why.allow}} if why.allow else found


def reply(status: int, content_type: str, body: Mapping[str, object], *, max_age: int = 0, personal: bool = True) -> dict[str, Any]:
    """An HTTP API's answer, payload version 2.0. For `max_age` seconds it may be kept, a `personal` one by the caller alone."""
    cache = f"{'private' if personal else 'public'}, max-age={max_age}" if max_age else "no-store"
    return {"statusCode": status, "headers": {"content-type": content_type, "cache-control": cache}, "body": json.dumps(body)}
