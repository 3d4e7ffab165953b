"""Messaging adapter `file`: one CSV a part, with the message as it is to be read, for whoever sends it."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from omnichannel.activation import messaging, underway
from omnichannel.activation.messaging import Gates, Recipient
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.parts import Member
from omnichannel.activation.state import State
from omnichannel.aws import s3 as objects
from omnichannel.aws.dynamodb import batches as in_lots
from omnichannel.campaigns.messages import Ask, Message, Renderer
from omnichannel.contracts import zones
from omnichannel.contracts.scores import Trait
from omnichannel.playbook.choices import Playbook

COLUMNS = ("address", "channel", "customer_id", *(trait.value for trait in Trait), "action", "campaign", "not_before", "subject", "body")
CSV = "text/csv; charset=utf-8"
READ = ("profile", "aggregates")
"""Of a customer's item, what messages are written with (`omnichannel.campaigns.messages`)."""
LOT = 2_000
"""Customers whose lines are written together: what is read of them is held no longer."""
AT_ONCE = 500
"""Messages that are written with one read of their products."""

Written = Mapping[str, Message]
"""Messages by customer id, of those for whom there is something to do."""


class UnknownAction(LookupError):
    """A decision for an action that the playbook does not have."""


def deliver(members: Sequence[Member], outcomes: Outcomes, state: State, gates: Gates, renderer: Renderer, s3: Any, bucket: str) -> str:
    """Writes the part's file and gives every member an outcome; returns the file's key.

    Run again, it writes the same file again: those whom this run has delivered stay in it, unless they have since
    withdrawn their consent. Prices and stock in the messages are those of the moment.
    """
    key = f"{zones.messaging_files(outcomes.part.run, outcomes.sink)}{outcomes.part.name}.csv"
    text, reached = bytearray(as_csv((), {})), list[Recipient]()
    for lot in in_lots(members, LOT):
        found = list(messaging.recipients(lot, outcomes, state, gates, READ))
        try:
            messages = written(found, gates.playbook, renderer)
        except LookupError:
            messaging.give_back((*reached, *found), state)
            raise
        text += as_csv(found, messages, header=False)
        reached += (replace(each, item={}) for each in found)
    underway.announce((each for each in reached if not each.held), outcomes, state)
    objects.put(s3, bucket, key, bytes(text), CSV)
    messaging.remember(reached, outcomes, state)
    return key


def written(recipients: Sequence[Recipient], playbook: Playbook, renderer: Renderer) -> Written:
    """The messages; raises `UnknownAction`, or `UnknownTemplate` for a message that has none on its channel."""
    templates = {action.name: action.message for action in playbook.actions}
    to_write = [each for each in recipients if each.action]
    found: dict[str, Message] = {}
    for start in range(0, len(to_write), AT_ONCE):
        lot = to_write[start : start + AT_ONCE]
        messages = renderer.render_all([_ask(each, templates) for each in lot])
        found.update(zip((each.member.customer_id for each in lot), messages, strict=True))
    return found


def as_csv(recipients: Sequence[Recipient], messages: Written, *, header: bool = True) -> bytes:
    """The recipients as UTF-8 CSV, with a header or as lines that follow one; what a customer lacks is empty.

    A body has lines of its own, within quotes.
    """
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    if header:
        rows.writerow(COLUMNS)
    for each in recipients:
        traits = (_cell(each.member.traits.get(trait.value)) for trait in Trait)
        action, message = each.action, messages.get(each.member.customer_id)
        said = (action.action, action.campaign, action.not_before) if action else ("", "", "")
        text_of = (message.subject, message.body) if message else ("", "")
        rows.writerow((each.address, each.channel, each.member.customer_id, *traits, *said, *text_of))
    return text.getvalue().encode()


def _ask(recipient: Recipient, templates: Mapping[str, str]) -> Ask:
    decision = recipient.action
    if decision is None or decision.action not in templates:
        name = decision.action if decision else ""
        raise UnknownAction(f"a decision is for the action {name!r}, which actions.yaml has not; was the playbook changed meanwhile?")
    return Ask(template=templates[decision.action], channel=recipient.channel, decision=decision, item=recipient.item)


def _cell(value: object) -> object:
    return "|".join(map(str, value)) if isinstance(value, list | tuple) else value
