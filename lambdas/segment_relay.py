"""Tell Segment what live events have changed: live segments, the next best action, recommended products, as traits."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import urllib3
from aws_lambda_powertools import Logger

from omnichannel.activation.segment_pace import Pace
from omnichannel.activation.sender import Sender
from omnichannel.activation.state import State
from omnichannel.activation.write_key import WriteKey
from omnichannel.aws.clients import client
from omnichannel.aws.sqs import come_again
from omnichannel.contracts.environment.events import SegmentRelayEnv
from omnichannel.contracts.ledger import Flow, Sink
from omnichannel.experiments.holdout import Holdout
from omnichannel.ledger.parts import write_part
from omnichannel.realtime.reverse.changes import changed
from omnichannel.realtime.reverse.relay import Relay

RESERVED_SECONDS = 15.0
"""Of the function's time, kept for remembering the last batch and writing the ledger."""

log = Logger(service="segment-relay")


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Takes a batch from the queue; the records it names as failed come again, later each time."""
    env, now = SegmentRelayEnv.load(), datetime.now(UTC)
    changes, unreadable = changed(event["Records"])
    relay = Relay(state=_state(env), holdout=Holdout.of(env.holdout), now=lambda: datetime.now(UTC))
    stopped = relay.relay(changes, _sender(env, context))
    if relay.rows:
        write_part(
            client("s3"), env.lake_bucket, flow=Flow.LIVE_TRAITS, run=f"{now:%Y-%m-%d}", sink=Sink.SEGMENT, part=context.aws_request_id,
            rows=relay.rows,
        )  # fmt: skip
    failed = [*relay.again(changes), *unreadable]
    come_again(client("sqs"), [record for record in event["Records"] if record["messageId"] in set(failed)])
    counts = Counter(str(row.reason or row.status) for row in relay.rows)
    log.info("relayed", counts=dict(counts), again=len(failed), unreadable=len(unreadable), stopped=stopped)
    return {"batchItemFailures": [{"itemIdentifier": receipt} for receipt in failed]}


def _sender(env: SegmentRelayEnv, context: Any) -> Sender:
    return Sender(
        endpoint=env.segment_endpoint.rstrip("/"),
        key=_write_key(env.segment_secret),
        pace=Pace(agreed=float(env.events_per_second)),
        remaining=lambda: context.get_remaining_time_in_millis() / 1000 - RESERVED_SECONDS,
        http=_connections(),
    )


def _state(env: SegmentRelayEnv) -> State:
    return State(dynamodb=client("dynamodb"), customers_table=env.customers_table, sent_table=env.sent_table)


@cache
def _write_key(secret_id: str) -> WriteKey:
    return WriteKey(secrets_manager=client("secretsmanager"), secret_id=secret_id)


@cache
def _connections() -> urllib3.PoolManager:
    return urllib3.PoolManager(maxsize=1)
