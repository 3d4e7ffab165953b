"""`playbook/experiments.yaml`: who is left out, and what is refused."""

import json
from copy import deepcopy
from typing import Any

import pytest

from omnichannel.experiments.assignment import held_out
from omnichannel.playbook.document import UnusablePlaybook
from omnichannel.playbook.experiments import HOLDOUT, OUT, holdout, load, parsed

GOOD: dict[str, Any] = {
    "salt": "s",
    "holdout": {"share": 0.05},
    "control": 0.1,
    "controls": {"renewal": 0.05},
    "experiments": {
        "message": {
            "campaign": "win-back", "arms": {"control": 0.2, "a": 0.4, "b": 0.4}, "metric": "conversion",
            "window_days": 28, "minimum_effect": 0.02, "alpha": 0.05, "power": 0.8,
        },
    },
}  # fmt: skip
CUSTOMERS = [f"c{n}" for n in range(4_000)]


def changed(path: str, value: Any) -> dict[str, Any]:
    content = deepcopy(GOOD)
    *parents, last = path.split(".")
    place = content
    for parent in parents:
        place = place[parent]
    place[last] = value
    return content


def share(playbook: Any, campaign: str, arm: str) -> float:
    experiment = playbook.of_campaign(campaign)
    return sum(experiment.arm(customer) == arm for customer in CUSTOMERS) / len(CUSTOMERS)


def test_this_apps_own_file_is_read_and_its_bridges_learn_the_holdout():
    playbook = load()

    assert json.loads(holdout()) == {"salt": playbook.salt, "share": playbook.holdout_share}


@pytest.mark.parametrize(
    ("campaign", "arm", "expected"),
    [("win-back", "control", 0.2), ("win-back", "a", 0.4), ("renewal", "control", 0.05), ("other", "control", 0.1)],
)
def test_arms_have_their_shares(campaign: str, arm: str, expected: float):
    error = (expected * (1 - expected) / len(CUSTOMERS)) ** 0.5

    assert abs(share(parsed(GOOD), campaign, arm) - expected) < 4 * error


def test_arms_are_sticky_and_name_the_holdout_as_every_bridge_sees_it():
    playbook = parsed(GOOD)

    arms = {customer: playbook.arms(customer, ("win-back", "renewal")) for customer in CUSTOMERS}

    assert arms == {customer: playbook.arms(customer, ("win-back", "renewal")) for customer in CUSTOMERS}
    assert all(set(each) == {HOLDOUT, "message", "renewal-control"} for each in arms.values())
    assert all((each[HOLDOUT] == OUT) == held_out("s", 0.05, customer) for customer, each in arms.items())


def test_the_control_groups_of_two_campaigns_have_nothing_to_do_with_each_other():
    playbook = parsed(GOOD)
    one, other = playbook.of_campaign("one"), playbook.of_campaign("other")

    both = sum(one.arm(customer) == other.arm(customer) == "control" for customer in CUSTOMERS) / len(CUSTOMERS)

    assert abs(both - 0.01) < 0.008


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("salt", " ", "salt is empty"),
        ("holdout.share", 0.9, r"holdout.share is 0.9; expected 0 to 0.5"),
        ("holdout", None, "holdout is empty; expected names with values"),
        ("holdouts", {}, "experiments.yaml has holdouts; expected some of salt, holdout"),
        ("control", "much", "control is 'much'; expected a number"),
        ("controls.win-back", 0.1, "controls.win-back: the campaign has an experiment"),
        ("controls.renewal", 2, "controls.renewal is 2; expected 0 to 1"),
        ("experiments.message.arms", {"control": 0.5, "a": 0.4}, "experiments.message.arms add up to 0.9; expected 1"),
        ("experiments.message.arms", {"b": 0.5, "a": 0.5}, "has b, a; expected control and at least one more"),
        ("experiments.message.arms.a", True, "arms.a is True; expected a share"),
        ("experiments.message.metric", "clicks", "metric is 'clicks'; expected one of conversion"),
        ("experiments.message.alpha", 0.5, "alpha is 0.5; expected 0.001 to 0.2"),
        ("experiments.message.window", 5, "experiments.message has window"),
        ("experiments.holdout", GOOD["experiments"]["message"], "has a name that is taken"),
        ("experiments.second", GOOD["experiments"]["message"], "experiments.second.campaign is win-back, which message tries already"),
    ],
)
def test_a_mistake_is_refused_with_its_place_and_what_would_work(path: str, value: Any, says: str):
    with pytest.raises(UnusablePlaybook, match=says):
        parsed(changed(path, value))
