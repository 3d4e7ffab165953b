"""Look at a window again when its time has come: a cart was left, or a segment ended with nobody doing anything."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from omnichannel.aws.clients import cause
from omnichannel.contracts.environment.events import SegmentTimerEnv
from omnichannel.playbook.triggers import triggers
from omnichannel.realtime.windows.apply import AGAIN, look_again
from omnichannel.realtime.windows.desk import desk_of

log = Logger(service="segment-timer")


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Takes timers from the queue; the records it names as failed come again. What a timer says is not believed: the state is read."""
    env = SegmentTimerEnv.load()
    rules = triggers().scaled(int(env.trigger_time_scale))
    desk = desk_of(env, rules, datetime.now(UTC))
    counts: Counter[str] = Counter()
    again = []
    for record in event["Records"]:
        try:
            timer = json.loads(record["body"])
            rule = rules.rules.get(timer["rule"])
            told = rule is not None and look_again(str(timer["who"]), rule, desk)
            counts["told" if told else "nothing new"] += 1
        except (*AGAIN, ValueError, TypeError, KeyError) as failure:
            again.append(record["messageId"])
            counts[cause(failure)] += 1
    log.info("timers", counts=dict(counts))
    return {"batchItemFailures": [{"itemIdentifier": receipt} for receipt in again]}
