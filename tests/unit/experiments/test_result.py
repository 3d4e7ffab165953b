"""An experiment's result says what can be believed of it, in numbers and in a sentence."""

import json
from math import isnan

import numpy as np
import pytest

from omnichannel.experiments.measure import Arm
from omnichannel.experiments.result import Plan, read
from omnichannel.playbook.experiments import Metric

PLAN = Plan(
    name="win-back-message", arms={"control": 0.2, "a": 0.4, "b": 0.4}, control="control", metric=Metric.CONVERSION, window_days=28,
    minimum_effect=0.02,
)  # fmt: skip


def arm(name: str, customers: int, buyers: int, *, drawn: int = 0, money: float = 50.0) -> Arm:
    return Arm(
        arm=name, drawn=drawn or customers, customers=customers, buyers=buyers, orders=buyers, spent=buyers * money,
        spent_squares=buyers * money**2, engaged=0, subscribers=0, stayed=0,
    )  # fmt: skip


def arms(*found: Arm) -> dict[str, Arm]:
    return {each.arm: each for each in found}


def test_an_effect_is_told_with_its_arm_and_its_interval():
    found = read(PLAN, arms(arm("control", 2_000, 100), arm("a", 4_000, 320), arm("b", 4_000, 205)))

    a, b = found.of(Metric.CONVERSION)
    assert a.difference.value == pytest.approx(0.03)
    assert a.difference.low > 0
    assert a.incremental == pytest.approx(120)
    assert not b.difference.certain
    assert found.verdict.startswith("a raised conversion")


def test_two_arms_against_one_control_need_stronger_evidence_each():
    found = read(PLAN, arms(arm("control", 2_000, 100), arm("a", 4_000, 253), arm("b", 4_000, 205)))

    (a, _) = found.of(Metric.CONVERSION)
    assert a.difference.p < 0.05 < a.p
    assert found.verdict.startswith("no difference")


def test_arms_of_the_wrong_size_are_not_believed():
    found = read(PLAN, arms(arm("control", 2_000, 100), arm("a", 4_000, 320), arm("b", 3_500, 205)))

    assert not found.trusted
    assert "not of the planned size" in found.verdict


def test_the_plan_says_how_many_are_needed_and_what_so_few_can_show():
    found = read(PLAN, arms(arm("control", 200, 10), arm("a", 400, 21), arm("b", 400, 20)))

    assert found.needed is not None
    assert found.needed > 400
    assert found.smallest_effect > 0.02
    assert "would have shown only one of" in found.verdict


def test_before_any_window_is_over_nothing_is_read():
    waiting = [Arm(**{**arm(name, 0, 0).__dict__, "drawn": n}) for name, n in (("control", 200), ("a", 400), ("b", 400))]

    found = read(PLAN, arms(*waiting))

    assert found.verdict == "too early: nobody's window of 28 days is over"
    assert isnan(found.of(Metric.CONVERSION)[0].difference.value)


def test_without_anybody_or_without_control_there_is_no_comparison():
    assert read(PLAN, {}).verdict == "nobody has been drawn yet"
    assert read(PLAN, arms(arm("a", 400, 20))).readings == ()


def test_the_result_is_json_without_numbers_that_json_lacks():
    text = json.dumps(read(PLAN, arms(arm("control", 20, 0), arm("a", 40, 0), arm("b", 40, 2))).to_dict(), allow_nan=False)

    assert json.loads(text)["plan"]["arms"] == PLAN.arms


def test_without_an_effect_the_sentence_claims_one_no_more_often_than_alpha():
    chance = np.random.default_rng(3)
    drawn = [(chance.binomial(1_000, 0.08), chance.binomial(2_000, 0.08), chance.binomial(2_000, 0.08)) for _ in range(600)]
    claimed = [
        "raised" in told or "lowered" in told
        for c, a, b in drawn
        for told in [read(PLAN, arms(arm("control", 1_000, c), arm("a", 2_000, a), arm("b", 2_000, b))).verdict]
    ]

    assert np.mean(claimed) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 600)
