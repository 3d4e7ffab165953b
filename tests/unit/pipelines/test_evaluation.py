"""Measures against scikit-learn's, intervals, what is published, the gate, drivers, cut-offs of bands."""

from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sklearn

from omnichannel.scoring.model import Matrix
from pipelines import bgnbd, calibration, choosing, evaluation, gate, measures
from pipelines.customers import Customers
from pipelines.distributed import HostsError, Team
from pipelines.drift import LARGE, Bins
from pipelines.importance import agreement, direction
from pipelines.reference import spread

LABELS = np.array([0.0] * 50 + [1.0] * 50)


def people(n: int, seed: int = 1) -> Customers:
    """Customers with one feature that tells their label in part."""
    rng = np.random.default_rng(seed)
    told = rng.normal(size=n)
    labels = (rng.random(n) < 1 / (1 + np.exp(-told))).astype(float)
    return Customers(("told",), told[:, None], labels, np.arange(n, dtype=np.uint64), np.array(["2025-01-01"] * n))


def test_scores_that_are_right_on_average_have_no_calibration_error() -> None:
    scores = np.full(100, 0.5)

    found = evaluation.metrics(LABELS, scores)

    assert (found["roc_auc"], found["calibration_error"], found["brier"]) == (0.5, 0.0, 0.25)


def test_measures_are_those_of_scikit_learn_with_ties_and_weights() -> None:
    rng = np.random.default_rng(0)
    scores, weights = rng.random(500).round(1), rng.integers(0, 4, 500).astype(float)
    labels = (rng.random(500) < scores).astype(float)

    found = measures.Ranked(labels, scores).measures(weights)

    kept = np.clip(scores, 1e-7, 1 - 1e-7)
    assert found["roc_auc"] == pytest.approx(sklearn.roc_auc_score(labels, scores, sample_weight=weights))
    assert found["pr_auc"] == pytest.approx(sklearn.average_precision_score(labels, scores, sample_weight=weights))
    assert found["log_loss"] == pytest.approx(sklearn.log_loss(labels, kept, sample_weight=weights))
    assert found["brier"] == pytest.approx(sklearn.brier_score_loss(labels, scores, sample_weight=weights))


def test_an_interval_draws_customers_with_all_their_rows() -> None:
    draws = measures.drawn(np.repeat(np.arange(20, dtype=np.uint64), 3), replicates=5)

    assert all((draw.reshape(20, 3) == draw.reshape(20, 3)[:, :1]).all() for draw in draws)


def test_lift_compares_the_top_tenth_with_everyone() -> None:
    found = evaluation.lift_by_decile(LABELS, LABELS)

    assert found == pytest.approx([2.0] * 5 + [0.0] * 5)


@pytest.mark.parametrize("labels", [LABELS, LABELS[::-1]])
def test_the_order_of_customers_with_equal_scores_lifts_nobody(labels: Matrix) -> None:
    same = np.full(100, 0.5)

    found = [evaluation.metrics(labels, same)["lift_at_10"], *evaluation.lift_by_decile(labels, same)]

    assert found == pytest.approx([1.0] * 11)


def test_the_lift_of_the_top_tenth_is_that_of_the_first_decile() -> None:
    rng = np.random.default_rng(3)
    scores = rng.random(237).round(1)
    labels = (rng.random(237) < scores).astype(float)

    found = evaluation.metrics(labels, scores)["lift_at_10"]

    assert found == pytest.approx(evaluation.lift_by_decile(labels, scores)[0])


@pytest.mark.parametrize(("noise", "published"), [(0.0, "xgboost"), (0.6, "rule")])
def test_a_baseline_is_published_only_when_it_is_surely_better(noise: float, published: str) -> None:
    rows = people(2000)
    good = 1 / (1 + np.exp(-rows.column("told")))
    worse = np.clip(good + np.random.default_rng(2).normal(size=2000) * noise, 0, 1)

    found = choosing.compare(rows, {"xgboost": worse, "rule": good}, "later window")

    assert found["published"] == published
    assert (found["difference"]["roc_auc"]["high"] < 0) is (published == "rule")


