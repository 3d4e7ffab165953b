"""Scores and next actions on their way into the messaging channel: its world, and everything that can go wrong at Customer Profiles."""

import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from omnichannel.activation import parts
from omnichannel.activation.parts import Part
from omnichannel.contracts.ledger import Status
from omnichannel.contracts.reasons import Reason
from tests.faults.channels import DAY, LAKE, REFUSED, Account, Channel, Connect, File, PinpointImports, account, later
from tests.faults.matrix import Outcome, cell

FLOW = "messaging"
PUT, COUNT, SPACE = "BatchPutProfileObject", 40, 200
"""The call that puts, customers of a part, and those that a cell may have."""
HANG_SECONDS = 1.5


@dataclass(frozen=True)
class Expected:
    """The parts that were sent and which reasons are to be expected; `score` is what the sink must hold of all it delivered."""

    parts: tuple[Part, ...]
    score: float
    reasons: frozenset[Reason] = frozenset()
    adapter: str = "connect"


@dataclass
class MessagingWorld:
    """One account with every adapter's sink; a cell's customers have names of their own."""

    account: Account
    connect: Connect = field(init=False)
    file: File = field(init=False)
    pinpoint: PinpointImports = field(init=False)

    def __post_init__(self) -> None:
        self.connect, self.file, self.pinpoint = Connect(self.account), File(self.account), PinpointImports(self.account)

    def clean(self) -> None:
        """Nobody known and nothing sent: moto copies its tables whole for every transaction, so full ones make each slower."""
        self.account.empty()

    def heal(self) -> None:
        """Sinks that are well, a function with all its time."""
        self.answers()
        self.job_answers()
        self.account.left, self.connect.offset = 600.0, 0

    def answers(self, *planned: dict[str, Any]) -> None:
        """What Customer Profiles answers to the next calls that put."""
        named = [{"operation": PUT, **each} for each in planned]
        self.account.serving.twins.faults("customer-profiles").configure(answers=named)

    def job_answers(self, *planned: dict[str, Any]) -> None:
        """What Pinpoint answers to the next calls."""
        self.account.serving.twins.faults("pinpoint").configure(answers=list(planned))

    def channel(self, adapter: str) -> Channel:
        """The adapter of that name."""
        channels: dict[str, Channel] = {"connect": self.connect, "file": self.file, "pinpoint": self.pinpoint}
        return channels[adapter]

    def part(self, name: str, score: float, as_of: str = DAY, *, first: int = 0, count: int = COUNT) -> Part:
        """A part of that many customers, the first so many of the cell's left out."""
        ids = self.account.customers([self.first(name) + first + n for n in range(count)])
        return self.account.part(f"{name}-{as_of}-{score}-{first}", dict.fromkeys(ids, score), as_of)

    def outcome(self, given: Expected) -> Outcome:
        channel = self.channel(given.adapter)
        rows = [row for part in given.parts for row in self.account.rows(channel.sink, part)]
        status = Counter(row["status"] for row in rows)
        rejected = Counter(row["reason"] for row in rows if row["status"] == Status.REJECTED)
        withheld = Counter(row["reason"] for row in rows if row["status"] == Status.WITHHELD)
        held, mine = channel.held(), Counter(row["customer_id"] for row in rows)
        delivered = {row["customer_id"] for row in rows if row["status"] == Status.DELIVERED}
        wrong = sum(held.get(each) != given.score for each in delivered)
        stray = sum(each in held for each in mine.keys() - delivered)
        ids = Counter(key.removesuffix(".email") for key, _ in channel.messages())
        twice = sum(count > mine[each] for each, count in ids.items() if each in mine)
        surprising = sum((rejected + withheld)[reason] for reason in rejected + withheld if reason not in given.reasons)
        landed = sum(len(parts.read(self.account.s3, LAKE, part)) for part in given.parts)
        return Outcome(
            landed=landed, delivered=status[Status.DELIVERED], rejected=rejected, dead_lettered=0, twice=twice,
            unexplained=wrong + stray + surprising, withheld=withheld,
        )  # fmt: skip

    def first(self, name: str) -> int:
        """The number of the cell's first customer."""
        place, seed = (int(word) for word in name.split("-"))
        return (place * 1_000 + seed) * SPACE


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


@cell("answers that do not come", FLOW)
def hangs(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """The work may be done: nobody waits for ever, and it goes again under the same key."""
    patient, world.connect.client = world.connect.client, world.connect.impatient(HANG_SECONDS / 3)
    try:
        return _sent(world, name, {"delay": HANG_SECONDS, "times": rng.randint(1, 2), "skip": rng.randint(0, 2)})
    finally:
        world.connect.client = patient


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
    first = world.first(name)
    world.account.customers([first + n for n in rng.sample(range(COUNT), 5)], consents={"marketing/email": REFUSED})
    world.connect.deliver(part)
    return Expected((part,), 0.7, frozenset({Reason.NO_CONSENT}))
