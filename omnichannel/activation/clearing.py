"""Taking back what a sink still says of customers whom a gate refuses by now: their action must not go on sending there.

An audience at the sink is built on what was delivered before. Who is refused keeps the ledger's reason, and the sink is told `none`, once.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from omnichannel.activation import merged, sent
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.parts import Member, Part
from omnichannel.activation.sent import Sent
from omnichannel.activation.state import State
from omnichannel.contracts.decisions import Decision
from omnichannel.contracts.ledger import Sink
from omnichannel.contracts.reasons import Reason

GATES = frozenset({Reason.NO_CONSENT, Reason.SUPPRESSED, Reason.HOLDOUT, Reason.NO_ADDRESS, Reason.FREQUENCY_CAP})
"""Reasons to be silent, as opposed to having nothing new to say."""
STANDS = timedelta(days=1)
"""For which a cap alone takes no action back: it may be the message that was counted, and wait for a morning or for the sink to look."""
FIRST_PART = "part-000"


def stale(members: Iterable[Member], outcomes: Outcomes, state: State) -> list[Sent]:
    """What the sink holds with an action of those of the members whom a gate has refused, as it is to be cleared.

    Where it was a cap, what has been there for a day.
    With a run's first part comes, once, what it holds under ids that were merged into other customers.
    """
    refused = [member.customer_id for member in members if outcomes.reason(member.customer_id) in GATES]
    found = sent.read(state.dynamodb, state.sent_table, outcomes.sink, refused) if refused else {}
    held = {who: each for who, each in found.items() if outcomes.reason(who) is not Reason.FREQUENCY_CAP or _stood(each, outcomes.now())}
    if outcomes.part.name == FIRST_PART and outcomes.first("merged"):
        held |= {each.customer_id: each for each in merged.left_behind(state.dynamodb, state.sent_table, outcomes.sink)}
    return [_as_of_latest(each, outcomes.part) for each in held.values() if each.action]


def remember(taken: Iterable[Sent], outcomes: Outcomes, state: State) -> None:
    """Notes what the sink has cleared: nothing is known to be there any more, so whoever may be reached again is due."""
    at = outcomes.now().isoformat(timespec="seconds")
    cleared = (replace(each, traits_hash="", action="", cleared=closed(each, but=""), at=at) for each in taken)
    sent.write(state.dynamodb, state.sent_table, cleared)


def standing_after(before: Sent | None, action: Decision | None, channel: str, sink: Sink) -> dict[str, str]:
    """What a record says of the action (None for nothing to do) that a delivery on the channel brings, after what was before."""
    kept = closed(before, but=channel) if sink is Sink.PINPOINT else ""
    return {"action": action.action if action else "", "channel": channel, "cleared": kept}


def standing_until(before: Sent | None, action: Decision | None, channel: str, sink: Sink) -> dict[str, str]:
    """What a record says while that delivery is on its way: a channel that it is to open again stays cleared until then."""
    coming = standing_after(before, action, channel, sink)
    if sink is Sink.PINPOINT and reopens(before, channel):
        coming["cleared"] = f"{coming['cleared']} {channel}".strip()
    return coming


def moved(before: Sent | None, channel: str) -> bool:
    """Whether the sink holds an action on another channel than what comes now."""
    return before is not None and bool(before.action) and before.channel != channel


def reopens(before: Sent | None, channel: str) -> bool:
    """Whether the channel was cleared, so that it is to be opened again."""
    return before is not None and channel in before.cleared.split()


def closed(before: Sent | None, *, but: str) -> str:
    """The channels that stay cleared, with spaces, when one is delivered on (`but`, empty for none) after what was before."""
    if before is None:
        return ""
    acting = {before.channel} if before.action else set()
    return " ".join(sorted({*before.cleared.split(), *acting} - {but}))


def _stood(held: Sent, now: datetime) -> bool:
    return now - datetime.fromisoformat(held.at) >= STANDS


def _as_of_latest(held: Sent, part: Part) -> Sent:
    """The record dated as of the later run, so that no run between the two brings the action back."""
    as_of, order = max((held.as_of, held.order), (part.as_of, part.order))
    return replace(held, as_of=as_of, order=order)
