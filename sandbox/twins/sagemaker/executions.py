"""One execution of a pipeline: which step may run, how each went, how the whole went."""

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sandbox.twins.sagemaker.definition import Step
from sandbox.twins.sagemaker.processes import Stop


class Status(StrEnum):
    """Of steps and of executions. NOT_RUN (a branch not taken, or a needed step that did not succeed) is never listed."""

    EXECUTING = "Executing"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    FAILED = "Failed"
    SUCCEEDED = "Succeeded"
    NOT_RUN = "NotRun"


@dataclass
class Result:
    """How a step ended. `outcome` is a condition's; `described` is what later steps can read of it."""

    status: Status
    reason: str | None = None
    outcome: bool | None = None
    described: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)


class Schedule:
    """Runs steps as soon as what they need has succeeded, at most `parallel` at once.

    `run_step` does one step and never raises; it is called in a thread of its own.
    """

    def __init__(self, steps: Mapping[str, Step], run_step: Callable[[Step], Result], stop: Stop, parallel: int) -> None:
        self._steps = steps
        self._run_step = run_step
        self._stop = stop
        self._parallel = parallel
        self.results: dict[str, Result] = {}

    def run(self) -> Status:
        """All steps to their end; the status of the execution."""
        running: dict[Future[Result], str] = {}
        with ThreadPoolExecutor(max_workers=self._parallel, thread_name_prefix="step") as pool:
            while True:
                for name in self._ready(set(running.values())):
                    running[pool.submit(self._run_step, self._steps[name])] = name
                if not running:
                    break
                for done in wait(running, return_when=FIRST_COMPLETED).done:
                    self.results[running.pop(done)] = done.result()
        statuses = {result.status for result in self.results.values()}
        if Status.FAILED in statuses:
            return Status.FAILED
        return Status.STOPPED if self._stop.asked else Status.SUCCEEDED

    def _ready(self, running: set[str]) -> list[str]:
        """Steps that may start now; steps that can never run any more are given up on the way."""
        ready: list[str] = []
        changed = True
        while changed:
            changed = False
            ready = []
            for name, step in self._steps.items():
                if name in self.results or name in running:
                    continue
                if self._stop.asked or self._never(step):
                    self.results[name] = Result(Status.NOT_RUN)
                    changed = True
                elif step.needs <= self.results.keys():
                    ready.append(name)
        return ready

    def _never(self, step: Step) -> bool:
        if step.branch and (condition := self.results.get(step.branch[0])) and condition.outcome is not step.branch[1]:
            return True
        return any(self.results[name].status is not Status.SUCCEEDED for name in step.needs & self.results.keys())
