"""Twin of Segment's HTTP Tracking API: its real limits, its 429, and its silence about events that it drops; and of its regulations.

`POST /segment/v1/{batch,identify,track,page,screen,group,alias}` as api.segment.io answers them, `/segment/regulations` as
api.segmentapis.com does (`sandbox.twins.segment_regulations`). Asked over `/inspect/segment/…`:

| what | answer |
|---|---|
| `GET delivered?type=…&userId=…&messageId=…&limit=…` | accepted events, oldest first: `at`, `kind`, `messageId`, `userId`, `traits`, … |
| `GET profiles?userId=…&anonymousId=…` | the profiles that these events make, of those identifiers if given |
| `GET counters` | `{"accepted": n, "duplicate": n, "<reason of a drop>": n, …, "requests": n, "answered 429": n}` |
| `POST configure` | any of `write_keys`, `api_tokens`, `refused_users`, `answers`; `requests_per_second`, `events_per_second` |

`answers` plans the next requests, one entry each: `{"status": 503, "headers": {}, "accept": false, "reset": false, "delay": 0}`; `accept`
true processes the request and then loses the answer, `reset` ends the connection instead of answering, `delay` is seconds before that.
A batch with an event of one of `refused_users` is a 400. Without write keys every call is a 401.
"""

import base64
import binascii
import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sandbox.twins.context import TwinContext
from sandbox.twins.messages import Response
from sandbox.twins.records import Records
from sandbox.twins.segment_profiles import profiles
from sandbox.twins.segment_regulations import Regulations

MAX_BATCH_BYTES = 500_000
MAX_EVENT_BYTES = 32 * 1024
MAX_EVENTS = 2_500
MAX_MESSAGE_ID = 100
"""A messageId of this length or more is dropped."""
MAX_TRAITS = 300
LOOK_BACK = timedelta(hours=24)
"""How long a messageId is remembered."""
CALLS = ("identify", "track", "page", "screen", "group", "alias")
_SETTINGS: dict[str, Any] = {
    "write_keys": [],
    "api_tokens": [],
    "requests_per_second": None,
    "events_per_second": None,
    "answers": [],
    "refused_users": [],
}
_KEPT = ("messageId", "userId", "anonymousId", "event", "timestamp", "sentAt", "traits", "properties", "context")


