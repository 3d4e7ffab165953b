"""The messaging port: whom the channel may reach with one part of an audience, whichever adapter then takes it there.

The gates stand in the order in which they cost: the holdout (a hash), what the sink holds already (one read), suppression and consent
and address (the customer's item, read at this moment), caps (the customer's contacts), quiet hours and windows (the clock).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, Self

from omnichannel.activation import caps, clearing, contacts, hours, occasions, sent
from omnichannel.activation.contacts import Contact, Contacts
from omnichannel.activation.delivery import traits_hash
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.parts import Member
from omnichannel.activation.sent import Sent, Standing, message_name, standing
from omnichannel.activation.state import State
from omnichannel.activation.suppression import ATTRIBUTE as SUPPRESSED
from omnichannel.activation.suppression import suppressed
from omnichannel.aws import dynamodb as tables
from omnichannel.aws.dynamodb import batches as in_lots
from omnichannel.campaigns.subgroups import subgroup_of
from omnichannel.consent.gate import allows
from omnichannel.contracts.consent import ADDRESSES, Channel, Purpose
from omnichannel.contracts.decisions import Decision
from omnichannel.contracts.reasons import Reason
from omnichannel.experiments.holdout import Holdout
from omnichannel.playbook.campaigns import Campaign, campaigns_playbook
from omnichannel.playbook.choices import Playbook

CHANNEL = Channel.EMAIL.value
"""Where traits go of customers for whom nothing is to be done."""
ADDRESS_CHARS = 254
"""What is longer is no address: of e-mail (RFC 5321, 4.5.3.1.3, without the brackets), and of everything shorter."""
ASKED = ("customer_id", "consents", SUPPRESSED)
"""Of a customer's item, what consent and suppression are read from."""
LOT = 100
"""Customers whose state and consent are read at a time: what DynamoDB gives with one call."""


@dataclass(frozen=True, kw_only=True)
class Gates:
    """What holds for everybody: who hears nothing, which consent a channel needs, and how often it may be used."""

    holdout: Holdout
    playbook: Playbook
    campaigns: Mapping[str, Campaign] = field(default_factory=campaigns_playbook)

    @classmethod
    def of(cls, holdout: str, playbook: Playbook) -> Self:
        """From a bridge's environment: the holdout as JSON, `{"salt", "share"}`; what is not that is a `ValueError` that says so."""
        return cls(holdout=Holdout.of(holdout), playbook=playbook)

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

    `traits_hash` names the message (with an action, its occasion too), `before` is what the sink holds, whoever delivered it.

    `subgroup` is the customer's part of the campaign's audience, empty where it is not split. `reserved` says that the contact was noted
    for this very call.
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
    before: Sent | None = field(default=None, repr=False)
    reserved: bool = False

    @property
    def action(self) -> Decision | None:
        """The decision, if there is anything to do."""
        return self.decision if self.decision and self.decision.action else None


def recipients(
    members: Sequence[Member], outcomes: Outcomes, state: State, gates: Gates, attributes: Sequence[str] = ()
) -> Iterator[Recipient]:
    """Those to be reached, in order, with those attributes of their item; every other member is withheld with its reason.

    What is read is read a hundred at a time. Of whom the sink holds an action, the gates are asked even when nothing has changed. The
    contact of whoever is to hear something is reserved: of what is certainly not sent it is for the caller to give back.
    """
    for lot in in_lots(members, LOT):
        listening = list(_listening(lot, outcomes, gates))
        candidates = [each for each in _candidates(listening, outcomes, state) if each.acting or _is_due(each, outcomes)]
        addressed = list(_addressed(candidates, outcomes, state, gates, attributes))
        yield from _reserved(list(_uncapped(addressed, outcomes, gates)), outcomes, state, gates)


def give_back(found: Iterable[Recipient], state: State) -> None:
    """What was reserved for recipients to whom certainly nothing was sent; an unknown outcome keeps its contact."""
    contacts.withdraw(state.dynamodb, state.sent_table, {each.member.customer_id: each.message_id for each in found if each.reserved})


