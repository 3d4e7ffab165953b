"""Live events on their way from Segment to Personalize, and everything that can go wrong there."""

import json
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from omnichannel.realtime.door import REPLAY_WINDOW
from omnichannel.realtime.signature import sign
from omnichannel.realtime.webhook import MAX_BODY
from tests.faults.live_world import POISON, SECRET, Expected, LiveWorld, Message
from tests.faults.matrix import cell

FLOW = "events"
VISITS = 8
BODY = Callable[[Message], bytes]


def visits(world: LiveWorld, rng: random.Random, name: str, count: int = VISITS) -> list[Message]:
    """Visitors who see a list, choose from it, log in and buy: five messages each."""
    return [message for number in range(count) for message in _visit(world, rng, f"{name}-{number}")]


def _visit(world: LiveWorld, rng: random.Random, name: str) -> list[Message]:
    shown = rng.sample([f"p-{n}" for n in range(40)], rng.randint(2, 30))
    chosen, bought = rng.choice(shown), rng.sample(shown, 2)
    told: list[tuple[str, str, dict[str, Any], str]] = [
        ("list", "Product List Viewed", {"products": [{"product_id": each} for each in shown]}, ""),
        ("view", "Product Viewed", {"product_id": chosen, "price": 9.5}, ""),
        ("cart", "Product Added", {"product_id": chosen, "quantity": 2}, "ref-yes"),
        ("order", "Order Completed", {"order_id": name, "products": [{"product_id": each} for each in bought]}, "ref-yes"),
    ]
    return [_message(world, f"{name}-{what}", event, properties, user) for what, event, properties, user in told]


def _message(world: LiveWorld, message_id: str, event: str, properties: dict[str, Any], user: str = "") -> Message:
    stamp = world.now().isoformat()
    who = {"anonymousId": f"anon-{message_id.rpartition('-')[0]}", **({"userId": user} if user else {})}
    return {
        "messageId": message_id,
        "type": "track",
        "event": event,
        "properties": properties,
        "receivedAt": stamp,
        "timestamp": stamp,
        **who,
    }


def _body(message: Message) -> bytes:
    return json.dumps(message).encode()


def _ids(messages: list[Message]) -> list[str]:
    return [message["messageId"] for message in messages]


def _sent(world: LiveWorld, rng: random.Random, messages: list[Message]) -> Expected:
    world.rng = rng
    for message in messages:
        world.send(message["messageId"], _body(message))
    world.work()
    return Expected(_ids(messages))


def _throttling(rng: random.Random, share: float, calls: int = 400) -> list[dict[str, Any]]:
    """Answers of which such a share is throttling, in runs."""
    answers, skip = [], 0
    for _ in range(calls):
        if rng.random() < share:
            answers.append({"status": 429, "skip": skip})
            skip = 0
        else:
            skip += 1
    return answers


@cell("5 % throttled", FLOW)
def throttled(world: LiveWorld, rng: random.Random, name: str) -> Expected:
    """The bus and Personalize."""
    world.bus_failures = 0.05
    world.personalize(*_throttling(rng, 0.05))
    return _sent(world, rng, visits(world, rng, name))


@cell("60 % throttled", FLOW)
def throttled_much(world: LiveWorld, rng: random.Random, name: str) -> Expected:
    """More than the SDK's own retries get through."""
    world.bus_failures = 0.1
    world.personalize(*_throttling(rng, 0.6))
    return _sent(world, rng, visits(world, rng, name))


@cell("duplicates", FLOW)
def duplicates(world: LiveWorld, rng: random.Random, name: str) -> Expected:
    """Segment sends again what was taken, and the queue delivers again what was done."""
    messages = visits(world, rng, name)
    expected = _sent(world, rng, messages + rng.sample(messages, 12))
    # A list that comes again alone finds nothing chosen; what counts is that it was delivered before.
    for body in rng.choices([_body(message) for message in messages if "-list" not in message["messageId"]], k=10):
        world.post(body, sign(body, SECRET))
    world.queue += [{**each, "messageId": f"{each['messageId']}-again"} for each in rng.sample(world.queue, 5)]
    world.work()
    return expected


@cell("disorder", FLOW)
def disorder(world: LiveWorld, rng: random.Random, name: str) -> Expected:
    """Orders before views, visitors mixed; a visit's list and view arrive in one batch or not at all together."""
    messages = [message for message in visits(world, rng, name, 12) if not message["messageId"].endswith("-list")]
    rng.shuffle(messages)
    return _sent(world, rng, messages)


@cell("poison", FLOW)
def poison(world: LiveWorld, rng: random.Random, name: str) -> Expected:
    """Bodies that are no event, events without a product, and a queue message that nobody can read."""
    good = visits(world, rng, name)
    bad = {f"{name}-bad-{n}": body for n, body in enumerate((b"{", b"[]", b'{"type": "track"}', b"\xff\xfe", b"null", b"[{}]"))}
    empty = [_message(world, f"{name}-empty-{n}", "Product Viewed", {}) for n in range(3)]
    for place, body in bad.items():
        world.send(place, body)
    unreadable = [f"{name} no envelope", f'{{"detail": "{name}"}}']
    for each in unreadable:
        world.enqueue(each)
    _sent(world, rng, good + empty)
    reasons = {place: world.refused.get(place, "") for place in bad}
    if not all(reason in _REFUSALS for reason in reasons.values()):
        raise AssertionError(f"unknown refusals among {sorted(reasons.values())}")
    instead = {**reasons, **{each["messageId"]: "no-item" for each in empty}, **dict.fromkeys(unreadable, POISON)}
    return Expected([*_ids(good), *instead], instead)


