"""Messaging adapter `connect`: what is due, through the gates, into Customer Profiles, and remembered request by request."""

from collections.abc import Sequence
from typing import Any

from omnichannel.activation import attributes, clearing, connect_objects, messaging, underway
from omnichannel.activation.attributes import Catalog
from omnichannel.activation.connect_sender import Object, ProfileSender
from omnichannel.activation.messaging import LOT, Gates, Recipient
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.parts import Member
from omnichannel.activation.sender import OutOfTime, SinkUnavailable, Unauthorized
from omnichannel.activation.state import State
from omnichannel.contracts.reasons import Reason
from omnichannel.ledger.parts import read_part


def deliver(
    members: Sequence[Member], outcomes: Outcomes, sender: ProfileSender, state: State, gates: Gates, catalog: Catalog, *, offset: int = 0
) -> int:
    """Gives every member from `offset` on an outcome; returns where to go on, which is `len(members)` when all is done.

    When the time is nearly over, the rest is noted as `sink-unavailable` until the call that goes on. A refused role ends the part with
    the rest rejected as `unauthorized`. Raises `SinkUnavailable` after noting the rest, also when the time was not enough for anyone.
    """
    place = offset
    try:
        for place in range(offset, len(members), LOT):
            _deliver(members[place : place + LOT], outcomes, sender, state, gates, catalog)
    except Unauthorized:
        outcomes.reject_rest((member.customer_id for member in members), Reason.UNAUTHORIZED)
    except (SinkUnavailable, OutOfTime) as ended:
        outcomes.reject_rest((member.customer_id for member in members), Reason.SINK_UNAVAILABLE)
        if isinstance(ended, OutOfTime) and (sender.taken or place > offset):
            return place
        raise SinkUnavailable(str(ended)) from ended
    return len(members)


def resume(members: Sequence[Member], outcomes: Outcomes, s3: Any, bucket: str) -> None:
    """Takes over what an earlier call of this run noted about these members."""
    done, part = {member.customer_id for member in members}, outcomes.part
    rows = read_part(s3, bucket, flow=outcomes.sink.flow, run=part.run, sink=outcomes.sink, part=part.name) if done else []
    outcomes.restore(row for row in rows if row["customer_id"] in done)


def _deliver(lot: Sequence[Member], outcomes: Outcomes, sender: ProfileSender, state: State, gates: Gates, catalog: Catalog) -> None:
    reached = list(messaging.recipients(lot, outcomes, state, gates))
    messaging.remember([each for each in reached if each.held], outcomes, state)
    fresh = [each for each in reached if not each.held]
    objects = _objects(fresh, outcomes, state, catalog)
    by_id = {each.message_id: each for each in fresh}
    asked = set[str]()

    def gate(wanted: Sequence[Object]) -> Sequence[Object]:
        permitted = messaging.permitted([by_id[each.id] for each in wanted], outcomes, state, gates)
        underway.announce((each for each in permitted if each.message_id not in asked), outcomes, state)
        allowed = {each.message_id for each in permitted}
        asked.update(allowed)
        return [each for each in wanted if each.id in allowed]

    try:
        for answer in sender.send(objects, gate):
            _note([by_id[each.id] for each in answer.objects], answer.reason, outcomes, state)
    except (Unauthorized, SinkUnavailable, OutOfTime) as ended:
        # Of a request without an answer nothing is known; a refused role has certainly sent nothing.
        unknown = set() if isinstance(ended, Unauthorized) else asked
        left = (each for each in fresh if not outcomes.knows(each.member.customer_id) and each.message_id not in unknown)
        messaging.give_back(underway.unsent(left, outcomes), state)
        raise
    _clear(lot, outcomes, sender, state)


def _clear(lot: Sequence[Member], outcomes: Outcomes, sender: ProfileSender, state: State) -> None:
    """Takes back the actions of those whom a gate refuses. What the service would not take now is tried again by the next run."""
    held, now = {f"clear-{place}": each for place, each in enumerate(clearing.stale(lot, outcomes, state))}, outcomes.now()
    objects = [Object(name, connect_objects.clearing_object(each, now)) for name, each in held.items()]
    for answer in sender.send(objects):
        if answer.reason is None:
            clearing.remember([held[each.id] for each in answer.objects], outcomes, state)


def _note(answered: Sequence[Recipient], reason: Reason | None, outcomes: Outcomes, state: State) -> None:
    """Remembers at once what was taken: the next request may be the last."""
    if reason is None:
        messaging.remember(answered, outcomes, state)
        return
    for each in answered:
        outcomes.reject(each.member.customer_id, reason, each.message_id)
    if reason is Reason.REFUSED_BY_SINK:
        messaging.give_back(underway.unsent(answered, outcomes), state)
        underway.refused(answered, outcomes, state)


def _objects(fresh: Sequence[Recipient], outcomes: Outcomes, state: State, catalog: Catalog) -> list[Object]:
    """The objects of those that the service would take; the others are rejected with the reason."""
    names, found, now = attributes.names(fresh, catalog), [], outcomes.now()
    for each in fresh:
        body = connect_objects.profile_object(each, names, as_of=outcomes.part.as_of, now=now)
        if reason := connect_objects.refusal(each, body):
            outcomes.reject(each.member.customer_id, reason, each.message_id)
            messaging.give_back(underway.unsent([each], outcomes), state)
        else:
            found.append(Object(each.message_id, body))
    return found