def permitted(found: Sequence[Recipient], outcomes: Outcomes, state: State, gates: Gates) -> list[Recipient]:
    """Those of the recipients whom suppression and consent allow at this moment; the others are withheld, and their contacts given back."""
    items, allowed, closed = _items((each.member for each in found), state), [], []
    for each in found:
        if reason := _closed(items.get(each.member.customer_id, {}), gates.purpose(each.channel), each.channel):
            outcomes.withhold(each.member.customer_id, reason)
            closed.append(each)
        else:
            allowed.append(each)
    give_back(closed, state)
    return allowed


def remember(deliveries: Iterable[Recipient], outcomes: Outcomes, state: State) -> None:
    """Notes deliveries as acknowledged: contacts, state and ledger; one remembered before keeps its time.

    A contact that this call has reserved is there already. The others come first: where the process ends in between, the message goes
    out again under the same id, and counts once.
    """
    now, fresh = outcomes.now(), []
    for recipient in deliveries:
        if recipient.held:
            outcomes.deliver(recipient.member.customer_id, recipient.held.message_id, at=recipient.held.at)
        else:
            fresh.append(recipient)
    acknowledge([(_sent(each, outcomes, now), None if each.reserved else each.action) for each in fresh], state, now)
    for each in fresh:
        outcomes.deliver(each.member.customer_id, each.message_id, at=now.isoformat())


def acknowledge(deliveries: Sequence[tuple[Sent, Decision | None]], state: State, at: datetime) -> frozenset[str]:
    """Records contacts (of those with an action), then what the sink holds, which never gives way to older scores; gives the customers
    whom newer ones had reached meanwhile."""
    messages = ((held.customer_id, _contact(held.run, held.message_id, decision, at)) for held, decision in deliveries if decision)
    contacts.record(state.dynamodb, state.sent_table, messages)
    return sent.write(state.dynamodb, state.sent_table, (held for held, _ in deliveries))


def decided(member: Member) -> Decision | None:
    """What was decided for the member; None when nothing was, or there is nothing to do."""
    decision = Decision.of(member.decision) if member.decision else None
    return decision if decision and decision.action else None


def _listening(lot: Iterable[Member], outcomes: Outcomes, gates: Gates) -> Iterator[Member]:
    for member in lot:
        if gates.holdout.has(member.customer_id):
            outcomes.withhold(member.customer_id, Reason.HOLDOUT)
        else:
            yield member


class _Candidate(NamedTuple):
    """A member before the gates: what was decided and heard, what the sink holds, and how what would be sent compares with it."""

    member: Member
    decision: Decision | None
    had: Contacts
    held: Sent | None
    values: str
    standing: Standing

    @property
    def acting(self) -> bool:
        """Whether the sink holds an action, which goes on sending there."""
        return self.held is not None and bool(self.held.action)

    @property
    def channel(self) -> str:
        """The decision's where it would be sent; else where the sink's action stands, which is what the gates are asked about."""
        if self.decision and self.standing in (Standing.DUE, Standing.DELIVERED):
            return self.decision.channel
        return self.held.channel if self.held and self.held.action else CHANNEL


def _candidates(listening: Sequence[Member], outcomes: Outcomes, state: State) -> Iterator[_Candidate]:
    part, db, table = outcomes.part, state.dynamodb, state.sent_table
    decisions = {member.customer_id: found for member in listening if (found := decided(member))}
    heard = contacts.read(db, table, decisions) if decisions else {}
    values = {
        customer_id: occasions.hash_of(traits_hash(member.traits), decisions.get(customer_id), heard.get(customer_id, ()), part.run)
        for member in listening
        if (customer_id := member.customer_id)
    }
    held = sent.marked(db, table, outcomes.sink, values, part)
    for member in listening:
        who, holds = member.customer_id, held.get(member.customer_id)
        where = standing(holds, run=part.run, as_of=part.as_of, order=part.order, traits_hash=values[who])
        yield _Candidate(member, decisions.get(who), heard.get(who, ()), holds, values[who], where)


def _is_due(candidate: _Candidate, outcomes: Outcomes) -> bool:
    match candidate.standing:
        case Standing.UNCHANGED:
            outcomes.withhold(candidate.member.customer_id, Reason.UNCHANGED)
        case Standing.SUPERSEDED:
            outcomes.withhold(candidate.member.customer_id, Reason.SUPERSEDED)
        case _:
            return True
    return False


