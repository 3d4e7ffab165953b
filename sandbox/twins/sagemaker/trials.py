"""The training jobs of a tuning job: what each is asked to do, what it said about its objective, how it counts."""

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.twins.sagemaker.base import only
from sandbox.twins.sagemaker.ranges import Point
from sandbox.twins.store import Document

FINAL_OBJECTIVE = "FinalHyperParameterTuningJobObjectiveMetric"
OBJECTIVE_HYPERPARAMETER = "_tuning_objective_metric"
_SAME = (
    "RoleArn",
    "InputDataConfig",
    "VpcConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "CheckpointConfig",
    "RetryStrategy",
    "Environment",
)
"""Members that a training job takes over from the definition in the tuning job."""
_COUNTED = {"Completed": "Completed", "InProgress": "InProgress", "Failed": "NonRetryableError", "Stopped": "Stopped"}
NO_OBJECTIVE = "The objective metric was not found in the log of this training job, or its last value was not a number."


@dataclass(kw_only=True)
class Trial:
    """One try. `job` is its training job's document once that is over; `value` is the objective that counts, None without one."""

    number: int
    name: str
    point: Point
    tuned: Mapping[str, str]
    job: Document = field(default_factory=dict)
    curve: Sequence[float] = ()
    value: float | None = None

    @property
    def completed(self) -> bool:
        """Whether its training job ran to its end and all went well."""
        return self.job.get("TrainingJobStatus") == "Completed"

    def kept(self, tuning_job: str) -> Document:
        """What is kept of it beside its training job."""
        document = {"Tuning": tuning_job, "TrainingJobName": self.name, "TunedHyperParameters": dict(self.tuned), "Over": bool(self.job)}
        return document | ({} if self.value is None else {"Value": self.value})


def summary(kept: Document, job: Document, objective: Mapping[str, Any]) -> Document:
    """A trial as `HyperParameterTrainingJobSummary`."""
    named = ("TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingStartTime", "TrainingEndTime", "TrainingJobStatus")
    shown = {**only(job, (*named, "FailureReason")), "TunedHyperParameters": kept["TunedHyperParameters"]}
    if "Value" in kept:
        return {**shown, FINAL_OBJECTIVE: {**objective, "Value": kept["Value"]}, "ObjectiveStatus": "Succeeded"}
    if not kept["Over"]:
        return {**shown, "ObjectiveStatus": "Pending"}
    return {"FailureReason": NO_OBJECTIVE, **shown, "ObjectiveStatus": "Failed"}


def best_first(summaries: Iterable[Document], objective: Mapping[str, Any]) -> list[Document]:
    """The completed ones that have an objective."""
    found = [each for each in summaries if FINAL_OBJECTIVE in each and each["TrainingJobStatus"] == "Completed"]
    return sorted(found, key=value_of, reverse=objective["Type"] == "Maximize")


def value_of(shown: Document) -> float:
    """The objective of a summary that has one."""
    return float(shown[FINAL_OBJECTIVE]["Value"])


def trial_name(tuning_job: str, number: int) -> str:
    """`{tuning job}-001-xxxxxxxx`, as the service calls the training jobs of a tuning job."""
    return f"{tuning_job}-{number:03d}-{hashlib.sha256(f'{tuning_job}/{number}'.encode()).hexdigest()[:8]}"


def training_arguments(definition: Mapping[str, Any], objective: str, tuned: Mapping[str, str]) -> dict[str, Any]:
    """The CreateTrainingJob request of a trial, without its name."""
    hyperparameters = {**definition.get("StaticHyperParameters", {}), **tuned, OBJECTIVE_HYPERPARAMETER: objective}
    return {
        **only(dict(definition), _SAME),
        "AlgorithmSpecification": dict(definition["AlgorithmSpecification"]),
        "HyperParameters": hyperparameters,
    }


def metric_values(log: str, regex: str) -> list[float]:
    """Every value of a metric that a log shows, in order; NaN where what the expression found is no number."""
    found = (match if isinstance(match, str) else match[0] for match in re.findall(regex, log))
    return [_number(text) for text in found]


def final_value(curve: Sequence[float]) -> float | None:
    """The last value of a metric; None when there is none, or it is not finite."""
    return curve[-1] if curve and math.isfinite(curve[-1]) else None


def counters(summaries: Sequence[Document]) -> Document:
    """Both counters of DescribeHyperParameterTuningJob."""
    statuses = Counter(_COUNTED[each["TrainingJobStatus"]] for each in summaries)
    objectives = Counter(each["ObjectiveStatus"] for each in summaries)
    return {
        "TrainingJobStatusCounters": {name: statuses[name] for name in (*_COUNTED.values(), "RetryableError")},
        "ObjectiveStatusCounters": {name: objectives[name] for name in ("Succeeded", "Pending", "Failed")},
    }


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
