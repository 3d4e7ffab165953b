"""Live changes on their way back to Segment, and everything that can go wrong there."""

import random
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.aws import clients, dynamodb
from omnichannel.contracts.reasons import Reason
from stacks.reverse_relay import TRIES
from tests.faults.killing import at_calls
from tests.faults.live_steps import DENIED
from tests.faults.matrix import cell
from tests.faults.relay_world import Expected, RelayWorld
from tests.faults.segment_answers import OK, RETRY_AFTER
from tests.faults.segment_world import CUSTOMERS, PATIENCE_SECONDS

FLOW = "live traits"
NAMES = ("Highly interested", "Comparing products", "Cart left behind", "Just bought")
COUNT = 24


def changes(world: RelayWorld, rng: random.Random, name: str, count: int = COUNT) -> list[str]:
    """Customers of whom something has changed: who is in which segment, and for most of them what is next."""
    ids = [f"c-{name}-{number:03d}" for number in range(count)]
    for who in ids:
        _change(world, rng, who)
    return ids


def _change(world: RelayWorld, rng: random.Random, who: str, **more: Any) -> None:
    items = [f"p-{each}" for each in rng.sample(range(50), 3)]
    action = rng.choice(("", "cart-reminder", "voucher", "none"))
    world.change(who, segments=rng.sample(NAMES, rng.randint(0, 3)), action=action, items=items if action else (), **more)


def _sent(world: RelayWorld, rng: random.Random, name: str, *answers: dict[str, Any], count: int = COUNT) -> Expected:
    world.segment.answers(*answers)
    ids = changes(world, rng, name, count)
    world.work()
    return Expected(ids)


def _faulty(rng: random.Random, *faults: dict[str, Any]) -> list[dict[str, Any]]:
    return [rng.choice((*faults, OK)) for _ in range(3)] + [rng.choice(faults), OK, rng.choice(faults)]


@cell("timeout / hang", FLOW)
def hangs(world: RelayWorld, rng: random.Random, name: str) -> Expected:
    """An answer that comes after the sender's patience: taken or not, the same ids are sent again."""
    late = {"status": 503, "delay": 2 * PATIENCE_SECONDS}
    return _sent(world, rng, name, {**late, "accept": rng.random() < 0.5}, OK, late)


@cell("throttled", FLOW)
def throttled(world: RelayWorld, rng: random.Random, name: str) -> Expected:
    """429 with Retry-After in seconds, as a date, absent, absurd; beyond the function's time the queue brings the rest."""
    said = [{"status": 429, "headers": {"Retry-After": text} if text else {}} for text in rng.sample(RETRY_AFTER, 4)]
    return _sent(world, rng, name, *_faulty(rng, *said), *rng.choices(said, k=rng.randint(0, 6)))


@cell("server errors", FLOW)
def server_errors(world: RelayWorld, rng: random.Random, name: str) -> Expected:
    """500, 502, 503, 504 and 408, in front of the work."""
    return _sent(world, rng, name, *_faulty(rng, *({"status": status} for status in (500, 502, 503, 504, 408))))


@cell("connections reset", FLOW)
def resets(world: RelayWorld, rng: random.Random, name: str) -> Expected:
    """The connection ends before the request was processed."""
    return _sent(world, rng, name, *_faulty(rng, {"status": 0, "reset": True}))


@cell("reply lost after the commit", FLOW)
def lost_replies(world: RelayWorld, rng: random.Random, name: str) -> Expected:
    """The events were taken and the answer never arrived: they go out again under the same ids."""
    return _sent(world, rng, name, *_faulty(rng, {"status": 0, "reset": True, "accept": True}, {"status": 502, "accept": True}))


@cell("reply lost, and the customer has changed meanwhile", FLOW)
def lost_and_changed(world: RelayWorld, rng: random.Random, name: str) -> Expected:
    """What was taken unseen is followed by what holds now, also where that is what held before."""
    ids = changes(world, rng, name)
    world.work()
    before = list(dynamodb.batch_get(clients.client("dynamodb"), CUSTOMERS, [{"customer_id": each} for each in ids]))
    for who in ids:
        _change(world, rng, who)
    world.segment.answers(*({"status": 502, "accept": True} for _ in range(rng.randint(8, 30))))
    decided = [each for each in before if "next_action" in each]
    back = [_later(world, each) for each in rng.sample(decided, 10)]

    def return_to_it() -> None:
        world.segment.waiting = lambda: None
        dynamodb.batch_put(clients.client("dynamodb"), CUSTOMERS, back)
        for each in back:
            world.tell(each["customer_id"])

    world.segment.waiting = return_to_it
    world.work()
    return Expected(ids)


def _later(world: RelayWorld, item: dict[str, Any]) -> dict[str, Any]:
    """The item with its old words, decided anew a little later."""
    return {**item, "next_action": {**item["next_action"], "at": (world.now() + timedelta(minutes=1)).isoformat()}}


@cell("bad events in a batch", FLOW)
def bad_events(world: RelayWorld, rng: random.Random, name: str) -> Expected:
    """A batch with them is a 400: they are found, and cost nobody else."""
    ids = changes(world, rng, name)
    bad = rng.sample(ids, rng.randint(1, 3))
    world.segment.twin.control("configure", {"refused_users": [f"u-{each}" for each in bad]})
    world.work()
    return Expected(ids, dict.fromkeys(bad, Reason.REFUSED_BY_SINK.value))


@cell("duplicates", FLOW)
def duplicates(world: RelayWorld, rng: random.Random, name: str) -> Expected:
    """Changes told again, together and later: nobody is sent twice."""
    ids = changes(world, rng, name)
    for who in rng.choices(ids, k=20):
        world.tell(who)
    world.work()
    for who in rng.sample(ids, 10):
        world.tell(who)
    before = len(world.segment.taken())
    world.work()
    if len(world.segment.taken()) != before:
        raise AssertionError("a change that was told again was sent again")
    return Expected(ids)


