"""Decide what is next for everyone in one audience part: `{"run", "as_of", "part"}` in, the decided part out."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.activation.parts import Part
from omnichannel.aws.clients import client
from omnichannel.contracts.environment.activation import DecideAudienceEnv
from omnichannel.decisions.batch import decide_part
from omnichannel.decisions.store import Store
from omnichannel.playbook.actions import playbook

logger = Logger(service="decide-audience")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Decides as of now, by the playbook that travels with the function; answers the decided part's key and numbers by action."""
    env, part, rules = DecideAudienceEnv.load(), Part.of(event), playbook()
    store = Store(
        dynamodb=client("dynamodb"), customers_table=env.customers_table, products_table=env.products_table, sent_table=env.sent_table
    )  # fmt: skip
    done = decide_part(client("s3"), env.lake_bucket, part, store, rules, datetime.now(UTC))
    logger.info(
        "decided", run=part.run, part=part.name, playbook=rules.digest, actions=done.counts, unreadable=dict(store.reader.unreadable)
    )
    return {"run": part.run, "as_of": part.as_of, "part": done.key, "actions": done.counts}
