"""Check the data quality rules over the lake, keep what they found, and tell CloudWatch. Takes no input."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.aws.clients import client
from omnichannel.aws.iceberg import catalog
from omnichannel.contracts.environment.catalog import QualityReportEnv
from omnichannel.quality import metrics, report
from omnichannel.quality.check import check
from omnichannel.quality.landed import landed_contents
from omnichannel.quality.rules import all_rules
from omnichannel.transform.lake import Lake

logger = Logger(service="quality-report")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers where the results lie, how many rules were checked, and the names of those that were not met."""
    env, at = QualityReportEnv.load(), datetime.now(UTC)
    with tempfile.TemporaryDirectory() as work:
        lake = Lake(catalog(), env.glue_database, Path(work), as_of=at, memory_mb=int(env.memory_mb))
        results = check(lake, all_rules(), landed_contents(client("dynamodb"), env.history_table), at=at)
    key = report.write(client("s3"), env.lake_bucket, results, at=at)
    metrics.checked(results, deployment=env.glue_database)
    failed = [found.rule for found in results if not found.passed]
    logger.info("checked", rules=len(results), failed=failed)
    return {"key": key, "rules": len(results), "failed": failed}
