"""Runs to Segment that come twice, late, together or not to their end, and what is withdrawn or missing meanwhile."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from lambdas import segment_bridge
from omnichannel.activation import parts, sent
from omnichannel.aws import clients, dynamodb
from omnichannel.contracts.reasons import Reason
from tests.faults.killing import Countdown, Killed, at_calls
from tests.faults.matrix import cell
from tests.faults.segment_world import CUSTOMERS, GRANTED, SECRET, Expected, SegmentWorld

FLOW = "segment"
WITHDRAWN = {"personalization/any": {"granted": False, "at": "2026-03-01T12:00:00Z"}}
OLDER, NEWER = "2026-03-01", "2026-03-02"


@cell("duplicate trigger", FLOW)
def twice(world: SegmentWorld, rng: random.Random, name: str) -> Expected:
    """The same run again, and a run with another name over the same scores: no request, and the ledgers say why."""
    ids = world.customers(name, 50)
    asked = world.audience(f"{name}-r", ids)
    world.activate(asked)
    before = world.requests()
    for _ in range(rng.randint(1, 3)):
        world.activate(rng.sample(asked, len(asked)))
    world.activate(world.audience(f"{name}-again", ids))
    if world.requests() != before:
        raise AssertionError(f"{world.requests() - before} requests for what Segment had already")
    return Expected({f"{name}-r": 50, f"{name}-again": 50}, withheld=Counter({Reason.UNCHANGED.value: 50}))


@cell("two triggers at once", FLOW)
def together(world: SegmentWorld, rng: random.Random, name: str) -> Expected:
    """The same run twice, side by side: whatever goes out twice has the same id."""
    asked = world.audience(f"{name}-r", world.customers(name, 50))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(world.activate, (asked, rng.sample(asked, len(asked)))))
    return Expected({f"{name}-r": 50})


@cell("runs out of order", FLOW)
def out_of_order(world: SegmentWorld, rng: random.Random, name: str) -> Expected:
    """The older run comes last: it sends nothing to those whom the newer one has reached."""
    ids = world.customers(name, 50)
    reached = sorted(rng.sample(ids, 30))
    world.activate(world.audience(f"{name}-newer", reached, as_of=NEWER, traits={"churn_band": "high"}))
    world.activate(world.audience(f"{name}-older", ids, as_of=OLDER))
    return Expected({f"{name}-newer": 30, f"{name}-older": 50}, withheld=Counter({Reason.SUPERSEDED.value: 30}))


@cell("a newer run overtakes", FLOW)
def overtaken(world: SegmentWorld, rng: random.Random, name: str) -> Expected:
    """It is done while the older one waits for Segment: the newer record stays, and the next run makes sure of Segment's."""
    ids = world.customers(name, 20)
    newer = world.audience(f"{name}-newer", ids, as_of=NEWER, traits={"churn_band": "high"})
    world.answers({"status": rng.choice((429, 503))})

    def meanwhile() -> None:
        world.waiting = lambda: None
        world.activate(newer)

    world.waiting = meanwhile
    world.activate(world.audience(f"{name}-older", ids, as_of=OLDER))
    held = sent.read(clients.client("dynamodb"), "sent", "segment", ids)
    if {each.as_of for each in held.values()} != {NEWER}:
        raise AssertionError("an older run's record is in a newer one's place")
    world.activate(world.audience(f"{name}-next", ids, as_of=NEWER, traits={"churn_band": "high"}))
    return Expected({f"{name}-newer": 20, f"{name}-older": 20, f"{name}-next": 20})


@cell("killed at every step", FLOW)
def killed(world: SegmentWorld, rng: random.Random, name: str) -> Expected:
    """The process ends before or after a call, each in turn; what runs again completes, under the same ids."""
    runs: dict[str, int] = {}
    for when in ("before-call", "after-call"):
        place = rng.randint(1, 2)
        while True:
            run = f"{name}-{when[0]}{place}"
            # Two parts: a step of the second one has a part behind it that is done.
            asked = world.audience(run, world.customers(run, 3), part_size=2)
            runs[run] = 3
            reached = _killed_at(world, asked, when, place)
            world.activate(asked)
            if not reached:
                break
            place += 2
    return Expected(runs)


