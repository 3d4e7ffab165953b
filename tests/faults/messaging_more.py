"""Parts of nobody, of everybody's scripts, of what no sink takes, under wrong clocks and missing keys, in the messaging channel."""

import random
from datetime import timedelta

from omnichannel.contracts.ledger import Status
from omnichannel.contracts.profiles import KEY_CHARS
from omnichannel.contracts.reasons import Reason
from tests.faults.channels import DAY, later, win_back
from tests.faults.killing import at_calls
from tests.faults.matrix import cell
from tests.faults.messaging import COUNT, FLOW, Expected, MessagingWorld
from tests.faults.messaging_files import _delivered, _Refusals

SCRIPTS = ("ä", "ß", "客", "🛒", "שלום", "é", "ñ", "👩‍👩‍👧")
DENIED = ("AccessDeniedException", "KMSAccessDeniedException")


@cell("nobody in the part", FLOW)
def nobody(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """No customers, no file, no call."""
    adapter = rng.choice(("connect", "file"))
    part, before = world.part(name, 0.7, count=0), world.channel(adapter).messages()
    world.channel(adapter).deliver(part)
    if world.channel(adapter).messages() != before:
        raise AssertionError("something went out of nobody")
    return Expected((part,), 0.7, adapter=adapter)


@cell("clocks: a day off", FLOW)
def clocks(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """What is newer is said by the scores' date and not by the clock of the function that sends them."""
    new, old = world.part(name, 0.7, later(DAY, 1)), world.part(name, 0.2)
    began = world.account.at
    world.account.at = began - timedelta(hours=rng.randint(12, 36))
    world.connect.deliver(new)
    world.account.at = began + timedelta(hours=rng.randint(12, 36))
    world.connect.deliver(old)
    world.account.at = began
    return Expected((new, old), 0.7, frozenset({Reason.SUPERSEDED}))


@cell("ids that no profile can have", FLOW)
def unsendable(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """Above 255 characters: refused by us, with the reason; nobody else is."""
    first, count = world.first(name), rng.randint(1, 5)
    long = [world.account.customers([first], customer_id=f"c_{'9' * KEY_CHARS}{first + n}")[0] for n in range(count)]
    ids = world.account.customers([first + n for n in range(COUNT)])
    part = world.account.part(f"{name}-{DAY}", dict.fromkeys([*ids, *long], 0.7))
    world.connect.deliver(part)
    refused = {row["customer_id"] for row in world.account.rows(world.connect.sink, part) if row["status"] == Status.REJECTED}
    if refused != set(long):
        raise AssertionError(f"{len(refused)} customers were refused; {count} have ids that are too long")
    return Expected((part,), 0.7, frozenset({Reason.ID_TOO_LONG}))


@cell("text of every script", FLOW)
def every_script(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """Names of products arrive whole in a profile, what runs from right to left held apart."""
    text, product = "".join(rng.sample(SCRIPTS, len(SCRIPTS))), f"p-{name}"
    ids = world.account.customers([world.first(name) + n for n in range(5)])
    world.account.product(product, text)
    part = world.account.part(f"{name}-{DAY}", dict.fromkeys(ids, 0.7), decisions={each: win_back(each, product) for each in ids})
    world.connect.deliver(part)
    arrived = [each for each in ids if text in world.connect.words(each)["recommended_item_1_name"]]
    if arrived != ids:
        raise AssertionError(f"the name arrived at {len(arrived)} of {len(ids)} customers")
    return Expected((part,), 0.7)


@cell("tables or lake denied, then granted", FLOW)
def denied(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """A role or key that is missing for some calls: the part fails loudly, and begun again it completes under the same keys."""
    part, adapter = world.part(name, 0.7), rng.choice(("connect", "file", "pinpoint"))
    refusals = _Refusals("", rng.choice(DENIED), times := rng.randint(1, 4), passed=rng.randint(0, 4))
    with at_calls("before-call.*", [world.account.s3, world.account.dynamodb], refusals):
        failed = _delivered(world, adapter, part)
    if failed + refusals.left != times:
        raise AssertionError(f"{times - refusals.left} calls were denied, and {failed} failures told")
    return Expected((part,), 0.7, adapter=adapter)
