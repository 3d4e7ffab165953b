"""Messaging adapter `file`: one CSV a part, for whoever sends the messages."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from omnichannel.activation import messaging
from omnichannel.activation.messaging import CHANNEL, Recipient
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.parts import Member
from omnichannel.activation.state import State
from omnichannel.aws import s3 as objects
from omnichannel.contracts import zones
from omnichannel.contracts.scores import Trait

COLUMNS = ("address", "channel", "customer_id", *(trait.value for trait in Trait))
CSV = "text/csv; charset=utf-8"


def deliver(members: list[Member], outcomes: Outcomes, state: State, s3: Any, bucket: str) -> str:
    """Writes the part's file and gives every member an outcome; returns the file's key.

    Run again, it writes the same file again: those whom this run has delivered stay in it, unless they have since
    withdrawn their consent.
    """
    key = f"{zones.messaging_files(outcomes.part.run, outcomes.sink)}{outcomes.part.name}.csv"
    reached = list(messaging.recipients(members, outcomes, state))
    objects.put(s3, bucket, key, as_csv(reached), CSV)
    messaging.remember(reached, outcomes, state)
    return key


def as_csv(recipients: Iterable[Recipient]) -> bytes:
    """The recipients as UTF-8 CSV with a header; a trait that a customer lacks is empty."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for recipient in recipients:
        traits = (_cell(recipient.member.traits.get(trait.value)) for trait in Trait)
        rows.writerow((recipient.address, CHANNEL, recipient.member.customer_id, *traits))
    return text.getvalue().encode()


def _cell(value: object) -> object:
    return "|".join(map(str, value)) if isinstance(value, list) else value
