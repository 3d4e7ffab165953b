"""The statistics agree with SciPy on raw data, find nothing where there is nothing, and cover what is there."""

from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from omnichannel.experiments.statistics import (
    Sample,
    Share,
    adjusted,
    customers_needed,
    means,
    sample_ratio,
    shares,
    smallest_effect,
)

counts = st.integers(1, 2_000).flatmap(lambda n: st.builds(Share, st.integers(0, n), st.just(n)))


def sample(values: np.ndarray) -> Sample:
    return Sample(len(values), float(values.sum()), float((values**2).sum()))


@given(counts, counts)
def test_shares_are_those_of_scipys_chi_square_and_their_interval_holds_the_difference(treated: Share, control: Share):
    found = shares(treated, control)

    table = np.array(
        [[treated.successes, treated.customers - treated.successes], [control.successes, control.customers - control.successes]]
    )
    if (table.sum(axis=0) > 0).all():
        assert found.p == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
    assert found.low - 1e-12 <= found.value <= found.high + 1e-12
    assert found.low >= -1 - 1e-9
    assert found.high <= 1 + 1e-9


@given(counts, counts)
def test_which_arm_is_called_treated_only_turns_the_sign(one: Share, other: Share):
    there, back = shares(one, other), shares(other, one)

    assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low))
    assert there.p == pytest.approx(back.p)


@given(st.integers(0, 10_000), st.integers(30, 80), st.integers(30, 80))
def test_means_are_those_of_scipys_welch_test_on_the_raw_values(seed: int, n: int, m: int):
    chance = np.random.default_rng(seed)
    a, b = chance.gamma(1.5, 20, n), chance.gamma(2.0, 15, m)

    found, expected = means(sample(a), sample(b)), stats.ttest_ind(a, b, equal_var=False)

    interval = expected.confidence_interval()
    assert (found.p, found.low, found.high) == pytest.approx((expected.pvalue, interval.low, interval.high))
    assert found.lift == pytest.approx(a.mean() / b.mean() - 1)


def test_a_known_interval_of_two_shares():
    """Newcombe's own example (1998, table II, case a): 56/70 against 48/80."""
    found = shares(Share(56, 70), Share(48, 80))

    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_without_an_effect_alpha_of_the_tests_are_significant():
    chance = np.random.default_rng(5)
    runs, n = 2_000, 1_500
    a, b = chance.binomial(n, 0.07, runs), chance.binomial(n, 0.07, runs)
    by_share = np.mean([shares(Share(int(x), n), Share(int(y), n)).p < 0.05 for x, y in zip(a, b, strict=True)])
    spent = [means(sample(chance.gamma(0.3, 90, 200)), sample(chance.gamma(0.3, 90, 400))).p < 0.05 for _ in range(runs)]

    error = 4 * np.sqrt(0.05 * 0.95 / runs)
    assert abs(by_share - 0.05) < error
    assert abs(np.mean(spent) - 0.05) < error


@pytest.mark.parametrize(("n", "m", "rate"), [(735, 44, 0.015), (1_800, 200, 0.02), (9_500, 500, 0.02), (19_000, 1_000, 0.035)])
def test_money_that_nearly_nobody_spends_claims_no_more_than_alpha_at_the_playbooks_own_shares(n: int, m: int, rate: float):
    chance, runs = np.random.default_rng(9), 800

    def arm(size: int) -> Sample:
        spent = np.where(chance.random(size) < rate, chance.gamma(2.0, 30, size), 0.0)
        return Sample(size, float(spent.sum()), float((spent**2).sum()), int((spent > 0).sum()))

    claimed = np.mean([means(arm(n), arm(m)).p < 0.05 for _ in range(runs)])
    assert claimed < 0.05 + 4 * np.sqrt(0.05 * 0.95 / runs)


@pytest.mark.parametrize(("control", "effect"), [(0.02, 0.01), (0.1, 0.03), (0.3, -0.05)])
def test_intervals_of_shares_cover_a_true_effect_as_often_as_they_say(control: float, effect: float):
    chance = np.random.default_rng(6)
    runs, n, m = 2_000, 3_000, 1_000
    a, b = chance.binomial(n, control + effect, runs), chance.binomial(m, control, runs)
    found = [shares(Share(int(x), n), Share(int(y), m)) for x, y in zip(a, b, strict=True)]

    covered = np.mean([f.low <= effect <= f.high for f in found])
    lifted = np.mean([f.lift_low <= effect / control <= f.lift_high for f in found])
    assert abs(covered - 0.95) < 0.02
    assert abs(lifted - 0.95) < 0.02


def test_intervals_of_order_values_cover_a_true_effect_as_often_as_they_say():
    chance = np.random.default_rng(7)
    runs, true = 2_000, 2.0 * 33 - 2.0 * 30
    found = [means(sample(chance.gamma(2.0, 33, 400)), sample(chance.gamma(2.0, 30, 250))) for _ in range(runs)]

    assert abs(np.mean([f.low <= true <= f.high for f in found]) - 0.95) < 0.02
    assert abs(np.mean([f.lift_low <= 0.1 <= f.lift_high for f in found]) - 0.95) < 0.02


def test_a_planned_sample_sees_the_effect_as_often_as_its_power_says():
    chance = np.random.default_rng(8)
    n = customers_needed(0.05, 0.02, power=0.8)
    runs = 1_500
    a, b = chance.binomial(n, 0.07, runs), chance.binomial(n, 0.05, runs)

    seen = np.mean([shares(Share(int(x), n), Share(int(y), n)).p < 0.05 for x, y in zip(a, b, strict=True)])
    assert abs(seen - 0.8) < 0.04
    assert smallest_effect(0.05, n, n) == pytest.approx(0.02, rel=0.15)


def test_fewer_controls_ask_for_more_treated():
    assert customers_needed(0.05, 0.02, control_per_treated=0.1) > customers_needed(0.05, 0.02) > customers_needed(0.05, 0.04)


@pytest.mark.parametrize(("base", "effect"), [(0.0, 0.1), (0.5, 0.0), (0.95, 0.1)])
def test_a_plan_that_cannot_be_is_refused(base: float, effect: float):
    with pytest.raises(ValueError, match="expected shares"):
        customers_needed(base, effect)


def test_arms_of_the_planned_size_pass_and_a_lost_tenth_is_found():
    planned = {"control": 0.1, "a": 0.45, "b": 0.45}

    assert sample_ratio({"control": 1_010, "a": 4_480, "b": 4_510}, planned) > 0.5
    assert sample_ratio({"control": 1_000, "a": 4_500, "b": 4_050}, planned) < 0.001
    assert sample_ratio({}, planned) == 1.0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_several_arms_are_judged_more_strictly_and_in_the_same_order(p_values: list[float]):
    found = adjusted(p_values)

    assert all(a >= p - 1e-12 for a, p in zip(found, p_values, strict=True))
    assert max(found) <= 1
    assert sorted(range(len(found)), key=lambda i: (found[i], p_values[i])) == sorted(range(len(found)), key=p_values.__getitem__)


def test_of_nobody_nothing_is_said():
    assert isnan(shares(Share(0, 0), Share(1, 10)).value)
    assert isnan(means(Sample(1, 5, 25), Sample(10, 50, 300)).p)
    assert sample_ratio({"in": 10}, {"in": 1.0}) == 1.0
    assert not means(Sample(5, 0, 0), Sample(10, 0, 0)).certain
    assert isnan(smallest_effect(0.1, 0, 10))
