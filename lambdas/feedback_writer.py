"""Bring what the lake knows of messages to customers: suppressions, contacts, and the outcomes of campaigns as a file.

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
from omnichannel.contracts.environment.customers import FeedbackWriterEnv
from omnichannel.feedback.apply import OUTCOMES, Store, apply, export
from omnichannel.transform.job import take
from omnichannel.transform.lake import Lake
from omnichannel.view.claim import Claim, NewerRebuild

MEMORY_MB = 1536
logger = Logger(service="feedback-writer")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Answers how much was new; `feedback_gave_way` says that a later rebuild, or an erasure, is at work."""
    env, s3 = FeedbackWriterEnv.load(), client("s3")
    as_of = datetime.fromisoformat(event["as_of"])
    with tempfile.TemporaryDirectory() as work:
        lake = Lake(catalog(), env.glue_database, Path(work), as_of=as_of, memory_mb=MEMORY_MB)
        if "job" in event:
            take(lake, s3, env.lake_bucket, event["job"])
        counts = _apply(env, lake, Path(work))
    logger.info("feedback", counts=counts)
    return counts


def _apply(env: FeedbackWriterEnv, lake: Lake, work: Path) -> dict[str, int]:
    dynamodb = client("dynamodb")
    claim = Claim(dynamodb=dynamodb, table=env.customers_table, began_at=lake.as_of)
    store = Store(dynamodb=dynamodb, customers=env.customers_table, sent=env.sent_table, claim=claim)
    try:
        return {**apply(lake, store), OUTCOMES: export(lake, store, client("s3"), env.lake_bucket, work)}
    except NewerRebuild:
        return {"feedback_gave_way": 1}
