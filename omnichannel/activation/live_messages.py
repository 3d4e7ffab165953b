"""A live decision handed to the messaging sink: through the gates of every run, once an event, one at a time for a customer.

A live message belongs to a run of its day. It leaves what a run's leaves: a decided part, a ledger, contacts, what the sink holds.
"""

import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from omnichannel.activation import contacts
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.parts import Member, Part, Traits
from omnichannel.activation.state import State
from omnichannel.activation.traits import scored
from omnichannel.activation.turns import Turns
from omnichannel.aws import s3 as objects
from omnichannel.aws.dynamodb import batch_get
from omnichannel.contracts import zones
from omnichannel.contracts.decisions import NEXT_ACTION, Decision, Rule
from omnichannel.contracts.ledger import LIVE, Sink
from omnichannel.contracts.reasons import Reason
from omnichannel.contracts.scores import Model, Trait
from omnichannel.ledger import landing

TIMELY = timedelta(hours=1)
"""What was decided longer ago is no answer to what just happened: the next run decides."""
ATTRIBUTES = ("customer_id", "customer_ref", "scores", "customer_segments", NEXT_ACTION)
"""What is read of a customer's item beside what the gates read."""
ENVELOPE = ("event_id", "caused_at")
"""What an event says beside the decision itself."""
EXPERIMENTS = frozenset({Rule.HOLDOUT, Rule.CONTROL_GROUP})
"""Rules that refuse by lot."""
AGAIN = frozenset({Reason.SINK_UNAVAILABLE, Reason.UNAUTHORIZED})
"""Reasons that a later delivery may get over."""

Deliver = Callable[[Member, Outcomes], object]
"""Hands one member to the sink, and gives the member an outcome."""
Item = Mapping[str, Any]


class NotTaken(Exception):
    """The sink did not take a message just now; it is tried again."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """A decision as the bus tells it: `event_id` is of what led to it, which happened at `caused_at` (ISO 8601, UTC)."""

    receipt: str
    event_id: str
    caused_at: str
    decision: Decision

    @property
    def run(self) -> str:
        """The run of its day (UTC)."""
        return LIVE + datetime.fromisoformat(self.decision.at).astimezone(UTC).date().isoformat()


def told(records: Iterable[Mapping[str, Any]]) -> tuple[list[Told], list[str]]:
    """Those of a queue's batch with something to do or to tell, in their order, and the ids of records that nobody can read."""
    found, unreadable = [], []
    for record in records:
        try:
            each = _told(record["messageId"], json.loads(record["body"])["detail"])
        except (ValueError, TypeError, KeyError, AttributeError):
            unreadable.append(record["messageId"])
        else:
            found += [each] if each.decision.action or _drawn(each.decision) else []
    return found, unreadable


def _drawn(decision: Decision) -> bool:
    """Whether an experiment alone refused something: who compares its arms must find both in the log of decisions."""
    return any({*rules} <= EXPERIMENTS for rules in decision.refused.values())


def _told(receipt: str, detail: Mapping[str, Any]) -> Told:
    decision = Decision.of({name: value for name, value in detail.items() if name not in ENVELOPE})
    for moment in (detail["caused_at"], decision.at):
        if datetime.fromisoformat(moment).tzinfo is None:
            raise ValueError("a time without its zone")
    return Told(receipt=receipt, event_id=str(detail["event_id"]), caused_at=detail["caused_at"], decision=decision)


