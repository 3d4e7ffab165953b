"""Messaging adapter `file` for one audience part: `{"run", "as_of", "part"}` in, counts out."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.activation import file_adapter, parts
from omnichannel.activation.messaging import Gates
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.state import State
from omnichannel.aws import products
from omnichannel.aws.clients import client
from omnichannel.campaigns.messages import Renderer
from omnichannel.contracts.environment.sinks import FileBridgeEnv
from omnichannel.contracts.ledger import Sink
from omnichannel.playbook.actions import playbook

logger = Logger(service="file-bridge")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Writes the part's audience file and ledger."""
    env, s3 = FileBridgeEnv.load(), client("s3")
    part = parts.ordered(s3, env.lake_bucket, event)
    outcomes = Outcomes(part=part, sink=Sink.FILE, now=lambda: datetime.now(UTC))
    state = State(dynamodb=client("dynamodb", checks=False), customers_table=env.customers_table, sent_table=env.sent_table)
    members, gates = parts.read(s3, env.lake_bucket, part), Gates.of(env.holdout, playbook())
    file_adapter.deliver(members, outcomes, state, gates, _renderer(env.products_table), s3, env.lake_bucket)
    outcomes.write(s3, env.lake_bucket)
    logger.info("part written", run=part.run, **outcomes.counts())
    return {"done": True, **outcomes.counts()}


@cache
def _renderer(products_table: str) -> Renderer:
    return Renderer(products=products.catalog(client("dynamodb", checks=False), products_table))
