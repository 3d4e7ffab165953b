"""What goes with what, by what customers did: EASE over the products with the most customers, else each product's neighbours."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from omnichannel.recommendations.learned.catalogue import Floats, Ints, Singles

NEIGHBOURS, SHRINK = 100, 10.0
"""Neighbours that are kept of an item, and what is added to the lengths in a cosine, so that little in common counts little."""


class Affinity(Protocol):
    """How strongly items of a history speak for each of N products."""

    def scores(self, items: Ints, weights: Floats) -> Floats:
        """N scores for a history of items (positions) with weights."""


@dataclass(frozen=True)
class Dense:
    """EASE's weights of the `warm` products (positions, W of them); what is not warm has no score. `size` is N."""

    size: int
    warm: Ints
    weights: Singles

    def scores(self, items: Ints, weights: Floats) -> Floats:
        """As `Affinity` says."""
        places = np.searchsorted(self.warm, items)
        known = places < len(self.warm)
        known[known] = self.warm[places[known]] == items[known]
        found = np.zeros(self.size)
        found[self.warm] = weights[known].astype(np.float32) @ self.weights[places[known]]
        return found


@dataclass(frozen=True)
class Sparse:
    """Neighbours of N items, those of item i at `starts[i]:starts[i + 1]` of `others` and `similar`."""

    starts: Ints
    others: Ints
    similar: Floats

    @classmethod
    def of(cls, size: int, items: Ints, others: Ints, similar: Floats) -> "Sparse":
        """From pairs in any order."""
        order = np.lexsort((others, items))
        starts = np.concatenate([[0], np.cumsum(np.bincount(items, minlength=size))])
        return cls(starts=starts.astype(np.int64), others=others[order], similar=similar[order])

    def scores(self, items: Ints, weights: Floats) -> Floats:
        """As `Affinity` says."""
        counts = self.starts[items + 1] - self.starts[items]
        places = np.repeat(self.starts[items] - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts) + np.arange(counts.sum())
        told = np.repeat(weights, counts) * self.similar[places]
        found = np.bincount(self.others[places], weights=told, minlength=len(self.starts) - 1)
        return found.astype(np.float64)