_REFUSALS = ("Not JSON", "Batches are refused", "Unusable event: missing-event-name", "Unusable event: malformed-json",
             "Unusable event: missing-value", "Unusable event: missing-identity", "Wrong signature")  # fmt: skip


@cell("oversize", FLOW)
def oversize(world: LiveWorld, rng: random.Random, name: str) -> Expected:
    """A body beyond what the door reads, more products than an event may have: refused, and nobody else with them."""
    good = visits(world, rng, name)
    large = _message(world, f"{name}-large", "Product Viewed", {"product_id": "p-1", "note": "x" * (MAX_BODY + rng.randint(1, 9999))})
    many = _message(world, f"{name}-many", "Order Completed", {"products": [{"product_id": f"p-{n}"} for n in range(101)]})
    most = _message(world, f"{name}-most", "Order Completed", {"products": [{"product_id": f"p-{n}"} for n in range(100)]})
    _sent(world, rng, [*good, large, many, most])
    instead = {large["messageId"]: "Body too large", many["messageId"]: "Unusable event: too-large"}
    return Expected([*_ids(good), most["messageId"], *instead], instead)


@cell("replay", FLOW)
def replay(world: LiveWorld, rng: random.Random, name: str) -> Expected:
    """Bodies that somebody has kept, with their right signatures: within the window they are known ids, later they are refused."""
    messages = [message for message in visits(world, rng, name) if not message["messageId"].endswith("-list")]
    expected = _sent(world, rng, messages)
    kept = [_body(message) for message in rng.sample(messages, 10)]
    soon = [world.post(body, sign(body, SECRET))["statusCode"] for body in kept]
    world.work()
    world.sleep((REPLAY_WINDOW + timedelta(minutes=1)).total_seconds())
    late = [world.post(body, sign(body, SECRET))["statusCode"] for body in kept]
    if (set(soon), set(late), world.queue) != ({200}, {400}, []):
        raise AssertionError(f"a copy was answered {sorted(set(soon))} soon and {sorted(set(late))} later; {len(world.queue)} are queued")
    return expected


@cell("wrong secret", FLOW)
def wrong_secret(world: LiveWorld, rng: random.Random, name: str) -> Expected:
    """What another signs stays outside."""
    good, forged = visits(world, rng, name, 4), visits(world, rng, f"{name}-forged", 4)
    for message in forged:
        world.send(message["messageId"], _body(message), key=rng.choice(("guess", SECRET[:-1], SECRET.upper())))
    _sent(world, rng, good)
    return Expected([*_ids(good), *_ids(forged)], dict.fromkeys(_ids(forged), "Wrong signature"))


@cell("rotated secret", FLOW)
def rotated_secret(world: LiveWorld, rng: random.Random, name: str) -> Expected:
    """Both are valid during it, and the old one no longer after."""
    before, during, after = (visits(world, rng, f"{name}-{when}", 2) for when in ("before", "during", "after"))
    _sent(world, rng, before)
    world.secret = {"current": "a-new-secret", "previous": SECRET}
    for message in during:
        world.send(message["messageId"], _body(message), key=rng.choice((SECRET, "a-new-secret")))
    world.secret = {"current": "a-new-secret"}
    for message in after:
        world.send(message["messageId"], _body(message))
    world.work()
    return Expected(_ids(before + during + after), dict.fromkeys(_ids(after), "Wrong signature"))


@cell("Personalize down for an hour", FLOW)
def down(world: LiveWorld, rng: random.Random, name: str) -> Expected:
    """Every call is refused or ends without an answer; the queue brings everything again."""
    world.away_until = world.seconds + 3600.0
    world.personalize(
        {"status": 503, "times": rng.randint(1, 30)}, {"reset": True, "times": rng.randint(1, 30)}, {"status": 500, "times": 10**6}
    )
    return _sent(world, rng, visits(world, rng, name))


@cell("reply lost after the commit", FLOW)
def lost_replies(world: LiveWorld, rng: random.Random, name: str) -> Expected:
    """Personalize took the events and the answer never arrived: they go again under the same ids."""
    world.personalize(*({"reset": True, "accept": True, "skip": rng.randint(0, 3)} for _ in range(20)))
    return _sent(world, rng, visits(world, rng, name))


@cell("killed before the ledger", FLOW)
def killed(world: LiveWorld, rng: random.Random, name: str) -> Expected:
    """A function that ends after it has sent: the whole batch comes again."""
    world.kill = True
    return _sent(world, rng, visits(world, rng, name))


@cell("the bus is away", FLOW)
def bus_away(world: LiveWorld, rng: random.Random, name: str) -> Expected:
    """Nothing is accepted that is not stored: Segment sends again."""
    world.bus_away_until = world.seconds + rng.uniform(60, 3 * 3600)
    return _sent(world, rng, visits(world, rng, name))


@cell("customers who did not consent", FLOW)
def without_consent(world: LiveWorld, rng: random.Random, name: str) -> Expected:
    """Nothing that they do is told."""
    good = visits(world, rng, name, 4)
    silent = [_message(world, f"{name}-no-{n}", "Product Viewed", {"product_id": "p-1"}, "ref-no") for n in range(6)]
    _sent(world, rng, good + silent)
    return Expected([*_ids(good), *_ids(silent)], dict.fromkeys(_ids(silent), "no-consent"))
