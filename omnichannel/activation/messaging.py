"""Whom the messaging channel may reach with one part of an audience, whichever adapter then takes it there."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from omnichannel.activation import reach, sent
from omnichannel.activation.delivery import message_id, traits_hash
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.parts import Member
from omnichannel.activation.sent import Sent, Standing, standing
from omnichannel.activation.state import State
from omnichannel.aws.dynamodb import batches as in_lots
from omnichannel.contracts.reasons import Reason

PURPOSE, CHANNEL = "marketing", "email"
ADDRESS = "email"
LOT = 1_000
"""Customers whose state and consent are read at a time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """A member with an address and a consent; `held` is what this very run has delivered before, if it has."""

    member: Member
    address: str = field(repr=False)
    traits_hash: str
    message_id: str
    held: Sent | None = None


def recipients(members: Sequence[Member], outcomes: Outcomes, state: State) -> Iterator[Recipient]:
    """Those to be reached, in order; every other member is withheld with its reason."""
    for lot in in_lots(members, LOT):
        held = sent.read(state.dynamodb, state.sent_table, outcomes.sink, (member.customer_id for member in lot))
        due = [member for member in lot if _is_due(member, held.get(member.customer_id), outcomes)]
        yield from _addressed(due, held, outcomes, state)


def remember(deliveries: Iterable[Recipient], outcomes: Outcomes, state: State) -> None:
    """Notes deliveries as acknowledged, in the state and in the ledger; one remembered before keeps its time."""
    part, at = outcomes.part, outcomes.now().isoformat(timespec="seconds")
    records = [
        recipient.held
        or Sent(
            customer_id=recipient.member.customer_id, sink=outcomes.sink.value, traits_hash=recipient.traits_hash,
            message_id=recipient.message_id, run=part.run, as_of=part.as_of, at=at,
        )
        for recipient in deliveries
    ]  # fmt: skip
    sent.write(state.dynamodb, state.sent_table, records)
    for record in records:
        outcomes.deliver(record.customer_id, record.message_id, at=record.at)


def _is_due(member: Member, held: Sent | None, outcomes: Outcomes) -> bool:
    match standing(held, run=outcomes.part.run, as_of=outcomes.part.as_of, traits_hash=traits_hash(member.traits)):
        case Standing.UNCHANGED:
            outcomes.withhold(member.customer_id, Reason.UNCHANGED)
        case Standing.SUPERSEDED:
            outcomes.withhold(member.customer_id, Reason.SUPERSEDED)
        case _:
            return True
    return False


def _addressed(due: Sequence[Member], held: dict[str, Sent], outcomes: Outcomes, state: State) -> Iterator[Recipient]:
    ids = (member.customer_id for member in due)
    permitted = reach.permitted(state.dynamodb, state.customers_table, ids, purpose=PURPOSE, channel=CHANNEL, attributes=(ADDRESS,))
    for member in due:
        item = permitted.get(member.customer_id)
        if item is None:
            outcomes.withhold(member.customer_id, Reason.NO_CONSENT)
        elif not (item.get(ADDRESS) or "").strip():
            outcomes.withhold(member.customer_id, Reason.NO_ADDRESS)
        else:
            yield _recipient(member, item[ADDRESS].strip(), held.get(member.customer_id), outcomes)


def _recipient(member: Member, address: str, held: Sent | None, outcomes: Outcomes) -> Recipient:
    values = traits_hash(member.traits)
    by_this_run = held if held and held.run == outcomes.part.run and held.traits_hash == values else None
    name = message_id(outcomes.sink, member.customer_id, values, outcomes.part.as_of)
    return Recipient(member=member, address=address, traits_hash=values, message_id=name, held=by_this_run)
