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
from omnichannel.aws.waiting import InTime, waiting_client
from omnichannel.contracts.environment.events import RedecideEnv
from omnichannel.decisions.fresh import Fresh, scorer
from omnichannel.decisions.store import Store
from omnichannel.playbook.actions import playbook
from omnichannel.playbook.triggers import triggers
from omnichannel.realtime.windows.redecide import Cause, Redecided, causes

SCORE_SECONDS = 30.0
"""For so long scores are asked for: with the longest call 45 of the function's 60 seconds."""

log = Logger(service="redecide")


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Takes a batch from the queue; the records it names as failed come again."""
    env, lambdas = RedecideEnv.load(), InTime(waiting_client("lambda"), SCORE_SECONDS)
    found, again = causes(event["Records"], triggers())
    counts, unscored = Counter(unreadable=len(again)), Counter[str]()
    for each in found:
        try:
            became, why = _redecide(env, each, scorer(lambdas, env.score_function, each.done))
            counts[became] += 1
            unscored.update([why] if why else [])
        except (ClientError, BotoCoreError, Unprocessed, NotTold) as failure:
            again.append(each.receipt)
            counts[cause(failure)] += 1
    if unscored:
        log.warning("decided by the last run's scores", why=dict(unscored))
    log.info("redecided", counts=dict(counts), playbook=playbook().digest)
    return {"batchItemFailures": [{"itemIdentifier": receipt} for receipt in again]}


def _redecide(env: RedecideEnv, each: Cause, fresh: Fresh) -> tuple[str, str]:
    """What became of it, in a word, and why there were no fresh scores."""
    dynamodb = client("dynamodb")
    store = Store(
        dynamodb=dynamodb, customers_table=env.customers_table, products_table=env.products_table, sent_table=env.sent_table
    )  # fmt: skip
    new = Redecided.of(each, store, playbook(), datetime.now(UTC), fresh)
    if new is None:
        return "unknown", ""
    if not new.note(dynamodb, env.customers_table):
        return "overtaken", new.unscored
    put(lambda request: client("events").put_events(**request), [new.entry(env.bus_name)])
    return "decided" if new.decision.action else "nothing allowed", new.unscored