@cell("disorder", FLOW)
def disorder(world: RelayWorld, rng: random.Random, name: str) -> Expected:
    """Changes of many customers in any order: what is sent is what holds."""
    ids = changes(world, rng, name)
    for _ in range(40):
        _change(world, rng, rng.choice(ids))
        world.segment.seconds += rng.uniform(0, 5)
    rng.shuffle(world.queue)
    world.work()
    return Expected(ids)


@cell("changes without end", FLOW)
def debounced(world: RelayWorld, rng: random.Random, name: str) -> Expected:
    """A change every other second for three minutes: each customer is told of once a minute at most."""
    ids = [f"c-{name}-{number}" for number in range(2)]
    for _ in range(90):
        _change(world, rng, rng.choice(ids))
        world.segment.seconds += 2
        if world.queue[0]["visible"] <= world.segment.seconds:
            world.work_once()
    world.work()
    sent = sum(event["userId"].removeprefix("u-") in ids for event in world.segment.taken())
    if sent > 2 * 5:
        raise AssertionError(f"{sent} events of two customers within five minutes; a minute lies between two of one")
    return Expected(ids)


@cell("killed before the ledger", FLOW)
def killed(world: RelayWorld, rng: random.Random, name: str) -> Expected:
    """A function that ends after it has sent: the whole batch comes again, and Segment has it already."""
    world.kill = True
    return _sent(world, rng, name)


@cell("killed before it remembers", FLOW)
def killed_early(world: RelayWorld, rng: random.Random, name: str) -> Expected:
    """Segment has acknowledged and nobody noted it: the same ids go out again."""
    world.kill_before_memory = True
    return _sent(world, rng, name)


@cell("away for hours", FLOW)
def away(world: RelayWorld, rng: random.Random, name: str) -> Expected:
    """Three hours without Segment: everything is told after, and nothing is a dead letter."""
    until = world.segment.seconds + 3 * 3600

    def back() -> None:
        if world.segment.seconds >= until:
            world.segment.answers()
            world.segment.waiting = lambda: None

    world.segment.waiting = back
    return _sent(world, rng, name, *({"status": 503},) * 5000, count=4)


@cell("refused key, then renewed", FLOW)
def expired(world: RelayWorld, rng: random.Random, name: str) -> Expected:
    """A refused key loses nothing: the queue brings everything again once the secret is right."""
    world.segment.twin.control("configure", {"write_keys": ["renewed"]})
    ids = changes(world, rng, name)
    world.work_once()
    world.segment.put_secret("renewed")
    world.work()
    return Expected(ids)


@cell("tables or lake denied, then granted", FLOW)
def denied(world: RelayWorld, rng: random.Random, name: str) -> Expected:
    """A role or key that is missing for some calls: the batch stays in its queue, and goes through after under the same ids."""
    left, service, code = [rng.randint(1, 4)], rng.choice(("dynamodb", "s3")), rng.choice(DENIED)
    ids = changes(world, rng, name)

    def refuse(model: Any, **_: object) -> None:
        left[0] -= 1
        if left[0] >= 0:
            raise ClientError({"Error": {"Code": code, "Message": "planned"}}, model.name)

    with at_calls("before-call.*", [clients.client(service)], refuse):
        world.work()
    return Expected(ids)


@cell("who must not be told of", FLOW)
def silent(world: RelayWorld, rng: random.Random, name: str) -> Expected:
    """No consent, closed for good, or nobody whom Segment knows: nothing leaves."""
    ids = changes(world, rng, name)
    without, closed, unknown = (f"c-{name}-{word}" for word in ("no", "closed", "unknown"))
    _change(world, rng, without, consents={})
    _change(world, rng, closed, suppressed={"any": {"reason": "request", "at": "2026-01-01T00:00:00Z"}})
    _change(world, rng, unknown, customer_ref=None)
    world.work()
    reasons = (Reason.NO_CONSENT, Reason.SUPPRESSED, Reason.NO_SEGMENT_ID)
    instead = dict(zip((without, closed, unknown), (reason.value for reason in reasons), strict=True))
    return Expected([*ids, *instead], instead)


@cell("consent withdrawn on the way", FLOW)
def withdrawn(world: RelayWorld, rng: random.Random, name: str) -> Expected:
    """While we wait for Segment: nothing more leaves."""
    ids = changes(world, rng, name)
    gone = rng.sample(ids[:20], 4)
    world.segment.answers({"status": 503})

    def meanwhile() -> None:
        world.segment.waiting = lambda: None
        found = dynamodb.batch_get(clients.client("dynamodb"), CUSTOMERS, [{"customer_id": each} for each in gone])
        dynamodb.batch_put(clients.client("dynamodb"), CUSTOMERS, [{**each, "consents": {}} for each in found])

    world.segment.waiting = meanwhile
    world.work()
    return Expected(ids, dict.fromkeys(gone, Reason.NO_CONSENT.value))


@cell("poison", FLOW)
def poison(world: RelayWorld, rng: random.Random, name: str) -> Expected:
    """Messages that nobody can read become dead letters, and stop nobody."""
    bad = ("{", "[]", '{"detail": {}}', '{"detail": {"customer_id": 7}, "time": "2026-03-02T00:00:00Z"}')
    for each in bad:
        world.enqueue(each)
    found = _sent(world, rng, name)
    if {each["tries"] for each in world.dead} != {TRIES}:
        raise AssertionError("a message that nobody can read was given up too early")
    return Expected(found.customers, dead=len(bad))
