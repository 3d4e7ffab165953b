"""Calibration: a line on the log-odds, learned out of fold by customer, and used only where it lowers the log loss there.

A line (or a staircase) that is learned on the previous time window makes scores worse in most cases that were measured, because the
base rate moves between windows; out of fold by customer, or nothing at all, is steady.
"""

import numpy as np

from omnichannel.scoring.model import Matrix, calibrated, log_odds
from pipelines.fitting import FOLDS, Folds

LEAST_GAIN = 5e-4
"""A line that lowers the log loss by less than this is not worth having."""


def log_loss(labels: Matrix, scores: Matrix) -> float:
    """The mean surprise, in nats."""
    clipped = np.clip(scores, 1e-7, 1 - 1e-7)
    return float(-(labels * np.log(clipped) + (1 - labels) * np.log(1 - clipped)).mean())


def line(labels: Matrix, scores: Matrix) -> dict[str, float] | None:
    """Slope and intercept on the log-odds; None where a line would turn the order round, or one class is missing."""
    if len(np.unique(labels)) < 2:
        return None
    from sklearn.linear_model import LogisticRegression  # a trial fits no line, and this is most of what a process imports

    fitted = LogisticRegression(C=1e6, max_iter=1000).fit(log_odds(scores)[:, None], labels)
    slope = float(fitted.coef_[0][0])
    return {"slope": slope, "intercept": float(fitted.intercept_[0])} if slope > 0 else None


def choose(labels: Matrix, scores: Matrix, folds: Folds) -> dict[str, float] | None:
    """The line to use for out-of-fold `scores`, or None: it has to lower the log loss of the folds that it was not learned on."""
    moved = scores.copy()
    for fold in range(FOLDS):
        rest = folds == fold
        if rest.any() and (~rest).any():
            moved[rest] = calibrated(scores[rest], line(labels[~rest], scores[~rest]))
    gained = log_loss(labels, scores) - log_loss(labels, moved)
    return line(labels, scores) if gained >= LEAST_GAIN else None
