"""How good the candidates are on customers of a later date, and which of them is published."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score, roc_curve

from omnichannel.scoring.model import XGBOOST, Matrix, TrainedModel

BINS = 10
HISTOGRAM_BINS = 20
TOP_DRIVERS = 15
HIGH_SHARE, MEDIUM_SHARE = 0.10, 0.30
"""At evaluation at most a tenth of the customers is in the band `high`, and at most three tenths in `high` or `medium`."""

AUC_MARGIN, LOG_LOSS_MARGIN = 0.005, 0.01
PUBLISHING_RULE = (
    f"XGBoost is published unless a baseline beats it on later time by more than {AUC_MARGIN} ROC-AUC "
    f"and by more than {LOG_LOSS_MARGIN:.0%} of its log loss; of several such baselines the one with the lowest log loss"
)


def metrics(labels: Matrix, scores: Matrix) -> dict[str, float]:
    """Numbers of one candidate. `calibration_error` is the mean distance between predicted and observed over ten bins, weighted by size;
    `lift_at_10` is how much more often the label holds in the top tenth than overall."""
    clipped = np.clip(scores, 1e-7, 1 - 1e-7)
    return {
        "roc_auc": float(roc_auc_score(labels, scores)),
        "pr_auc": float(average_precision_score(labels, scores)),
        "log_loss": float(log_loss(labels, clipped)),
        "brier": float(brier_score_loss(labels, clipped)),
        "calibration_error": sum(n * abs(predicted - observed) for predicted, observed, n in calibration(labels, scores)) / len(labels),
        "lift_at_10": lift_by_decile(labels, scores)[0],
    }


def choose(candidates: Mapping[str, Mapping[str, float]]) -> str:
    """The candidate to publish, by `PUBLISHING_RULE`."""
    ours = candidates[XGBOOST]
    better = {
        name: theirs["log_loss"]
        for name, theirs in candidates.items()
        if theirs["roc_auc"] > ours["roc_auc"] + AUC_MARGIN and theirs["log_loss"] < ours["log_loss"] * (1 - LOG_LOSS_MARGIN)
    }
    return min(better, key=lambda name: (better[name], name)) if better else XGBOOST


def calibration(labels: Matrix, scores: Matrix) -> list[tuple[float, float, int]]:
    """(predicted share, observed share, customers) in ten bins of equal width; empty bins are left out."""
    bins = np.minimum((scores * BINS).astype(int), BINS - 1)
    members = [bins == b for b in range(BINS)]
    return [(float(scores[m].mean()), float(labels[m].mean()), int(m.sum())) for m in members if m.any()]


def lift_by_decile(labels: Matrix, scores: Matrix) -> list[float]:
    """By tenth of the customers, highest scores first: the share of positives over the share overall."""
    order = np.argsort(-scores, kind="stable")
    return [float(tenth.mean() / labels.mean()) for tenth in np.array_split(labels[order], 10) if len(tenth)]


def cut_offs(scores: Matrix) -> dict[str, float]:
    """The lowest score of the bands `high` and `medium`: what at most `HIGH_SHARE` and `MEDIUM_SHARE` of the customers reach."""
    return {"high": _reached_by(scores, HIGH_SHARE), "medium": _reached_by(scores, MEDIUM_SHARE)}


def _reached_by(scores: Matrix, share: float) -> float:
    values, counts = np.unique(scores, return_counts=True)
    reached = np.cumsum(counts[::-1])[::-1] / len(scores)
    enough = values[reached <= share]
    # Where too many customers share the highest score, nobody has more than it: the band stays empty.
    return float(enough[0]) if enough.size else float(np.nextafter(values[-1], 2.0))


def curves(labels: Matrix, scores: Matrix) -> dict[str, Any]:
    """What a report draws: ROC (101 points), calibration bins, lift by decile, histogram of scores."""
    false_positive, true_positive, _ = roc_curve(labels, scores)
    grid = np.linspace(0, 1, 101)
    return {
        "roc": [[float(x), float(y)] for x, y in zip(grid, np.interp(grid, false_positive, true_positive), strict=True)],
        "calibration": calibration(labels, scores),
        "lift_by_decile": lift_by_decile(labels, scores),
        "histogram": histogram(scores),
    }


def histogram(scores: Matrix) -> dict[str, list[float]]:
    """Customers by score in twenty bins of equal width: `edges` (21) and `counts` (20)."""
    counts, edges = np.histogram(scores, bins=HISTOGRAM_BINS, range=(0.0, 1.0))
    return {"edges": [float(e) for e in edges], "counts": [int(c) for c in counts]}


def drivers(model: TrainedModel, published: str, matrix: Matrix, scores: Matrix) -> list[dict[str, Any]]:
    """What the published candidate leans on most: `name`, `gain` (its share) and `direction` (+ raises the score, - lowers it)."""
    if published != XGBOOST:
        rule = model.baselines[published]
        weights = {name: abs(weight) for name, weight in zip(rule["inputs"], rule["coefficients"], strict=True)}
    else:
        gains = model.booster.get_score(importance_type="total_gain")
        weights = {name: gains[f"f{i}"] for i, name in enumerate(model.features) if f"f{i}" in gains}
    total = sum(weights.values()) or 1.0
    ranked = sorted(weights, key=lambda name: (-weights[name], name))[:TOP_DRIVERS]
    columns = {name: matrix[:, model.features.index(name)] for name in ranked}
    return [{"name": name, "gain": weights[name] / total, "direction": _direction(columns[name], scores)} for name in ranked]


def _direction(column: Matrix, scores: Matrix) -> str:
    known = ~np.isnan(column)
    if known.sum() < 2 or np.ptp(column[known]) == 0 or np.ptp(scores[known]) == 0:
        return "0"
    return "+" if np.corrcoef(column[known], scores[known])[0, 1] > 0 else "-"


def report(model: TrainedModel, labels: Matrix, matrix: Matrix) -> dict[str, Any]:
    """The entry of one model: the published candidate's numbers, every candidate's, the bands' cut-offs and the curves."""
    predictions = {name: model.predict(matrix, name) for name in model.candidates}
    candidates = {name: metrics(labels, scores) for name, scores in predictions.items()}
    published = choose(candidates)
    return {
        "published": published,
        "publishing_rule": PUBLISHING_RULE,
        "population": len(labels),
        "positives": int(labels.sum()),
        **candidates[published],
        "highest_auc": max(c["roc_auc"] for c in candidates.values()),
        "baselines": {n: {"roc_auc": c["roc_auc"], "log_loss": c["log_loss"]} for n, c in candidates.items() if n != XGBOOST},
        "candidates": candidates,
        "cut_offs": cut_offs(predictions[published]),
        "curves": {**curves(labels, predictions[published]), "drivers": drivers(model, published, matrix, predictions[published])},
    }
