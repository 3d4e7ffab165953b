"""Each rule over columns: which actions it refuses, as bits, an action a row and a customer a column."""

from datetime import UTC, datetime
from typing import Any

import numpy as np

from omnichannel.contracts.decisions import Rule
from omnichannel.decisions.chance import Floats, positions
from omnichannel.decisions.columns import Bools, Columns, Contacts, Ints
from omnichannel.decisions.openings import zone_or
from omnichannel.decisions.plan import AGE, BIT, Plan
from omnichannel.playbook.choices import Cap
from omnichannel.playbook.conditions import Condition, Operator
from omnichannel.playbook.facts import FACTS, Kind

Bits = np.ndarray[Any, np.dtype[np.uint16]]
DAY = 86_400.0


def bits(fires: Bools, rule: Rule) -> Bits:
    """The rule's bit where it fires."""
    found: Bits = fires * BIT[rule]
    return found


def held_out(facts: Columns, plan: Plan) -> Bools:
    """Who is in the global holdout."""
    return positions(facts.keys, plan.holdout_salt) < plan.playbook.experiments.holdout_share


def arms(facts: Columns, plan: Plan) -> Ints:
    """The place of each customer's arm, an experiment a row."""
    found = np.empty((len(plan.experiments), len(facts)), np.int32)
    for row, (at, edges) in enumerate(zip(positions(facts.keys, plan.salts), plan.edges, strict=True)):
        np.minimum(np.searchsorted(edges, at, side="right"), len(edges) - 1, out=found[row], casting="unsafe")
    return found


def without_campaign(arm: Ints, plan: Plan) -> Bits:
    """Who is in a campaign's control group, or in another arm than the action's."""
    fired = np.empty((len(plan.groups), arm.shape[1]), np.uint16)
    for row, (experiment, own) in enumerate(plan.groups):
        theirs = arm[experiment]
        fired[row] = bits(theirs == plan.controls[experiment] if own < 0 else theirs != own, Rule.CONTROL_GROUP)
    told: Bits = fired[plan.group_of]
    return told


def unreachable(facts: Columns, plan: Plan, at: float) -> Bits:
    """What refuses a whole channel: no consent, no address, suppressed, too many messages."""
    everywhere = _too_many(facts.contacts, len(facts), plan.playbook.caps, at)
    fired = np.empty((len(plan.channels), len(facts)), np.uint16)
    for row, channel in enumerate(plan.channels):
        own = _too_many(_on(facts.contacts, row), len(facts), channel.caps, at)
        fired[row] = (
            bits(~facts.consents[channel.purpose, channel.name], Rule.NO_CONSENT)
            | bits(~facts.addresses[channel.name], Rule.NO_ADDRESS)
            | bits(facts.suppressed[channel.name], Rule.SUPPRESSED)
            | bits(everywhere | own, Rule.FREQUENCY_CAP)
        )
    told: Bits = fired[plan.channel_of]
    return told


def cooling_down(facts: Columns, plan: Plan, at: float, fired: Bits) -> None:
    """Marks the actions that a customer had too short a while ago."""
    held = facts.contacts
    known = np.flatnonzero(held.action >= 0)
    recent = known[held.at[known] > at - plan.cool_downs[held.action[known]]]
    fired[held.action[recent], held.owner[recent]] |= BIT[Rule.COOL_DOWN]


def unfit(facts: Columns, plan: Plan, at: float) -> Bits:
    """What an action asks of a customer and does not find: eligibility, age, place, lists that suppress it."""
    failed = np.zeros((len(plan.tests) + 1, len(facts)), np.uint16)
    days: dict[str, Floats] = {}
    for row, test in enumerate(plan.tests):
        failed[row] = bits(~_holds(test.condition, facts, at, days), test.rule)
    fired: Bits = np.bitwise_or.reduceat(failed[plan.tests_of], plan.starts, axis=0)
    return fired


def closed(facts: Columns, plan: Plan, at: datetime, *, live: bool) -> tuple[Bits, Floats]:
    """Quiet hours and windows; and from when (seconds since 1970) a message may go out, a schedule a row.

    Live, what is closed now is refused; in a batch only what does not open within a day.
    """
    words = (*facts.zones.words, plan.playbook.timezone)
    fired = np.zeros((len(plan.schedules), len(words)), np.uint16)
    opens = np.zeros((len(plan.schedules), len(words)))
    for column, word in enumerate(words):
        zone = zone_or(word, plan.playbook.timezone)
        for row, schedule in enumerate(plan.schedules):
            found = schedule.opening(at, zone)
            if found.closed and (live or found.opens is None):
                fired[row, column] = BIT[found.closed]
            opens[row, column] = (found.opens or at).astimezone(UTC).timestamp()
    # An unknown zone has the code -1: the last column, which is the playbook's own.
    return fired[:, facts.zones.codes][plan.schedule_of], opens


def _too_many(contacts: Contacts, customers: int, caps: tuple[Cap, ...], at: float) -> Bools:
    reached = np.zeros(customers, np.bool_)
    for cap in caps:
        recent = contacts.owner[contacts.at > at - cap.days * DAY]
        reached |= np.bincount(recent, minlength=customers) >= cap.most
    return reached


def _on(contacts: Contacts, channel: int) -> Contacts:
    rows = np.flatnonzero(contacts.channel == channel)
    return Contacts(owner=contacts.owner[rows], channel=contacts.channel[rows], action=contacts.action[rows], at=contacts.at[rows])


def _holds(condition: Condition, facts: Columns, at: float, days: dict[str, Floats]) -> Bools:
    """Whether each customer satisfies it; who is unknown does not."""
    kind = Kind.NUMBER if condition.fact == AGE else FACTS[condition.fact].kind
    match kind:
        case Kind.NUMBER:
            return _compared(facts.numbers[condition.fact], condition)
        case Kind.SINCE | Kind.UNTIL:
            if condition.fact not in days:
                days[condition.fact] = _days(facts.moments[condition.fact], at, kind)
            return _compared(days[condition.fact], condition)
        case Kind.TEXT:
            inside = condition.operator is Operator.IN
            texts = facts.texts[condition.fact]
            return texts.among([(word in condition.names) is inside for word in texts.words])
        case Kind.NAMES:
            has: Bools = np.logical_or.reduce([facts.names[condition.fact, name] for name in condition.names])
            return has if condition.operator is Operator.ANY_OF else ~has


def _days(moments: Floats, at: float, kind: Kind) -> Floats:
    """Days until now, or from now; a moment on the other side of now is unknown."""
    found = (at - moments if kind is Kind.SINCE else moments - at) / DAY
    found[found < 0] = np.nan
    return found


def _compared(values: Floats, condition: Condition) -> Bools:
    match condition.operator:
        case Operator.AT_LEAST:
            return np.asarray(values >= condition.number)
        case Operator.AT_MOST:
            return np.asarray(values <= condition.number)
        case _:
            return np.asarray(values == condition.number)
