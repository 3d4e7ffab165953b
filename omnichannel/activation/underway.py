"""Messages that are on their way to a sink: noted before they leave, so that one that nobody hears of again is not forgotten.

Until the sink acknowledges, nobody believes that it holds what it held before, and it may hold the action that it is told now: whoever
is broken off in between leaves a record that the next run sends over, or takes back.
"""

from collections.abc import Iterable
from dataclasses import replace

from omnichannel.activation import clearing, sent
from omnichannel.activation.messaging import Recipient
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.sent import Sent
from omnichannel.activation.state import State


def announce(found: Iterable[Recipient], outcomes: Outcomes, state: State) -> None:
    """Notes what goes out now. The message id before it stays, so that the same message tried again has the same id."""
    sent.write(state.dynamodb, state.sent_table, [_underway(each, outcomes) for each in found])


def unsent(found: Iterable[Recipient], outcomes: Outcomes) -> list[Recipient]:
    """The recipients, with the contact to be given back also where a call before this one has reserved it and nothing has left since."""
    return [each if _left(each, outcomes) else replace(each, reserved=each.action is not None) for each in found]


def refused(found: Iterable[Recipient], outcomes: Outcomes, state: State) -> None:
    """Notes that the sink has certainly not taken them: the action that it holds is the one of before, if any."""
    for each in found:
        action, channel = (each.before.action, each.before.channel) if each.before else ("", "")
        sent.write(state.dynamodb, state.sent_table, [replace(_underway(each, outcomes), action=action, channel=channel)])


def _left(recipient: Recipient, outcomes: Outcomes) -> bool:
    """Whether an earlier call of the run may have sent it."""
    before = recipient.before
    return before is not None and before.run == outcomes.part.run and not before.traits_hash


def _underway(recipient: Recipient, outcomes: Outcomes) -> Sent:
    before, who = recipient.before, recipient.member.customer_id
    name = before.message_id if before else ""
    made = Sent.by(outcomes.part, outcomes.sink, customer_id=who, traits_hash="", message_id=name, at=outcomes.now())
    return replace(made, **clearing.standing_until(before, recipient.action, recipient.channel, outcomes.sink))
