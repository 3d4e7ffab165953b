"""Live events and what stands between two steps of theirs: functions that end, services that hang or deny, clocks, dead letters."""

import random
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError

from omnichannel.aws import clients, sigv4
from tests.faults.killing import Countdown, at_calls
from tests.faults.live_cells import FLOW, _body, _ids, _message, _sent, visits
from tests.faults.live_world import Expected, LiveWorld
from tests.faults.matrix import cell

WEBHOOK_SECONDS = 5.0
"""How long Segment waits for an answer (facts of its webhooks)."""
DOOR_CALLS = 2
"""Of a request: the secret and the bus."""
HANG_SECONDS, PATIENCE_SECONDS = 3.0, 2.0
SCRIPTS = ("ä", "ß", "客", "🛒", "שלום", "é", "ñ", "👩‍👩‍👧")
DENIED = ("AccessDeniedException", "KMSAccessDeniedException", "AccessDenied")


@cell("killed at every step", FLOW)
def killed(world: LiveWorld, rng: random.Random, name: str) -> Expected:
    """The relay ends before or after a call to DynamoDB, Personalize or S3, each in turn: the queue brings its batch again."""
    ids: list[str] = []
    for when in ("before-call", "after-call"):
        place, reached = rng.randint(1, 2), True
        while reached:
            countdown = Countdown(place)
            with at_calls(f"{when}.*", map(clients.client, ("dynamodb", "personalize-events", "s3")), countdown):
                ids += _sent(world, rng, visits(world, rng, f"{name}-{when[0]}{place}", 1)).sent
            reached, place = countdown.left <= 0, place + 2
    return Expected(ids)


@cell("Personalize hangs", FLOW)
def hangs(world: LiveWorld, rng: random.Random, name: str) -> Expected:
    """An answer after the relay's patience, the events taken or not: they go again under the same ids."""
    late = {"delay": HANG_SECONDS, "accept": rng.random() < 0.5, "status": 503, "skip": rng.randint(0, 2)}
    world.personalize(late)
    with _patience(PATIENCE_SECONDS):
        return _sent(world, rng, visits(world, rng, name, 2))


@contextmanager
def _patience(seconds: float) -> Iterator[None]:
    clients.forget()
    try:
        with patch.object(clients, "_CONFIG", clients._CONFIG.merge(Config(read_timeout=seconds))):
            yield
    finally:
        clients.forget()


@cell("the bus hangs", FLOW)
def bus_hangs(world: LiveWorld, rng: random.Random, name: str) -> Expected:
    """The door gives up in time for Segment to hear that it shall send again."""
    longest = DOOR_CALLS * sigv4.LONGEST_SECONDS
    if longest >= WEBHOOK_SECONDS:
        raise AssertionError(f"the door waits for up to {longest} s; whoever asks it, for {WEBHOOK_SECONDS}")
    messages = visits(world, rng, name, 2)
    with _silence() as (bus, asked):
        for message in rng.sample(messages, 2):
            answer = world.post_to(_body(message), bus)
            if (found := (answer["statusCode"], asked())) != (503, 1):
                raise AssertionError(f"a bus that hangs was answered as {found[0]} after {found[1]} tries")
    return _sent(world, rng, messages)


