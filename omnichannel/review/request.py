"""What a caller of the reviews API asks for, checked: which review, which decision, why, and who it is."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from omnichannel.contracts.reviews import REASON_CHARS, Standing

DECISIONS = {"approve": Standing.APPROVED, "reject": Standing.REJECTED}
_RUN = re.compile(r"[0-9a-zA-Z_-]{1,64}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_EMAIL = re.compile(r"\S@\S+\.\S")


class Refused(Exception):
    """A request that is not done: the HTTP status, a short title, and what would have worked."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        self.status, self.title = status, title
        super().__init__(detail)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A decision on one run, by whom and why; `digest` is of the scores that were looked at."""

    run: str
    status: Standing
    who: str
    reason: str
    digest: str

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """From a POST as an HTTP API hands it on (payload version 2.0); raises `Refused`."""
        body = _body(event)
        if unknown := body.keys() - {"reason", "digest"}:
            raise Refused(400, "Unknown field", f"{len(unknown)} unknown; expected reason and digest")
        return cls(run=run_of(event), status=_status(event), who=caller(event), reason=reason_of(body), digest=_digest(body))


def run_of(event: Mapping[str, Any]) -> str:
    """The run that the path names; raises `Refused`."""
    run = str((event.get("pathParameters") or {}).get("run", ""))
    if not _RUN.fullmatch(run):
        raise Refused(400, "Unusable run", "expected an activation run's id, as GET /reviews lists them")
    return run


def caller(event: Mapping[str, Any]) -> str:
    """The ARN of whoever signed the request; raises `Refused` where the API did not ask."""
    found = ((event.get("requestContext") or {}).get("authorizer") or {}).get("iam") or {}
    if not found.get("userArn"):
        raise Refused(403, "Unknown caller", "a decision is signed with AWS credentials; this request names nobody")
    return str(found["userArn"])


def _status(event: Mapping[str, Any]) -> Standing:
    word = str(event.get("rawPath", "")).rstrip("/").rsplit("/", 1)[-1]
    if word not in DECISIONS:
        raise Refused(404, "Unknown decision", f"expected one of {', '.join(DECISIONS)}")
    return DECISIONS[word]


def _body(event: Mapping[str, Any]) -> dict[str, Any]:
    try:
        raw = event.get("body") or "{}"
        found = json.loads(base64.b64decode(raw, validate=True) if event.get("isBase64Encoded") else raw)
    except (ValueError, binascii.Error):
        found = None
    if not isinstance(found, dict):
        raise Refused(400, "Unreadable body", 'expected JSON, {"reason": "why", "digest": "of the scores that were looked at"}')
    return found


def reason_of(body: Mapping[str, Any]) -> str:
    """Why; raises `Refused` where it says too little, or names somebody."""
    reason = body.get("reason")
    if not isinstance(reason, str) or not 3 <= len(reason.strip()) <= REASON_CHARS or not reason.isprintable():
        raise Refused(400, "A reason is needed", f"3 to {REASON_CHARS} printable characters that say why, on one line")
    if _EMAIL.search(reason):
        raise Refused(400, "A reason names nobody", "there is an e-mail address in it; reasons are kept for good, without customers")
    return reason.strip()


def _digest(body: Mapping[str, Any]) -> str:
    digest = body.get("digest")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise Refused(400, "Which scores?", "digest is the review's own, 64 hex digits, as GET /reviews/{run} answers it")
    return digest
