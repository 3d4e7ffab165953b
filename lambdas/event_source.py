"""Segment's EventBridge source: its messages, from the queue behind the partner bus onto ours, ten a call."""

import json
import logging
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from omnichannel.aws import bus, sigv4
from omnichannel.contracts.environment.events import EventSourceEnv
from omnichannel.realtime.counting import Counted, Door, count
from omnichannel.realtime.door import PutEvents, publish_all, taken, wanted
from omnichannel.realtime.events import Event, Unusable, moment

_log = logging.getLogger(__name__)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Takes a batch from the queue; the records it names as failed come again."""
    return respond(event, EventSourceEnv.load(), put_events=bus.put_events, received_at=datetime.now(UTC))


def respond(event: Mapping[str, Any], env: EventSourceEnv, *, put_events: PutEvents, received_at: datetime) -> dict[str, Any]:
    """What nobody wants and what can never be used is counted and done; what the bus did not take, and what is no envelope, comes again."""
    names, again, counts = wanted(env.forwarded), [], Counter[str]()
    found: list[tuple[str, Event]] = []
    for record in event["Records"]:
        try:
            envelope = json.loads(record["body"])
            # Its age is what it was when AWS took it: waiting in our queue makes nothing too old.
            each = taken(envelope["detail"], names, received_at=moment(envelope["time"]))
        except Unusable as unusable:
            counts[str(unusable.reason)] += 1
        except (ValueError, KeyError, TypeError):
            again.append(record["messageId"])
        else:
            counts[""] += each is None
            found += [(record["messageId"], each)] if each else []
    again += _refused(found, env.bus_name, put_events)
    count(Counted.IGNORED, Door.SOURCE, received_at, counts.pop("", 0))
    for reason, number in counts.items():
        count(Counted.REFUSED, Door.SOURCE, received_at, number, reason=reason)
    return {"batchItemFailures": [{"itemIdentifier": each} for each in again]}


def _refused(found: list[tuple[str, Event]], bus_name: str, put_events: PutEvents) -> list[str]:
    """The records whose events are not on the bus."""

    def put(request: Mapping[str, object]) -> Mapping[str, Any]:
        try:
            return put_events(request)
        except (sigv4.Refused, sigv4.Unreachable) as failure:
            _log.error(json.dumps({"message": "not accepted", "error": str(failure)}))
            return {}

    there = publish_all([event for _, event in found], bus_name, put)
    return [receipt for (receipt, _), done in zip(found, there, strict=True) if not done]
