"""Relay live interactions to Personalize, ten at a time, one session per call."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from omnichannel.aws.clients import client
from omnichannel.aws.customers import customers_of
from omnichannel.aws.personalize import sender
from omnichannel.contracts.environment.events import PersonalizeRelayEnv
from omnichannel.contracts.ledger import Flow, LedgerRow
from omnichannel.ledger.parts import write_part
from omnichannel.recommendations.mapping import interaction_map
from omnichannel.recommendations.relay import Outcome, readable, relay

SINK = "personalize"
RESERVE_MS = 10_000
"""Time kept back to write the ledger and to answer: what was not sent by then comes again."""
log = Logger(service="personalize-relay")


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Takes a batch from the queue; the records it names as failed come again."""
    env = PersonalizeRelayEnv.load()
    now = datetime.now(UTC)
    batch, unreadable = readable(event["Records"])
    send = sender(client("personalize-events"), env.tracking_id, in_time=lambda: context.get_remaining_time_in_millis() > RESERVE_MS)
    relayed = relay(batch, interaction_map(env.interactions), customers_of(client("dynamodb"), env.customers_table), send)
    if relayed.outcomes:
        rows = [_row(outcome, now) for outcome in relayed.outcomes]
        write_part(
            client("s3"), env.lake_bucket, flow=Flow.EVENTS, run=f"{now:%Y-%m-%d}", sink=SINK, part=context.aws_request_id, rows=rows
        )
    counts = Counter(str(outcome.reason or outcome.status) for outcome in relayed.outcomes)
    log.info("relayed", counts=dict(counts), again=len(relayed.undecided), unreadable=len(unreadable))
    return {"batchItemFailures": [{"itemIdentifier": receipt} for receipt in (*relayed.undecided, *unreadable)]}


def _row(outcome: Outcome, now: datetime) -> LedgerRow:
    return LedgerRow(
        flow=Flow.EVENTS,
        run=f"{now:%Y-%m-%d}",
        customer_id=outcome.customer_id,
        sink=SINK,
        status=outcome.status,
        reason=outcome.reason,
        message_id=outcome.event.message_id,
        at=now.isoformat(),
    )