@contextmanager
def _silence() -> Iterator[tuple[Callable[..., dict[str, Any]], Callable[[], int]]]:
    """A bus that takes requests and says nothing: how the door calls it, and how often it did since it was last asked."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        listening.settimeout(0)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        keys = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t", "AWS_ENDPOINT_URL": url}

        def call(service: sigv4.Service, operation: str, request: dict[str, object], at: datetime) -> dict[str, Any]:
            with urllib3.PoolManager(timeout=urllib3.Timeout(connect=5.0, read=2 * sigv4.QUICK_SECONDS), retries=False) as http:
                return sigv4.call(service, operation, request, environ=keys, http=http, at=at)

        def asked() -> int:
            found = 0
            while _accepted(listening):
                found += 1
            return found

        yield call, asked


def _accepted(listening: socket.socket) -> bool:
    try:
        listening.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@cell("access or key denied, then granted", FLOW)
def denied(world: LiveWorld, rng: random.Random, name: str) -> Expected:
    """Neither customers nor the ledger for a few times: the batch stays in its queue, and goes through after."""
    left, code = [rng.randint(1, 5)], rng.choice(DENIED)

    def refuse(model: Any, **_: object) -> None:
        left[0] -= 1
        if left[0] >= 0:
            raise ClientError({"Error": {"Code": code, "Message": "planned"}}, model.name)

    with at_calls("before-call.*", [clients.client(rng.choice(("dynamodb", "s3")))], refuse):
        return _sent(world, rng, visits(world, rng, name))


@cell("dead letters, then redriven", FLOW)
def redriven(world: LiveWorld, rng: random.Random, name: str) -> Expected:
    """Longer away than a queue waits: every event is a dead letter, and sent once when they are put back after."""
    world.personalize({"status": 503, "times": 10**6, "skip": rng.randint(0, 5)}, {"status": 503, "accept": True, "times": 10**6})
    expected = _sent(world, rng, visits(world, rng, name, 4))
    if not world.dead:
        raise AssertionError("nobody gave up although Personalize stayed away")
    world.personalize()
    world.queue += [{**each, "tries": 0} for each in world.dead]
    world.dead.clear()
    world.work()
    return expected


@cell("clocks: skewed, in another unit, absurd", FLOW)
def clocks(world: LiveWorld, rng: random.Random, name: str) -> Expected:
    """Of a phone: a day late, half a day ahead, in seconds or milliseconds; 1970, 2100 and what is no time are refused, alone."""
    now = world.now()
    told = {
        "late": (now - timedelta(days=1)).isoformat(), "ahead": (now + timedelta(hours=rng.randint(1, 23))).isoformat(),
        "seconds": now.timestamp() - 60, "milliseconds": (now.timestamp() - 60) * 1000, "text": str(int(now.timestamp() - 60)),
    }  # fmt: skip
    wrong = {"1970": 1, "2100": "2100-01-01T00:00:00Z", "1970-text": "1970-01-01T00:00:00Z", "soon": "soon", "true": True}
    made = {word: _message(world, f"{name}-{word}", "Product Viewed", {"product_id": "p-1"}) for word in (*told, *wrong)}
    messages = [{**made[word], "timestamp": stamp} for word, stamp in {**told, **wrong}.items()]
    rng.shuffle(messages)
    _sent(world, rng, messages)
    times = {each["eventId"]: each["sentAt"] for each in world.held() if each["eventId"].startswith(f"{name}-")}
    beyond = [event for event, at in times.items() if not now - timedelta(days=1, hours=1) <= datetime.fromisoformat(at) <= world.now()]
    if beyond:
        raise AssertionError(f"{len(beyond)} of {len(times)} events are of a time at which nothing can have happened")
    reasons = {word: "wrong-type" if word in ("soon", "true") else "time-out-of-range" for word in wrong}
    instead = {f"{name}-{word}": f"Unusable event: {reason}" for word, reason in reasons.items()}
    return Expected(_ids(messages), instead)


@cell("text of every script", FLOW)
def every_script(world: LiveWorld, rng: random.Random, name: str) -> Expected:
    """Ids of products as the shop writes them arrive whole."""
    product = "".join(rng.sample(SCRIPTS, len(SCRIPTS)))
    messages = [_message(world, f"{name}-{n}", "Product Viewed", {"product_id": product, "name": product}) for n in range(3)]
    expected = _sent(world, rng, messages)
    arrived = {each["itemId"] for each in world.held() if each["eventId"].partition("#")[0] in expected.sent}
    if arrived != {product}:
        raise AssertionError(f"{len(arrived)} ids of products arrived; one was sent")
    return expected
