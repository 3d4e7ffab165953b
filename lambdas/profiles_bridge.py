"""Messaging adapter `connect` for one audience part: `{"run", "as_of", "part", "offset"}` in, the same and `done` out.

Not done, it is to be called again with the offset that it answers.
"""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.activation import connect_adapter, parts
from omnichannel.activation.connect_sender import ProfileSender
from omnichannel.activation.messaging import Gates
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.sender import SinkUnavailable
from omnichannel.activation.state import State
from omnichannel.aws import products
from omnichannel.aws.clients import client
from omnichannel.contracts.environment import ProfilesBridgeEnv
from omnichannel.contracts.ledger import Sink
from omnichannel.contracts.profiles import OBJECT_TYPE
from omnichannel.playbook.actions import playbook

RESERVED_SECONDS = 30.0
"""Of the function's time, kept for remembering the last request and writing the ledger."""

logger = Logger(service="profiles-bridge")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Delivers the part from the offset on; raises `SinkUnavailable` (to be retried) with its ledger written."""
    env, s3, offset = ProfilesBridgeEnv.load(), client("s3"), int(event.get("offset", 0))
    part = parts.ordered(s3, env.lake_bucket, event)
    members, outcomes = parts.read(s3, env.lake_bucket, part), Outcomes(part=part, sink=Sink.CONNECT, now=lambda: datetime.now(UTC))
    connect_adapter.resume(members[:offset], outcomes, s3, env.lake_bucket)
    state = State(dynamodb=client("dynamodb"), customers_table=env.customers_table, sent_table=env.sent_table)
    gates, catalog = Gates.of(env.holdout, playbook()), products.catalog(state.dynamodb, env.products_table)
    try:
        place = connect_adapter.deliver(members, outcomes, _sender(env, context), state, gates, catalog, offset=offset)
    except SinkUnavailable:
        outcomes.write(s3, env.lake_bucket)
        raise
    outcomes.write(s3, env.lake_bucket)
    logger.info("part put", run=part.run, offset=place, **outcomes.counts())
    return {"run": part.run, "as_of": part.as_of, "part": part.key, "offset": place, "done": place == len(members)}


def _sender(env: ProfilesBridgeEnv, context: LambdaContext) -> ProfileSender:
    return ProfileSender(
        profiles=client("customer-profiles"),
        domain=env.domain,
        object_type=OBJECT_TYPE,
        remaining=lambda: context.get_remaining_time_in_millis() / 1000 - RESERVED_SECONDS,
    )
