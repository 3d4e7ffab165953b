"""The part of Segment's Public API that deletes and suppresses users, as the twin of Segment answers it.

`POST /regulations` and `GET /regulations/{id}` with a bearer token. What is deleted is gone at once; the status takes a second to say so.
The suppression list keeps hashes, where Segment keeps the ids themselves.
"""

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sandbox.twins.messages import Response
from sandbox.twins.store import Store

MAX_SUBJECTS = 5_000
MAX_SUBJECTS_A_MONTH = 110_000
TYPES = ("DELETE_INTERNAL", "DELETE_ONLY", "SUPPRESS_ONLY", "SUPPRESS_WITH_DELETE", "SUPPRESS_WITH_DELETE_INTERNAL", "UNSUPPRESS")
SUBJECTS = ("OBJECT_ID", "USER_ID")
RUNNING_FOR = timedelta(seconds=1)
_REGULATION, _SUPPRESSED = "regulation", "suppressed"


class Regulations:
    """Requests to delete and suppress; `forget` takes the held messages of users away and says how many they were."""

    def __init__(self, store: Store, now: Callable[[], datetime], forget: Callable[[set[str]], int]) -> None:
        self._store = store
        self._now = now
        self._forget = forget

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes, tokens: list[str]) -> Response:
        """One request below `/regulations`."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or token not in tokens:
            return _errors(401, "unauthorized", "the API token is missing or not valid")
        name = path.strip("/").partition("/")[2]
        if method == "POST" and not name:
            return self._create(body)
        found = self._store.get(_REGULATION, name) if method == "GET" else None
        if found is None:
            return _errors(404, "not-found", "no such regulation")
        return Response.json({"data": {"regulation": self._shown(found)}})

    def suppressed(self, user_id: Any) -> bool:
        """Whether messages of that user are dropped."""
        return isinstance(user_id, str) and self._store.get(_SUPPRESSED, _hash(user_id)) is not None

    def _create(self, body: bytes) -> Response:
        try:
            wanted = json.loads(body)
        except ValueError:
            wanted = None
        if problem := _problem(wanted):
            return _errors(422, "input-validation", problem)
        now = self._now()
        month = [each for each in self._store.all(_REGULATION) if each["createdAt"][:7] == now.isoformat()[:7]]
        if sum(each["subjects"] for each in month) + len(wanted["subjectIds"]) > MAX_SUBJECTS_A_MONTH:
            return _errors(429, "RequestError", "Too many requests")
        found = {"id": uuid.uuid4().hex, "regulationType": wanted["regulationType"], "subjects": len(wanted["subjectIds"])}
        self._store.put(_REGULATION, found["id"], {**found, "createdAt": now.isoformat()})
        self._apply(wanted["regulationType"], set(wanted["subjectIds"]))
        return Response.json({"data": {"regulateId": found["id"]}})

    def _apply(self, kind: str, users: set[str]) -> None:
        for user in users:
            if kind.startswith("SUPPRESS"):
                self._store.put(_SUPPRESSED, _hash(user), {})
            elif kind == "UNSUPPRESS":
                self._store.delete(_SUPPRESSED, _hash(user))
        if "DELETE" in kind:
            self._forget(users)

    def _shown(self, found: dict[str, Any]) -> dict[str, Any]:
        created = datetime.fromisoformat(found["createdAt"])
        done = self._now() - created >= RUNNING_FOR
        shown = {"id": found["id"], "workspaceId": "sandbox", "createdAt": found["createdAt"], "streamStatus": []}
        finished = {"finishedAt": (created + RUNNING_FOR).isoformat()} if done else {}
        return {**shown, "overallStatus": "FINISHED" if done else "RUNNING", **finished}


def _problem(wanted: Any) -> str:
    """Why the API does not take it; empty when it does."""
    if not isinstance(wanted, dict):
        return "expected a JSON object"
    if wanted.get("regulationType") not in TYPES:
        return '"regulationType" must be one of ' + ", ".join(TYPES)
    if wanted.get("subjectType") not in SUBJECTS:
        return '"subjectType" must be one of ' + ", ".join(SUBJECTS)
    ids = wanted.get("subjectIds")
    if not isinstance(ids, list) or not ids or not all(isinstance(each, str) and each for each in ids):
        return '"subjectIds" must be a list of strings'
    return f'"subjectIds" must contain at most {MAX_SUBJECTS} items' if len(ids) > MAX_SUBJECTS else ""


def _hash(user_id: str) -> str:
    return hashlib.sha256(user_id.encode()).hexdigest()


def _errors(status: int, kind: str, message: str) -> Response:
    return Response.json({"errors": [{"type": kind, "message": message}]}, status)
