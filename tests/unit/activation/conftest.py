"""A sink that answers by a script, a clock that only moves when someone waits, and a sender between them."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import urllib3

from omnichannel.activation.segment import Event, identify
from omnichannel.activation.segment_pace import Pace
from omnichannel.activation.sender import Sender

START = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class ScriptedSink:
    """Stands for the connection: answers with what `script` says, and with 200 once it is over."""

    script: list[Any] = field(default_factory=list)
    requests: list[SimpleNamespace] = field(default_factory=list)
    poison: frozenset[str] = frozenset()

    def request(self, method: str, url: str, *, body: bytes, headers: dict[str, str], **_: Any) -> Any:
        events = json.loads(gzip.decompress(body))["batch"]
        self.requests.append(SimpleNamespace(method=method, url=url, headers=headers, ids=[e["messageId"] for e in events]))
        answer = self.script.pop(0) if self.script else 200
        if isinstance(answer, Exception):
            raise answer
        status, reply_headers = answer if isinstance(answer, tuple) else (answer, {})
        if status == 200 and self.poison & set(self.requests[-1].ids):
            status = 400
        return SimpleNamespace(status=status, headers=urllib3.HTTPHeaderDict(reply_headers))


@dataclass
class Clock:
    """Time that passes by waiting."""

    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds


@dataclass
class Key:
    """A write key that may have been rotated."""

    value: str = "the-write-key"
    next_value: str = "the-write-key"
    secret_id: str = "segment-secret"

    def get(self) -> str:
        return self.value

    def changed(self) -> bool:
        before, self.value = self.value, self.next_value
        return before != self.value


@pytest.fixture
def sink() -> ScriptedSink:
    return ScriptedSink()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def key() -> Key:
    return Key()


@pytest.fixture
def sender(sink: ScriptedSink, clock: Clock, key: Key) -> Callable[..., Sender]:
    def make(*, events_per_second: float = 1e9, seconds: float = 900.0) -> Sender:
        return Sender(
            endpoint="https://sink.example/v1",
            key=key,
            pace=Pace(agreed=events_per_second),
            remaining=lambda: seconds - clock.seconds,
            http=sink,
            clock=clock,
            sleep=clock.sleep,
            jitter=lambda low, high: high,
            now=lambda: START,
        )

    return make


@pytest.fixture
def events() -> Callable[[int], list[Event]]:
    def make(count: int) -> list[Event]:
        return [
            Event(f"c_{n}", "hash", f"m-{n}", identify(f"CRM-{n}", {"churn_band": "low"}, as_of="2026-03-01", message_id=f"m-{n}"))
            for n in range(count)
        ]

    return make
