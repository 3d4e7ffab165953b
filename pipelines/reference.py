"""What drift is measured against: how features and scores were spread among the customers of the test window."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from omnichannel.scoring.model import Matrix

BINS = 10


def reference(features: Sequence[str], matrix: Matrix, scores: Matrix, dates: Mapping[str, Any]) -> dict[str, Any]:
    """`rows`, `dates`, and for each of `features` and for `score` the `edges` (all of them, ascending), `shares` and share `unknown`.

    Edges are quantiles; a bin is half-open [a, b) and the outermost ones are open outwards. A constant or unknown feature has no edges.
    """
    return {
        "rows": len(matrix),
        "dates": dict(dates),
        "features": {name: spread(matrix[:, i]) for i, name in enumerate(features)},
        "score": spread(scores),
    }


def spread(column: Matrix) -> dict[str, Any]:
    """Of one column: bins between its deciles (equal ones merged), the share of known values in each, the share unknown."""
    known = column[~np.isnan(column)]
    unknown = 1.0 - len(known) / len(column) if len(column) else 0.0
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1), method="inverted_cdf")) if len(known) else np.array([])
    if len(edges) < 2:
        return {"edges": [], "shares": [1.0], "unknown": unknown}
    if (known == edges[-1]).mean() > 1 / BINS:
        # Half-open bins would put a frequent highest value together with what lies below it.
        edges = np.append(edges, np.nextafter(edges[-1], np.inf))
    places = np.searchsorted(edges[1:-1], known, side="right")
    shares = np.bincount(places, minlength=len(edges) - 1) / len(known)
    return {"edges": edges.tolist(), "shares": shares.tolist(), "unknown": unknown}
