"""The cells of the matrix, and a run of one: a fault, a seed, and what became of every record.

Each flow has a module with its world: what is deployed, and how a run of one of its cells is counted.
"""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

FLOW = "onboarding"


@dataclass(frozen=True)
class Outcome:
    """What became of the records of one run, counted from what was left behind."""

    landed: int
    delivered: int
    rejected: Counter[str]
    dead_lettered: int
    twice: int
    unexplained: int
    withheld: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    """By what was wrong with them, how many dead letters were left."""

    @property
    def lost(self) -> int:
        """Records that are nowhere."""
        return self.landed - self.delivered - self.withheld.total() - self.rejected.total() - self.dead_lettered


@dataclass(frozen=True)
class Cell:
    """One fault of one flow: `run` takes the flow's world, a source of chance and a name, and gives what the world counts by.

    The name is `number` and the seed: no other cell of the flow has it.
    """

    flow: str
    fault: str
    run: Callable[..., Any]
    number: int = 0

    @property
    def name(self) -> str:
        """As the table shows it."""
        return f"{self.flow}: {self.fault}"


class Deployed(Protocol):
    """A flow as deployed, until its context ends."""

    def clean(self) -> None:
        """Forgets what an earlier cell has done and left to do."""

    def heal(self) -> None:
        """Takes every fault away; what became of the records stays to be counted."""

    def outcome(self, given: Any) -> Outcome:
        """Counts what became of what the cell gave back."""
        ...


CELLS: list[Cell] = []
WORLDS: dict[str, Callable[[], AbstractContextManager[Any]]] = {}
"""What deploys each flow."""


def cell(fault: str, flow: str = FLOW) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers a cell under the name that the table shows."""

    def register(run: Callable[..., Any]) -> Callable[..., Any]:
        CELLS.append(Cell(flow, fault, run, len(CELLS)))
        return run

    return register


def outcome(world: Deployed, each: Cell, seed: int) -> Outcome:
    """One run of a cell: same seed, same records, same faults."""
    world.clean()
    world.heal()
    # Not hash(): that of a text differs between processes.
    rng = random.Random(f"{each.fault}/{seed}")
    try:
        given = each.run(world, rng, f"{each.number}-{seed}")
    finally:
        world.heal()
    return world.outcome(given)


def every_cell() -> list[Cell]:
    """The whole matrix, flow by flow."""
    from tests.faults import (  # noqa: F401 - they register their cells
        content,
        delivery,
        live_cells,
        live_steps,
        messaging,
        messaging_files,
        messaging_more,
        messaging_uploads,
        network,
        relay_cells,
        segment_answers,
        segment_clocks,
        segment_runs,
    )
    from tests.faults.live_world import live_world
    from tests.faults.recommending import FLOW as RECOMMENDING
    from tests.faults.recommending import recommending_world
    from tests.faults.relay_world import relay_world
    from tests.faults.segment_world import segment_world
    from tests.faults.world import world

    WORLDS.update({FLOW: world, "segment": segment_world, messaging.FLOW: messaging.messaging_world, live_cells.FLOW: live_world})
    WORLDS[RECOMMENDING] = recommending_world
    WORLDS[relay_cells.FLOW] = relay_world
    return sorted(CELLS, key=lambda each: list(WORLDS).index(each.flow))
