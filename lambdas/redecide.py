"""Decide a customer anew who entered or left a live segment, or bought: onto the customer's item, and onto the bus."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from omnichannel.aws.clients import cause, client
from omnichannel.aws.dynamodb import Unprocessed
from omnichannel.aws.telling import NotTold, put
from omnichannel.contracts.environment.events import RedecideEnv
from omnichannel.decisions.store import Store
from omnichannel.playbook.actions import playbook
from omnichannel.playbook.triggers import triggers
from omnichannel.realtime.windows.redecide import Cause, Redecided, causes

log = Logger(service="redecide")


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Takes a batch from the queue; the records it names as failed come again."""
    env = RedecideEnv.load()
    found, again = causes(event["Records"], triggers())
    counts = Counter(unreadable=len(again))
    for each in found:
        try:
            counts[_redecide(env, each)] += 1
        except (ClientError, BotoCoreError, Unprocessed, NotTold) as failure:
            again.append(each.receipt)
            counts[cause(failure)] += 1
    log.info("redecided", counts=dict(counts), playbook=playbook().digest)
    return {"batchItemFailures": [{"itemIdentifier": receipt} for receipt in again]}


def _redecide(env: RedecideEnv, each: Cause) -> str:
    """What became of it, in a word."""
    dynamodb = client("dynamodb")
    store = Store(
        dynamodb=dynamodb, customers_table=env.customers_table, products_table=env.products_table, sent_table=env.sent_table
    )  # fmt: skip
    new = Redecided.of(each, store, playbook(), datetime.now(UTC))
    if new is None:
        return "unknown"
    if not new.note(dynamodb, env.customers_table):
        return "overtaken"
    put(lambda request: client("events").put_events(**request), [new.entry(env.bus_name)])
    return "decided" if new.decision.action else "nothing allowed"
