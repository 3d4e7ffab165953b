"""How far today's customers are from those that the model learned from: the population stability index of every feature and of the score.

PSI is the sum over bins of (share now - share then) · ln(share now / share then), with bins of the training data's quantiles and one
for unknown. 0.1 and 0.2 are the customary borders of moderate and of large drift (Minitab Model Ops has them as its defaults; Lewis,
*An Introduction to Credit Scoring*, 1994, and Siddiqi, *Credit Risk Scorecards*, 2006, put the second at 0.25). Two samples of one
population differ as well: then PSI · n·m/(n+m) is about chi-squared with bins - 1 degrees of freedom (Yurdakul, *Statistical
Properties of Population Stability Index*, 2018). What is not above the 99 % point of that is chance, however large it looks.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

MODERATE, LARGE = 0.1, 0.2
SMALLEST_SHARE = 1e-4
"""What an empty bin counts as, so that the logarithm is finite."""
Z_99 = 2.3263478740408408
"""The 99 % point of the standard normal distribution."""
NO_REFERENCE = "no reference"
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Bins:
    """How a column was spread in training: bins between ascending `edges`, open at both ends, and the share of unknown values."""

    edges: Sequence[float]
    shares: Sequence[float]
    unknown: float = 0.0

    def count(self, values: npt.NDArray[np.float64]) -> Counts:
        """How many values fall into each bin, the unknown ones last."""
        known = values[~np.isnan(values)]
        # Only the inner edges: what is beyond the outer ones belongs to the first or the last bin.
        places = np.searchsorted(np.asarray(self.edges)[1:-1], known, side="right")
        return np.append(np.bincount(places, minlength=len(self.shares)), len(values) - len(known)).astype(np.int64)

    def psi(self, counts: Counts) -> float:
        """The index of those counts against the shares."""
        then = np.maximum(np.append(np.asarray(self.shares) * (1 - self.unknown), self.unknown), SMALLEST_SHARE)
        now = np.maximum(counts / max(counts.sum(), 1), SMALLEST_SHARE)
        return float(((now - then) * np.log(now / then)).sum())

    def chance(self, now: int, then: int) -> float:
        """What the index reaches once in a hundred times without any drift, for so many customers (Wilson and Hilferty's formula)."""
        filled = sum(share > 0 for share in self.shares)
        freedom = filled if self.unknown else max(filled - 1, 1)
        point = freedom * (1 - 2 / (9 * freedom) + Z_99 * (2 / (9 * freedom)) ** 0.5) ** 3
        return float(point * (1 / max(now, 1) + (1 / then if then else 0.0)))


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What `reference.json` of a model archive says: each feature's bins, the score's, and how many customers they are about."""

    features: Mapping[str, Bins]
    score: Bins | None
    rows: int
    dates: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> "Reference | None":
        """From a model folder; None when it has none. Raises `ValueError` for one that cannot be read."""
        path = folder / "reference.json"
        if not path.exists():
            return None
        found = json.loads(path.read_text())
        try:
            features = {name: _bins(each) for name, each in found["features"].items()}
            score = _bins(found["score"]) if found.get("score") else None
            return cls(features=features, score=score, rows=int(found.get("rows") or 0), dates=found.get("dates") or {})
        except (AttributeError, KeyError, TypeError) as unlike:
            raise ValueError(
                f"reference.json: expected features and score with edges and shares, got {sorted(found)} ({unlike!r})"
            ) from None


def _bins(found: Mapping[str, Any]) -> Bins:
    """Bins with all edges or only the inner ones, shares of all customers or of those whose value is known."""
    shares = np.asarray(found["shares"] if "shares" in found else found["counts"], dtype=np.float64)
    total = shares.sum()
    edges = [float(e) for e in found["edges"]]
    if len(edges) == max(len(shares) - 1, 0):
        edges = [-np.inf, *edges, np.inf]
    if len(edges) != len(shares) + 1:
        raise KeyError(f"{len(found['edges'])} edges for {len(shares)} shares")
    return Bins(edges=edges, shares=(shares / total if total else shares).tolist(), unknown=float(found.get("unknown") or 0.0))


class Drift:
    """Counts customers into the reference's bins, a lot at a time, and says how far they are from it."""

    def __init__(self, reference: Reference | None, features: Sequence[str]) -> None:
        self.reference = reference
        self.names = [name for name in features if reference and name in reference.features]
        self.unreferenced = [name for name in features if name not in self.names]
        self.places = {name: list(features).index(name) for name in self.names}
        self.counts: dict[str, Counts] = {}
        self.score: Counts | None = None
        self.rows = 0

    def add(self, matrix: npt.NDArray[np.float64], scores: npt.NDArray[np.float64]) -> None:
        """Some more customers: their features (rows x features) and scores."""
        self.rows += len(matrix)
        if self.reference is None:
            return
        for name in self.names:
            counted = self.reference.features[name].count(matrix[:, self.places[name]])
            self.counts[name] = self.counts[name] + counted if name in self.counts else counted
        if self.reference.score:
            counted = self.reference.score.count(scores)
            self.score = counted if self.score is None else self.score + counted

    def report(self) -> dict[str, Any]:
        """`_drift.json`: the verdict, the score's index, and every feature's, worst first."""
        if self.reference is None:
            return {"verdict": NO_REFERENCE, "rows": self.rows, "score": None, "features": [], "unreferenced": self.unreferenced}
        found = sorted((self._of(name, self.reference.features[name], self.counts.get(name)) for name in self.names), key=_worst_first)
        score = self._of("score", self.reference.score, self.score) if self.reference.score else None
        every = [*found, *([score] if score else [])]
        worst = max((each["level"] for each in every), key=LEVELS.index, default=NO_REFERENCE)
        return {
            "verdict": worst,
            "thresholds": {"moderate": MODERATE, "large": LARGE},
            "rows": self.rows,
            "reference": {"rows": self.reference.rows, "dates": self.reference.dates},
            "score": score,
            "features": found,
            "unreferenced": self.unreferenced,
        }

    def _of(self, name: str, bins: Bins, counts: Counts | None) -> dict[str, Any]:
        counts = np.zeros(len(bins.shares) + 1, dtype=np.int64) if counts is None else counts
        psi = bins.psi(counts)
        chance = bins.chance(self.rows, self.reference.rows if self.reference else 0)
        level = STABLE if psi < MODERATE or psi <= chance else MODERATE_DRIFT if psi < LARGE else LARGE_DRIFT
        now = counts / max(counts.sum(), 1)
        return {
            "name": name,
            "psi": psi,
            "chance": chance,
            "level": level,
            "unknown": {"then": bins.unknown, "now": float(now[-1])},
            "shares": {"then": [*(s * (1 - bins.unknown) for s in bins.shares), bins.unknown], "now": now.tolist()},
        }


STABLE, MODERATE_DRIFT, LARGE_DRIFT = "stable", "moderate", "large"
LEVELS = (NO_REFERENCE, STABLE, MODERATE_DRIFT, LARGE_DRIFT)


def _worst_first(found: Mapping[str, Any]) -> tuple[int, float, str]:
    return -LEVELS.index(found["level"]), -found["psi"], found["name"]


def summary(report: Mapping[str, Any]) -> dict[str, object]:
    """What of a report goes into the manifest."""
    worst = report["features"][0] if report["features"] else None
    return {
        "verdict": report["verdict"],
        "score_psi": report["score"]["psi"] if report["score"] else None,
        "worst_feature": worst["name"] if worst else None,
        "worst_psi": worst["psi"] if worst else None,
        "drifted": [each["name"] for each in report["features"] if each["level"] == LARGE_DRIFT],
    }
