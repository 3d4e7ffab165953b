"""Runs a tuning job: proposes, starts training jobs, learns from them, ends them early."""

import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.twins.sagemaker.outcome import JobFailedError
from sandbox.twins.sagemaker.processes import Stop
from sandbox.twins.sagemaker.proposals import Known, Strategy, strategy
from sandbox.twins.sagemaker.ranges import Space
from sandbox.twins.sagemaker.stopping import complete, stopped_at, without_improvement
from sandbox.twins.sagemaker.trials import Trial, final_value, metric_values, training_arguments, trial_name
from sandbox.twins.store import Document

_LOOK = 0.25
_ATTEMPTS = 5
"""The service gives up after as many training jobs without an objective."""


class Jobs(Protocol):
    """What a tuning job needs of the twin."""

    def train(self, name: str, arguments: Mapping[str, Any], tuning_job_arn: str, stop: Stop) -> Document:
        """Run a training job to its end; its document."""

    def log_of(self, name: str) -> str:
        """What the training job has printed so far."""

    def stopped_early(self, name: str) -> Document:
        """Write down that a training job was stopped; its document."""

    def note(self, tuning_job: str, trial: Trial) -> None:
        """Write down how a trial stands."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A tuning job's request, read once."""

    name: str
    arn: str
    space: Space
    propose: Strategy
    definition: Mapping[str, Any]
    objective: Mapping[str, Any]
    regex: str
    trials: int
    parallel: int
    median_rule: bool
    criteria: Mapping[str, Any]

    @property
    def sign(self) -> float:
        """What makes smaller objectives better."""
        return 1.0 if self.objective["Type"] == "Minimize" else -1.0


def plan(request: Mapping[str, Any], arn: str, seed: int, most_parallel: int) -> Plan:
    """The plan of a request that was checked before."""
    config, definition = request["HyperParameterTuningJobConfig"], request["TrainingJobDefinition"]
    objective, limits = config["HyperParameterTuningJobObjective"], config["ResourceLimits"]
    metrics = {each["Name"]: each["Regex"] for each in definition["AlgorithmSpecification"]["MetricDefinitions"]}
    space = Space.parse(config["ParameterRanges"])
    return Plan(
        name=request["HyperParameterTuningJobName"],
        arn=arn,
        space=space,
        propose=strategy(config["Strategy"], space, config.get("RandomSeed", seed)),
        definition=definition,
        objective=objective,
        regex=metrics[objective["MetricName"]],
        trials=limits["MaxNumberOfTrainingJobs"],
        parallel=min(limits["MaxParallelTrainingJobs"], most_parallel),
        median_rule=config.get("TrainingJobEarlyStoppingType") == "Auto",
        criteria=config.get("TuningJobCompletionCriteria", {}),
    )


class Tuning:
    """One tuning job.

    A trial is proposed from the trials up to `parallel` before it, and compared with those: what else is running then counts as
    not known, however fast it is. So the same seed and the same data give the same trials on any machine, busy or not.
    """

    def __init__(self, plan: Plan, jobs: Jobs, stop: Stop) -> None:
        self._plan = plan
        self._jobs = jobs
        self._stop = stop
        self._trials: list[Trial] = []
        self._over: list[Trial] = []

    def run(self) -> Document:
        """All trials; what DescribeHyperParameterTuningJob says more afterwards. JobFailedError, JobStoppedError."""
        window: deque[Future[Trial]] = deque()
        with ThreadPoolExecutor(max_workers=self._plan.parallel, thread_name_prefix="trial") as pool:
            for number in range(1, self._plan.trials + 1):
                if len(window) == self._plan.parallel:
                    self._over.append(window.popleft().result())
                if self._enough():
                    break
                window.append(pool.submit(self._try, self._next(number), tuple(self._over)))
            self._over.extend(each.result() for each in window)
        self._stop.check()
        if not self._known():
            raise JobFailedError(self._why_nothing())
        return {
            "ConsumedResources": {"RuntimeInSeconds": round(sum(map(_seconds, self._over)))},
            "TuningJobCompletionDetails": {"NumberOfTrainingJobsObjectiveNotImproving": without_improvement(self._objectives())},
        }

    def _next(self, number: int) -> Trial:
        point = self._plan.propose(number, self._known(), [trial.point for trial in self._trials if trial not in self._over])
        name = trial_name(self._plan.name, number)
        self._trials.append(Trial(number=number, name=name, point=point, tuned=self._plan.space.values(point)))
        return self._trials[-1]

    def _enough(self) -> bool:
        if self._stop.asked or (len(self._over) >= _ATTEMPTS and not self._known()):
            return True
        return complete(self._plan.criteria, self._objectives(), self._plan.sign)

    def _known(self) -> list[Known]:
        return [Known(trial.point, self._plan.sign * trial.value) for trial in self._over if trial.value is not None]

    def _objectives(self) -> list[float]:
        return [each.value for each in self._known()]

    def _try(self, trial: Trial, before: Sequence[Trial]) -> Trial:
        """One trial to its end, in a thread of its own."""
        stop = self._stop.part()
        finished = [self._signed(other.curve) for other in before if other.value is not None and other.completed]
        self._jobs.note(self._plan.name, trial)
        with self._watched(trial, finished, stop) if self._plan.median_rule else nullcontext():
            arguments = training_arguments(self._plan.definition, self._plan.objective["MetricName"], trial.tuned)
            job = self._jobs.train(trial.name, arguments, self._plan.arn, stop)
        curve = self._curve(trial)
        epochs = stopped_at(self._signed(curve), finished) if self._plan.median_rule else None
        if epochs is not None and job["TrainingJobStatus"] == "Completed":
            # The service looks after every epoch and we now and then: a job that was over by then would have been stopped.
            job = self._jobs.stopped_early(trial.name)
        trial.job, trial.curve = job, curve[:epochs]
        counts = job["TrainingJobStatus"] == "Completed" or epochs is not None
        trial.value = final_value(trial.curve) if counts else None
        self._jobs.note(self._plan.name, trial)
        return trial

    @contextmanager
    def _watched(self, trial: Trial, finished: Sequence[Sequence[float]], stop: Stop) -> Iterator[None]:
        over = threading.Event()

        def watch() -> None:
            while not over.wait(_LOOK):
                if stopped_at(self._signed(self._curve(trial)), finished) is not None:
                    stop.event.set()
                    return

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()

    def _curve(self, trial: Trial) -> list[float]:
        return metric_values(self._jobs.log_of(trial.name), self._plan.regex)

    def _signed(self, curve: Sequence[float]) -> list[float]:
        return [self._plan.sign * value for value in curve]

    def _why_nothing(self) -> str:
        last = self._over[-1]
        if all(trial.completed for trial in self._over):
            return (
                f"No objective metrics found after running {len(self._over)} training jobs. Please ensure that the custom algorithm is"
                f" emitting the objective metric as defined by the regular expression provided: {self._plan.regex}"
            )
        attempts = (
            f"No training job succeeded after {len(self._over)} attempts." if len(self._over) >= _ATTEMPTS else "All training jobs failed."
        )
        reason = last.job.get("FailureReason") or last.job["TrainingJobStatus"]
        return f"{attempts} Please take a look at the training job failures to get more details. {last.name}: {reason}"


def _seconds(trial: Trial) -> float:
    started, ended = trial.job.get("TrainingStartTime"), trial.job.get("TrainingEndTime")
    return (ended - started).total_seconds() if started and ended else 0.0
