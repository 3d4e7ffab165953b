"""Scores by weights: what was done together for who has a history, what is alike for new products, popularity for who has none."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from omnichannel.recommendations.learned.affinity import Affinity
from omnichannel.recommendations.learned.catalogue import FEATURES, Bools, Catalogue, Floats, Ints
from omnichannel.recommendations.learned.trend import Trend

NEW_UNTIL = 3.0
"""Customers of a product at which its own interactions count as much as what it is like."""
KNOWN_FROM = 1.0
"""Products in a history at which what is popular counts a quarter; it falls with their square."""
ELSEWHERE = 0.25
"""What popularity in another category counts beside popularity in the customer's own."""
_SHARES = np.array(list(FEATURES.values()))


@dataclass(frozen=True, kw_only=True)
class Hybrid:
    """What was learned. `popular` are N popularities, `by_country` the same of countries; `customers` is how many know each product,
    `trend` what its affinity is multiplied by, and how much popularity counts beside it.
    """

    catalogue: Catalogue
    affinity: Affinity
    customers: Floats
    trend: Trend
    popular: Floats
    by_country: dict[str, Floats] = field(default_factory=dict)

    def scores(self, items: Ints, weights: Floats, country: str = "") -> Floats:
        """A positive score for each of N products, for a history of items (positions) with weights, which may be empty."""
        popular = _scaled(self.by_country.get(country, self.popular)) + 1e-6
        if not len(items):
            return popular
        profile = self._profile(items, weights)
        newness = NEW_UNTIL / (NEW_UNTIL + self.customers)
        together = (1 - newness) * _scaled(self.trend.fresh * self.affinity.scores(items, weights)) + newness * _scaled(self.alike(profile))
        share = (KNOWN_FROM / (KNOWN_FROM + len(items))) ** 2
        learned = (1 - self.trend.fashion) * together + self.trend.fashion * popular
        return (1 - share) * learned + share * popular * (ELSEWHERE + self._own_category(profile))

    def alike(self, profile: Floats) -> Floats:
        """How much each product is like a profile."""
        return np.asarray(profile[self.catalogue.features] @ _SHARES)

    def best(self, scores: Floats, count: int, *, without: Sequence[int] | Ints = (), among: Bools | None = None) -> Ints:
        """Positions of the best products that may be shown: not those `without`, unless nothing else is left."""
        shown = self.catalogue.available if among is None else self.catalogue.available & among
        allowed = shown.copy()
        allowed[np.asarray(without, np.int64)] = False
        return best(scores, allowed if allowed.any() else shown, count)

    def _profile(self, items: Ints, weights: Floats) -> Floats:
        """What share of a history has each value of a feature."""
        told = np.repeat(weights, len(FEATURES))
        found = np.bincount(self.catalogue.features[items].ravel(), weights=told, minlength=self.catalogue.values)
        found[0] = 0.0
        return np.asarray(found / max(float(weights.sum()), 1e-12))

    def _own_category(self, profile: Floats) -> Floats:
        return np.asarray(profile[self.catalogue.features[:, 0]])


def best(scores: Floats, allowed: Bools, count: int) -> Ints:
    """Positions of the highest scores among the allowed, best first; among equals the first position."""
    places = np.flatnonzero(allowed)
    found = scores[places]
    if len(places) > count:
        least = np.partition(found, len(found) - count)[len(found) - count]
        kept = found >= least
        places, found = places[kept], found[kept]
    return np.asarray(places[np.argsort(-found, kind="stable")][:count])


def _scaled(values: Floats) -> Floats:
    """The same with 1 as the highest; what is negative counts as nothing."""
    highest = float(values.max(initial=0.0))
    return np.maximum(values, 0.0) / highest if highest > 0 else np.zeros(len(values))
