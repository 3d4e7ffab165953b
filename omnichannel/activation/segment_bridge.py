"""One audience part to Segment: what is due, through the consent gate, out, and remembered batch by batch."""

from collections.abc import Iterable, Iterator, Sequence

from omnichannel.activation import reach, sent
from omnichannel.activation.delivery import message_id, traits_hash
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.parts import Member
from omnichannel.activation.segment import Event, batches, identify, refusal
from omnichannel.activation.sender import Answer, OutOfTime, Sender, SinkUnavailable, Unauthorized
from omnichannel.activation.sent import Sent, Standing, standing
from omnichannel.activation.state import State
from omnichannel.activation.write_key import NoWriteKey
from omnichannel.aws.dynamodb import batches as in_lots
from omnichannel.contracts.ledger import Sink
from omnichannel.contracts.reasons import Reason

PURPOSE, CHANNEL = "personalization", "web"
LOT = 1_000
"""Customers whose state is read ahead at a time."""


def deliver(members: Sequence[Member], outcomes: Outcomes, sender: Sender, state: State) -> None:
    """Gives every member an outcome; what was acknowledged is remembered before the next batch goes out.

    A refused or missing write key ends the part with the rest rejected as `unauthorized`. `SinkUnavailable` and `OutOfTime` are
    raised after the rest is noted as `sink-unavailable`, so that the caller can write the ledger and be run again:
    what this run has delivered is then found in the state and not sent a second time.
    """
    try:
        for batch in batches(_due(members, outcomes, state)):
            for answer in sender.send(_through_the_gate(batch, outcomes, state)):
                _record(answer, outcomes, state)
    except (Unauthorized, NoWriteKey):
        outcomes.reject_rest((member.customer_id for member in members), Reason.UNAUTHORIZED)
    except (SinkUnavailable, OutOfTime):
        outcomes.reject_rest((member.customer_id for member in members), Reason.SINK_UNAVAILABLE)
        raise


def _due(members: Iterable[Member], outcomes: Outcomes, state: State) -> Iterator[Event]:
    """The events of those who have an id that Segment knows and whose traits it does not hold already."""
    for lot in in_lots(members, LOT):
        held = sent.read(state.dynamodb, state.sent_table, Sink.SEGMENT, (member.customer_id for member in lot))
        for member in lot:
            event = _event(member, held.get(member.customer_id), outcomes)
            if event is not None:
                yield event


def _event(member: Member, held: Sent | None, outcomes: Outcomes) -> Event | None:
    """The member's event, or None after noting why there is none."""
    part, values = outcomes.part, traits_hash(member.traits)
    match standing(held, run=part.run, as_of=part.as_of, traits_hash=values):
        case Standing.DELIVERED if held is not None:
            outcomes.deliver(member.customer_id, held.message_id, at=held.at)
        case Standing.UNCHANGED:
            outcomes.withhold(member.customer_id, Reason.UNCHANGED)
        case Standing.SUPERSEDED:
            outcomes.withhold(member.customer_id, Reason.SUPERSEDED)
        case _ if not member.customer_ref.strip():
            outcomes.withhold(member.customer_id, Reason.NO_SEGMENT_ID)
        case _:
            return _checked(member, values, outcomes)
    return None


def _checked(member: Member, values: str, outcomes: Outcomes) -> Event | None:
    name = message_id(Sink.SEGMENT, member.customer_ref, values, outcomes.part.as_of)
    body = identify(member.customer_ref, member.traits, as_of=outcomes.part.as_of, message_id=name)
    event = Event(member.customer_id, values, name, body)
    reason = refusal(member.customer_ref, event)
    if reason is None:
        return event
    outcomes.reject(member.customer_id, reason)
    return None


def _through_the_gate(batch: Sequence[Event], outcomes: Outcomes, state: State) -> list[Event]:
    """Those of the batch whose consent holds at this moment."""
    ids = (event.customer_id for event in batch)
    permitted = reach.permitted(state.dynamodb, state.customers_table, ids, purpose=PURPOSE, channel=CHANNEL)
    for event in batch:
        if event.customer_id not in permitted:
            outcomes.withhold(event.customer_id, Reason.NO_CONSENT)
    return [event for event in batch if event.customer_id in permitted]


def _record(answer: Answer, outcomes: Outcomes, state: State) -> None:
    part, at = outcomes.part, outcomes.now().isoformat(timespec="seconds")
    if not answer.accepted:
        for event in answer.events:
            outcomes.reject(event.customer_id, Reason.REFUSED_BY_SINK, event.message_id)
        return
    deliveries = [
        Sent(
            customer_id=event.customer_id, sink=Sink.SEGMENT.value, traits_hash=event.traits_hash, message_id=event.message_id,
            run=part.run, as_of=part.as_of, at=at,
        )
        for event in answer.events
    ]  # fmt: skip
    sent.write(state.dynamodb, state.sent_table, deliveries)
    for event in answer.events:
        outcomes.deliver(event.customer_id, event.message_id, at=at)
