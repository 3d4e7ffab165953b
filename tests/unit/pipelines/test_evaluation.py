"""Numbers, the choice of what is published, cut-offs of bands."""

import numpy as np
import pytest

from pipelines import evaluation

LABELS = np.array([0.0] * 50 + [1.0] * 50)


def test_scores_that_are_right_on_average_have_no_calibration_error() -> None:
    scores = np.full(100, 0.5)

    found = evaluation.metrics(LABELS, scores)

    assert (found["roc_auc"], found["calibration_error"], found["brier"]) == (0.5, 0.0, 0.25)


def test_lift_compares_the_top_tenth_with_everyone() -> None:
    found = evaluation.lift_by_decile(LABELS, LABELS)

    assert found == [2.0] * 5 + [0.0] * 5


@pytest.mark.parametrize(
    ("auc", "loss", "published"),
    [(0.72, 0.50, "xgboost"), (0.704, 0.40, "xgboost"), (0.72, 0.40, "rule"), (0.60, 0.40, "xgboost")],
)
def test_a_baseline_is_published_only_when_it_is_better_on_both_counts(auc: float, loss: float, published: str) -> None:
    candidates = {"xgboost": {"roc_auc": 0.70, "log_loss": 0.50}, "rule": {"roc_auc": auc, "log_loss": loss}}

    assert evaluation.choose(candidates) == published


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
