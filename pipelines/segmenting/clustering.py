"""K-means in a scaled space: how many clusters, and where their middles are. The same points give the same clusters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from pipelines.segmenting.space import Matrix

SEED = 20_240_229
STARTS = 4
DECIMALS = 6
"""Middles are rounded, so that the last bits of a sum decide nothing."""
SILHOUETTE_SAMPLE = 2_000
"""Customers that the silhouette is taken of: it looks at every pair."""
FLAT = 0.05
"""A curve whose elbow stands out by less than this share has none."""
ROWS_AT_ONCE = 50_000

RULE = (
    "elbow: of the curve of inertia over k, from k = 1, both axes scaled to 0..1, the k furthest below the line between its ends; "
    f"where it is below by less than {FLAT}, the k with the best silhouette"
)


@dataclass(frozen=True, kw_only=True)
class Fit:
    """k clusters: their middles, ordered by size, their shares of the points, the sum of squared distances, and the silhouette
    (-1 to 1; None for one cluster)."""

    k: int
    centroids: Matrix
    shares: Matrix
    inertia: float
    silhouette: float | None

    def to_dict(self) -> dict[str, Any]:
        """A point of the curve."""
        rounded = None if self.silhouette is None else round(self.silhouette, 4)
        return {"k": self.k, "inertia": round(self.inertia, 3), "silhouette": rounded}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The fits for every k and which one was taken."""

    fits: tuple[Fit, ...]
    elbow: int | None
    best_silhouette: int
    taken: Fit

    def to_dict(self) -> dict[str, Any]:
        """As the manifest has it."""
        curve = [fit.to_dict() for fit in self.fits]
        return {"k": self.taken.k, "elbow": self.elbow, "best_silhouette": self.best_silhouette, "rule": RULE, "curve": curve}


def choose(points: Matrix, least: int, most: int) -> Choice:
    """Fits every k from 1 to `most` and takes the elbow's among those from `least`; `points` hold at least two different ones."""
    different = len(np.unique(points, axis=0))
    fits = tuple(fitted(points, k) for k in range(1, min(most, different) + 1))
    allowed = [fit for fit in fits if fit.k >= min(least, different)]
    best = max(allowed, key=lambda fit: (-1.0 if fit.silhouette is None else fit.silhouette, -fit.k))
    elbow = knee([fit.k for fit in fits], [fit.inertia for fit in fits])
    taken = next((fit for fit in allowed if fit.k == elbow), best if elbow is None else allowed[0])
    return Choice(fits=fits, elbow=elbow, best_silhouette=best.k, taken=taken)


def fitted(points: Matrix, k: int) -> Fit:
    """k clusters of the points."""
    # One thread: several add up in an order of their own.
    with threadpool_limits(1):
        model = KMeans(n_clusters=k, n_init=STARTS, random_state=SEED).fit(points)
        sizes = np.bincount(model.labels_, minlength=k)
        middles = np.round(model.cluster_centers_, DECIMALS) + 0.0
        order = sorted(range(k), key=lambda n: (-sizes[n], tuple(middles[n])))
        silhouette = _silhouette(points, model.labels_)
    inertia, shares = float(model.inertia_), sizes[order] / len(points)
    return Fit(k=k, centroids=middles[order], shares=shares, inertia=inertia, silhouette=silhouette)


def knee(ks: Sequence[int], inertias: Sequence[float]) -> int | None:
    """The k at the elbow of a falling curve, None where it has none (fewer than three points, or a straight line)."""
    if len(ks) < 3 or inertias[0] <= inertias[-1]:
        return None
    across = (np.asarray(ks, dtype=float) - ks[0]) / (ks[-1] - ks[0])
    down = (np.asarray(inertias) - inertias[-1]) / (inertias[0] - inertias[-1])
    below = 1 - across - down
    furthest = int(np.argmax(below))
    return ks[furthest] if below[furthest] >= FLAT else None


def assign(points: Matrix, centroids: Matrix) -> tuple[npt.NDArray[np.int64], Matrix]:
    """Of each point the number of the nearest middle (of equally near ones the first) and the distance to it, a batch at a time."""
    labels, distances = np.empty(len(points), dtype=np.int64), np.empty(len(points))
    lengths = (centroids**2).sum(axis=1)
    for start in range(0, len(points), ROWS_AT_ONCE):
        lot = points[start : start + ROWS_AT_ONCE]
        squared = lengths - 2 * lot @ centroids.T
        nearest = squared.argmin(axis=1)
        labels[start : start + len(lot)] = nearest
        distances[start : start + len(lot)] = np.sqrt(((lot - centroids[nearest]) ** 2).sum(axis=1))
    return labels, distances


def _silhouette(points: Matrix, labels: npt.NDArray[np.int32]) -> float | None:
    some, theirs = points[:SILHOUETTE_SAMPLE], labels[:SILHOUETTE_SAMPLE]
    if not 1 < len(np.unique(theirs)) < len(some):
        return None
    return float(silhouette_score(some, theirs))