@dataclass(frozen=True, kw_only=True)
class Messenger:
    """One sink, the state that its gates read, and the buckets that its account lies in."""

    sink: Sink
    state: State
    deliver: Deliver = field(repr=False)
    s3: Any = field(repr=False)
    lake: str
    landing: str
    now: Callable[[], datetime]

    def hand_over(self, each: Told) -> str:
        """What became of it, in a word; raises `Taken` or `NotTaken` for what is to come again."""
        turns = Turns(dynamodb=self.state.dynamodb, table=self.state.sent_table)
        turn = turns.take(each.decision.customer_id, each.event_id, self.now())
        if each.event_id in turn.done:
            turns.give_back(turn)
            return "done-before"
        try:
            word = self._hand_over(each, again=turn.again)
        except BaseException:
            turns.give_back(turn)
            raise
        turns.give_back(turn, done=each.event_id)
        return word

    def _hand_over(self, each: Told, *, again: bool) -> str:
        who, item = each.decision.customer_id, self._item(each.decision.customer_id)
        member, as_of = _member(item, each.decision)
        part = Part(run=each.run, as_of=as_of, key=zones.decided_part(each.run, each.event_id))
        outcomes = Outcomes(part=part, sink=self.sink, now=self.now)
        objects.put(self.s3, self.lake, part.key, _packed(member), objects.GZIP_JSON_LINES)
        if not each.decision.action:
            self._land(part)
            return "refused"
        if reason := self._too_late(each, item) or self._overtaken(each, again=again):
            outcomes.withhold(who, reason)
        else:
            self.deliver(member, outcomes)
        outcomes.write(self.s3, self.lake)
        if outcomes.reason(who) in AGAIN:
            raise NotTaken(f"the sink {self.sink} did not take a live message: {outcomes.reason(who)}")
        self._land(part)
        return str(outcomes.reason(who) or "delivered")

    def _too_late(self, each: Told, item: Item) -> Reason | None:
        """Something later has been decided upon, or too much time has passed.

        What has the same moment may be this very event, decided twice: it is not overtaken by itself.
        """
        if _moment((item.get(NEXT_ACTION) or {}).get("caused_at")) > _moment(each.caused_at):
            return Reason.SUPERSEDED
        return Reason.OUTSIDE_WINDOW if self.now() - _moment(each.decision.at) > TIMELY else None

    def _overtaken(self, each: Told, *, again: bool) -> Reason | None:
        """A message has gone out since the decision, which could not know of it: of a run, or of another event at the same time.

        Where this very event was broken off, the message may be its own.
        """
        who = each.decision.customer_id
        heard = () if again else contacts.read(self.state.dynamodb, self.state.sent_table, [who]).get(who, ())
        return Reason.SUPERSEDED if any(contact.at >= _moment(each.decision.at) for contact in heard) else None

    def _item(self, customer_id: str) -> Item:
        found = batch_get(self.state.dynamodb, self.state.customers_table, [{"customer_id": customer_id}], ATTRIBUTES)
        return next(iter(found), {})

    def _land(self, part: Part) -> None:
        """The account, as a run's goes."""
        of = landing.Run(
            run=part.run, as_of=part.as_of, s3=self.s3, lake=self.lake, landing=self.landing, dynamodb=self.state.dynamodb,
            sent_table=self.state.sent_table,
        )  # fmt: skip
        landing.land(of, part.name)


def _member(item: Item, decision: Decision) -> tuple[Member, str]:
    """The customer as a run would have them, and the date of the newest of the scores (of the decision where there is none)."""
    scores = {model.value: score for model in Model if isinstance(score := (item.get("scores") or {}).get(model.value), Mapping)}
    as_of = max((str(score["as_of"]) for score in scores.values()), default=decision.at[:10])
    traits: Traits = {}
    for model, score in scores.items():
        traits |= scored(model, float(score["score"]), str(score["band"]))
    segment = ((item.get("customer_segments") or {}).get("behaviour") or {}).get("name")
    traits |= {Trait.CUSTOMER_SEGMENT.value: str(segment)} if segment else {}
    traits |= {Trait.NEXT_BEST_ACTION.value: decision.action, Trait.RECOMMENDED_ITEMS.value: list(decision.items)}
    traits[Trait.PROPENSITY_AS_OF.value] = as_of
    plain = json.loads(json.dumps(scores, default=_plain))
    return Member(decision.customer_id, str(item.get("customer_ref") or ""), traits, plain, decision.to_dict()), as_of


def _packed(member: Member) -> bytes:
    """A part of one record, as an audience's are."""
    record = {
        "customer_id": member.customer_id, "customer_ref": member.customer_ref or None, "traits": member.traits, "scores": member.scores,
        "decision": member.decision,
    }  # fmt: skip
    return gzip.compress((json.dumps(record, ensure_ascii=False) + "\n").encode(), compresslevel=6, mtime=0)


def _plain(value: Any) -> int | float:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} is no number")


def _moment(text: Any) -> datetime:
    """A time that stands on an item or in an event; none is earlier than all."""
    return datetime.fromisoformat(str(text)) if text else datetime.min.replace(tzinfo=UTC)
