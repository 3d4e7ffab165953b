"""Learn what goes with what from the lake, and write it onto customers' and products' items.

Takes the moment that the rebuild is as of, and what a job has made, if one has: `{"as_of", "job"}`.
"""

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.aws.clients import client
from omnichannel.aws.iceberg import catalog
from omnichannel.contracts.environment.customers import LearnRecommendationsEnv
from omnichannel.recommendations.learned.refresh import Tables, refresh
from omnichannel.transform.job import take
from omnichannel.transform.lake import Lake
from omnichannel.view.claim import NewerRebuild

MEMORY_MB = 3072
"""What DuckDB may take at once; the rest of the function's memory is the matrix's."""
logger = Logger(service="learn-recommendations")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Answers how many items were written; `recommendations_gave_way` says that a later rebuild, or an erasure, is at work."""
    env = LearnRecommendationsEnv.load()
    as_of = datetime.fromisoformat(event["as_of"])
    tables = Tables(customers=env.customers_table, products=env.products_table)
    with tempfile.TemporaryDirectory() as work:
        lake = Lake(catalog(), env.glue_database, Path(work), as_of=as_of, memory_mb=MEMORY_MB)
        if "job" in event:
            take(lake, client("s3"), env.lake_bucket, event["job"])
        try:
            counts = refresh(lake, client("dynamodb"), tables)
        except NewerRebuild:
            counts = {"recommendations_gave_way": 1}
    logger.info("learned", counts=counts)
    return counts
