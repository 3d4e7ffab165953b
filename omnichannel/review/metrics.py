"""What CloudWatch hears of reviews, as embedded metrics in the function's log: counts and indices, nothing of a person."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from omnichannel.contracts.metrics import MODEL_DIMENSION, RUNS_WAITING, SCORE_DRIFT, SCORING_NAMESPACE, WORST_FEATURE_DRIFT
from omnichannel.contracts.sources import DEPLOYMENT_DIMENSION


def waiting(runs: int, *, deployment: str) -> None:
    """How many runs wait for a person."""
    with single_metric(name=RUNS_WAITING, unit=MetricUnit.Count, value=runs, namespace=SCORING_NAMESPACE) as metric:
        metric.add_dimension(name=DEPLOYMENT_DIMENSION, value=deployment)


def drift(model: str, found: Mapping[str, Any] | None, *, deployment: str) -> None:
    """How far a run's scores, and the feature that moved furthest, are from training; nothing for a run that does not say."""
    for name, key in ((SCORE_DRIFT, "score_psi"), (WORST_FEATURE_DRIFT, "worst_psi")):
        value = (found or {}).get(key)
        if value is not None:
            with single_metric(name=name, unit=MetricUnit.NoUnit, value=float(value), namespace=SCORING_NAMESPACE) as metric:
                metric.add_dimension(name=DEPLOYMENT_DIMENSION, value=deployment)
                metric.add_dimension(name=MODEL_DIMENSION, value=model)
