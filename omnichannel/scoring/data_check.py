"""What the data check of a pipeline's features found, as far as somebody has to hear of it."""

import json
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit, single_metric
from botocore.exceptions import ClientError

from omnichannel.contracts.metrics import SCORING_NAMESPACE, SILENT_DATA_SETS
from omnichannel.contracts.pipelines import CHECK, Definition, run_folder
from omnichannel.contracts.sources import DEPLOYMENT_DIMENSION

SILENT, REFUSED = "silent", "SilentDataSetError"
"""The check's verdict, and the error's name when a data set fell silent that nothing works without."""


def silent_data_sets(s3: Any, bucket: str, definition: Definition, run: str, failure: str | None) -> int | None:
    """How many data sets had stopped arriving when the run's features were made; None when the run did not get as far as the check.

    A run that the check itself ended leaves no file: it is told by the `failure` of the execution, and counts as one.
    """
    if REFUSED in (failure or ""):
        return 1
    try:
        found = s3.get_object(Bucket=bucket, Key=f"{run_folder(definition, run)}meta/{CHECK}")
    except ClientError as refused:
        if refused.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise
    check = json.loads(found["Body"].read())
    return [data_set["verdict"] for data_set in check["data_sets"]].count(SILENT)


def tell(silent: int, *, deployment: str) -> None:
    """As an embedded metric in the function's log."""
    with single_metric(name=SILENT_DATA_SETS, unit=MetricUnit.Count, value=silent, namespace=SCORING_NAMESPACE) as metric:
        metric.add_dimension(name=DEPLOYMENT_DIMENSION, value=deployment)
