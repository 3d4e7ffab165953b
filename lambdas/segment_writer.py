"""Write a segments run onto customers' items: its manifest's event in, a message for each of its parts out, and those in again."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from omnichannel.aws.clients import client
from omnichannel.aws.sqs import come_again
from omnichannel.aws.transactions import Contended
from omnichannel.contracts.environment.customers import SegmentWriterEnv
from omnichannel.segments import members
from omnichannel.segments.runs import NotASegmentsRun

logger = Logger(service="segment-writer")
_FAILURES = (NotASegmentsRun, members.NotSent, Contended, KeyError, ValueError, ClientError, BotoCoreError)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handles each message by itself; those that failed come again, and in the end go to the dead letters."""
    env, failed = SegmentWriterEnv.load(), []
    for record in event["Records"]:
        try:
            _handle(json.loads(record["body"]), env)
        except _FAILURES as failure:
            logger.warning("message failed", message_id=record["messageId"], error=type(failure).__name__)
            failed.append(record)
    come_again(client("sqs"), failed)
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}


def _handle(asked: dict[str, Any], env: SegmentWriterEnv) -> None:
    if "detail" in asked:
        key = asked["detail"]["object"]["key"]
        parts = members.spread(client("s3"), client("sqs"), env.lake_bucket, env.queue_url, key)
        logger.info("segments run", key=key, parts=parts)
        return
    names = {name: asked[name] for name in ("run", "as_of", "part")}
    at = datetime.now(UTC).isoformat()
    written = members.write(client("s3"), client("dynamodb"), env.lake_bucket, env.customers_table, **names, at=at)
    logger.info("segments", run=names["run"], **asdict(written))
