"""Apply live events to the windows of the playbook's triggers: who enters a segment, and who leaves it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from omnichannel.aws.clients import cause, client
from omnichannel.contracts.environment.events import SegmentWindowsEnv
from omnichannel.playbook.triggers import triggers
from omnichannel.realtime.windows.apply import AGAIN, Tables, apply, merge, merges
from omnichannel.realtime.windows.desk import desk_of
from omnichannel.recommendations.relay import readable

log = Logger(service="segment-windows")


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Takes a batch from the queue; the records it names as failed come again."""
    env = SegmentWindowsEnv.load()
    rules = triggers().scaled(int(env.trigger_time_scale))
    merged, others = merges(event["Records"])
    batch, unreadable = readable(others)
    tables = Tables(dynamodb=client("dynamodb"), customers=env.customers_table, products=env.products_table)
    desk = desk_of(env, rules, datetime.now(UTC))
    done = apply(batch, tables, rules, desk)
    for receipt, (old, survivor) in merged.items():
        try:
            done.counts["merged"] += merge(old, survivor, tables, rules, desk)
        except AGAIN as failure:
            done.again.append(receipt)
            done.causes[cause(failure)] += 1
    log.info("windows", counts=dict(done.counts), again=len(done.again), causes=dict(done.causes), unreadable=len(unreadable))
    return {"batchItemFailures": [{"itemIdentifier": receipt} for receipt in (*done.again, *unreadable)]}
