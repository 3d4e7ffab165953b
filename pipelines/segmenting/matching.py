"""Which of the last run's clusters lives on in which of the new ones."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from pipelines.segmenting.space import Matrix, Space

RULE = (
    "one to one, by the smallest sum of distances between middles in the new run's space (Hungarian method), each feature counting as it "
    "tells clusters apart, as many pairs as there can be within the stated distance; what is left over is new, or retired"
)


@dataclass(frozen=True, kw_only=True)
class Matched:
    """`old` by the new cluster's number, with the distance in standard deviations; the rest are new, or retired."""

    pairs: Mapping[int, tuple[str, float]]
    retired: tuple[str, ...]


def moved(old: Space, middles: Matrix, new: Space) -> tuple[Matrix, list[int]]:
    """The old middles in the new space, and the new space's columns that both have."""
    values = dict(zip(old.features, old.raw(middles).T, strict=True))
    shared = [n for n, scale in enumerate(new.scales) if scale.name in values]
    placed = [new.scales[n].place(values[new.scales[n].name]) for n in shared]
    return (np.column_stack(placed) if placed else np.empty((len(middles), 0))), shared


def distances(old: Space, middles: Matrix, new: Space, centroids: Matrix, shares: Matrix) -> Matrix:
    """(old, new) distances in standard deviations over the features that both spaces have; infinite when they share none.

    A feature counts as much as it tells the new clusters apart (its variance between them, `shares` being theirs of all customers):
    what everybody has alike may drift without making anybody another.
    """
    there, shared = moved(old, middles, new)
    telling = (shares[:, None] * centroids[:, shared] ** 2).sum(axis=0)
    if not telling.sum():
        return np.full((len(middles), len(centroids)), np.inf)
    unit = sum(t * new.scales[n].weight ** 2 for n, t in zip(shared, telling, strict=True))
    apart: Matrix = np.sqrt((telling * (there[:, None, :] - centroids[None, :, shared]) ** 2).sum(axis=2) / unit)
    return apart


def match(ids: list[str], apart: Matrix, within: float) -> Matched:
    """Pairs of old ids (rows of `apart`) and new clusters (columns) no further apart than `within`."""
    possible = apart <= within
    # A pair that may not be costs more than all that may.
    cost = np.where(possible, apart, (within + 1) * (max(apart.shape, default=0) + 1))
    rows, columns = linear_sum_assignment(cost) if apart.size else ((), ())
    pairs = {int(c): (ids[r], round(float(apart[r, c]), 6)) for r, c in zip(rows, columns, strict=True) if possible[r, c]}
    kept = {old for old, _ in pairs.values()}
    return Matched(pairs=pairs, retired=tuple(old for old in ids if old not in kept))
