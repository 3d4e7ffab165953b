"""Hand live decisions to the messaging sink, one customer at a time, through the gates that every run's bridge has."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from omnichannel.activation import connect_adapter, file_adapter, pinpoint_live
from omnichannel.activation.connect_sender import ProfileSender
from omnichannel.activation.live_messages import Deliver, Messenger, NotTaken, told
from omnichannel.activation.messaging import Gates
from omnichannel.activation.pinpoint_adapter import Pinpoint
from omnichannel.activation.sender import SinkUnavailable
from omnichannel.activation.state import State
from omnichannel.activation.turns import Taken
from omnichannel.aws import products
from omnichannel.aws.clients import cause, client
from omnichannel.aws.dynamodb import Unprocessed
from omnichannel.aws.transactions import Contended
from omnichannel.campaigns.messages import Renderer
from omnichannel.contracts.environment.sinks import LiveMessengerEnv
from omnichannel.contracts.ledger import Sink
from omnichannel.contracts.profiles import OBJECT_TYPE
from omnichannel.playbook.actions import playbook

RESERVED_SECONDS = 10.0
"""Of the function's time, kept for remembering the last message and writing its account."""
AGAIN = (ClientError, BotoCoreError, Unprocessed, Contended, SinkUnavailable, NotTaken, Taken)
"""What a later delivery may get over."""
UNREADABLE = (LookupError, TypeError, ValueError)
"""What an item says that nobody can read, or a decision for what the playbook has no more: a dead letter in the end, and its own alone."""

log = Logger(service="live-messenger")


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Takes a batch from the queue; the records it names as failed come again."""
    env = LiveMessengerEnv.load()
    found, again = told(event["Records"])
    counts = Counter(unreadable=len(again))
    messenger = _messenger(env, context)
    for each in found:
        try:
            counts[messenger.hand_over(each)] += 1
        except (*AGAIN, *UNREADABLE) as failure:
            again.append(each.receipt)
            counts[cause(failure)] += 1
    log.info("handed over", counts=dict(counts), playbook=playbook().digest)
    return {"batchItemFailures": [{"itemIdentifier": receipt} for receipt in again]}


def _messenger(env: LiveMessengerEnv, context: LambdaContext) -> Messenger:
    state = State(dynamodb=client("dynamodb"), customers_table=env.customers_table, sent_table=env.sent_table)
    return Messenger(
        sink=Sink(env.sink), state=state, deliver=_deliver(env, state, context), s3=client("s3"), lake=env.lake_bucket,
        landing=env.landing_bucket, now=lambda: datetime.now(UTC),
    )  # fmt: skip


def _deliver(env: LiveMessengerEnv, state: State, context: LambdaContext) -> Deliver:
    """The adapter's own way, with one member."""
    gates, catalog = Gates.of(env.holdout, playbook()), products.catalog(state.dynamodb, env.products_table)
    match Sink(env.sink):
        case Sink.CONNECT:
            sender = ProfileSender(
                profiles=client("customer-profiles"), domain=env.target, object_type=OBJECT_TYPE,
                remaining=lambda: context.get_remaining_time_in_millis() / 1000 - RESERVED_SECONDS,
            )  # fmt: skip
            return lambda member, outcomes: connect_adapter.deliver([member], outcomes, sender, state, gates, catalog)
        case Sink.PINPOINT:
            pinpoint = Pinpoint(client=client("pinpoint"), application_id=env.target, import_role_arn="")
            return lambda member, outcomes: pinpoint_live.deliver(member, outcomes, state, gates, catalog, pinpoint)
        case Sink.FILE:
            renderer, s3, lake = _renderer(env.products_table), client("s3"), env.lake_bucket
            return lambda member, outcomes: file_adapter.deliver([member], outcomes, state, gates, renderer, s3, lake)
        case other:
            raise ValueError(f"{other} sends no messages; expected connect, pinpoint or file")


@cache
def _renderer(products_table: str) -> Renderer:
    return Renderer(products=products.catalog(client("dynamodb"), products_table))
