"""The decision: probability x value x weight over what is allowed, for one customer or for a million by the same function."""

from datetime import UTC, datetime
from typing import Any

import numpy as np

from omnichannel.contracts.decisions import Rule
from omnichannel.decisions import rules
from omnichannel.decisions.chance import Floats, positions
from omnichannel.decisions.columns import NONE, Bools, Columns, Ints
from omnichannel.decisions.decided import Decided
from omnichannel.decisions.plan import EXPLORATION, Plan, plan_of
from omnichannel.decisions.rules import Bits, bits
from omnichannel.decisions.shelves import Stocked
from omnichannel.experiments.assignment import key_of
from omnichannel.playbook.choices import Playbook, Worth
from omnichannel.playbook.experiments import salt_of

LOT = 8_192
"""Customers at a time: twenty actions' numbers for so many stay in a processor's cache."""


def decide(facts: Columns, playbook: Playbook, at: datetime, *, live: bool = False) -> Decided:
    """The next best action of every customer at an aware moment.

    Live, a message would go out now: what quiet hours or a window close is refused. In a batch it is allowed, with the moment from
    which it may go out. Raises `ValueError` for a time without a zone.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone; expected an aware time, such as datetime.now(UTC)")
    plan = plan_of(playbook)
    return Decided.together([_decide(lot, plan, at.astimezone(UTC), live) for lot in facts.lots(LOT)])


def _decide(facts: Columns, plan: Plan, at: datetime, live: bool) -> Decided:
    stocked, out, arms = Stocked(facts, plan), rules.held_out(facts, plan), rules.arms(facts, plan)
    shut, opens = rules.closed(facts, plan, at, live=live)
    fired = rules.unfit(facts, plan, at.timestamp())
    fired |= bits(out, Rule.HOLDOUT)
    fired |= rules.without_campaign(arms, plan)
    fired |= rules.unreachable(facts, plan, at.timestamp())
    fired |= stocked.empty
    fired |= shut
    rules.cooling_down(facts, plan, at.timestamp(), fired)
    p, value = _chances(facts, plan), _values(facts, plan, stocked)
    score = p * value * plan.weights
    fired |= bits(np.isnan(score), Rule.NOT_ELIGIBLE)
    return _chosen(facts, plan, at, fired, p, value, score, stocked, opens, out, arms)


def _chosen(
    facts: Columns, plan: Plan, at: datetime, fired: Bits, p: Floats, value: Floats, score: Floats,
    stocked: Stocked, opens: Floats, out: Bools, arms: Ints,
) -> Decided:  # fmt: skip
    # What is worth nothing is not done, though no rule forbids it.
    ranked = np.where((fired == 0) & (score > 0), score, -np.inf)
    rows = np.arange(len(facts))
    best = ranked.argmax(axis=0)
    explored = _explored(facts, plan, at, ranked, best)
    some = ranked[best, rows] > 0
    chosen = np.where(some, best, NONE).astype(np.int32)
    others = ranked.copy()
    others[best, rows] = -np.inf
    second = others.argmax(axis=0)
    second_score = others[second, rows]
    has_second = second_score > 0
    return Decided(
        plan=plan, at=at, ids=facts.ids, products=facts.products.ids, fired=fired, p=p, value=value, score=score,
        chosen=chosen, explored=explored, runner_up=np.where(has_second, second, NONE).astype(np.int32),
        opens=np.where(some, opens[plan.schedule_of[best], facts.zones.codes], np.nan), items=stocked.shown(chosen), out=out, arms=arms,
    )  # fmt: skip


def _explored(facts: Columns, plan: Plan, at: datetime, ranked: Floats, best: Any) -> Bools:
    """Where chance chooses, by customer and day, it replaces the best action by any of those that are allowed, each as likely."""
    share = plan.playbook.exploration
    place = positions(facts.keys, key_of(salt_of(plan.playbook.experiments.salt, f"{EXPLORATION}/{at.date().isoformat()}")))
    explored = place < share
    rows = np.flatnonzero(explored)
    if len(rows):
        allowed = ranked[:, rows] > 0
        counts = allowed.sum(axis=0)
        wanted = np.minimum((place[rows] / share * counts).astype(np.intp), counts - 1)
        picked = (allowed.cumsum(axis=0) == wanted + 1).argmax(axis=0)
        best[rows] = np.where(counts > 0, picked, best[rows])
        explored[rows] = counts > 0
    return explored


def _chances(facts: Columns, plan: Plan) -> Floats:
    sources = [_chance(facts.numbers[f"{model}_propensity"], event) for model, event in plan.chances]
    return np.asarray(np.clip(np.stack(sources)[plan.chance_of] * plan.factors, 0.0, 1.0))


def _chance(score: Floats, event: bool) -> Floats:
    return score if event else 1.0 - score


def _values(facts: Columns, plan: Plan, stocked: Stocked) -> Floats:
    ones = np.ones(len(facts))
    bases = {"": lambda _: ones, Worth.AVERAGE_ORDER.value: lambda _: facts.average_order, Worth.ITEM_PRICE.value: stocked.price}
    sources = [bases[of](shelf) for of, shelf in plan.worths]
    return np.asarray(np.stack(sources)[plan.worth_of] * plan.times - plan.costs)
