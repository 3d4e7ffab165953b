"""Messages that come twice, late, out of order or together, and functions that are killed on the way."""

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from omnichannel.aws import clients
from omnichannel.contracts.datasets import ORDERS
from tests.faults.files import File, events, orders
from tests.faults.killing import Countdown, Killed, at_calls
from tests.faults.matrix import cell
from tests.faults.world import World


@cell("delivered twice")
def twice(world: World, rng: random.Random, name: str) -> list[File]:
    """Every landing event and every staged message comes two to four times, shuffled."""
    files = [orders(rng, f"{name}-{n}") for n in range(3)]
    world.land(*files)
    world.landed *= rng.randint(2, 4)
    rng.shuffle(world.landed)
    world.stage()
    world.staged *= 2
    rng.shuffle(world.staged)
    world.commit()
    return files


@cell("landed again, under the same and another key")
def again(world: World, rng: random.Random, name: str) -> list[File]:
    """The same bytes are the same content wherever they lie; new bytes under an old key are new."""
    first, other = orders(rng, f"{name}-a"), orders(rng, f"{name}-b")
    world.land(first)
    world.run()
    world.land(first, File(f"dms/sales/orders/{name}-copy.csv", first.body, first.good), File(first.key, other.body, other.good))
    world.run()
    return [first, File(first.key, other.body, other.good)]


@cell("eight files at once")
def eight_at_once(world: World, rng: random.Random, name: str) -> list[File]:
    """Files of one data set are staged side by side and committed in whatever batches they form."""
    files = [orders(rng, f"{name}-{n}") for n in range(8)]
    world.land(*files)
    messages, world.landed = world.landed, []
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda message: _staged(world, message), messages))
    for part in parts:
        world.staged += part.staged
        world.seen |= part.seen
    rng.shuffle(world.staged)
    world.commit()
    return files


def _staged(world: World, message: dict[str, Any]) -> World:
    part = World(world.proxy, world.upstream, landed=[message])
    part.stage()
    return part


@cell("killed at every step")
def killed(world: World, rng: random.Random, name: str) -> list[File]:
    """The process ends before or after a call, each in turn; what runs again leaves the same rows, in one batch."""
    files = []
    for n, when in enumerate(("before-send", "after-call")):
        place = rng.randint(1, 3)
        while True:
            file = orders(rng, f"{name}-{n}-{place}", 20)
            world.land(file)
            reached = _killed_at(world, when, place)
            world.run()
            files.append(file)
            if not reached:
                break
            place += 3
    if any(n > 1 for n in world.batches(ORDERS.name).values()):
        raise AssertionError("a content is in two batches")
    return files


def _killed_at(world: World, when: str, place: int) -> bool:
    """Runs both stages until the call at that place; gives whether it was reached. What was being worked on comes back."""
    landed = list(world.landed)
    try:
        with at_calls(f"{when}.*", map(clients.client, ("s3", "dynamodb", "glue")), Countdown(place)):
            world.run()
    except Killed:
        world.landed += [message for message in landed if message not in world.landed]
        return True
    return False


@cell("one table of a batch cannot be committed")
def partial_batch(world: World, rng: random.Random, name: str) -> list[File]:
    """Glue refuses one table for a while: the other table's files pass, these come back and pass later."""
    files = [orders(rng, name), events(name)]
    world.land(*files)
    world.stage()
    refused = {"service": "glue", "operation": "UpdateTable", "error": {"code": "ConcurrentModificationException", "status": 400}}
    world.proxy.break_calls({**refused, "body": "contains(to_string(@), 'orders_changes')", "times": rng.randint(2, 6)})
    world.commit()
    world.proxy.break_calls()
    world.replay()
    return files
