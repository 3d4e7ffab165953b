"""Write the scores of one audience part onto customers' items: `{"run", "as_of", "part"}` in, counts out."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.activation import parts
from omnichannel.aws.clients import client
from omnichannel.contracts.environment.activation import ScoreWriterEnv
from omnichannel.view.scores import write_scores

logger = Logger(service="score-writer")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Writes what is newer than what the items hold."""
    env, s3 = ScoreWriterEnv.load(), client("s3")
    part = parts.ordered(s3, env.lake_bucket, event)
    scored = ((member.customer_id, member.scores) for member in parts.read(s3, env.lake_bucket, part))
    at = datetime.now(UTC).isoformat()
    counts = asdict(write_scores(client("dynamodb", checks=False), env.customers_table, scored, as_of=part.as_of, at=at, order=part.order))
    logger.info("scores", run=part.run, **counts)
    return {"done": True, **counts}
