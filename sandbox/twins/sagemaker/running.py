"""Work in the background that ends with the server, and how many jobs may compute at once."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sandbox.twins.sagemaker.processes import Stop

_POLL = 0.2


class Running:
    """What runs in this process by its ARN, and the way to stop it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, tuple[Stop, threading.Thread]] = {}

    def start(self, arn: str, stop: Stop, work: Callable[[], object]) -> None:
        """Run `work` in a thread."""

        def run() -> None:
            try:
                work()
            finally:
                with self._lock:
                    self._held.pop(arn, None)

        thread = threading.Thread(target=run, name=arn.rpartition("/")[2], daemon=True)
        with self._lock:
            self._held[arn] = (stop, thread)
        thread.start()

    def stop(self, arn: str) -> None:
        """Ask one to stop; one that is over stays as it is."""
        with self._lock:
            held = self._held.get(arn)
        if held:
            held[0].event.set()

    def close(self) -> None:
        """Stop all and wait until their processes have ended."""
        with self._lock:
            held = list(self._held.values())
        for stop, _ in held:
            stop.event.set()
        for _, thread in held:
            thread.join()


class Slots:
    """At most as many jobs compute at once as this machine has cores (two where it has one); the others wait."""

    def __init__(self, number: int | None = None) -> None:
        self.number = number or max(2, os.cpu_count() or 1)
        self._free = threading.Semaphore(self.number)

    @contextmanager
    def one(self, stop: Stop) -> Iterator[None]:
        """A slot for as long as the block runs. JobStoppedError when asked to stop before there is one."""
        while not self._free.acquire(timeout=_POLL):
            stop.check()
        try:
            yield
        finally:
            self._free.release()
