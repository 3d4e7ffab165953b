"""Learning as of a moment: from the lake's interactions, catalogue and customers to a model."""

from dataclasses import dataclass

import numpy as np

from omnichannel.recommendations.learned import ease, history
from omnichannel.recommendations.learned.affinity import Affinity, Dense, Sparse
from omnichannel.recommendations.learned.catalogue import Catalogue, Floats
from omnichannel.recommendations.learned.hybrid import Hybrid
from omnichannel.transform.lake import Lake

READS = ("interactions", "items", "users")
"""The transformations that are learned from, beside `permitted(user_id)`: whom may be learned from and recommended to."""
MOST_DENSE = 5_000
"""Products up to which EASE's matrix is made: 0.8 GB while it is inverted."""
TOGETHER = 40
"""Products bought together with one that are kept: twice what is shown, since some are sold out."""


@dataclass(frozen=True, kw_only=True)
class Learned:
    """A model, and what is bought together."""

    hybrid: Hybrid
    together: Sparse

    @property
    def catalogue(self) -> Catalogue:
        """The products."""
        return self.hybrid.catalogue


def fit(lake: Lake, *, most_dense: int = MOST_DENSE) -> Learned:
    """Learns from the built `READS` and `permitted`; leaves `learned_items`, `_users`, `_actions` and `_history` in the lake."""
    catalogue = history.prepare(lake)
    size = len(catalogue)
    known = history.customers(lake, size)
    hybrid = Hybrid(
        catalogue=catalogue,
        affinity=_affinity(lake, known, most_dense),
        customers=known,
        trend=history.fashions(lake, size),
        popular=history.popular(lake, size),
        by_country=history.popular_by_country(lake, size),
    )
    return Learned(hybrid=hybrid, together=history.together(lake, size, TOGETHER))


def _affinity(lake: Lake, known: Floats, most_dense: int) -> Affinity:
    warm = np.flatnonzero(known)
    if len(warm) > most_dense:
        return history.neighbours(lake, len(known))
    return Dense(size=len(known), warm=warm, weights=ease.weights(history.gram(lake, warm)))