def test_trees_that_are_better_alone_are_not_drawn_towards_the_rule() -> None:
    rows = people(2000)
    good = 1 / (1 + np.exp(-rows.column("told")))

    assert choosing.blend(rows.labels, good, {"rfm_logistic": np.full(2000, 0.5)}) is None
    drawn = choosing.blend(rows.labels, np.clip(good**2, 0.01, 0.99), {"wide_logistic": good})
    assert drawn == {"with": ["wide_logistic"], "weight": 0.25}


def test_trees_are_drawn_towards_the_mean_of_both_regressions_and_of_bg_nbd_where_it_helps() -> None:
    rows = people(2000)
    good = 1 / (1 + np.exp(-rows.column("told")))
    trees, bold, shy = (np.clip(good**power, 0.01, 0.99) for power in (2, 1.4, 0.7))
    both = {"rfm_logistic": bold, "wide_logistic": shy}

    helps = choosing.blend(rows.labels, trees, {**both, "bg_nbd": good**0.5})
    hurts = choosing.blend(rows.labels, trees, {**both, "bg_nbd": 1 - good})

    assert helps is not None
    assert helps["with"] == ["rfm_logistic", "wide_logistic", "bg_nbd"]
    assert hurts is not None
    assert hurts["with"] == ["rfm_logistic", "wide_logistic"]


def test_a_line_is_learned_where_scores_are_too_bold_and_none_where_they_are_right() -> None:
    rows = people(5000, seed=3)
    right = 1 / (1 + np.exp(-rows.column("told")))
    bold = 1 / (1 + np.exp(-3 * rows.column("told")))
    folds = np.arange(5000) % 5

    line = calibration.choose(rows.labels, bold, folds)

    assert line is not None
    assert line["slope"] == pytest.approx(1 / 3, abs=0.05)
    assert calibration.choose(rows.labels, right, folds) is None


def test_bg_nbd_finds_the_parameters_that_made_the_customers() -> None:
    rng, n = np.random.default_rng(5), 6000
    age, rate, lost = rng.uniform(200, 400, n), rng.gamma(0.8, 1 / 60, n), rng.beta(1.0, 3.0, n)
    x, last = np.zeros(n), np.zeros(n)
    for i in range(n):
        at = rng.exponential(1 / rate[i])
        while at < age[i]:
            x[i], last[i] = x[i] + 1, at
            if rng.random() < lost[i]:
                break
            at += rng.exponential(1 / rate[i])

    found = bgnbd.fit(bgnbd.Histories(x, last, age))

    assert found["r"] == pytest.approx(0.8, rel=0.15)
    assert found["alpha"] == pytest.approx(60, rel=0.2)
    assert found["a"] / (found["a"] + found["b"]) == pytest.approx(0.25, abs=0.05)


def test_nobody_who_came_back_is_no_fit() -> None:
    once = bgnbd.Histories.of(np.ones(50), np.full(50, 30.0), np.full(50, 30.0))

    with pytest.raises(bgnbd.NoFitError, match="none of 50 customers bought twice"):
        bgnbd.fit(once)


def judged(**changed: Any) -> dict[str, Any]:
    """The gate's word on a good report with something changed."""
    report: dict[str, Any] = {
        "model": "churn",
        "published": "xgboost",
        "population": 1000,
        "roc_auc": 0.75,
        "intervals": {"roc_auc": [0.72, 0.78]},
        "candidates": {"xgboost": {"roc_auc": 0.75}},
        "against": {"rfm_logistic": {"value": 0.01, "low": -0.01, "high": 0.03}},
        "champion": {"archive": "none", "difference": None},
        "calibration_error": 0.02,
        "calibration_limit": 0.06,
        "predicted": 0.3,
        "observed": 0.3,
        "groups": [],
        "curves": {"drivers": [{"name": "recency_days"}]},
        **changed,
    }
    return gate.judge(report, gate.Limits())


def group(**changed: Any) -> dict[str, Any]:
    about = {"kind": "channels", "name": "shops only", "population": 400, "predicted": 0.3, "observed": 0.31, "roc_auc": 0.7}
    return {**about, "interval": [0.66, 0.74], **changed}


