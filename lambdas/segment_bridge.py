"""Send one audience part to Segment: `{"run", "as_of", "part", "offset"}` in, the same with `done` and the next offset out."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

import urllib3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.activation import parts, segment_bridge, segment_pace
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.sender import OutOfTime, Sender, SinkUnavailable
from omnichannel.activation.state import State
from omnichannel.activation.write_key import WriteKey
from omnichannel.aws.clients import client
from omnichannel.contracts.environment.sinks import SegmentBridgeEnv
from omnichannel.contracts.ledger import Sink
from omnichannel.experiments.holdout import Holdout

RESERVED_SECONDS = 15.0
"""Of the function's time, kept for remembering the last batch and writing the ledger."""

logger = Logger(service="segment-bridge")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Delivers the part from `offset` on; raises `SinkUnavailable` or `OutOfTime` (to be retried) with its ledger written."""
    env, s3, offset = SegmentBridgeEnv.load(), client("s3"), int(event.get("offset", 0))
    part, state = parts.ordered(s3, env.lake_bucket, event), _state(env)
    outcomes = Outcomes(part=part, sink=Sink.SEGMENT, now=lambda: datetime.now(UTC))
    members = segment_bridge.carry_on(parts.read(s3, env.lake_bucket, part), offset, outcomes, s3, env.lake_bucket)
    bridge = segment_bridge.Bridge(outcomes=outcomes, state=state, holdout=Holdout.of(env.holdout), live=env.live == "on")
    try:
        done = bridge.deliver(members, _sender(env, part.run, context))
    except (SinkUnavailable, OutOfTime):
        outcomes.write(s3, env.lake_bucket)
        raise
    outcomes.write(s3, env.lake_bucket)
    logger.info("part sent", run=part.run, done=done is None, **outcomes.counts())
    return {**event, "done": done is None, "offset": offset + (len(members) if done is None else done)}


def _sender(env: SegmentBridgeEnv, run: str, context: LambdaContext) -> Sender:
    return Sender(
        endpoint=env.segment_endpoint.rstrip("/"),
        key=_write_key(env.segment_secret),
        pace=segment_pace.of_run(client("s3"), env.lake_bucket, run, float(env.events_per_second)),
        remaining=lambda: context.get_remaining_time_in_millis() / 1000 - RESERVED_SECONDS,
        http=_connections(),
    )


def _state(env: SegmentBridgeEnv) -> State:
    return State(dynamodb=client("dynamodb", checks=False), customers_table=env.customers_table, sent_table=env.sent_table)


@cache
def _write_key(secret_id: str) -> WriteKey:
    return WriteKey(secrets_manager=client("secretsmanager"), secret_id=secret_id)


@cache
def _connections() -> urllib3.PoolManager:
    return urllib3.PoolManager(maxsize=1)