def _killed_at(world: SegmentWorld, asked: list[dict[str, Any]], when: str, place: int) -> bool:
    try:
        with at_services(when, Countdown(place)):
            world.activate(asked)
    except Killed:
        return True
    return False


@contextmanager
def at_services(when: str, do: Callable[..., None]) -> Iterator[None]:
    """`at_calls` of what the export calls beside Segment."""
    with at_calls(f"{when}.*", map(clients.client, ("s3", "dynamodb", "secretsmanager")), do):
        yield


@cell("sink away, then back", FLOW)
def away(world: SegmentWorld, rng: random.Random, name: str) -> Expected:
    """Beyond every try the run ends with its ledger saying so; started again it sends the rest and nothing else."""
    asked = world.audience(f"{name}-r", world.customers(name, 50))
    world.answers(*({"status": 200},) * rng.randint(0, 2), *({"status": 503},) * 300)
    world.activate(asked)
    if Reason.SINK_UNAVAILABLE.value not in {row["reason"] for row in world.rows(f"{name}-r")}:
        raise AssertionError("a sink that stays away was not told")
    world.answers()
    world.activate(asked)
    return Expected({f"{name}-r": 50})


@cell("consent withdrawn on the way", FLOW)
def withdrawn(world: SegmentWorld, rng: random.Random, name: str) -> Expected:
    """After the decision, and while we wait for Segment: nothing leaves."""
    ids = world.customers(name, 50)
    before, meanwhile = rng.sample(ids, 5), rng.sample(ids[:20], 5)
    asked = world.audience(f"{name}-r", ids)
    _withdraw(before)
    world.answers({"status": 503})
    world.waiting = lambda: _withdraw(meanwhile)
    world.activate(asked)
    gone = set(before) | set(meanwhile)
    if gone & {event["userId"].removeprefix("u-") for event in world.taken()}:
        raise AssertionError("something left of a customer without consent")
    return Expected({f"{name}-r": 50}, withheld=Counter({Reason.NO_CONSENT.value: len(gone)}))


def _withdraw(ids: list[str]) -> None:
    items = [{"customer_id": each, "customer_ref": f"u-{each}", "consents": {**GRANTED, **WITHDRAWN}} for each in ids]
    dynamodb.batch_put(clients.client("dynamodb"), CUSTOMERS, items)


@cell("no access to the key, then access", FLOW)
def denied(world: SegmentWorld, rng: random.Random, name: str) -> Expected:
    """A function that may not read the secret fails loudly and has sent nothing; after the fix the same run completes."""
    asked = world.audience(f"{name}-r", world.customers(name, rng.randint(20, 50)))
    before, entered = world.requests(), sum(1 for _ in _customers(asked))
    secrets = clients.client("secretsmanager")
    secrets.delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)
    failed = _fails(world, asked)
    secrets.create_secret(Name=SECRET, SecretString="the-write-key")
    if not failed or world.requests() != before:
        raise AssertionError("a secret that cannot be read was not told, or something was sent without it")
    world.activate(asked)
    return Expected({f"{name}-r": entered})


def _customers(asked: list[dict[str, Any]]) -> Iterator[Any]:
    for each in asked:
        yield from parts.read(clients.client("s3"), "lake", parts.Part.of(each))


def _fails(world: SegmentWorld, asked: list[dict[str, Any]]) -> bool:
    segment_bridge._write_key.cache_clear()
    try:
        world.activate(asked)
    except ClientError:
        return True
    return False


@cell("nobody in the audience", FLOW)
def nobody(world: SegmentWorld, rng: random.Random, name: str) -> Expected:
    """No customers, no part, no request."""
    before = world.requests()
    world.activate(world.audience(f"{name}-r", []))
    if world.requests() != before:
        raise AssertionError("a request for nobody")
    return Expected({f"{name}-r": 0})
