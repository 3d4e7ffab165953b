"""The relay: events a second and core from the queue's messages to Personalize's answers, and how full its calls are.

Personalize is a sink in another process, which answers PutEvents; the SDK's client signs and sends for real. Customers are found in memory:
what DynamoDB answers is not ours. Times are CPU seconds of the relaying process.
"""

import json
import math
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import patch

from omnichannel.aws import clients
from omnichannel.aws.personalize import sender
from omnichannel.playbook.interactions import interactions
from omnichannel.realtime.events import Event, parse
from omnichannel.recommendations.customer import Customer
from omnichannel.recommendations.relay import readable, relay
from stacks.events import RELAYED_AT_ONCE

PER_SECOND, FULL, REPEATS = 2_000, 1.0, 3
SESSION_EVENTS = 8
"""Of a visit, on average, that are in one batch of the queue; each shop has its own."""
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
GRANTED = {"personalization/web": {"granted": True, "at": "2026-01-01T00:00:00Z"}}
_SINK = "from tests.benchmarks.relay import serve; serve()"


def measure(rows: int) -> list[dict[str, Any]]:
    """`rows` events in batches as the queue gives them."""
    batches = list(_batches(rows))
    with _sink() as port:
        runs = [_relay(batches, port) for _ in range(REPEATS)]
    seconds, calls = min(seconds for seconds, _ in runs), runs[0][1]
    speed, least = rows / seconds, sum(_least(batch) for batch in batches)
    return [
        _row("relay: events a second and core", speed, "/s", rows, goal=f"≥ {PER_SECOND:,}", met=speed >= PER_SECOND),
        _row(
            "… calls beside the fewest possible",
            calls,
            "calls",
            rows,
            floor=least,
            ratio=calls / least,
            goal=f"≤ {FULL:g}",
            met=calls <= least,
        ),
    ]


def _row(name: str, value: float, unit: str, rows: int, **told: Any) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "floor": None, "ratio": None, "rows": rows, "peak_mb": None} | told


def _batches(rows: int) -> Iterator[list[dict[str, Any]]]:
    rng = random.Random(7)
    for first in range(0, rows, RELAYED_AT_ONCE):
        count = min(RELAYED_AT_ONCE, rows - first)
        visitors = max(1, count // SESSION_EVENTS)
        yield [_record(first + n, f"{first}-{rng.randrange(visitors)}", rng) for n in range(count)]


def _record(number: int, visitor: str, rng: random.Random) -> dict[str, Any]:
    stamp = (NOW + timedelta(seconds=number % 60)).isoformat()
    name = rng.choice(("Product Viewed", "Product Viewed", "Product Added"))
    properties = {"product_id": f"p-{rng.randrange(4000)}", "price": 9.5}
    message = {"messageId": f"m-{number:09d}", "type": "track", "event": name, "anonymousId": f"anon-{visitor}", "userId": f"ref-{visitor}"}
    event = parse({**message, "timestamp": stamp, "properties": properties}, received_at=NOW + timedelta(minutes=2))
    return {"messageId": str(number), "body": json.dumps({"detail": event.to_detail()})}


def _least(batch: list[dict[str, Any]]) -> int:
    visitors = Counter(json.loads(record["body"])["detail"]["anonymous_id"] for record in batch)
    return sum(math.ceil(count / 10) for count in visitors.values())


def _relay(batches: list[list[dict[str, Any]]], port: int) -> tuple[float, int]:
    """CPU seconds and calls."""
    keys = {"AWS_ENDPOINT_URL_PERSONALIZE_EVENTS": f"http://127.0.0.1:{port}", "AWS_DEFAULT_REGION": "us-east-1"}
    with patch.dict(os.environ, {**keys, "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}):
        clients.forget()
        send, calls = sender(clients.client("personalize-events"), "tracking", in_time=lambda: True), 0

        def counted(interactions: Any) -> None:
            nonlocal calls
            calls += 1
            send(interactions)

        started = time.process_time()
        for batch in batches:
            received, unreadable = readable(batch)
            done = relay(received, interactions(), _customers, counted)
            assert not unreadable
            assert (len(done.outcomes), done.undecided) == (len(batch), [])
        return time.process_time() - started, calls


def _customers(events: Iterable[Event]) -> Any:
    return lambda event: Customer(customer_id=f"c_{event.user_id}", consents=GRANTED)


class _Sink(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


def serve() -> None:
    """The sink, until its process is ended; its port on standard output."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Sink)
    print(server.server_port, flush=True)  # noqa: T201
    server.serve_forever()


@contextmanager
def _sink() -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-c", _SINK], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield int(process.stdout.readline())
        finally:
            process.terminate()
            process.wait()