class SegmentTwin:
    """Takes events as Segment does; what it accepted is in `delivered.jsonl`, what it silently dropped is only counted."""

    def __init__(self, context: TwinContext) -> None:
        self._store = context.store
        self._now = context.now
        self._lock = threading.Lock()
        self._delivered = Records(context.directory / "delivered.jsonl", context.now)
        self._seen = {line["messageId"]: datetime.fromisoformat(line["at"]) for line in self._delivered.read()}
        self._settings = {**_SETTINGS, **(context.store.get("settings", "all") or {})}
        self._due: dict[str, datetime] = {}
        self._regulations = Regulations(context.store, context.now, self._forget)

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        """One request to the Tracking API."""
        call = path.partition("?")[0].removeprefix("/v1/")
        if call.startswith("/regulations"):
            with self._lock:
                return self._regulations.handle(method, call, headers, body, self._settings["api_tokens"])
        if method != "POST" or call not in (*CALLS, "batch"):
            return _refusal(404, f"nothing is served at {method} {path}")
        with self._lock:
            planned = self._next_planned()
            if planned is None or planned.get("accept"):
                answer = self._take(call, headers, body)
            if planned is not None:
                answer = _planned(planned)
            self._count({"requests": 1, f"answered {answer.status}": 1})
        if planned is not None:
            time.sleep(planned.get("delay", 0))
        return answer

    def inspect(self, what: str, query: dict[str, str]) -> Any:
        """`delivered`, `profiles` or `counters`, as the module says."""
        if what == "counters":
            return self._store.get("counters", "all") or {}
        if what == "profiles":
            return self._profiles(query.get("userId", ""), query.get("anonymousId", ""))
        if what != "delivered":
            raise ValueError(f"unknown {what!r}; expected delivered, profiles or counters")
        limit = query.pop("limit", None)
        return self._delivered.read(limit=int(limit) if limit else None, **query)

    def control(self, what: str, body: dict[str, Any]) -> Any:
        """`configure`: replaces the settings that the body names and answers with all of them, keys hidden."""
        unknown = [what] if what != "configure" else sorted(body.keys() - _SETTINGS.keys())
        if unknown:
            raise ValueError(f"unknown {', '.join(unknown)}; expected configure with {', '.join(_SETTINGS)}")
        with self._lock:
            self._settings |= body
            self._store.put("settings", "all", self._settings)
            self._due.clear()
            hidden = {name: len(self._settings[name]) for name in ("write_keys", "api_tokens")}
            return {**self._settings, **hidden}

    def close(self) -> None:
        """Closes the file of accepted events."""
        self._delivered.close()

    def _profiles(self, user_id: str, anonymous_id: str) -> list[dict[str, Any]]:
        wanted = (user_id, anonymous_id)
        found = profiles(self._delivered.read())
        asked = [each for each in found if not any(wanted) or user_id in each.user_ids or anonymous_id in each.anonymous_ids]
        return [each.to_plain() for each in asked]

    def _take(self, call: str, headers: Mapping[str, str], body: bytes) -> Response:
        if len(body) > (MAX_BATCH_BYTES if call == "batch" else MAX_EVENT_BYTES):
            return _refusal(400, "request body too large")
        try:
            message = json.loads(body.decode())
        except ValueError:
            return _refusal(400, "malformed JSON")
        events = message.get("batch") if call == "batch" and isinstance(message, dict) else [message]
        if not isinstance(message, dict) or not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
            return _refusal(400, "malformed JSON: expected an object, for batch with an array of objects")
        if (_basic_key(headers) or message.get("writeKey")) not in self._settings["write_keys"]:
            return _refusal(401, "invalid write key")
        if wait := self._wait(len(events)):
            return Response.json({"success": False, "message": "rate limited"}, 429, {"Retry-After": wait, "X-RateLimit-Reset": wait})
        if any(event.get("userId") in self._settings["refused_users"] for event in events):
            return _refusal(400, "invalid event")
        if call == "batch" and any(_size(event) > MAX_EVENT_BYTES for event in events):
            return _refusal(400, "event exceeds 32 KB")
        shared = message.get("context") if call == "batch" else None
        self._keep(call, [_in_context(event, shared) for event in events] if isinstance(shared, dict) else events)
        return Response.json({"success": True})

    def _keep(self, call: str, events: list[dict[str, Any]]) -> None:
        """Records the events that the pipeline behind the API would take; the others are only counted."""
        if len(events) > MAX_EVENTS:
            self._count({"too many events": len(events)})
            return
        outcomes: Counter[str] = Counter()
        now = self._now()
        for event in events:
            kind = event.get("type") if call == "batch" else call
            suppressed = "suppressed" if self._regulations.suppressed(event.get("userId")) else ""
            outcome = _drop_reason(kind, event) or suppressed or self._duplicate(event, now) or "accepted"
            outcomes[outcome] += 1
            if outcome == "accepted":
                kept = {"messageId": str(uuid.uuid4()), **{key: event[key] for key in _KEPT if event.get(key) is not None}}
                self._seen[kept["messageId"]] = now
                self._delivered.append(str(kind), **kept)
        self._count(outcomes)

    def _forget(self, users: set[str]) -> int:
        return self._delivered.drop(lambda line: line.get("userId") in users)

    def _duplicate(self, event: dict[str, Any], now: datetime) -> str:
        seen = self._seen.get(event.get("messageId") or "")
        return "duplicate" if seen is not None and now - seen < LOOK_BACK else ""

    def _wait(self, events: int) -> str:
        """Whole seconds until the next request may come, as text; empty when this one may. Each rate lends one second's worth."""
        now, due = self._now(), {}
        for name, amount in (("requests_per_second", 1), ("events_per_second", events)):
            if rate := self._settings[name]:
                ahead = max(self._due.get(name, now) - now, timedelta())
                if ahead >= timedelta(seconds=1):
                    return str(max(1, ceil(ahead.total_seconds() - 1)))
                due[name] = now + ahead + timedelta(seconds=amount / rate)
        self._due |= due
        return ""

    def _next_planned(self) -> dict[str, Any] | None:
        if not self._settings["answers"]:
            return None
        planned, *rest = self._settings["answers"]
        self._settings["answers"] = rest
        self._store.put("settings", "all", self._settings)
        return planned if planned.get("reset") or planned["status"] != 200 else None

    def _count(self, more: Mapping[str, int]) -> None:
        counters = Counter(self._store.get("counters", "all") or {})
        counters.update(more)
        self._store.put("counters", "all", dict(counters))


def _planned(answer: dict[str, Any]) -> Response:
    if answer.get("reset"):
        return Response(status=599, reset=True)
    return Response.json({"success": False, "message": "planned"}, answer["status"], answer.get("headers"))


def _in_context(event: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    """The event with a batch's context merged into its own."""
    own = event.get("context")
    return {**event, "context": {**shared, **(own if isinstance(own, dict) else {})}}


def _drop_reason(kind: Any, event: dict[str, Any]) -> str:
    """Why Segment drops the event after it said 200; empty when it does not."""
    needed = {"track": "event", "group": "groupId", "alias": "previousId"}.get(kind)
    traits = event.get("traits")
    rules = (
        (kind not in CALLS, "unknown type"),
        (not event.get("userId") and not event.get("anonymousId"), "missing userId and anonymousId"),
        (needed is not None and not event.get(needed), f"missing {needed}"),
        (not isinstance(event.get("messageId", ""), str) or len(event.get("messageId", "")) >= MAX_MESSAGE_ID, "messageId too long"),
        (isinstance(traits, dict) and len(traits) > MAX_TRAITS, "too many traits"),
    )
    return next((reason for broken, reason in rules if broken), "")


def _basic_key(headers: Mapping[str, str]) -> str:
    """The write key of `Authorization: Basic base64(key + ":")`; empty without one."""
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _size(event: dict[str, Any]) -> int:
    return len(json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode())


def _refusal(status: int, message: str) -> Response:
    return Response.json({"success": False, "message": message}, status)
