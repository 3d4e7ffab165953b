"""Recency, frequency and value in fifths of the buyers, and what the three say together."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from omnichannel.contracts.segments import Rfm
from pipelines.segmenting.space import Matrix

FIFTHS = 5
_NAMES: tuple[tuple[range, range, Rfm], ...] = (
    (range(4, 6), range(4, 6), Rfm.CHAMPIONS),
    (range(3, 4), range(4, 6), Rfm.LOYAL),
    (range(2, 3), range(4, 6), Rfm.AT_RISK),
    (range(1, 2), range(4, 6), Rfm.CANNOT_LOSE),
    (range(4, 6), range(2, 4), Rfm.POTENTIAL_LOYALISTS),
    (range(3, 4), range(2, 4), Rfm.NEED_ATTENTION),
    (range(1, 3), range(3, 4), Rfm.AT_RISK),
    (range(1, 3), range(2, 3), Rfm.HIBERNATING),
    (range(4, 6), range(1, 2), Rfm.NEWCOMERS),
    (range(3, 4), range(1, 2), Rfm.ABOUT_TO_SLEEP),
    (range(1, 3), range(1, 2), Rfm.LOST),
)
"""Fifths of recency, fifths of frequency and value together, and the name."""
BY_FIFTHS = {(r, fm): name for rs, fms, name in _NAMES for r in rs for fm in fms}

Fifths = npt.NDArray[np.int64]


def fifths(values: Matrix) -> Fifths:
    """1 to 5, 5 for the largest; equal values are in the same fifth, unknown ones in none (0)."""
    ranks = pd.Series(values).rank(method="average").to_numpy()
    known = np.isfinite(ranks)
    found = np.zeros(len(values), dtype=np.int64)
    if known.any():
        found[known] = np.ceil(ranks[known] * FIFTHS / known.sum()).astype(np.int64)
    return found


def cells(recency_days: Matrix, orders: Matrix, spend: Matrix) -> tuple[list[str], list[str]]:
    """Of each customer the name (`Rfm`) and the three fifths as digits; who has no recency never bought: `none` and ''."""
    bought = np.isfinite(recency_days)
    r = fifths(np.where(bought, -recency_days, np.nan))
    f, m = (fifths(np.where(bought, np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0), np.nan)) for values in (orders, spend))
    named = [str(BY_FIFTHS.get((int(a), int(b + c + 1) // 2), Rfm.NONE)) for a, b, c in zip(r, f, m, strict=True)]
    return named, [f"{a}{b}{c}" if a else "" for a, b, c in zip(r, f, m, strict=True)]