def test_a_good_model_passes_with_a_text_that_is_not_empty() -> None:
    assert judged() | {"limits": None} == {"passed": "true", "refusal": "none", "rules": [], "limits": None}


@pytest.mark.parametrize(
    ("changed", "rule", "words"),
    [
        (
            {"candidates": {"xgboost": {"roc_auc": 0.99}}},
            "leak",
            "first among recency_days. Where none does, as with customers who buy like clockwork, a higher gate_maximum_auc would work.",
        ),
        ({"roc_auc": 0.52, "intervals": {"roc_auc": [0.48, 0.56]}}, "too weak", "95 % interval 0.480 to 0.560"),
        (
            {"against": {"bg_nbd": {"value": -0.03, "low": -0.05, "high": -0.01}}},
            "beaten by a baseline",
            "the baseline bg_nbd is better by 0.030",
        ),
        (
            {"champion": {"archive": "s3://a", "difference": {"value": -0.03, "low": -0.05, "high": -0.01}}},
            "beaten by the champion",
            "The champion stays in use",
        ),
        (
            {"calibration_error": 0.09},
            "not calibrated",
            "0.090 on average, above 0.04 (gate_maximum_ece) by more than chance explains for 1000 customers (up to 0.060)",
        ),
        ({"groups": [group(interval=[0.4, 0.5], roc_auc=0.45)]}, "unstable: channels", "'shops only' (400 customers)"),
        ({"groups": [group(predicted=0.6)]}, "biased: channels", "predicts 0.600 where 0.310 was observed"),
    ],
)
def test_a_refusal_names_the_rule_the_numbers_and_the_knob(changed: dict[str, Any], rule: str, words: str) -> None:
    found = judged(**changed)

    assert (found["passed"], found["rules"]) == ("false", [rule])
    assert found["refusal"].startswith("The gate refused the churn model (xgboost): ")
    assert words in found["refusal"]


def test_a_small_shop_is_not_refused_for_what_chance_does_to_calibration() -> None:
    assert judged(calibration_error=0.09, calibration_limit=0.11)["passed"] == "true"


def test_a_refusal_stays_short_enough_for_the_service() -> None:
    many = [group(interval=[0.4, 0.5], roc_auc=0.45, name=f"{n}" * 50) for n in range(30)]

    assert len(judged(groups=many)["refusal"]) <= gate.LONGEST_REFUSAL


def test_perfectly_calibrated_scores_rarely_pass_what_chance_gives() -> None:
    rng = np.random.default_rng(9)
    scores = rng.random(800)
    labels = (rng.random(800) < scores).astype(float)

    assert evaluation.metrics(labels, scores)["calibration_error"] < measures.calibration_by_chance(scores, share=99.5)


def refused(scores: np.ndarray, off: float, limit: float) -> float:  # type: ignore[type-arg]
    """How often customers whose scores are off by so much show a calibration error above the limit."""
    rng = np.random.default_rng(4)
    draws = ((rng.random(len(scores)) < scores + off).astype(float) for _ in range(60))
    return float(np.mean([evaluation.metrics(labels, scores)["calibration_error"] > limit for labels in draws]))


@pytest.mark.parametrize("customers", [150, 2_000, 20_000])
def test_scores_that_are_off_by_what_is_allowed_are_rarely_refused(customers: int) -> None:
    scores = np.random.default_rng(4).beta(2, 6, customers)

    limit = measures.calibration_by_chance(scores, off=0.04)

    assert refused(scores, 0.0, limit) <= refused(scores, 0.04, limit) <= 0.15


def test_of_many_customers_scores_that_are_off_by_more_than_is_allowed_are_refused() -> None:
    scores = np.random.default_rng(4).beta(2, 6, 20_000)

    assert refused(scores, 0.05, measures.calibration_by_chance(scores, off=0.04)) >= 0.9


def test_directions_are_told_for_known_values_only() -> None:
    column = np.array([1.0, 2.0, 3.0, np.nan, np.nan])

    assert direction(column, np.array([0.1, 0.2, 0.9, -5.0, -9.0])) == "+"
    assert direction(np.full(5, 2.0), np.arange(5.0)) == "0"


