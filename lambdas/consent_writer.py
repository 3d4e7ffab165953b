"""Write what live events decide about consent, and which channels they close, onto customers' items: the next send already knows."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger

from omnichannel.activation.suppression import suppress
from omnichannel.aws.clients import client
from omnichannel.aws.customers import customers_of
from omnichannel.consent.live import apply, decisions
from omnichannel.contracts.environment.customers import ConsentWriterEnv
from omnichannel.feedback.live import suppression
from omnichannel.recommendations.customer import STRANGER
from omnichannel.recommendations.relay import readable

log = Logger(service="consent-writer")


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Takes a batch from the queue; the records it names as failed come again. An event of nobody we know is in the lake only."""
    env, dynamodb = ConsentWriterEnv.load(), client("dynamodb")
    batch, unreadable = readable(event["Records"])
    customer_of = customers_of(dynamodb, env.customers_table)([each.event for each in batch])
    written, closed, unknown = 0, 0, 0
    for each in batch:
        customer, said = customer_of(each.event), each.event
        if customer is None or customer is STRANGER:
            unknown += 1
        else:
            wanted = decisions(said.name, said.preferences, said.at)
            written += apply(dynamodb, env.customers_table, customer.customer_id, wanted)
            # An address is closed for whom the event names; whose browser reported it says nothing of whose address it was.
            closing = suppression(said.name, said.at) if said.user_id else None
            closed += closing is not None and suppress(dynamodb, env.customers_table, customer.customer_id, closing)
    log.info("consents", events=len(batch), written=written, closed=closed, unknown=unknown, unreadable=len(unreadable))
    return {"batchItemFailures": [{"itemIdentifier": receipt} for receipt in unreadable]}