def _addressed(
    candidates: Sequence[_Candidate], outcomes: Outcomes, state: State, gates: Gates, attributes: Sequence[str]
) -> Iterator[tuple[Recipient, Contacts]]:
    items = _items((each.member for each in candidates), state, dict.fromkeys((*ADDRESSES.values(), hours.PROFILE, *attributes)))
    for each in candidates:
        customer_id, channel = each.member.customer_id, each.channel
        item = items.get(customer_id, {})
        address = str(item.get(ADDRESSES.get(channel, ""), "") or "").strip()
        if reason := _refusal(item, gates.purpose(channel), channel, address):
            outcomes.withhold(customer_id, reason)
        elif _is_due(each, outcomes):
            yield replace(_recipient(each, address, item, outcomes), subgroup=gates.subgroup(each.decision)), each.had


def _items(members: Iterable[Member], state: State, attributes: Iterable[str] = ()) -> dict[str, Mapping[str, Any]]:
    keys = ({"customer_id": member.customer_id} for member in members)
    read = tables.batch_get(state.dynamodb, state.customers_table, keys, (*ASKED, *attributes))
    return {item["customer_id"]: item for item in read}


def _refusal(item: Mapping[str, Any], purpose: str, channel: str, address: str) -> Reason | None:
    return _closed(item, purpose, channel) or (None if 0 < len(address) <= ADDRESS_CHARS else Reason.NO_ADDRESS)


def _closed(item: Mapping[str, Any], purpose: str, channel: str) -> Reason | None:
    if suppressed(item, channel):
        return Reason.SUPPRESSED
    return None if allows(item.get("consents") or {}, purpose, channel) else Reason.NO_CONSENT


def _uncapped(found: Iterable[tuple[Recipient, Contacts]], outcomes: Outcomes, gates: Gates) -> Iterator[Recipient]:
    now = outcomes.now()
    for each, had in found:
        if each.action and not each.held and caps.reached(gates.playbook, each.channel, had, now, but=each.message_id):
            outcomes.withhold(each.member.customer_id, Reason.FREQUENCY_CAP)
        elif each.held or not each.action:
            yield each
        elif timely := hours.on_time(each.action, each.item, gates.playbook, now):
            yield replace(each, decision=timely)
        else:
            outcomes.withhold(each.member.customer_id, Reason.OUTSIDE_WINDOW)


def _reserved(found: Sequence[Recipient], outcomes: Outcomes, state: State, gates: Gates) -> Iterator[Recipient]:
    """Those whose contact found room: of two senders who both saw a last place, the slower one finds it taken."""
    now = outcomes.now()
    by_id = {each.member.customer_id: each for each in found}

    def room(contact: Contact, had: Contacts) -> bool:
        return not caps.reached(gates.playbook, contact.channel, had, now, but=contact.message_id)

    wanted = {
        who: _contact(outcomes.part.run, each.message_id, each.action, now) for who, each in by_id.items() if each.action and not each.held
    }
    taken = contacts.reserve(state.dynamodb, state.sent_table, wanted, room)
    for who, each in by_id.items():
        if who in taken.refused:
            outcomes.withhold(who, Reason.FREQUENCY_CAP)
        else:
            yield replace(each, reserved=who in taken.new)


def _recipient(candidate: _Candidate, address: str, item: Mapping[str, Any], outcomes: Outcomes) -> Recipient:
    part, held, values, who = outcomes.part, candidate.held, candidate.values, candidate.member.customer_id
    return Recipient(
        member=candidate.member, channel=candidate.channel, address=address, item=item, decision=candidate.decision, traits_hash=values,
        message_id=message_name(held, sink=outcomes.sink, sink_id=who, run=part.run, as_of=part.as_of, values=values),
        held=held if candidate.standing is Standing.DELIVERED else None, before=held,
    )  # fmt: skip


def _sent(recipient: Recipient, outcomes: Outcomes, at: datetime) -> Sent:
    made, who = partial(Sent.by, outcomes.part, outcomes.sink), recipient.member.customer_id
    found = made(customer_id=who, traits_hash=recipient.traits_hash, message_id=recipient.message_id, at=at)
    return replace(found, **clearing.standing_after(recipient.before, recipient.action, recipient.channel, outcomes.sink))


def _contact(run: str, message_id: str, decision: Decision, at: datetime) -> Contact:
    return Contact(action=decision.action, campaign=decision.campaign, channel=decision.channel, at=at, run=run, message_id=message_id)
