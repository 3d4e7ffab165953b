"""One process that runs cells: it is told a cell and its seeds, and answers one `Found` for each."""

import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self

from tests.faults.matrix import WORLDS, Cell, Deployed, outcome
from tests.faults.rows import Found

ERROR_CHARS = 500
Source = Callable[[], list[Cell]]
"""What lists the cells; a process of its own imports it by its name."""


@dataclass(frozen=True)
class Task:
    """Some seeds of the cell at that place of the list."""

    place: int
    seeds: tuple[int, ...]


def work(source: Source, connection: Connection, log: Path) -> None:
    """Says None when it is ready, then runs tasks until None comes, or whoever gave them has ended.

    The process has a session of its own: with it ends all that it started.
    """
    os.setsid()
    signal.signal(signal.SIGTERM, _end)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _write_to(log)
    cells = source()
    connection.send(None)
    while task := connection.recv():
        with _Flow(cells[task.place]) as flow:
            for seed in task.seeds:
                connection.send(flow.found(task.place, seed))


class _Flow:
    """A cell's flow as deployed, for as many seeds as it lasts: one that raises leaves it in no known state."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self._world: Deployed | None = None
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def found(self, place: int, seed: int) -> Found:
        """What became of the records, or what was raised."""
        started = time.monotonic()
        try:
            world = self._world = self._world or self._opened.enter_context(WORLDS[self.cell.flow]())
            counted = outcome(world, self.cell, seed)
        except Exception as raised:
            traceback.print_exc()
            self._close()
            return Found(place, seed, time.monotonic() - started, error=words(raised))
        return Found(place, seed, time.monotonic() - started, counted)

    def _close(self) -> None:
        self._world = None
        self._opened.close()


def _end(*_: object) -> None:
    sys.exit(1)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.killpg(0, signal.SIGKILL)


def _write_to(log: Path) -> None:
    """What functions log, and what is told of errors, goes to a file: the terminal has the table."""
    with log.open("ab") as file:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(file.fileno(), stream.fileno())


def words(raised: Exception) -> str:
    """What was raised, in one line that is not too long."""
    return " ".join(f"{type(raised).__name__}: {raised}".split())[:ERROR_CHARS]
