"""Segment's regulations: suppress a user and delete what is held about them, over its Public API.

`POST /regulations` with `regulationType` SUPPRESS_WITH_DELETE, `subjectType` USER_ID and at most 5,000 `subjectIds`; then
`GET /regulations/{id}` until `overallStatus` is final. Segment promises 30 days for its own stores; it deletes by userId only.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from urllib3.exceptions import HTTPError

MOST_SUBJECTS = 5000
REGULATION = "SUPPRESS_WITH_DELETE"
FINAL = ("FINISHED", "PARTIAL_SUCCESS", "FAILED", "INVALID", "NOT_SUPPORTED")
PROMISED_DAYS = 30
TOKEN = "token"  # noqa: S105 - the name of the field
TIMEOUT_SECONDS = 20.0
_MEDIA_TYPE = "application/vnd.segment.v1+json"


class SinkBusy(Exception):
    """The sink asks to come back later, or did not answer."""


class SinkRefused(Exception):
    """The sink will not do it, however often it is asked; the message says what to change."""


class Http(Protocol):
    """`urllib3.PoolManager`, or a few lines in a test."""

    def request(self, method: str, url: str, **more: Any) -> Any:
        """Sends one request; raises `HTTPError` when there is no answer."""


@dataclass(frozen=True, kw_only=True)
class Regulations:
    """Segment's Public API at `endpoint`, with the workspace's token."""

    endpoint: str
    token: str = field(repr=False)
    http: Http = field(repr=False)

    def create(self, user_ids: Sequence[str]) -> str:
        """Asks for the suppression and deletion of these users; gives the regulation's id."""
        if not 0 < len(user_ids) <= MOST_SUBJECTS:
            raise ValueError(f"{len(user_ids)} users; a regulation takes 1 to {MOST_SUBJECTS}")
        body = {"regulationType": REGULATION, "subjectType": "USER_ID", "subjectIds": list(user_ids)}
        return str(self._call("POST", "regulations", body)["regulateId"])

    def status(self, regulation: str) -> str:
        """`overallStatus` of a regulation: INITIALIZED, RUNNING, or one of `FINAL`."""
        return str(self._call("GET", f"regulations/{regulation}")["regulation"]["overallStatus"])

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": _MEDIA_TYPE}
        more = {"body": json.dumps(body).encode()} if body else {}
        if body:
            headers["Content-Type"] = _MEDIA_TYPE
        try:
            url = f"{self.endpoint.rstrip('/')}/{path}"
            answer = self.http.request(method, url, headers=headers, timeout=TIMEOUT_SECONDS, retries=False, **more)
        except HTTPError as broken:
            raise SinkBusy(f"Segment did not answer: {type(broken).__name__}") from broken
        if answer.status == 429 or answer.status >= 500:
            raise SinkBusy(f"Segment answered {answer.status}")
        if answer.status in (401, 403):
            raise SinkRefused(
                f"Segment answered {answer.status}; the secret's token must be one of the Public API that may write regulations"
            )
        if answer.status >= 300:
            raise SinkRefused(f"Segment answered {answer.status} to {method} /{path.partition('/')[0]}: {_kind(answer.data)}")
        return dict(json.loads(answer.data)["data"])


def token_of(secrets_manager: Any, secret_id: str) -> str:
    """The token in a secret, as text or as JSON under `token`; `SinkRefused` when there is none."""
    try:
        secret = str(secrets_manager.get_secret_value(SecretId=secret_id).get("SecretString", "")).strip()
    except secrets_manager.exceptions.ResourceNotFoundException:
        secret = ""
    if secret.startswith("{"):
        try:
            secret = str(json.loads(secret).get(TOKEN, ""))
        except ValueError:
            secret = ""
    if not secret:
        raise SinkRefused(f"secret {secret_id} holds no token of Segment's Public API; put one in, as text or JSON with {TOKEN!r}")
    return secret


def _kind(body: bytes) -> str:
    """The kinds of errors in an answer: their messages may repeat what was sent."""
    try:
        return ", ".join(sorted({str(each.get("type")) for each in json.loads(body)["errors"]}))
    except (ValueError, KeyError, TypeError, AttributeError):
        return "no reason given"
