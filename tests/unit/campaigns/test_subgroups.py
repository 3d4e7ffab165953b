"""Journeys split into subgroups: sticky, by their shares, and by what a decision knows."""

from collections import Counter

from omnichannel.campaigns.subgroups import subgroup_of
from omnichannel.playbook import campaigns, experiments

KNOWN, PLAN = campaigns.load(), experiments.load()
MANY = [f"c_{n}" for n in range(20_000)]


def test_shares_are_kept_within_binomial_error() -> None:
    counts = Counter(subgroup_of(KNOWN["welcome"], PLAN, customer) for customer in MANY)

    expected = {name: share * len(MANY) for name, share in KNOWN["welcome"].shares.items()}
    assert set(counts) == set(expected)
    assert all(abs(counts[name] - expected[name]) < 4 * (len(MANY) * 0.25) ** 0.5 for name in expected)


def test_a_customer_stays_in_the_subgroup() -> None:
    twice = [[subgroup_of(KNOWN["welcome"], PLAN, customer) for customer in MANY[:500]] for _ in range(2)]

    assert twice[0] == twice[1]


def test_a_subgroup_has_nothing_to_do_with_the_control_group() -> None:
    control = PLAN.of_campaign("welcome")
    reached = [customer for customer in MANY if control.arm(customer) != "control"]

    share = sum(subgroup_of(KNOWN["welcome"], PLAN, customer) == "voucher" for customer in reached) / len(reached)

    assert abs(share - 0.5) < 0.02


def test_a_campaign_with_an_experiment_has_its_arms() -> None:
    experiment = PLAN.of_campaign("win-back")

    assert all(subgroup_of(KNOWN["win-back"], PLAN, each) == experiment.arm(each) for each in MANY[:500])
    assert subgroup_of(KNOWN["win-back"], PLAN, "c_1", {experiment.name: "voucher"}) == "voucher"


def test_a_campaign_that_is_not_split_has_none() -> None:
    assert subgroup_of(KNOWN["replenish"], PLAN, "c_1") == ""
