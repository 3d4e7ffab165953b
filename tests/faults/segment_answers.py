"""Segment's answers that go wrong: none, late, too busy, refused for what is in it, refused for who asks."""

import random
from collections import Counter
from typing import Any

from omnichannel.activation.segment import TRAITS, USER_ID_CHARS
from omnichannel.contracts.reasons import Reason
from tests.faults.matrix import cell
from tests.faults.segment_world import PATIENCE_SECONDS, Expected, SegmentWorld

FLOW = "segment"
OK = {"status": 200}
DATES = ("Mon, 02 Mar 2026 00:00:20 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT")
RETRY_AFTER = ("7", "0.5", *DATES, "86400", "-5", "soon", "")


def _faulty(rng: random.Random, *faults: dict[str, Any]) -> list[dict[str, Any]]:
    """A few faults among answers that are well."""
    return [rng.choice((*faults, OK)) for _ in range(rng.randint(2, 4))] + [rng.choice(faults)] + [OK, rng.choice(faults)]


def _sent(world: SegmentWorld, name: str, *answers: dict[str, Any]) -> Expected:
    asked = world.audience(f"{name}-r", world.customers(name, 50))
    world.answers(*answers)
    world.activate(asked)
    return Expected({f"{name}-r": 50})


@cell("timeout / hang", FLOW)
def hangs(world: SegmentWorld, rng: random.Random, name: str) -> Expected:
    """An answer that comes after the sender's patience: taken or not, the same ids are sent again."""
    late = {"status": 503, "delay": 2 * PATIENCE_SECONDS}
    return _sent(world, name, {**late, "accept": rng.random() < 0.5}, OK, late)


@cell("throttled", FLOW)
def throttled(world: SegmentWorld, rng: random.Random, name: str) -> Expected:
    """429 with Retry-After in seconds, as a date, absent, absurd."""
    said = [{"status": 429, "headers": {"Retry-After": text} if text else {}} for text in rng.sample(RETRY_AFTER, 3)]
    return _sent(world, name, *_faulty(rng, *said))


@cell("throttled beyond the function's time", FLOW)
def throttled_for_long(world: SegmentWorld, rng: random.Random, name: str) -> Expected:
    """Each call gets a part of the way and is asked again from there."""
    world.left = 100.0
    busy = {"status": 429, "headers": {"Retry-After": str(rng.randint(20, 60))}}
    answers = [answer for _ in range(3) for answer in ([OK] if rng.random() < 0.5 else []) + [busy] * rng.randint(1, 5)]
    return _sent(world, name, *answers)


@cell("server errors", FLOW)
def server_errors(world: SegmentWorld, rng: random.Random, name: str) -> Expected:
    """500, 502, 503, 504 and 408, in front of the work."""
    return _sent(world, name, *_faulty(rng, *({"status": status} for status in (500, 502, 503, 504, 408))))


@cell("connections reset", FLOW)
def resets(world: SegmentWorld, rng: random.Random, name: str) -> Expected:
    """The connection ends before the request was processed."""
    return _sent(world, name, *_faulty(rng, {"status": 0, "reset": True}))


@cell("reply lost after the commit", FLOW)
def lost_replies(world: SegmentWorld, rng: random.Random, name: str) -> Expected:
    """The events were taken and the answer never arrived: they go out again under the same ids."""
    return _sent(world, name, *_faulty(rng, {"status": 0, "reset": True, "accept": True}, {"status": 502, "accept": True}))


@cell("bad events in a batch", FLOW)
def bad_events(world: SegmentWorld, rng: random.Random, name: str) -> Expected:
    """A batch with them is a 400: they are found, and cost nobody else."""
    ids = world.customers(name, 50)
    bad = rng.sample(ids, rng.randint(1, 4))
    world.twin.control("configure", {"refused_users": [f"u-{each}" for each in bad]})
    world.activate(world.audience(f"{name}-r", ids))
    return Expected({f"{name}-r": 50}, rejected=Counter({Reason.REFUSED_BY_SINK.value: len(bad)}))


@cell("requests too large for the way", FLOW)
def too_large_requests(world: SegmentWorld, rng: random.Random, name: str) -> Expected:
    """413 from something in between: halves go through."""
    return _sent(world, name, *({"status": 413},) * rng.randint(1, 3))


@cell("events that cannot be sent", FLOW)
def unsendable(world: SegmentWorld, rng: random.Random, name: str) -> Expected:
    """Above 32 KB, too many traits, an id too long: refused by us, with the reason; nobody else is."""
    ids = world.customers(name, 50)
    large, many, long = rng.sample(ids, 3)
    traits = {
        large: {"customer_segment": "x" * 33_000},
        many: {f"trait_{number}": number for number in range(TRAITS + 1)},
        long: {"ref": "u" * (USER_ID_CHARS + 1)},
    }
    world.activate(world.audience(f"{name}-r", ids, of=traits))
    reasons = (Reason.TOO_LARGE, Reason.TOO_MANY_TRAITS, Reason.ID_TOO_LONG)
    return Expected({f"{name}-r": 50}, rejected=Counter(reason.value for reason in reasons))


@cell("text of every script", FLOW)
def every_script(world: SegmentWorld, rng: random.Random, name: str) -> Expected:
    """UTF-8 out, whole: emoji, right to left, combining."""
    text = "".join(rng.sample("äß客🛒שלוםéñ👩‍👩‍👧", 8))
    ids = world.customers(name, 20)
    world.activate(world.audience(f"{name}-r", ids, traits={"customer_segment": text}))
    arrived = {event["traits"]["customer_segment"] for event in world.taken() if event["userId"] in {f"u-{each}" for each in ids}}
    if arrived != {text}:
        raise AssertionError(f"{len(arrived)} texts arrived; one was sent")
    return Expected({f"{name}-r": 20})


@cell("secret expired, then renewed", FLOW)
def expired(world: SegmentWorld, rng: random.Random, name: str) -> Expected:
    """A refused key stops the run and loses nothing: once the secret is right, the same run delivers."""
    asked = world.audience(f"{name}-r", world.customers(name, 50))
    renewed = f"key-{rng.randrange(10**6)}"
    world.twin.control("configure", {"write_keys": [renewed]})
    world.activate(asked)
    if {row["reason"] for row in world.rows(f"{name}-r")} != {Reason.UNAUTHORIZED.value}:
        raise AssertionError("a refused key was not told")
    world.put_secret(renewed)
    world.activate(asked)
    return Expected({f"{name}-r": 50})


@cell("key rotated in the middle of a run", FLOW)
def rotated(world: SegmentWorld, rng: random.Random, name: str) -> Expected:
    """The new key is in the secret before Segment forgets the old one: the run goes on with it."""
    asked = world.audience(f"{name}-r", world.customers(name, 50))
    world.activate(asked[: rng.randint(1, 2)])
    world.twin.control("configure", {"write_keys": ["rotated"]})
    world.put_secret("rotated")
    world.activate(asked)
    return Expected({f"{name}-r": 50})
