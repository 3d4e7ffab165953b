"""Segment's Tracking API as plain values: the identify event, what it silently drops, and batches within its limits.

Above a limit the API answers 200 and drops, or refuses a whole batch, so every limit is checked here, before sending.
"""

from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import NamedTuple

import orjson

from omnichannel.activation.parts import Traits
from omnichannel.contracts.reasons import Reason

BATCH_BYTES = 500_000
"""Of one request's body before compression: 500 KB, taken in the smaller of its two meanings."""
BATCH_EVENTS = 2_500
"""Above this Segment answers 200 and drops."""
EVENT_BYTES = 32_000
"""Of one event: 32 KB, taken in the smaller of its two meanings."""
MESSAGE_ID_CHARS = 99
USER_ID_CHARS = 500
"""Longer ids are dropped without a word by Unify."""
TRAITS = 299
"""Unify drops "more than 300", Engage "300 or more"."""

LIBRARY = "omnichannel-personalization"

# The context of a batch is merged into each of its events, so it goes over the wire once.
_HEAD, _TAIL = b'{"context":{"library":{"name":"' + LIBRARY.encode() + b'"}},"batch":[', b"]}"


class Event(NamedTuple):
    """One identify event, serialised, and whose it is; `decided` and `apart` are kept of it as `Sent` says.

    `replaces` is the hash of what Segment holds: empty where that is not known, None where it was never sent anything.
    """

    customer_id: str
    traits_hash: str
    message_id: str
    body: bytes
    decided: str = ""
    apart: str = ""
    replaces: str | None = None


def timestamp(as_of: str) -> str:
    """The time of everything that a run says: midnight UTC of the scores' date, where features end; a repeat carries the same."""
    return f"{as_of}T00:00:00.000Z"


def identify(user_id: str, traits: Traits, *, as_of: str = "", at: str = "", message_id: str) -> bytes:
    """The identify event as it goes over the wire; raises `orjson.JSONEncodeError` for what is no text. `at` is the time
    of what no run says.

    There is deliberately no `sentAt`: with it Segment would shift the timestamp by our distance from its clock. What is the same in
    every event stands together, which is what compression lives on.
    """
    said = at or timestamp(as_of)
    return orjson.dumps({"type": "identify", "timestamp": said, "userId": user_id, "traits": traits, "messageId": message_id})


def refusal(user_id: str, event: Event, traits: Sized = ()) -> Reason | None:
    """Why Segment would drop or refuse this event, if it would."""
    if len(user_id) > USER_ID_CHARS or len(event.message_id) > MESSAGE_ID_CHARS:
        return Reason.ID_TOO_LONG
    if len(traits) > TRAITS:
        return Reason.TOO_MANY_TRAITS
    return Reason.TOO_LARGE if len(event.body) > EVENT_BYTES else None


def batches(events: Iterable[Event]) -> Iterator[list[Event]]:
    """Every event once, in order, in batches as full as the limits of one request allow."""
    batch: list[Event] = []
    room = BATCH_BYTES - len(_HEAD) - len(_TAIL)
    left = room
    for event in events:
        needed = len(event.body) + 1  # and the comma before the next
        if batch and (needed > left or len(batch) == BATCH_EVENTS):
            yield batch
            batch, left = [], room
        batch.append(event)
        left -= needed
    if batch:
        yield batch


def payload(batch: Sequence[Event]) -> bytes:
    """The body of one request, uncompressed; of one event at least. Joined once: half a megabyte is not copied again for its two ends."""
    bodies = [event.body for event in batch]
    bodies[0] = _HEAD + bodies[0]
    bodies[-1] += _TAIL
    return b",".join(bodies)
