"""Consents of live events, written onto the customer's item at once: the gate reads them before the next send."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.aws.dynamodb import encode
from omnichannel.aws.transactions import write_alone
from omnichannel.consent.gate import consent_key
from omnichannel.contracts.consent import PREFERENCE_EVENT, REFUSING_EVENTS, SEGMENT_CATEGORIES, Channel, Purpose

_LOST = "ConditionalCheckFailedException"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Somebody allowed or refused one purpose on one channel, at an aware time."""

    purpose: Purpose
    channel: Channel
    granted: bool
    at: datetime

    @property
    def key(self) -> str:
        """The consent's name on an item."""
        return consent_key(self.purpose, self.channel)


def decisions(name: str, preferences: Mapping[str, bool], at: datetime) -> tuple[Decision, ...]:
    """What a live event decides: a preference event for each category that we know, an unsubscribe for marketing by e-mail.

    Other events repeat the preferences that a visitor had; they decide nothing.
    """
    if name in REFUSING_EVENTS:
        return (Decision(purpose=Purpose.MARKETING, channel=Channel.EMAIL, granted=False, at=at),)
    if name != PREFERENCE_EVENT:
        return ()
    known = ((SEGMENT_CATEGORIES.get(category.lower()), granted) for category, granted in sorted(preferences.items()))
    return tuple(Decision(purpose=purpose, channel=Channel.WEB, granted=granted, at=at) for purpose, granted in known if purpose)


def apply(dynamodb: Any, table: str, customer_id: str, wanted: Iterable[Decision]) -> int:
    """Writes those decisions that are newer than what the item holds, at the same time a refusal; gives how many were.

    A customer without an item gets none: the log in the lake has it, and the rebuild that makes the item brings it.
    """
    return sum(_apply(dynamodb, table, customer_id, decision) for decision in wanted)


def _apply(dynamodb: Any, table: str, customer_id: str, decision: Decision) -> bool:
    # In UTC and without a fraction that is zero, as rebuilds write it: such texts compare as their times do.
    at = decision.at.astimezone(UTC).isoformat()
    newer = "consents.#key.#at < :at" + ("" if decision.granted else " OR (consents.#key.#at = :at AND consents.#key.granted = :yes)")
    values = {":consent": {"granted": decision.granted, "at": at}, ":one": 1, ":at": at}
    return _update(
        dynamodb,
        TableName=table,
        Key=encode({"customer_id": customer_id}),
        UpdateExpression="SET consents.#key = :consent ADD #version :one",
        ConditionExpression=f"attribute_exists(consents) AND (attribute_not_exists(consents.#key) OR {newer})",
        ExpressionAttributeNames={"#key": decision.key, "#at": "at", "#version": "version"},
        ExpressionAttributeValues=encode(values if decision.granted else {**values, ":yes": True}),
    )


def _update(dynamodb: Any, **request: Any) -> bool:
    try:
        write_alone(partial(dynamodb.update_item, **request))
    except ClientError as refused:
        if refused.response["Error"]["Code"] != _LOST:
            raise
        return False
    return True
