"""How good the candidates are on customers of a later date than any of them saw."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from omnichannel.scoring.model import XGBOOST, Matrix, TrainedModel
from pipelines.champion import Champion
from pipelines.choosing import PUBLISHING_RULE
from pipelines.customers import Customers
from pipelines.gate import Limits
from pipelines.groups import by_group
from pipelines.importance import agreement, importance
from pipelines.measures import BINS, Bootstrap, Ranked, calibration_by_chance, lifts

HISTOGRAM_BINS = 20
TOP_DRIVERS = 15
HIGH_SHARE, MEDIUM_SHARE = 0.10, 0.30
"""At evaluation at most a tenth of the customers is in the band `high`, and at most three tenths in `high` or `medium`."""

CHAMPION = "champion"


def metrics(labels: Matrix, scores: Matrix) -> dict[str, float]:
    """Numbers of one candidate. `calibration_error` is the mean distance between predicted and observed over ten bins, weighted by size;
    `lift_at_10` is how much more often the label holds in the top tenth than overall."""
    return Ranked(labels, scores).measures()


def calibration(labels: Matrix, scores: Matrix) -> list[tuple[float, float, int]]:
    """(predicted share, observed share, customers) in ten bins of equal width; empty bins are left out."""
    bins = np.minimum((scores * BINS).astype(int), BINS - 1)
    members = [bins == b for b in range(BINS)]
    return [(float(scores[m].mean()), float(labels[m].mean()), int(m.sum())) for m in members if m.any()]


def lift_by_decile(labels: Matrix, scores: Matrix) -> list[float]:
    """By tenth of the customers, highest scores first: the share of positives over the share overall."""
    reached, found = _cumulated(scores, np.ones(len(scores)), labels)
    return [float(lift) for lift in lifts(reached, found, np.linspace(0, 1, 11))]


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
    return {
        "roc": roc(labels, scores),
        "calibration": calibration(labels, scores),
        "lift_by_decile": lift_by_decile(labels, scores),
        "histogram": histogram(scores),
    }


def roc(labels: Matrix, scores: Matrix) -> list[list[float]]:
    """(false positive rate, true positive rate) at 101 equally spaced false positive rates."""
    found, wrong = (np.append(0.0, part) for part in _cumulated(scores, labels, 1 - labels))
    grid = np.linspace(0, 1, 101)
    rates, reached = wrong / max(wrong[-1], 1.0), found / max(found[-1], 1.0)
    # Of several points above one rate the highest: the curve is a staircase.
    distinct = np.unique(rates)
    highest = reached[np.searchsorted(rates, distinct, side="right") - 1]
    return [[float(x), float(y)] for x, y in zip(grid, np.interp(grid, distinct, highest), strict=True)]


def _cumulated(scores: Matrix, *parts: Matrix) -> list[Matrix]:
    """How much of each part the customers have with one of the scores or a higher one, from the highest score on."""
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    return [np.cumsum(part[order])[ends] for part in parts]


def histogram(scores: Matrix) -> dict[str, list[float]]:
    """Customers by score in twenty bins of equal width: `edges` (21) and `counts` (20)."""
    counts, edges = np.histogram(scores, bins=HISTOGRAM_BINS, range=(0.0, 1.0))
    return {"edges": [float(e) for e in edges], "counts": [int(c) for c in counts]}


def report(
    model: TrainedModel,
    customers: Customers,
    validation: Mapping[str, Any],
    champion: Champion,
    expected: Mapping[str, str],
    allowed_error: float = Limits.maximum_ece,
) -> dict[str, Any]:
    """The evaluation of one model on the test customers: the published candidate's measures with intervals, every candidate's, paired
    differences, groups, drivers against `expected`, the bands' cut-offs and the curves. `model.published` is what is evaluated.

    `calibration_limit` is the calibration error up to which chance explains that it is above `allowed_error`.
    """
    published = model.published
    predictions = {name: model.predict(customers.matrix, name) for name in model.candidates}
    everyone = predictions if champion.scores is None else {**predictions, CHAMPION: champion.scores}
    measured = Bootstrap(customers.labels, everyone, customers.who)
    candidates = {name: _told(measured, name) for name in predictions}
    scores, ranked = predictions[published], importance(model, customers.matrix)
    return {
        "published": published,
        "publishing_rule": PUBLISHING_RULE,
        "population": len(customers),
        "positives": int(customers.labels.sum()),
        **measured.measured[published],
        "intervals": measured.intervals(published),
        "predicted": float(scores.mean()),
        "observed": float(customers.labels.mean()),
        "calibration_by_chance": calibration_by_chance(scores),
        "calibration_limit": calibration_by_chance(scores, off=allowed_error),
        "highest_auc": max(c["roc_auc"] for c in candidates.values()),
        "baselines": {n: {"roc_auc": c["roc_auc"], "log_loss": c["log_loss"]} for n, c in candidates.items() if n != XGBOOST},
        "against": {n: measured.difference(published, n, "roc_auc") for n in candidates if n not in (XGBOOST, published)},
        "lift_against": {n: measured.difference(published, n, "lift_at_10") for n in candidates if n not in (XGBOOST, published)},
        "champion": _champion(champion, measured, published),
        "candidates": candidates,
        "validation": dict(validation),
        "blend": model.blend,
        "calibration": model.calibration.get(published),
        "cut_offs": cut_offs(scores),
        "groups": by_group(customers, scores),
        "expected_drivers": agreement(ranked, expected),
        "curves": {**curves(customers.labels, scores), "drivers": ranked[:TOP_DRIVERS]},
    }


def _told(measured: Bootstrap, name: str) -> dict[str, Any]:
    return {**measured.measured[name], "intervals": measured.intervals(name)}


def _champion(champion: Champion, measured: Bootstrap, published: str) -> dict[str, Any]:
    told: dict[str, Any] = {"archive": champion.archive, "published": champion.published, "said": champion.why, "difference": None}
    if champion.scores is None:
        return told
    return {
        **told,
        "roc_auc": measured.measured[CHAMPION]["roc_auc"],
        "log_loss": measured.measured[CHAMPION]["log_loss"],
        "difference": measured.difference(published, CHAMPION, "roc_auc"),
    }
