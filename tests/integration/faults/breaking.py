"""Cells that break the process that runs them; processes of their own import them by name."""

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from tests.faults.matrix import WORLDS, Cell, Outcome

FLOW = "small"
CHILD = "import sys; sys.stdin.read()"


class Small:
    """Ten records; beside it a process, as the proxy is one: its number stands in the folder of `SMALL_CHILDREN`."""

    def clean(self) -> None:
        """Nothing is left."""

    def heal(self) -> None:
        """Nothing is broken."""

    def outcome(self, given: int) -> Outcome:
        """So many of the ten were delivered."""
        return Outcome(landed=10, delivered=given, rejected=Counter(), dead_lettered=0, twice=0, unexplained=0)


@contextmanager
def small() -> Iterator[Small]:
    """A world, until the block ends."""
    with subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE) as child:
        (Path(os.environ["SMALL_CHILDREN"]) / str(child.pid)).touch()
        yield Small()


def _well(world: Small, rng: random.Random, name: str) -> int:
    return 10


def _loses(world: Small, rng: random.Random, name: str) -> int:
    return 10 - name.endswith("-2")


def _raises(world: Small, rng: random.Random, name: str) -> int:
    if name.endswith("-2"):
        raise ValueError("the second one")
    return 10


def _ends(world: Small, rng: random.Random, name: str) -> int:
    if name.endswith("-2"):
        os._exit(3)
    return 10


def _hangs(world: Small, rng: random.Random, name: str) -> int:
    Event().wait()
    return 10


def cells() -> list[Cell]:
    """One of each kind."""
    WORLDS[FLOW] = small
    runs = {"well": _well, "loses": _loses, "raises": _raises, "ends": _ends, "hangs": _hangs}
    return [Cell(FLOW, name, run) for name, run in runs.items()]
