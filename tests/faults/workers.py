"""Processes that run cells side by side. One that ends or hangs breaks the seeds it had, and another one goes on."""

import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import TracebackType
from typing import Self
from unittest.mock import patch

from tests.faults.rows import Found
from tests.faults.worker import Source, Task, work

MOST_WORKERS = 4
"""As many as get along in 4 GB."""
SECONDS_A_SEED = 300.0
"""Far beyond what a seed takes on a machine with other work; what takes longer hangs."""
SECONDS_TO_START, SECONDS_TO_END = 300.0, 5.0
ROOT = Path(__file__).parents[2]
_SPAWN = multiprocessing.get_context("spawn")


def cpus() -> int:
    """How many of the machine's CPUs are ours, up to what memory allows."""
    return min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, MOST_WORKERS)


@dataclass
class Worker:
    """A process, and the task it was given."""

    process: SpawnProcess
    connection: Connection
    place: int = 0
    left: list[int] = field(default_factory=list)
    until: float = 0.0
    ready: bool = False

    def begin(self, task: Task, patience: float) -> None:
        """Gives it a task, which it begins when it is ready."""
        self.place, self.left, self.until = task.place, list(task.seeds), time.monotonic() + patience + (not self.ready) * SECONDS_TO_START
        self.connection.send(task)

    def take(self, patience: float) -> Found | None:
        """What it has found of the next seed; None when it is but ready. EOFError when it has ended."""
        found: Found | None = self.connection.recv()
        self.until, self.ready = time.monotonic() + patience, True
        if found:
            self.left.remove(found.seed)
        return found

    def end(self) -> None:
        """Ends it and all that it has started, politely at first."""
        self._signal(signal.SIGTERM)
        self.process.join(SECONDS_TO_END)
        self._signal(signal.SIGKILL)
        self.process.join()
        self.connection.close()

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.process.pid or 0, number)
        except ProcessLookupError:
            # It has not begun, or it has ended, alone.
            self.process.kill()


@dataclass
class Workers:
    """So many processes; `patience` is what a seed may take, in seconds."""

    count: int
    source: Source
    log: Path
    patience: float = SECONDS_A_SEED
    _idle: list[Worker] = field(default_factory=list)
    _busy: list[Worker] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Starts them."""
        self._idle = [self._started() for _ in range(self.count)]
        return self

    def __exit__(self, kind: type[BaseException] | None, raised: BaseException | None, at: TracebackType | None) -> None:
        """Ends all of them and all that they have started."""
        with ExitStack() as all_of_them:
            for each in (*self._busy, *self._idle):
                all_of_them.callback(each.end)

    def run(self, tasks: Iterable[Task]) -> Iterator[Found]:
        """What becomes of every seed of the tasks, as it ends."""
        waiting = deque(tasks)
        while waiting or self._busy:
            while waiting and self._idle:
                self._busy.append(self._begun(self._idle.pop(), waiting.popleft()))
            yield from self._some()

    def _begun(self, worker: Worker, task: Task) -> Worker:
        """Who has begun the task: another one where that one has ended while it had nothing to do."""
        try:
            worker.begin(task, self.patience)
        except ConnectionError:
            worker.end()
            worker = self._started()
            worker.begin(task, self.patience)
        return worker

    def _some(self) -> Iterator[Found]:
        soonest = min(worker.until for worker in self._busy)
        ready = wait([worker.connection for worker in self._busy], max(0.0, soonest - time.monotonic()))
        for worker in list(self._busy):
            if worker.connection in ready:
                yield from self._told(worker)
            elif worker.until <= time.monotonic():
                yield from self._broken(worker, f"no answer within {self.patience:.0f} s")

    def _told(self, worker: Worker) -> Iterator[Found]:
        try:
            found = worker.take(self.patience)
        except (EOFError, ConnectionError):
            worker.process.join()
            yield from self._broken(worker, f"the process ended with exit code {worker.process.exitcode}")
            return
        if not worker.left:
            self._busy.remove(worker)
            self._idle.append(worker)
        if found:
            yield found

    def _broken(self, worker: Worker, why: str) -> Iterator[Found]:
        """The seed that it was at is broken; another process goes on with the next ones."""
        self._busy.remove(worker)
        worker.end()
        seed, *left = worker.left
        another = self._started()
        if left:
            another.begin(Task(worker.place, tuple(left)), self.patience)
        (self._busy if left else self._idle).append(another)
        yield Found(worker.place, seed, self.patience, error=why)

    def _started(self) -> Worker:
        ours, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(target=work, args=(self.source, theirs, self.log))
        # It looks for modules where we do, and pytest has found ours by their paths.
        with patch.object(sys, "path", [str(ROOT), *sys.path]):
            process.start()
        theirs.close()
        return Worker(process, ours)
