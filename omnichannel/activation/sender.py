"""Sends batches to Segment until each is acknowledged, refused, or there is no time left.

At least once, with the same message ids on every try: Segment drops the repeats. The gate is asked before every single request, so
that a wait, however long, lets nothing out that may no longer leave. Nothing of an event or of the key is ever in a log or an error.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import NamedTuple

import urllib3
from isal import igzip

from omnichannel.activation import waits
from omnichannel.activation.segment import LIBRARY, Event, payload
from omnichannel.activation.segment_pace import Pace
from omnichannel.activation.write_key import WriteKey

TRIES = 8
CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 30.0
LEAST_SECONDS = 1.0
"""With less than this left, no request is begun."""

_REFUSED = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
_UNAUTHORIZED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


Gate = Callable[[Sequence[Event]], Sequence[Event]]
"""Which of the events may leave at this moment, in their order; it notes by itself why the others may not."""


class SinkUnavailable(Exception):
    """The sink did not take a batch within so many tries; the rest can be sent by running the part again."""


class OutOfTime(Exception):
    """The time for this part is nearly over; the rest can be sent by running the part again."""


class Unauthorized(Exception):
    """The sink refuses the write key, also after reading it again; sending more is pointless."""


class Answer(NamedTuple):
    """What the sink said of some events: acknowledged, or refused for good (then it is one event)."""

    accepted: bool
    events: Sequence[Event]


class _Reply(NamedTuple):
    status: int
    headers: Mapping[str, str]
    error: str = ""


def open_gate(events: Sequence[Event]) -> Sequence[Event]:
    """Lets everything out."""
    return events


@dataclass(kw_only=True)
class Sender:
    """One connection to Segment at `endpoint` (`https://…/v1`), at most as fast as `pace`.

    `remaining` tells how many seconds may still be spent; the sender gives up before they are over.
    """

    endpoint: str
    key: WriteKey
    pace: Pace
    remaining: Callable[[], float]
    http: urllib3.PoolManager = field(default_factory=urllib3.PoolManager, repr=False)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: waits.Jitter = random.uniform
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    requests: int = field(default=0, init=False)
    _free_at: float = field(default=0.0, init=False)

    def send(self, batch: Sequence[Event], gate: Gate = open_gate) -> Iterator[Answer]:
        """Sends one batch within the limits; yields each answer as soon as it is known, so that it can be remembered.

        A refused batch is halved until the refused events stand alone. Raises `SinkUnavailable`, `OutOfTime` or
        `Unauthorized`; what was not answered by then was not acknowledged.
        """
        pending = [batch] if batch else []
        while pending:
            answer = self._answer(pending.pop(), gate)
            group = answer.events
            if answer.accepted or len(group) == 1:
                yield answer
            elif group:
                middle = len(group) // 2
                pending += [group[middle:], group[:middle]]

    def _answer(self, group: Sequence[Event], gate: Gate) -> Answer:
        """Whether the sink took (or refuses for what is in it) as much of the group as the gate let out in the end."""
        body, failures, throttled = b"", 0, False
        while True:
            self._await_turn(len(group))
            group, before = gate(group), group
            if not group:
                return Answer(False, group)
            if not body or len(group) < len(before):
                body = igzip.compress(payload(group), compresslevel=1, mtime=0)
            reply = self._post(body)
            if 200 <= reply.status < 300 or reply.status in _REFUSED:
                return Answer(reply.status not in _REFUSED, group)
            if reply.status in _UNAUTHORIZED:
                self._renew_key(reply)
            elif reply.status == HTTPStatus.TOO_MANY_REQUESTS:
                failures, throttled = self._throttled(reply, failures + 1, before=throttled), True
            else:
                failures = self._failed(reply, failures + 1)

    def _throttled(self, reply: _Reply, failures: int, *, before: bool) -> int:
        """Waits as told. A batch lowers the pace once, however often it is told to wait."""
        if not before:
            self.pace.lower()
        self._wait(self._told_wait(reply, failures))
        return failures

    def _failed(self, reply: _Reply, failures: int) -> int:
        """Waits after a failure that may pass; raises for one that will not, or the last of too many."""
        passing = reply.status in (0, HTTPStatus.REQUEST_TIMEOUT) or reply.status >= 500
        if not passing or failures >= TRIES:
            raise SinkUnavailable(f"{self.endpoint}: {reply.error or f'answered {reply.status}'}, {failures} tries")
        self._wait(self._told_wait(reply, failures))
        return failures

    def _told_wait(self, reply: _Reply, failures: int) -> float:
        asked = waits.told(reply.headers.get("Retry-After"), self.now())
        return waits.backoff(failures, self.jitter) if asked is None else asked

    def _renew_key(self, reply: _Reply) -> None:
        if not self.key.changed():
            raise Unauthorized(f"{self.endpoint} answered {reply.status} to the write key in secret {self.key.secret_id}")

    def _await_turn(self, events: int) -> None:
        """Waits until the events sent before have had their share of time."""
        self._wait(self._free_at - self.clock())
        self._free_at = max(self.clock(), self._free_at) + events / self.pace.now

    def _wait(self, seconds: float) -> None:
        if self.remaining() - max(seconds, 0.0) < LEAST_SECONDS:
            raise OutOfTime(f"{self.endpoint}: {max(seconds, 0.0):.1f} s to wait, {self.remaining():.1f} s left; run the part again")
        if seconds > 0:
            self.sleep(seconds)

    def _post(self, body: bytes) -> _Reply:
        headers = {
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
            "User-Agent": LIBRARY,
            **urllib3.make_headers(basic_auth=f"{self.key.get()}:"),
        }
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=min(ANSWER_SECONDS, max(self.remaining(), LEAST_SECONDS)))
        self.requests += 1
        try:
            reply = self.http.request(
                "POST", f"{self.endpoint}/batch", body=body, headers=headers, timeout=timeout, retries=False, redirect=False
            )
        except urllib3.exceptions.HTTPError as lost:
            # Answer lost or never given: the events may have arrived; the next try carries the same message ids.
            return _Reply(0, {}, type(lost).__name__)
        return _Reply(reply.status, reply.headers)
