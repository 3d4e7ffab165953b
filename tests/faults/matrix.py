"""The cells of the matrix, and a run of one: a fault, a seed, and what became of every record."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.files import File
from tests.faults.world import Outcome, World

FLOW = "onboarding"
Fault = Callable[[World, random.Random, str], list[File]]


@dataclass(frozen=True)
class Cell:
    """One fault of one flow: `run` lands files and gives back which."""

    flow: str
    fault: str
    run: Fault


CELLS: list[Cell] = []


def cell(fault: str, flow: str = FLOW) -> Callable[[Fault], Fault]:
    """Registers a cell under the name that the table shows."""

    def register(run: Fault) -> Fault:
        CELLS.append(Cell(flow, fault, run))
        return run

    return register


def outcome(world: World, each: Cell, seed: int) -> Outcome:
    """One run of a cell: same seed, same files, same faults."""
    world.landed.clear()
    world.staged.clear()
    world.dead.clear()
    world.seen.clear()
    world.proxy.break_calls()
    # Not hash(): that of a text differs between processes.
    rng = random.Random(f"{each.fault}/{seed}")
    name = f"{CELLS.index(each)}-{seed}"
    try:
        files = each.run(world, rng, name)
    finally:
        world.proxy.break_calls()
    return world.outcome(files)


def every_cell() -> list[Cell]:
    """The whole matrix."""
    from tests.faults import content, delivery, network  # noqa: F401 - they register their cells

    return CELLS
