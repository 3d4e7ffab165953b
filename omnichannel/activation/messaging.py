"""The messaging port: whom the channel may reach with one part of an audience, whichever adapter then takes it there.

The gates stand in the order in which they cost: the holdout (a hash), what the sink holds already (one read), suppression and consent
and address (the customer's item, read at this moment), caps (the customer's contacts).
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from omnichannel.activation import caps, contacts, sent
from omnichannel.activation.contacts import Contact
from omnichannel.activation.delivery import message_id, traits_hash
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.parts import Member
from omnichannel.activation.sent import Sent, Standing, standing
from omnichannel.activation.state import State
from omnichannel.activation.suppression import suppressed
from omnichannel.aws import dynamodb as tables
from omnichannel.aws.dynamodb import batches as in_lots
from omnichannel.campaigns.subgroups import subgroup_of
from omnichannel.consent.gate import allows
from omnichannel.contracts.consent import Channel, Purpose
from omnichannel.contracts.decisions import Decision
from omnichannel.contracts.reasons import Reason
from omnichannel.experiments.assignment import held_out
from omnichannel.playbook.campaigns import Campaign, campaigns_playbook
from omnichannel.playbook.choices import Playbook

CHANNEL = Channel.EMAIL.value
"""Where traits go of customers for whom nothing is to be done."""
ADDRESSES = {Channel.EMAIL.value: "email", Channel.SMS.value: "phone", Channel.PUSH.value: "push_token"}
"""The attribute of a customer's item with their address on a channel."""
ADDRESS_CHARS = 254
"""What is longer is no address: of e-mail (RFC 5321, 4.5.3.1.3, without the brackets), and of everything shorter."""
LOT = 100
"""Customers whose state and consent are read at a time: what DynamoDB gives with one call."""


@dataclass(frozen=True, kw_only=True)
class Gates:
    """What holds for everybody: who hears nothing, which consent a channel needs, and how often it may be used."""

    salt: str
    share: float
    playbook: Playbook
    campaigns: Mapping[str, Campaign] = field(default_factory=campaigns_playbook)

    @classmethod
    def of(cls, holdout: str, playbook: Playbook) -> Self:
        """From a bridge's environment: the holdout as JSON, `{"salt", "share"}`."""
        found = json.loads(holdout)
        return cls(salt=found["salt"], share=float(found["share"]), playbook=playbook)

    def purpose(self, channel: str) -> str:
        """The purpose that the customer must have consented to on the channel."""
        found = self.playbook.channels.get(channel)
        return found.purpose if found else Purpose.MARKETING.value

    def subgroup(self, decision: Decision | None) -> str:
        """The subgroup of the decision's campaign that the customer is in; empty where there is none."""
        campaign = self.campaigns.get(decision.campaign) if decision else None
        if decision is None or campaign is None:
            return ""
        return subgroup_of(campaign, self.playbook.experiments, decision.customer_id, decision.arms)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """A member who may be reached, at this address; `held` is what this very run has delivered before, if it has.

    `subgroup` is the customer's part of the campaign's audience, empty where it is not split.
    """

    member: Member
    channel: str
    address: str = field(repr=False)
    item: Mapping[str, Any] = field(repr=False)
    traits_hash: str
    message_id: str
    decision: Decision | None = None
    subgroup: str = ""
    held: Sent | None = None

    @property
    def action(self) -> Decision | None:
        """The decision, if there is anything to do."""
        return self.decision if self.decision and self.decision.action else None


def recipients(members: Sequence[Member], outcomes: Outcomes, state: State, gates: Gates) -> Iterator[Recipient]:
    """Those to be reached, in order; every other member is withheld with its reason. What is read is read a hundred at a time."""
    for lot in in_lots(members, LOT):
        listening = list(_listening(lot, outcomes, gates))
        held = sent.read(state.dynamodb, state.sent_table, outcomes.sink, (member.customer_id for member in listening))
        due = [member for member in listening if _is_due(member, held.get(member.customer_id), outcomes)]
        yield from _uncapped(list(_addressed(due, held, outcomes, state, gates)), outcomes, state, gates)


def remember(deliveries: Iterable[Recipient], outcomes: Outcomes, state: State) -> None:
    """Notes deliveries as acknowledged: contacts, state and ledger; one remembered before keeps its time.

    Contacts come first: where the process ends in between, the message goes out again under the same id, and counts once.
    """
    now, fresh = outcomes.now(), []
    for recipient in deliveries:
        if recipient.held:
            outcomes.deliver(recipient.member.customer_id, recipient.held.message_id, at=recipient.held.at)
        else:
            fresh.append(recipient)
    acknowledge([(_sent(each, outcomes, now), each.action) for each in fresh], state, now)
    for each in fresh:
        outcomes.deliver(each.member.customer_id, each.message_id, at=now.isoformat(timespec="seconds"))


