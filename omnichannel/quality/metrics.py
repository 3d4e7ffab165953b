"""What CloudWatch hears of data quality and of sources, as embedded metrics in a function's log; nothing of a person is in them."""

from collections.abc import Iterable

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from omnichannel.contracts.sources import (
    DEPLOYMENT_DIMENSION,
    FILES_METRIC,
    METRIC_NAMESPACE,
    SOURCE_DIMENSION,
    source_of,
)
from omnichannel.quality.rule import Result

QUALITY_NAMESPACE = "Omni/Quality"
FAILED_METRIC, CHECKED_METRIC = "RulesFailed", "RulesChecked"


def trusted_file(key: str, *, deployment: str) -> None:
    """A landed file's rows are trusted: the source that wrote it is not silent. A key of no source counts for none."""
    source = source_of(key)
    if source:
        with single_metric(name=FILES_METRIC, unit=MetricUnit.Count, value=1, namespace=METRIC_NAMESPACE) as metric:
            metric.add_dimension(name=DEPLOYMENT_DIMENSION, value=deployment)
            metric.add_dimension(name=SOURCE_DIMENSION, value=source.name)


def checked(results: Iterable[Result], *, deployment: str) -> None:
    """How many rules were checked and how many were not met, and one metric for each of those."""
    results = list(results)
    failed = [found for found in results if not found.passed]
    for name, value in ((CHECKED_METRIC, len(results)), (FAILED_METRIC, len(failed))):
        with single_metric(name=name, unit=MetricUnit.Count, value=value, namespace=QUALITY_NAMESPACE) as metric:
            metric.add_dimension(name=DEPLOYMENT_DIMENSION, value=deployment)
    for found in failed:
        with single_metric(name="RuleFailed", unit=MetricUnit.Count, value=1, namespace=QUALITY_NAMESPACE) as metric:
            metric.add_dimension(name=DEPLOYMENT_DIMENSION, value=deployment)
            metric.add_dimension(name="rule", value=found.rule)
