"""What drift is measured against: how features and scores were spread among the customers of the test window."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from omnichannel.scoring.model import Matrix

BINS = 10


def reference(features: Sequence[str], matrix: Matrix, scores: Matrix, dates: Mapping[str, Any]) -> dict[str, Any]:
    """`rows`, `dates`, and for each of `features` and for `score` the `edges` (all of them, ascending), `shares` and share `unknown`.

    Edges are quantiles; a bin is half-open [a, b) and the outermost ones are open outwards. A feature that is unknown of all has no edges.
    """
    return {
        "rows": len(matrix),
        "dates": dict(dates),
        "features": {name: spread(matrix[:, i]) for i, name in enumerate(features)},
        "score": spread(scores),
    }


def spread(column: Matrix) -> dict[str, Any]:
    """Of one column: bins between its deciles (equal ones merged), the share of known values in each, the share unknown.

    A value that more than a tenth have is a bin of its own, and nobody need be beside it: what was rare in training and is common now, or
    was the same for all and is not any more, has to be seen.
    """
    known = column[~np.isnan(column)]
    unknown = 1.0 - len(known) / len(column) if len(column) else 0.0
    if not len(known):
        return {"edges": [], "shares": [1.0], "unknown": unknown}
    deciles = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1), method="inverted_cdf"))
    often = deciles[[(known == each).mean() > 1 / BINS for each in deciles]]
    inner = np.unique(np.concatenate([deciles[1:-1], often, np.nextafter(often, np.inf)]))
    shares = np.bincount(np.searchsorted(inner, known, side="right"), minlength=len(inner) + 1) / len(known)
    edges = [min(known.min(), np.nextafter(inner[0], -np.inf)), *inner, max(known.max(), np.nextafter(inner[-1], np.inf))]
    return {"edges": [float(each) for each in edges], "shares": shares.tolist(), "unknown": unknown}
