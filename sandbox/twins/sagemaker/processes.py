"""Processes of jobs: own process group, output to a log, ended with the job, with the twin, or when their time is up."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_GUARD = Path(__file__).with_name("guard.py")
_GRACE = 5.0


class JobStoppedError(Exception):
    """The job was told to stop."""


class JobTimeoutError(Exception):
    """The job ran longer than its StoppingCondition allows."""


@dataclass
class Stop:
    """Asks running work to stop: by its own event, or by that of the work it is a part of."""

    event: threading.Event = field(default_factory=threading.Event)
    whole: "Stop | None" = None

    @property
    def asked(self) -> bool:
        """Whether to stop."""
        return self.event.is_set() or (self.whole is not None and self.whole.asked)

    def part(self) -> "Stop":
        """For one part of the work, which can be stopped alone."""
        return Stop(whole=self)

    def check(self) -> None:
        """JobStoppedError once asked to stop."""
        if self.asked:
            raise JobStoppedError


class Process:
    """One running command."""

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str], directory: Path, log: Path, fds: Sequence[int] = ()
    ) -> None:
        with log.open("ab") as output:
            # -I -S: the guard needs nothing of the environment that it hands on.
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_GUARD), *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=dict(environment),
                cwd=directory,
                start_new_session=True,
                pass_fds=fds,
            )

    def wait(self, stop: Stop, seconds: float) -> int:
        """The exit code. JobStoppedError or JobTimeoutError after the whole group has been ended."""
        deadline = time.monotonic() + seconds
        try:
            while True:
                try:
                    return self._guard.wait(timeout=0.1)
                except subprocess.TimeoutExpired:
                    if stop.asked:
                        raise JobStoppedError from None
                    if time.monotonic() > deadline:
                        raise JobTimeoutError from None
        finally:
            self.end()

    def end(self) -> None:
        """End whatever is left of the group: politely first, then for sure."""
        if self._guard.poll() is None:
            self._signal(signal.SIGTERM)
            try:
                self._guard.wait(timeout=_GRACE)
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)
                self._guard.wait()
        # What the command left running in the background still belongs to the group.
        self._signal(signal.SIGKILL)
        if self._guard.stdin:
            self._guard.stdin.close()

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self._guard.pid, number)
        except ProcessLookupError:
            return


class Watch:
    """Waits for a process in a thread of its own, for a job that talks to it meanwhile."""

    def __init__(self, process: Process, stop: Stop, seconds: float) -> None:
        self._process = process
        self._cause: JobStoppedError | JobTimeoutError | None = None
        self._thread = threading.Thread(target=self._wait, args=(stop, seconds), daemon=True)
        self._thread.start()

    def end(self) -> None:
        """The process is over when this returns. JobStoppedError or JobTimeoutError when that was why."""
        self._thread.join(_GRACE)
        self._process.end()
        self._thread.join()
        if self._cause:
            raise self._cause

    def _wait(self, stop: Stop, seconds: float) -> None:
        try:
            self._process.wait(stop, seconds)
        except (JobStoppedError, JobTimeoutError) as cause:
            self._cause = cause
