"""Channels on which a customer gets nothing more, whatever they consented to: the address bounces, they complained, or they asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.aws.dynamodb import encode
from omnichannel.aws.transactions import write_alone

ATTRIBUTE = "suppressed"
"""Of a customer's item: by channel, or `any`, the reason and the moment."""
ANY = "any"
CHANNELS = ("email", "sms", "push", ANY)
_LOST = "ConditionalCheckFailedException"


class Why(StrEnum):
    """Why a channel is closed for a customer."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    REQUEST = "request"


@dataclass(frozen=True, kw_only=True)
class Suppression:
    """One channel (or `any`) closed for a reason, at an aware time."""

    channel: str
    why: Why
    at: datetime

    def __post_init__(self) -> None:
        if self.channel not in CHANNELS:
            raise ValueError(f"unknown channel {self.channel!r}; expected one of {', '.join(CHANNELS)}")


def suppressed(item: Mapping[str, Any], channel: str) -> bool:
    """Whether nothing may go to the customer of this item on the channel; so it is where nobody can read what is closed."""
    held = item.get(ATTRIBUTE)
    return held is not None and (not isinstance(held, Mapping) or channel in held or ANY in held)


def suppress(dynamodb: Any, table: str, customer_id: str, wanted: Suppression) -> bool:
    """Closes the channel on the customer's item; False when it was closed by then, or there is no such customer.

    Of several reasons the one of the latest moment stands, in whatever order they come.
    """
    return _add(dynamodb, table, customer_id, wanted) or _first(dynamodb, table, customer_id, wanted)


def is_newer(item: Mapping[str, Any], wanted: Suppression) -> bool:
    """Whether the item does not know of it yet. What nobody can read there closes the channel already (`suppressed`), and stays."""
    every = item.get(ATTRIBUTE)
    if every is None or (isinstance(every, Mapping) and wanted.channel not in every):
        return True
    held = every[wanted.channel] if isinstance(every, Mapping) else None
    at = held.get("at") if isinstance(held, Mapping) else None
    return isinstance(at, str) and at < _moment(wanted)


def _add(dynamodb: Any, table: str, customer_id: str, wanted: Suppression) -> bool:
    return _done(
        dynamodb,
        table,
        customer_id,
        UpdateExpression="SET #all.#channel = :why ADD #version :one",
        ConditionExpression="attribute_exists(#all) AND (attribute_not_exists(#all.#channel) OR #all.#channel.#at < :at)",
        ExpressionAttributeNames={"#all": ATTRIBUTE, "#channel": wanted.channel, "#at": "at", "#version": "version"},
        ExpressionAttributeValues=encode({":why": _stored(wanted), ":at": _moment(wanted), ":one": 1}),
    )


def _first(dynamodb: Any, table: str, customer_id: str, wanted: Suppression) -> bool:
    return _done(
        dynamodb,
        table,
        customer_id,
        UpdateExpression="SET #all = :all ADD #version :one",
        ConditionExpression="attribute_exists(customer_id) AND attribute_not_exists(customer) AND attribute_not_exists(#all)",
        ExpressionAttributeNames={"#all": ATTRIBUTE, "#version": "version"},
        ExpressionAttributeValues=encode({":all": {wanted.channel: _stored(wanted)}, ":one": 1}),
    )


def _stored(wanted: Suppression) -> dict[str, str]:
    return {"reason": wanted.why.value, "at": _moment(wanted)}


def _moment(wanted: Suppression) -> str:
    """In UTC with all its digits, so that texts compare as their times do."""
    return wanted.at.astimezone(UTC).isoformat(timespec="microseconds")


def _done(dynamodb: Any, table: str, customer_id: str, **update: Any) -> bool:
    try:
        write_alone(lambda: dynamodb.update_item(TableName=table, Key=encode({"customer_id": customer_id}), **update))
    except ClientError as refused:
        if refused.response["Error"]["Code"] != _LOST:
            raise
        return False
    return True
