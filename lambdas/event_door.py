"""Segment's webhook: one signed event a request, onto the bus.

Imports neither boto3 nor botocore, nor what would: the sender waits five seconds at most, a cold start included.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from omnichannel.aws import bus, sigv4
from omnichannel.aws.bus import Call
from omnichannel.contracts.environment.events import EventDoorEnv
from omnichannel.realtime.counting import Counted, Door, count
from omnichannel.realtime.door import NotAccepted, publish, taken, wanted
from omnichannel.realtime.events import Unusable
from omnichannel.realtime.signature import Secrets
from omnichannel.realtime.webhook import Refused, message_of, request_of

SECRET_SECONDS = 300
"""How long a secret is believed: a rotation takes effect within this time."""
Answer = dict[str, Any]
_log = logging.getLogger(__name__)


def handler(event: Mapping[str, Any], context: object) -> Answer:
    """Answers one request of the HTTP API (payload version 2.0)."""
    env = EventDoorEnv.load()
    return respond(event, env, call=bus.call, secrets=_cached_secrets(), received_at=datetime.now(UTC))


def respond(event: Mapping[str, Any], env: EventDoorEnv, *, call: Call, secrets: "CachedSecrets", received_at: datetime) -> Answer:
    """200 when the bus has the event, or nobody wants it; 400, 401, 413 or 415 when it never will; 503 when trying again may help."""
    request_id = str((event.get("requestContext") or {}).get("requestId", ""))
    try:
        message = message_of(request_of(event), secrets.get(env.webhook_secret, call))
        found = taken(message, wanted(env.forwarded), received_at=received_at)
        if found:
            publish(found, env.bus_name, partial(call, sigv4.EVENTBRIDGE, "PutEvents"))
    except (Refused, Unusable) as never:
        refused = never if isinstance(never, Refused) else Refused(400, f"Unusable event: {never.reason}", str(never))
        _tell(logging.WARNING, "refused", request_id, status=refused.status, title=refused.title)
        return _problem(refused.status, refused.title, str(refused), request_id)
    except (NotAccepted, sigv4.Refused, sigv4.Unreachable) as failure:
        _tell(logging.ERROR, "not accepted", request_id, status=503, error=str(failure))
        return _problem(503, "Not accepted", "the event was not stored; send it again", request_id)
    if not found:
        count(Counted.IGNORED, Door.WEBHOOK, received_at)
    return _answer(200, "application/json", '{"accepted":1}' if found else '{"ignored":1}')


@dataclass
class CachedSecrets:
    """The webhook secrets, fetched again when older than `SECRET_SECONDS`."""

    clock: Callable[[], float]
    fetched_at: float = 0.0
    secret_id: str = ""
    value: Secrets | None = None

    def get(self, secret_id: str, call: Call) -> Secrets:
        """The secrets that are valid now; raises what `sigv4.call` raises, and `NotAccepted` for a secret that is none."""
        now = self.clock()
        if self.value is None or self.secret_id != secret_id or now - self.fetched_at >= SECRET_SECONDS:
            answer = call(sigv4.SECRETS_MANAGER, "GetSecretValue", {"SecretId": secret_id})
            try:
                self.value = Secrets.from_json(answer.get("SecretString", ""))
            except ValueError as malformed:
                raise NotAccepted(str(malformed)) from None
            self.secret_id, self.fetched_at = secret_id, now
        return self.value


@cache
def _cached_secrets() -> CachedSecrets:
    return CachedSecrets(clock=time.monotonic)


def _problem(status: int, title: str, detail: str, request_id: str) -> Answer:
    """RFC 9457: what was wrong, and the id under which the log knows it."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": f"urn:request:{request_id}"}
    return _answer(status, "application/problem+json", json.dumps(body))


def _answer(status: int, content_type: str, body: str) -> Answer:
    """For this request alone: nobody on the way keeps it."""
    return {"statusCode": status, "headers": {"content-type": content_type, "cache-control": "no-store"}, "body": body}


def _tell(level: int, message: str, request_id: str, **what: object) -> None:
    """One structured line; never the body, the signature or an id of a person."""
    _log.log(level, json.dumps({"message": message, "request_id": request_id, **what}))
