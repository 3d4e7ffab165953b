"""Measures of a candidate's probabilities on labelled customers, and intervals for them by bootstrap over customers.

Every measure takes a weight for each row, which is how often a customer was drawn; ones give the measure itself.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from omnichannel.scoring.model import Matrix

BINS = 10
REPLICATES, REPLICATES_OF_MANY = 400, 100
MANY = 200_000
"""From so many rows on, fewer replicates: the intervals are narrow and each replicate takes long."""

INTERVAL = (2.5, 97.5)
SEED = 20_241
CHANCE_DRAWS = 200
NAMES = ("roc_auc", "pr_auc", "log_loss", "brier", "calibration_error", "lift_at_10")


class Ranked:
    """One candidate's scores of some customers, sorted once, so that each measure under new weights takes one pass."""

    def __init__(self, labels: Matrix, scores: Matrix) -> None:
        self._order = np.argsort(-scores, kind="stable")
        self._labels = labels[self._order]
        self._scores = scores[self._order]
        # Rows with equal scores stand or fall together.
        self._ends = np.flatnonzero(np.append(np.diff(self._scores) != 0, True))
        clipped = np.clip(self._scores, 1e-7, 1 - 1e-7)
        self._surprise = -np.where(self._labels > 0, np.log(clipped), np.log1p(-clipped))
        self._squared = (self._scores - self._labels) ** 2
        self._gaps = self._scores - self._labels
        self._bins = np.minimum((self._scores * BINS).astype(np.int64), BINS - 1)

    def measures(self, weights: Matrix | None = None) -> dict[str, float]:
        """All of `NAMES`, for rows that count `weights` times."""
        w = np.ones(len(self._labels)) if weights is None else weights[self._order]
        reached, found = np.cumsum(w), np.cumsum(w * self._labels)
        positive, total = found[self._ends], reached[-1]
        negative = reached[self._ends] - positive
        return {
            "roc_auc": _area(positive, negative),
            "pr_auc": _average_precision(positive, negative),
            "log_loss": float((w * self._surprise).sum() / total),
            "brier": float((w * self._squared).sum() / total),
            "calibration_error": float(np.abs(np.bincount(self._bins, w * self._gaps, minlength=BINS)).sum() / total),
            "lift_at_10": float(lifts(reached[self._ends], positive, np.array([0.0, 0.1]))[0]),
        }


def lifts(reached: Matrix, positive: Matrix, shares: Matrix) -> Matrix:
    """How much more often the label holds between each two of `shares` (0 to 1, highest scores first) than overall; 0 where it never holds.

    `reached` and `positive` are cumulated counts at each different score: of customers with equal scores whom a share ends among, their
    part counts, whoever they are.
    """
    if not positive[-1]:
        return np.zeros(len(shares) - 1)
    found = np.interp(shares * reached[-1], np.append(0.0, reached), np.append(0.0, positive))
    lifted: Matrix = np.diff(found) / positive[-1] / np.diff(shares)
    return lifted


def _area(positive: Matrix, negative: Matrix) -> float:
    """The area under the ROC curve from cumulated counts; one half where a class is missing."""
    if not positive[-1] or not negative[-1]:
        return 0.5
    steps = np.diff(negative, prepend=0.0)
    heights = positive - np.diff(positive, prepend=0.0) / 2
    return float((steps * heights).sum() / (positive[-1] * negative[-1]))


def _average_precision(positive: Matrix, negative: Matrix) -> float:
    if not positive[-1]:
        return 0.0
    found = positive + negative
    precision = np.divide(positive, found, out=np.zeros_like(positive), where=found > 0)
    return float((np.diff(positive, prepend=0.0) * precision).sum() / positive[-1])


def drawn(who: npt.NDArray[np.uint64], replicates: int | None = None) -> list[Matrix]:
    """How often each row counts in each replicate: customers are drawn with replacement, with all their rows. Always the same draws."""
    _, customer = np.unique(who, return_inverse=True)
    customer = customer.reshape(-1)
    rng, n = np.random.default_rng(SEED), int(customer.max()) + 1
    wanted = replicates or (REPLICATES if len(who) < MANY else REPLICATES_OF_MANY)
    return [np.bincount(rng.integers(0, n, n), minlength=n)[customer].astype(np.float64) for _ in range(wanted)]


class Bootstrap:
    """The measures of several candidates on the same customers, with intervals; differences are paired."""

    def __init__(self, labels: Matrix, predictions: Mapping[str, Matrix], who: npt.NDArray[np.uint64]) -> None:
        ranked = {name: Ranked(labels, scores) for name, scores in predictions.items()}
        self.measured = {name: each.measures() for name, each in ranked.items()}
        draws = drawn(who)
        self._replicates = {
            name: {measure: np.array([d[measure] for d in made]) for measure in NAMES}
            for name, made in ((name, [each.measures(w) for w in draws]) for name, each in ranked.items())
        }

    def interval(self, name: str, measure: str) -> list[float]:
        """The 95 % interval of a candidate's measure: low, high."""
        return _bounds(self._replicates[name][measure])

    def intervals(self, name: str) -> dict[str, list[float]]:
        """Of every measure."""
        return {measure: self.interval(name, measure) for measure in NAMES}

    def difference(self, name: str, other: str, measure: str) -> dict[str, float]:
        """`value` of one candidate's measure less the other's, with the paired 95 % interval `low` to `high`."""
        low, high = _bounds(self._replicates[name][measure] - self._replicates[other][measure])
        return {"value": self.measured[name][measure] - self.measured[other][measure], "low": low, "high": high}


def _bounds(values: Matrix) -> list[float]:
    low, high = np.percentile(values, INTERVAL)
    return [float(low), float(high)]


def calibration_by_chance(scores: Matrix, off: float = 0.0, share: float = 95.0) -> float:
    """The calibration error that scores stay below so many times in a hundred, for so many customers, if they are really `off` by so much.

    Off means that what is observed lies that far from what was predicted, towards one half, for every customer: there chance does most.
    """
    rng = np.random.default_rng(SEED)
    bins = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
    real = np.where(scores < 0.5, scores + off, scores - off)

    def once() -> float:
        labels = rng.random(len(scores)) < real
        return float(np.abs(np.bincount(bins, scores - labels, minlength=BINS)).sum() / len(scores))

    return float(np.percentile([once() for _ in range(CHANCE_DRAWS)], share))
