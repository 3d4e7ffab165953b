"""What holds of every decision, whatever the customers and the playbook."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnichannel.activation.contacts import Contact
from omnichannel.contracts.decisions import Rule
from omnichannel.decisions.gather import Known
from omnichannel.playbook.choices import Playbook
from tests.unit.decisions.reference import decide_one
from tests.unit.decisions.shoppers import ITEMS, KNOWN, MOMENTS, NOON, PLAYBOOKS, POPULAR, PRODUCTS, decided, playbook, shopper

few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
CUSTOMERS = st.lists(KNOWN, min_size=1, max_size=8, unique_by=lambda known: known.item["customer_id"])


@few
@given(CUSTOMERS, PLAYBOOKS, MOMENTS, st.booleans())
def test_many_at_once_are_decided_as_one_by_one_and_as_the_plain_words_say(
    customers: list[Known], rules: Playbook, at: datetime, live: bool
):
    together = decided(customers, rules, at, live=live)

    plainly = [decide_one(known, rules, at, PRODUCTS, POPULAR, live=live) for known in customers]
    alone = [decided([known], rules, at, live=live).decision(0) for known in customers]

    assert [together.decision(row) for row in range(len(customers))] == alone == plainly


@few
@given(CUSTOMERS, PLAYBOOKS, MOMENTS)
def test_what_a_rule_refuses_is_never_chosen(customers: list[Known], rules: Playbook, at: datetime):
    for row in range(len(found := decided(customers, rules, at))):
        decision = found.decision(row)

        assert decision.action not in decision.refused
        assert decision.runner_up not in decision.refused
        assert (decision.action == "") <= (decision.runner_up == "")


@few
@given(KNOWN, PLAYBOOKS, MOMENTS, st.floats(1, 50))
def test_what_is_chosen_stays_chosen_when_it_becomes_worth_more(known: Known, rules: Playbook, at: datetime, more: float):
    certain = replace(rules, exploration=0.0)
    before = decided([known], certain, at).decision(0)

    worthier = tuple(replace(action, weight=action.weight * more) if action.name == before.action else action for action in certain.actions)
    after = decided([known], replace(certain, actions=worthier), at).decision(0)

    assert after.action == before.action
    assert after.score >= before.score


@few
@given(st.lists(ITEMS, min_size=1, max_size=20), PLAYBOOKS, MOMENTS)
def test_who_is_held_out_hears_nothing(items: list[dict[str, object]], rules: Playbook, at: datetime):
    everybody = replace(rules, experiments=replace(rules.experiments, holdout_share=0.5))
    found = decided([Known(item=item) for item in items], everybody, at)

    for row in range(len(found)):
        decision = found.decision(row)
        out = everybody.experiments.held_out(decision.customer_id)
        assert (decision.arms["holdout"] == "out") == out
        assert all((Rule.HOLDOUT in rules) == out for rules in decision.refused.values())
        assert not (out and decision.action)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 3), st.integers(1, 5), st.integers(4, 7), st.lists(st.integers(1, 40), min_size=30, max_size=60))
def test_caps_and_cool_downs_hold_over_a_whole_sequence(daily: int, weekly: int, cool: int, hours: list[int]):
    rules = playbook(
        {"a": {"cool_down_days": cool}, "b": {"value": 5}, "c": {"value": 4, "channel": "sms"}},
        channels={"email": {"caps": [{"days": 7, "most": weekly}]}, "sms": {"caps": [{"days": 3, "most": 1}]}},
        caps=[{"days": 1, "most": daily}],
    )
    contacts: list[Contact] = []
    at = NOON
    for step in hours:
        at += timedelta(hours=step)
        decision = decided([Known(item=shopper(), contacts=contacts)], rules, at).decision(0)
        if decision.action:
            contacts.append(
                Contact(action=decision.action, campaign="", channel=decision.channel, at=at, run="", message_id=str(len(contacts)))
            )

    assert contacts
    for each in contacts:
        within = [other for other in contacts if timedelta() <= each.at - other.at]
        recent = {days: [other for other in within if each.at - other.at < timedelta(days=days)] for days in (1, 3, 7, cool)}
        assert len(recent[1]) <= daily
        assert Counter(other.channel for other in recent[7])["email"] <= weekly
        assert Counter(other.channel for other in recent[3])["sms"] <= 1
        assert Counter(other.action for other in recent[cool])["a"] <= 1
