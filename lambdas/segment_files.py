"""Write one audience part as files for Segment: `{"run", "as_of", "part"}` in, the same with `done` out."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.activation import parts
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.segment_bridge import Bridge
from omnichannel.activation.segment_files import Files
from omnichannel.activation.state import State
from omnichannel.aws.clients import client
from omnichannel.contracts.environment.sinks import SegmentFilesEnv
from omnichannel.contracts.ledger import Sink
from omnichannel.experiments.holdout import Holdout

logger = Logger(service="segment-files")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Writes the part's files and ledger."""
    env, s3 = SegmentFilesEnv.load(), client("s3")
    part = parts.ordered(s3, env.lake_bucket, event)
    outcomes = Outcomes(part=part, sink=Sink.SEGMENT, now=lambda: datetime.now(UTC))
    state = State(dynamodb=client("dynamodb", checks=False), customers_table=env.customers_table, sent_table=env.sent_table)
    bridge = Bridge(outcomes=outcomes, state=state, holdout=Holdout.of(env.holdout))
    Files(bridge=bridge, s3=s3, bucket=env.lake_bucket).deliver(parts.read(s3, env.lake_bucket, part))
    outcomes.write(s3, env.lake_bucket)
    logger.info("part written", run=part.run, **outcomes.counts())
    return {**event, "done": True}
