"""One live message at a time for a customer, and each event once: a turn that is taken, and given back with the event noted as done.

One item a customer in the table of what was sent. Who is broken off gives no turn back: it is free again after a while.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

from omnichannel.aws.dynamodb import decode, encode

TURN_KEY = "#live"
"""The sort key of these items."""
LASTS = timedelta(seconds=90)
"""Longer than the function that takes it."""
KEPT = 20
"""Events that are remembered of a customer: a queue brings one again within days, and caps let fewer through."""
_LOST = "ConditionalCheckFailedException"


class Taken(Exception):
    """Somebody else is at this customer just now; the next delivery finds out what became of it."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A customer's turn; `done` are the events that were dealt with before, the newest last.

    `again` says that the turn before was about the same event, and was not ended with it done. `event` is what the next turn is to take
    for the one before: an event that was done before leaves that as it was.
    """

    customer_id: str
    token: str
    done: tuple[str, ...]
    again: bool
    event: str


@dataclass(frozen=True, kw_only=True)
class Turns:
    """The table of what was sent."""

    dynamodb: Any = field(repr=False)
    table: str

    def take(self, customer_id: str, event_id: str, at: datetime) -> Turn:
        """The customer's turn for an event, for a while; raises `Taken`."""
        token = uuid4().hex
        values = {":token": token, ":until": _text(at + LASTS), ":now": _text(at), ":event": event_id}
        update = "SET #token = :token, #until = :until, #event = :event"
        before = self._update(customer_id, update, "attribute_not_exists(#until) OR #until < :now", values)
        done = tuple(before.get("done", ()))
        last = str(before.get("event", ""))
        again = last == event_id and event_id not in done
        return Turn(customer_id=customer_id, token=token, done=done, again=again, event=last if event_id in done else event_id)

    def give_back(self, turn: Turn, *, done: str = "") -> None:
        """Ends the turn, with an event noted as dealt with (if any); raises `Taken` where it lasted too long and is somebody else's."""
        noted = [each for each in turn.done if each != done] + ([done] if done else [])
        values = {":token": turn.token, ":done": noted[-KEPT:], ":over": "", ":event": turn.event}
        self._update(turn.customer_id, "SET #done = :done, #until = :over, #event = :event", "#token = :token", values)

    def _update(self, customer_id: str, update: str, condition: str, values: dict[str, Any]) -> dict[str, Any]:
        """The item as it was before."""
        asked = f"{update} {condition}"
        names = {f"#{name}": name for name in ("token", "until", "done", "event") if f"#{name}" in asked}
        try:
            answer = self.dynamodb.update_item(
                TableName=self.table, Key=encode({"customer_id": customer_id, "sink": TURN_KEY}), UpdateExpression=update,
                ConditionExpression=condition, ExpressionAttributeNames=names, ExpressionAttributeValues=encode(values),
                ReturnValues="ALL_OLD",
            )  # fmt: skip
        except ClientError as refused:
            if refused.response["Error"]["Code"] != _LOST:
                raise
            raise Taken("another live message for this customer is on its way") from refused
        return decode(answer.get("Attributes", {}))


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