def acknowledge(deliveries: Sequence[tuple[Sent, Decision | None]], state: State, at: datetime) -> None:
    """Records contacts (of those with an action), then what the sink holds, which never gives way to older scores."""
    messages = ((held.customer_id, _contact(held, decision, at)) for held, decision in deliveries if decision)
    contacts.record(state.dynamodb, state.sent_table, messages)
    sent.write(state.dynamodb, state.sent_table, (held for held, _ in deliveries))


def decided(member: Member) -> Decision | None:
    """What was decided for the member; None when nothing was, or there is nothing to do."""
    decision = Decision.of(member.decision) if member.decision else None
    return decision if decision and decision.action else None


def _listening(lot: Iterable[Member], outcomes: Outcomes, gates: Gates) -> Iterator[Member]:
    for member in lot:
        if held_out(gates.salt, gates.share, member.customer_id):
            outcomes.withhold(member.customer_id, Reason.HOLDOUT)
        else:
            yield member


def _is_due(member: Member, held: Sent | None, outcomes: Outcomes) -> bool:
    match standing(held, run=outcomes.part.run, as_of=outcomes.part.as_of, traits_hash=traits_hash(member.traits)):
        case Standing.UNCHANGED:
            outcomes.withhold(member.customer_id, Reason.UNCHANGED)
        case Standing.SUPERSEDED:
            outcomes.withhold(member.customer_id, Reason.SUPERSEDED)
        case _:
            return True
    return False


def _addressed(due: Sequence[Member], held: Mapping[str, Sent], outcomes: Outcomes, state: State, gates: Gates) -> Iterator[Recipient]:
    keys = ({"customer_id": member.customer_id} for member in due)
    items = {item["customer_id"]: item for item in tables.batch_get(state.dynamodb, state.customers_table, keys)}
    for member in due:
        decision, item = decided(member), items.get(member.customer_id, {})
        channel = decision.channel if decision else CHANNEL
        address = str(item.get(ADDRESSES.get(channel, ""), "") or "").strip()
        reason = _refusal(item, gates.purpose(channel), channel, address)
        if reason:
            outcomes.withhold(member.customer_id, reason)
        else:
            found = _recipient(member, decision, channel, address, item, held.get(member.customer_id), outcomes)
            yield replace(found, subgroup=gates.subgroup(decision))


def _refusal(item: Mapping[str, Any], purpose: str, channel: str, address: str) -> Reason | None:
    if suppressed(item, channel):
        return Reason.SUPPRESSED
    if not allows(item.get("consents") or {}, purpose, channel):
        return Reason.NO_CONSENT
    return None if 0 < len(address) <= ADDRESS_CHARS else Reason.NO_ADDRESS


def _uncapped(found: Sequence[Recipient], outcomes: Outcomes, state: State, gates: Gates) -> Iterator[Recipient]:
    asked = (each.member.customer_id for each in found if each.action)
    before = contacts.read(state.dynamodb, state.sent_table, asked) if any(each.action for each in found) else {}
    now = outcomes.now()
    for each in found:
        had = before.get(each.member.customer_id, ())
        if each.action and caps.reached(gates.playbook, each.channel, had, now, but=each.message_id):
            outcomes.withhold(each.member.customer_id, Reason.FREQUENCY_CAP)
        else:
            yield each


def _recipient(
    member: Member, decision: Decision | None, channel: str, address: str, item: Mapping[str, Any], held: Sent | None, outcomes: Outcomes
) -> Recipient:
    values = traits_hash(member.traits)
    return Recipient(
        member=member, channel=channel, address=address, item=item, decision=decision, traits_hash=values,
        message_id=message_id(outcomes.sink, member.customer_id, values, outcomes.part.as_of),
        held=held if held and held.run == outcomes.part.run and held.traits_hash == values else None,
    )  # fmt: skip


def _sent(recipient: Recipient, outcomes: Outcomes, at: datetime) -> Sent:
    part = outcomes.part
    return Sent(
        customer_id=recipient.member.customer_id, sink=outcomes.sink.value, traits_hash=recipient.traits_hash,
        message_id=recipient.message_id, run=part.run, as_of=part.as_of, at=at.isoformat(timespec="seconds"),
    )  # fmt: skip


def _contact(held: Sent, decision: Decision, at: datetime) -> Contact:
    return Contact(
        action=decision.action, campaign=decision.campaign, channel=decision.channel, at=at, run=held.run, message_id=held.message_id
    )
