"""Segment's Lambda destination: invoked with one event, onto the bus. Who may invoke it, its role says.

Like the webhook it imports no AWS SDK: Segment waits five seconds. An error makes Segment send again, for hours; an answer does not.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from omnichannel.aws import bus
from omnichannel.contracts.environment.events import EventDestinationEnv
from omnichannel.realtime.counting import Counted, Door, count
from omnichannel.realtime.door import PutEvents, publish, taken, wanted
from omnichannel.realtime.events import Unusable


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Takes the message as Segment has it."""
    return respond(event, EventDestinationEnv.load(), put_events=bus.put_events, received_at=datetime.now(UTC))


def respond(message: object, env: EventDestinationEnv, *, put_events: PutEvents, received_at: datetime) -> dict[str, Any]:
    """How many were accepted, ignored or refused with a reason. Raises `NotAccepted` and what `put_events` raises: try again."""
    try:
        found = taken(message, wanted(env.forwarded), received_at=received_at)
    except Unusable as unusable:
        count(Counted.REFUSED, Door.DESTINATION, received_at, reason=unusable.reason)
        return {"refused": 1, "reason": str(unusable.reason)}
    if found is None:
        count(Counted.IGNORED, Door.DESTINATION, received_at)
        return {"ignored": 1}
    publish(found, env.bus_name, put_events)
    return {"accepted": 1}
