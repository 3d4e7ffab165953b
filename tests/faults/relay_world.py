"""The way back to Segment as deployed: the relay's function over moto, a queue as a list, and the twin of Segment on loopback.

What waits, waits on the world's clock: the debounce, the queue's waits, and Segment's `Retry-After`. Times of items are of the same clock.
"""

import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from botocore.exceptions import ClientError

from lambdas import segment_relay
from omnichannel.activation.sender import Sender
from omnichannel.aws import clients, dynamodb
from omnichannel.aws.sqs import wait_of
from omnichannel.ledger.parts import parts_by_sink, unpacked, write_part
from omnichannel.realtime.reverse.relay import Relay
from stacks.reverse_relay import TIMEOUT, TRIES
from tests.faults.killing import Killed
from tests.faults.matrix import Outcome
from tests.faults.segment_world import CUSTOMERS, GRANTED, LAKE, SegmentWorld, segment_world

DEBOUNCE = 60.0
BATCH = 20
SEGMENTS = "omnichannel.segments"


@dataclass(frozen=True)
class Expected:
    """Customers of whom something changed, and the reason of each who must not be told of."""

    customers: Sequence[str]
    instead: Mapping[str, str] = field(default_factory=dict)
    dead: int = 0


@dataclass
class RelayWorld:
    """The function, its queue, and Segment; `kill` ends the function once, before its ledger."""

    segment: SegmentWorld
    queue: list[dict[str, Any]] = field(default_factory=list)
    dead: list[dict[str, Any]] = field(default_factory=list)
    kill: bool = False
    kill_before_memory: bool = False
    invocations: int = 0

    def clean(self) -> None:
        """Nobody, nothing on its way, an empty ledger."""
        self.segment.clean()
        self.queue.clear()
        self.dead.clear()
        s3 = clients.client("s3")
        for each in s3.list_objects_v2(Bucket=LAKE).get("Contents", ()):
            s3.delete_object(Bucket=LAKE, Key=each["Key"])

    def heal(self) -> None:
        """A Segment that is well."""
        self.segment.heal()
        self.kill = self.kill_before_memory = False

    def now(self) -> datetime:
        """The time that everybody sees."""
        return self.segment.now()

    def sleep(self, seconds: float) -> None:
        """Lets time pass."""
        self.segment.seconds += seconds

    def ledger(self) -> list[dict[str, Any]]:
        """Every row of the relay's."""
        return list(self._rows())

    def change(self, customer_id: str, *, segments: Sequence[str] = (), action: str = "", items: Sequence[str] = (), **more: Any) -> None:
        """Writes the customer's item as the triggers and the decision do, then tells the queue."""
        until = (self.now() + timedelta(days=9)).isoformat()
        before = next(iter(dynamodb.batch_get(clients.client("dynamodb"), CUSTOMERS, [{"customer_id": customer_id}])), {})
        item = {
            **before,
            "customer_id": customer_id, "customer_ref": f"u-{customer_id}", "consents": GRANTED,
            "live_segments": {name: {"since": self.now().isoformat(), "until": until} for name in segments},
            **({"next_action": {"action": action, "items": list(items), "at": self.now().isoformat()}} if action else {}), **more,
        }  # fmt: skip
        dynamodb.batch_put(clients.client("dynamodb"), CUSTOMERS, [item])
        self.tell(customer_id)

    def tell(self, customer_id: str) -> None:
        """One change on the bus, which the queue holds back for the debounce."""
        body = {"source": SEGMENTS, "time": f"{self.now():%Y-%m-%dT%H:%M:%SZ}", "detail": {"customer_id": customer_id}}
        self.enqueue(json.dumps(body))

    def enqueue(self, body: str) -> None:
        """A message of the queue."""
        self.queue.append({"messageId": f"q-{len(self.queue)}-{self.segment.seconds}", "body": body, "tries": 0,
                           "visible": self.segment.seconds + DEBOUNCE})  # fmt: skip

    def work(self) -> None:
        """The relay until its queue is empty: what fails comes back after its wait, and ends as a dead letter."""
        while self.queue:
            self.work_once()

    def work_once(self) -> None:
        """One invocation, with what is there by then."""
        if self.queue:
            self.segment.seconds = max(self.segment.seconds, min(each["visible"] for each in self.queue))
            ready = [each for each in self.queue if each["visible"] <= self.segment.seconds][:BATCH]
            self.queue = [each for each in self.queue if not any(each is one for one in ready)]
            for each in self._invoke(ready):
                each["tries"] += 1
                record = {"attributes": {"ApproximateReceiveCount": str(each["tries"])}}
                each["visible"] = self.segment.seconds + wait_of(record)
                (self.dead if each["tries"] >= TRIES else self.queue).append(each)

    def _invoke(self, batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self.invocations += 1
        started = self.segment.seconds
        left = lambda: int((TIMEOUT.to_seconds() - self.segment.seconds + started) * 1000)  # noqa: E731 - of this invocation alone
        context = SimpleNamespace(aws_request_id=f"invocation-{self.invocations}", get_remaining_time_in_millis=left)
        records = [{"messageId": each["messageId"], "body": each["body"]} for each in batch]
        try:
            answer = segment_relay.handler({"Records": records}, context)
        except (Killed, ClientError):
            return batch
        failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        return [each for each in batch if each["messageId"] in failed]

    def held(self) -> dict[str, dict[str, Any]]:
        """Live traits on the profiles of Segment, by our id: the last word of each trait."""
        profiles: dict[str, dict[str, Any]] = {}
        for event in self.segment.taken():
            profiles.setdefault(event["userId"].removeprefix("u-"), {}).update(event["traits"])
        return profiles

    def wanted(self, customer_id: str) -> dict[str, Any]:
        """What the customer's item says by now."""
        [item] = dynamodb.batch_get(clients.client("dynamodb"), CUSTOMERS, [{"customer_id": customer_id}])
        live = {"live_segments": sorted(item.get("live_segments", {}))}
        action = item.get("next_action")
        return {**live, **({"next_best_action": action["action"], "recommended_items": action["items"]} if action else {})}

    def outcome(self, given: Expected) -> Outcome:
        """The ledger beside what Segment holds: each customer's profile says what their item says, or nothing where it must not."""
        rows = list(self._rows())
        reasons = {row["customer_id"]: row["reason"] for row in rows if row["reason"] and row["reason"] != "unchanged"}
        profiles, mine = self.held(), set(given.customers)
        wrong = reasons.keys() - given.instead.keys()
        right = {who for who in mine - given.instead.keys() if profiles.get(who) == self.wanted(who)}
        withheld = Counter(reasons[who] for who in given.instead if reasons.get(who) == given.instead[who] and who not in profiles)
        events = [event for event in self.segment.taken() if event["userId"].removeprefix("u-") in mine]
        told = {row["message_id"] for row in rows if row["status"] == "delivered"}
        ids = [event["messageId"] for event in events]
        pairs = [(event["userId"], json.dumps(event["traits"], sort_keys=True)) for event in events]
        again = sum(one == other for who in mine for one, other in _neighbours([pair for pair in pairs if pair[0] == f"u-{who}"]))
        return Outcome(
            landed=len(mine),
            delivered=len(right),
            rejected=Counter(),
            withheld=withheld,
            dead_lettered=0,
            twice=len(ids) - len(set(ids)) + again,
            unexplained=len(told - set(ids)) + len(wrong) + abs(len(self.dead) - given.dead),
        )

    def _rows(self) -> Iterator[dict[str, Any]]:
        s3 = clients.client("s3")
        days = {key.split("run=")[1].split("/")[0] for key in self._keys()}
        for day in sorted(days):
            for key in parts_by_sink(s3, LAKE, flow="live-traits", run=day).get("segment", []):
                yield from unpacked(s3.get_object(Bucket=LAKE, Key=key)["Body"].read())

    def _keys(self) -> list[str]:
        found = clients.client("s3").list_objects_v2(Bucket=LAKE).get("Contents", ())
        return [each["Key"] for each in found if "flow=live-traits/" in each["Key"]]


def _neighbours(values: list[Any]) -> Iterator[tuple[Any, Any]]:
    return pairwise(values)


@contextmanager
def relay_world() -> Iterator[RelayWorld]:
    """A deployed relay, nobody known, until the block ends."""
    with ExitStack() as opened:
        world = RelayWorld(opened.enter_context(segment_world()))
        segment = world.segment
        timed = partial(Sender, clock=segment.clock, sleep=segment.sleep, now=segment.now)
        opened.enter_context(patch.object(segment_relay, "Sender", timed))
        opened.enter_context(patch.object(segment_relay, "Relay", lambda **more: _on_the_worlds_clock(world, **more)))
        opened.enter_context(patch.object(segment_relay, "write_part", lambda *args, **more: _write(world, *args, **more)))
        segment_relay._write_key.cache_clear()
        segment_relay.log.setLevel(logging.CRITICAL)
        opened.callback(segment_relay.log.setLevel, logging.INFO)
        yield world


def _on_the_worlds_clock(world: RelayWorld, **more: Any) -> Relay:
    relay = Relay(**{**more, "now": world.now})
    if world.kill_before_memory:
        world.kill_before_memory = False
        relay._record = _killed  # type: ignore[method-assign]
    return relay


def _killed(answer: object) -> None:
    raise Killed


def _write(world: RelayWorld, *args: Any, **more: Any) -> None:
    if world.kill:
        world.kill = False
        raise Killed
    write_part(*args, **more)
