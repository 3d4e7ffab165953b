"""Scores and next actions on their way into Customer Profiles, and everything that can go wrong there."""

import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from omnichannel.activation.parts import Part
from omnichannel.contracts.ledger import Status
from omnichannel.contracts.reasons import Reason
from tests.faults.channels import DAY, REFUSED, Account, Connect, account, later
from tests.faults.matrix import Outcome, cell

FLOW = "messaging"
PUT, COUNT = "BatchPutProfileObject", 40


@dataclass(frozen=True)
class Expected:
    """The parts that were sent and which reasons are to be expected; `score` is what the sink must hold of all it delivered."""

    parts: tuple[Part, ...]
    score: float
    reasons: frozenset[Reason] = frozenset()


@dataclass
class MessagingWorld:
    """One account with its domain; a cell's customers have names of their own."""

    account: Account
    connect: Connect = field(init=False)

    def __post_init__(self) -> None:
        self.connect = Connect(self.account)

    def clean(self) -> None:
        """Nothing: every cell counts its own customers."""

    def heal(self) -> None:
        """A domain that is well, a function with all its time."""
        self.answers()
        self.account.left, self.connect.offset = 600.0, 0

    def answers(self, *planned: dict[str, Any]) -> None:
        named = [{"operation": PUT, **each} for each in planned]
        self.account.serving.twins.faults("customer-profiles").configure(answers=named)

    def part(self, name: str, score: float, as_of: str = DAY) -> Part:
        ids = self.account.customers([self._first(name) + n for n in range(COUNT)])
        return self.account.part(f"{name}-{as_of}-{score}", dict.fromkeys(ids, score), as_of)

    def outcome(self, given: Expected) -> Outcome:
        sink, messages = self.connect.sink, self.connect.messages()
        rows = [row for part in given.parts for row in self.account.rows(sink, part)]
        status = Counter(row["status"] for row in rows)
        rejected = Counter(row["reason"] for row in rows if row["status"] == Status.REJECTED)
        withheld = Counter(row["reason"] for row in rows if row["status"] == Status.WITHHELD)
        held, mine = self.connect.held(), {row["customer_id"] for row in rows}
        delivered = {row["customer_id"] for row in rows if row["status"] == Status.DELIVERED}
        wrong = sum(held.get(each) != given.score for each in delivered)
        stray = sum(each in held for each in mine - delivered)
        ids = Counter(customer_id for customer_id, _ in messages if customer_id in mine)
        twice = sum(count > len(given.parts) for count in ids.values())
        surprising = sum((rejected + withheld)[reason] for reason in rejected + withheld if reason not in given.reasons)
        return Outcome(
            landed=COUNT * len(given.parts), delivered=status[Status.DELIVERED], rejected=rejected, dead_lettered=0, twice=twice,
            unexplained=wrong + stray + surprising, withheld=withheld,
        )  # fmt: skip

    def _first(self, name: str) -> int:
        place, seed = (int(word) for word in name.split("-"))
        return (place * 1_000 + seed) * COUNT


@contextmanager
def messaging_world() -> Iterator[MessagingWorld]:
    """A domain with nobody in it, until the block ends."""
    keys = {"AWS_ACCESS_KEY_ID": "root", "AWS_SECRET_ACCESS_KEY": "secret"}
    with tempfile.TemporaryDirectory() as directory, patch.dict("os.environ", keys), account(Path(directory)) as made:
        yield MessagingWorld(made)


def _sent(world: MessagingWorld, name: str, *answers: dict[str, Any], reasons: frozenset[Reason] = frozenset()) -> Expected:
    part = world.part(name, 0.7)
    world.answers(*answers)
    world.connect.deliver(part)
    return Expected((part,), 0.7, reasons)


@cell("throttled", FLOW)
def throttled(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """Waits that grow, within the function's time."""
    return _sent(world, name, {"status": 429, "times": rng.randint(1, 6), "skip": rng.randint(0, 2)})


@cell("throttled beyond the function's time", FLOW)
def throttled_for_long(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """A call ends in time and says where the next one goes on."""
    world.account.left = 20.0
    return _sent(world, name, {"status": 429, "times": rng.randint(5, 12), "skip": 1})


@cell("server errors", FLOW)
def server_errors(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """500 and 503, in front of the work."""
    return _sent(world, name, {"status": rng.choice((500, 503)), "times": rng.randint(1, 5), "skip": rng.randint(0, 2)})


@cell("connections reset", FLOW)
def resets(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """The connection ends before the request was processed."""
    return _sent(world, name, {"reset": True, "times": rng.randint(1, 5), "skip": rng.randint(0, 2)})


@cell("reply lost after the commit", FLOW)
def lost_replies(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """The objects were taken and the answer never arrived: they go again under the same key."""
    return _sent(world, name, {"reset": True, "accept": True, "times": rng.randint(1, 3)}, {"status": 503, "accept": True})


@cell("some items of a batch fail", FLOW)
def partial_failures(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """Only those that failed are tried again, alone."""
    return _sent(world, name, {"fail_items": rng.randint(1, 9), "status": rng.choice((429, 500)), "skip": rng.randint(0, 3)})


@cell("an item is refused for good", FLOW)
def refused_item(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """It is rejected with its reason, and costs nobody else."""
    answers = ({"fail_items": 1, "status": 400}, {"fail_items": 1, "status": 400})
    return _sent(world, name, *answers, reasons=frozenset({Reason.REFUSED_BY_SINK}))


@cell("access denied", FLOW)
def denied(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """The rest is rejected as unauthorized; run again with the right role, it arrives."""
    expected = _sent(world, name, {"status": 403, "skip": rng.randint(0, 3)})
    world.connect.deliver(expected.parts[0])
    return expected


@cell("duplicate trigger", FLOW)
def duplicate(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """The same part again and again."""
    expected = _sent(world, name)
    for _ in range(rng.randint(1, 3)):
        world.connect.deliver(expected.parts[0])
    return expected


@cell("runs out of order", FLOW)
def out_of_order(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """An older run comes after a newer one: the newer scores stay."""
    new, old = world.part(name, 0.7, later(DAY, rng.randint(1, 9))), world.part(name, 0.2)
    world.connect.deliver(new)
    world.connect.deliver(old)
    return Expected((new, old), 0.7, frozenset({Reason.SUPERSEDED}))


@cell("consent withdrawn before the send", FLOW)
def withdrawn(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """Nothing leaves for those who said no after the decision."""
    part = world.part(name, 0.7)
    first = world._first(name)
    world.account.customers([first + n for n in rng.sample(range(COUNT), 5)], consents={"marketing/email": REFUSED})
    world.connect.deliver(part)
    return Expected((part,), 0.7, frozenset({Reason.NO_CONSENT}))
