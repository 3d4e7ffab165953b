"""The decision for one customer now, with what speaks for it and what against the others."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from omnichannel.contracts.decisions import Decision, Rule
from omnichannel.decisions.decide import decide
from omnichannel.decisions.fresh import Fresh, scored
from omnichannel.decisions.gather import Known
from omnichannel.decisions.question import Question, Unanswerable
from omnichannel.decisions.store import Store
from omnichannel.playbook.choices import Playbook

WORDS: Mapping[Rule, str] = {
    Rule.HOLDOUT: "hears nothing at all: in the global holdout",
    Rule.CONTROL_GROUP: "in the campaign's control group, or in another arm of its experiment",
    Rule.NO_CONSENT: "no consent on record for the channel",
    Rule.NO_ADDRESS: "no address for the channel",
    Rule.SUPPRESSED: "on a suppression list: bounced, complained, asked, or in a segment that suppresses the action",
    Rule.NOT_ELIGIBLE: "does not meet the action's conditions, or lacks the score or value to judge it by",
    Rule.UNDER_AGE: "too young, or of unknown age",
    Rule.REGION: "lives where the action is not used, or nobody knows where",
    Rule.LOW_STOCK: "nothing that it could show is in stock",
    Rule.FREQUENCY_CAP: "got as many messages as are allowed",
    Rule.COOL_DOWN: "got the same a short while ago",
    Rule.QUIET_HOURS: "quiet hours where the customer lives",
    Rule.OUTSIDE_WINDOW: "outside the action's days or hours where the customer lives",
}


def answer(question: Question, store: Store, playbook: Playbook, at: datetime, fresh: Fresh | None = None) -> dict[str, Any]:
    """`decision` and `explanation` at an aware moment.

    Raises `Unanswerable`: 404 for nobody and for a channel without actions, 409 where nobody is scored on demand.
    """
    rules = on_channel(playbook, question.channel)
    item = store.named(question.key)
    if item is None:
        raise Unanswerable(404, "Unknown customer", "nobody is known by this; a new customer is known after the next rebuild of the view")
    if question.fresh:
        if fresh is None:
            raise Unanswerable(409, "No fresh scores", "this deployment scores nobody on demand; ask without fresh")
        item = scored(item, rules, fresh)
    live = Known(item=item, event=question.event, products=question.products, live_segments=question.live_segments)
    found = decide(store.columns(store.with_contacts([live]), rules), rules, at, live=True)
    decision = found.decision(0)
    return {"decision": decision.to_dict(), "explanation": explained(decision, found.ranking(0)[: question.limit], rules)}


@lru_cache(maxsize=16)
def on_channel(playbook: Playbook, channel: str) -> Playbook:
    """The playbook with the actions of one channel, of all for an empty one; raises `Unanswerable` (404) where there are none."""
    actions = tuple(action for action in playbook.actions if channel in ("", action.channel))
    if not actions:
        raise Unanswerable(404, "Channel without actions", "the playbook has no action on this channel; ask for another, or for none")
    return replace(playbook, actions=actions) if channel else playbook


def explained(decision: Decision, ranking: list[dict[str, Any]], playbook: Playbook) -> dict[str, Any]:
    """In words: why this, what else was allowed, and why not the others."""
    messages = {action.name: action.message for action in playbook.actions}
    return {
        "why": _why(decision, playbook.currency),
        "message": messages.get(decision.action, ""),
        "ranking": ranking,
        "refused": {action: [WORDS[rule] for rule in rules] for action, rules in decision.refused.items()},
    }


def _why(decision: Decision, currency: str) -> str:
    if not decision.action:
        return "no action is allowed and worth anything"
    if decision.explored:
        return "chance chose among the allowed actions, to learn what they are worth"
    worth = f"{decision.p:.3f} x {decision.value:.2f} {currency}, weighted {decision.score:.3f}"
    return f"worth most: {worth}; next: {decision.runner_up or 'nothing'} ({decision.runner_up_score:.3f})"
