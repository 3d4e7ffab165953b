"""When a trial, or a whole tuning job, may end early. Objectives are smaller-is-better here."""

from collections.abc import Mapping, Sequence
from statistics import fmean, median
from typing import Any

_FEW = 3
"""Fewer finished trials than this stop no other one: a median of one or two says little. The service does not publish its number."""


def stopped_at(curve: Sequence[float], finished: Sequence[Sequence[float]]) -> int | None:
    """The number of epochs after which the median rule stops a trial, or None.

    After epoch n, a trial ends whose objective is worse than the median of the running averages up to n of the trials that finished.
    """
    for epoch, value in enumerate(curve, start=1):
        averages = [fmean(other[:epoch]) for other in finished if len(other) >= epoch]
        if len(averages) < _FEW:
            return None
        if value > median(averages):
            return epoch
    return None


def without_improvement(objectives: Sequence[float]) -> int:
    """How many of the last trials have not been better than the best one before them."""
    best = min(range(len(objectives)), key=lambda index: objectives[index], default=-1)
    return len(objectives) - 1 - best


def complete(criteria: Mapping[str, Any], objectives: Sequence[float], sign: float) -> bool:
    """Whether the completion criteria of a request are met; `sign` is -1 where the request maximizes."""
    if not objectives:
        return False
    target = criteria.get("TargetObjectiveMetricValue")
    if target is not None and min(objectives) <= sign * target:
        return True
    most = criteria.get("BestObjectiveNotImproving", {}).get("MaxNumberOfTrainingJobsNotImproving")
    return most is not None and without_improvement(objectives) >= most
