"""The webhook's function: its own CPU per event, and what it takes to start.

The floor of an event is decoding its JSON and computing its signature under both secrets; the function is asked with a bus that answers at
once, so that no call is in it. The floor of a start is a Python that does nothing. Every start is a process of its own.
"""

import hashlib
import hmac
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from lambdas.event_door import CachedSecrets, respond
from omnichannel.aws import sigv4
from omnichannel.contracts.environment.events import EventDoorEnv
from omnichannel.playbook.interactions import forwarded
from omnichannel.realtime.signature import sign

OWN_MICROSECONDS, START_MS, START_MB = 25.0, 200.0, 45.0
REPEATS, STARTS = 15, 5
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRETS = ("the-current-secret", "the-previous-secret")
ENV = EventDoorEnv(bus_name="bus", webhook_secret="secret", forwarded=json.dumps(forwarded()))
_START = r"""
import time
{imports}
import re, resource, sys
assert not [name for name in ("boto3", "botocore", "yaml", "pydantic") if name in sys.modules]
seconds = time.process_time()
try:
    # Not the usage that the parent left behind, which getrusage goes on to tell.
    peak = int(re.search(r"VmHWM:\s*(\d+)", open("/proc/self/status").read())[1])
except FileNotFoundError:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(seconds, peak / 1024)
"""


def measure(rows: int) -> list[dict[str, Any]]:
    """`rows` events; times in CPU seconds of this process, of processes of their own for starts."""
    requests = [_request(number) for number in range(rows)]
    floor = min(_seconds(lambda: _floor(requests)) for _ in range(REPEATS))
    whole = min(_seconds(lambda: _ask(requests)) for _ in range(REPEATS))
    own = (whole - floor) / rows * 1e6
    bare, door = _start(""), _start("import lambdas.event_door")
    milliseconds, megabytes = (after - before for before, after in zip(bare, door, strict=True))
    per = floor / rows * 1e6
    return [
        _row("event door: own CPU of an event", own, "µs", rows, floor=per, ratio=own / per, goal=f"≤ {OWN_MICROSECONDS:g}"),
        _row("… start above bare Python", milliseconds, "ms", 1, floor=bare[0], goal=f"≤ {START_MS:g}"),
        _row("… memory above bare Python", megabytes, "MB", 1, floor=bare[1], goal=f"≤ {START_MB:g}", peak_mb=door[1]),
    ]


def _row(name: str, value: float, unit: str, rows: int, *, goal: str, **told: Any) -> dict[str, Any]:
    met = value <= float(goal.removeprefix("≤ "))
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "floor": None,
        "ratio": None,
        "rows": rows,
        "peak_mb": None,
        "goal": goal,
        "met": met,
    } | told


def _request(number: int) -> dict[str, Any]:
    stamp = NOW.isoformat()
    message = {
        "messageId": f"ajs-next-{number:012d}", "type": "track", "event": "Product Viewed", "anonymousId": f"anon-{number % 997}",
        "userId": f"ref-{number % 499}", "timestamp": stamp, "receivedAt": stamp, "sentAt": stamp, "originalTimestamp": stamp,
        "context": {"sessionId": str(number % 997), "device": {"type": "mobile"}, "userAgent": "Mozilla/5.0", "locale": "en-GB"},
        "properties": {"product_id": f"p-{number % 4000}", "name": "Trail runner", "category": "Shoes", "price": 89.5, "currency": "EUR"},
    }  # fmt: skip
    body = json.dumps(message)
    headers = {"content-type": "application/json", "user-agent": "Segment.io/1.0", "x-signature": sign(body.encode(), SECRETS[0])}
    return {"headers": headers, "body": body, "isBase64Encoded": False, "requestContext": {"requestId": "r"}}


def _floor(requests: list[dict[str, Any]]) -> None:
    for request in requests:
        body = request["body"].encode()
        for secret in SECRETS:
            hmac.compare_digest(hmac.new(secret.encode(), body, hashlib.sha1).hexdigest(), request["headers"]["x-signature"])
        orjson.loads(body)


def _ask(requests: list[dict[str, Any]]) -> None:
    secrets = CachedSecrets(clock=time.monotonic)
    for request in requests:
        answer = respond(request, ENV, call=_call, secrets=secrets, received_at=NOW)
        assert answer["statusCode"] == 200, answer


def _call(service: sigv4.Service, operation: str, request: Mapping[str, object]) -> dict[str, Any]:
    if operation == "GetSecretValue":
        return {"SecretString": json.dumps(dict(zip(("current", "previous"), SECRETS, strict=True)))}
    return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}


def _seconds(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _start(imports: str) -> tuple[float, float]:
    """CPU milliseconds and peak megabytes of a process that imports this and ends; the best of a few."""
    code = _START.format(imports=imports)
    told = [subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.split() for _ in range(STARTS)]
    return min(float(seconds) for seconds, _ in told) * 1000, min(float(megabytes) for _, megabytes in told)