def test_expected_drivers_agree_disagree_or_are_missing() -> None:
    found = [
        {"name": "a", "gain": 0.5, "direction": "+"},
        {"name": "b", "gain": 0.4, "direction": "-"},
        {"name": "c", "gain": 0.001, "direction": "+"},
    ]

    assert agreement(found, {"a": "+", "b": "+", "c": "+", "d": "-"}) == {"agrees": ["a"], "disagrees": ["b"], "missing": ["c", "d"]}


def test_a_frequent_value_is_a_bin_of_its_own_and_bins_are_half_open() -> None:
    found = spread(np.array([0.0] * 60 + [1.0] * 40 + [np.nan] * 25))

    # Below 0, 0, between, 1, above.
    assert found["shares"] == [0.0, 0.6, 0.0, 0.4, 0.0]
    assert (found["edges"][1], found["edges"][3]) == (0.0, 1.0)
    assert found["unknown"] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ([0.0] * 95 + [1.0] * 5, [1.0] * 100),
        ([0.0] * 91 + [float(n) for n in range(1, 10)], [7.0] * 100),
        ([0.0] * 100, [5.0] * 100),
        ([0.0] * 100, [-5.0] * 100),
        ([1.0] * 95 + [0.0] * 5, [0.0] * 100),
        ([0.0] * 40 + [3.0] * 30 + [4.0] * 30, [3.5] * 100),
    ],
)
def test_what_was_rare_in_training_and_is_common_now_is_drift(then: list[float], now: list[float]) -> None:
    bins = Bins(**spread(np.array(then)))

    assert bins.psi(bins.count(np.array(then))) == pytest.approx(0.0)
    assert bins.psi(bins.count(np.array(now))) > LARGE


def test_bins_in_which_nobody_was_give_chance_no_room() -> None:
    two, constant = Bins(**spread(np.array([0.0] * 95 + [1.0] * 5))), Bins(**spread(np.full(100, 3.0)))

    assert two.chance(1000, 1000) == constant.chance(1000, 1000) == Bins(edges=[0, 1, 2], shares=[0.95, 0.05]).chance(1000, 1000)


def test_an_unknown_column_has_no_edges() -> None:
    assert spread(np.full(10, np.nan)) == {"edges": [], "shares": [1.0], "unknown": 1.0}


def test_hosts_are_in_one_order_everywhere() -> None:
    team = Team.from_environment({"SM_HOSTS": '["algo-2", "algo-1"]', "SM_CURRENT_HOST": "algo-2"})

    assert (team.hosts, team.place, team.first) == (("algo-1", "algo-2"), 1, False)


def test_a_host_that_is_none_of_the_hosts_is_an_error() -> None:
    with pytest.raises(HostsError, match="'algo-9', which is none of SM_HOSTS: algo-1"):
        Team.from_environment({"SM_HOSTS": '["algo-1"]', "SM_CURRENT_HOST": "algo-9"})


def test_every_row_belongs_to_one_host() -> None:
    rows = people(100)

    shares = [Team(("a", "b", "c"), place).share(rows) for place in range(3)]

    assert sorted(np.concatenate([s.who for s in shares]).tolist()) == list(range(100))


def test_at_most_a_tenth_of_the_customers_is_in_the_high_band() -> None:
    scores = np.linspace(0.01, 1.0, 100)

    cut = evaluation.cut_offs(scores)

    assert ((scores >= cut["high"]).sum(), (scores >= cut["medium"]).sum()) == (10, 30)


def test_equal_scores_fall_into_one_band() -> None:
    scores = np.full(50, 0.3)

    cut = evaluation.cut_offs(scores)

    assert not (scores >= cut["medium"]).any()


def test_a_roc_curve_has_a_hundred_and_one_points() -> None:
    found = evaluation.curves(LABELS, LABELS * 0.6 + 0.2)

    assert found["roc"][0] == [0.0, 1.0]
    assert len(found["roc"]) == 101
    assert sum(found["histogram"]["counts"]) == 100
