"""What became of every click, hop by hop, as the parts of the loop were seen to have it.

Pure: whoever watches tells it what was seen, and it tells whoever listens that something is new. Times are seconds of one clock.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

HOPS = ("door", "bus", "relay", "segment", "decision", "message")
KEPT = 30
"""Clicks of a visitor that are still told of."""
WAITING, DONE, SKIPPED, FAILED = "waiting", "done", "skipped", "failed"


@dataclass(kw_only=True)
class Hop:
    """One part of the way: how it stands, in words, and how many seconds after the click."""

    state: str = WAITING
    text: str = ""
    seconds: float | None = None


@dataclass(kw_only=True)
class Trace:
    """One event: a visitor's click, or a timer's. `at` is its time as the loop spells it, `begun` that of the clock, `decisions` the ids
    under which the bus told what was decided because of it."""

    id: str
    title: str
    about: str
    at: str
    begun: float
    by_timer: bool = False
    hops: dict[str, Hop] = field(default_factory=lambda: {name: Hop() for name in HOPS})
    decisions: set[str] = field(default_factory=set)

    def to_plain(self) -> dict[str, Any]:
        """As the page reads it."""
        return {
            "id": self.id, "title": self.title, "about": self.about, "at": self.at, "by_timer": self.by_timer,
            "hops": {name: vars(hop).copy() for name, hop in self.hops.items()},
        }  # fmt: skip


@dataclass(kw_only=True)
class Visitor:
    """A browser, whom it turned out to be, and what is known of them. `customer_id` is empty for somebody whom onboarding does not know."""

    anonymous_id: str
    user_id: str = ""
    customer_id: str = ""
    traces: deque[Trace] = field(default_factory=lambda: deque(maxlen=KEPT))
    customer: Mapping[str, Any] = field(default_factory=dict)
    identity: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0

    def to_plain(self) -> dict[str, Any]:
        """As the page reads it, the newest event first."""
        return {
            "anonymous_id": self.anonymous_id, "user_id": self.user_id, "customer_id": self.customer_id, "version": self.version,
            "customer": self.customer, "identity": self.identity, "traces": [trace.to_plain() for trace in reversed(self.traces)],
        }  # fmt: skip


class Journal:
    """Visitors and their events; everything may be called from several threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._news = threading.Condition()
        self._visitors: dict[str, Visitor] = {}

    def visitor(self, anonymous_id: str) -> Visitor:
        """The visitor of a browser, known from now on."""
        with self._news:
            return self._visitors.setdefault(anonymous_id, Visitor(anonymous_id=anonymous_id))

    def is_now(self, anonymous_id: str, user_id: str, customer_id: str) -> None:
        """Who is logged in there."""
        with self._changing(anonymous_id) as visitor:
            if (visitor.user_id, visitor.customer_id) != (user_id, customer_id):
                visitor.user_id, visitor.customer_id, visitor.customer = user_id, customer_id, {}

    def begin(self, anonymous_id: str, *, id: str, title: str, about: str, at: str) -> None:
        """A click is on its way."""
        with self._changing(anonymous_id) as visitor:
            visitor.traces.append(Trace(id=id, title=title, about=about, at=at, begun=self._clock()))

    def saw(self, id: str, hop: str, state: str, text: str) -> None:
        """A part of the loop has the event, or said that it has not; what was said first stays."""
        for visitor, trace in self._traces():
            if trace.id == id and trace.hops[hop].state == WAITING:
                with self._changing(visitor.anonymous_id):
                    trace.hops[hop] = Hop(state=state, text=text, seconds=self._clock() - trace.begun)

    def ends_at(self, id: str, hop: str, text: str) -> None:
        """Nothing comes after this: what is still open is not on this event's way."""
        for name in HOPS[HOPS.index(hop) + 1 :]:
            self.saw(id, name, SKIPPED, text)

    def changed(self, customer_id: str, at: str, what: str, title: str) -> None:
        """A live segment was entered or left at a time: by the event of that time, or by a timer."""
        for visitor in self._who_is(customer_id):
            with self._changing(visitor.anonymous_id):
                trace = next((each for each in visitor.traces if each.at == at), None) or self._timer(visitor, at, title)
                hop = trace.hops["segment"]
                text = f"{hop.text}, {what}" if hop.state == DONE else what
                trace.hops["segment"] = Hop(state=DONE, text=text, seconds=self._clock() - trace.begun)

    def decided(self, customer_id: str, caused_at: str, event_id: str, text: str, sent: Hop) -> None:
        """The next action was decided anew because of what happened at a time; of two decisions the later one is told."""
        for visitor in self._who_is(customer_id):
            with self._changing(visitor.anonymous_id):
                trace = next((each for each in visitor.traces if each.at == caused_at), None) or _awaiting(visitor)
                if trace:
                    trace.decisions.add(event_id)
                    trace.hops["decision"] = Hop(state=DONE, text=text, seconds=self._clock() - trace.begun)
                    if trace.hops["message"].state != DONE:
                        trace.hops["message"] = sent

    def messaged(self, event_id: str, hop: Hop) -> None:
        """What became of the message that a decision asked for; what went out stays."""
        for visitor, trace in self._traces():
            if event_id in trace.decisions and trace.hops["message"].state != DONE:
                with self._changing(visitor.anonymous_id):
                    trace.hops["message"] = Hop(state=hop.state, text=hop.text, seconds=self._clock() - trace.begun)

    def knows(self, customer_id: str, customer: Mapping[str, Any]) -> None:
        """What the customer's item holds."""
        for visitor in self._who_is(customer_id):
            if visitor.customer != customer:
                with self._changing(visitor.anonymous_id):
                    visitor.customer = customer

    def is_one(self, anonymous_id: str, identity: Mapping[str, Any]) -> None:
        """Who the sinks take the visitor for."""
        if self.visitor(anonymous_id).identity != identity:
            with self._changing(anonymous_id) as visitor:
                visitor.identity = identity

    def open_at(self, hop: str, after: str) -> list[tuple[str, str]]:
        """Browser and id of every event that passed one hop and waits for another."""
        return [
            (visitor.anonymous_id, trace.id)
            for visitor, trace in self._traces()
            if trace.hops[after].state == DONE and trace.hops[hop].state == WAITING
        ]

    def messages_awaited(self) -> set[str]:
        """Ids of decisions whose message has not been heard of."""
        return {each for _, trace in self._traces() if trace.hops["message"].state == WAITING for each in trace.decisions}

    def customers(self) -> set[str]:
        """Our ids of everybody who is logged in somewhere."""
        with self._news:
            return {visitor.customer_id for visitor in self._visitors.values() if visitor.customer_id}

    def told(self, anonymous_id: str) -> dict[str, Any]:
        """The visitor as the page reads it."""
        visitor = self.visitor(anonymous_id)
        with self._news:
            return visitor.to_plain()

    def wait(self, anonymous_id: str, version: int, seconds: float) -> dict[str, Any] | None:
        """The visitor as soon as there is something newer than a version; None after so many seconds."""
        visitor = self.visitor(anonymous_id)
        with self._news:
            return visitor.to_plain() if self._news.wait_for(lambda: visitor.version > version, seconds) else None

    def _changing(self, anonymous_id: str) -> "_Changing":
        return _Changing(self._news, self.visitor(anonymous_id))

    def _traces(self) -> Iterator[tuple[Visitor, Trace]]:
        with self._news:
            found = [(visitor, trace) for visitor in self._visitors.values() for trace in visitor.traces]
        return iter(found)

    def _who_is(self, customer_id: str) -> list[Visitor]:
        with self._news:
            return [visitor for visitor in self._visitors.values() if visitor.customer_id == customer_id]

    def _timer(self, visitor: Visitor, at: str, title: str) -> Trace:
        trace = Trace(
            id=f"timer-{at}-{title}", title=title, about="nobody clicked: time has passed", at=at, begun=self._clock(), by_timer=True
        )
        for name in ("door", "bus", "relay"):
            trace.hops[name] = Hop(state=SKIPPED, text="a timer")
        visitor.traces.append(trace)
        return trace


class _Changing:
    """One change of a visitor, told to whoever waits."""

    def __init__(self, news: threading.Condition, visitor: Visitor) -> None:
        self._news, self._visitor = news, visitor

    def __enter__(self) -> Visitor:
        self._news.acquire()
        return self._visitor

    def __exit__(self, *_: object) -> None:
        self._visitor.version += 1
        self._news.notify_all()
        self._news.release()


def _awaiting(visitor: Visitor) -> Trace | None:
    """The oldest event that changed a segment and was not answered by a decision."""
    waits = (each for each in visitor.traces if each.hops["segment"].state == DONE and each.hops["decision"].state == WAITING)
    return next(waits, None)
