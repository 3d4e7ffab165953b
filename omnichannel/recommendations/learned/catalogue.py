"""The products as columns: which may be shown, and what each is like."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

PRICE_BANDS = 5
FEATURES = {"category_l1": 0.35, "category_l2": 0.35, "brand": 0.2, "price_band": 0.1}
"""What makes two products alike, and how much each counts; a value that both lack makes nobody alike."""


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """N products, in the order of their ids. `features` is N x 4: a number for each value of `FEATURES`, 0 where there is none.

    `lines` are product lines: the second category, or the first one where that is missing; 0 where both are.
    """

    ids: Sequence[str]
    available: Bools
    categories: Sequence[str | None]
    lines: Ints
    features: Ints

    def __len__(self) -> int:
        """How many products there are."""
        return len(self.ids)

    @property
    def values(self) -> int:
        """How many different values the features have, none among them."""
        return int(self.features.max(initial=0)) + 1

    @classmethod
    def of(
        cls,
        ids: Sequence[str],
        available: Sequence[bool],
        first: Sequence[str | None],
        second: Sequence[str | None],
        brands: Sequence[str | None],
        prices: Sequence[float | None],
    ) -> "Catalogue":
        """From columns of equal length; ids are distinct and sorted. Raises `ValueError` for ids that are not."""
        if list(ids) != sorted(set(ids)):
            raise ValueError("the ids of a catalogue are distinct and sorted; sort the rows, and leave out what is there twice")
        bands = _bands(first, prices)
        words: dict[tuple[str, object], int] = {}
        columns = zip(FEATURES, (first, second, brands, bands), strict=True)
        features = [
            [0 if value is None else words.setdefault((name, value), len(words) + 1) for value in column] for name, column in columns
        ]
        table = np.array(features, np.int64).reshape(len(FEATURES), len(ids)).T
        lines = np.where(table[:, 1] > 0, table[:, 1], table[:, 0])
        return cls(ids=list(ids), available=np.array(available, bool), categories=list(first), lines=lines, features=table)


def _bands(categories: Sequence[str | None], prices: Sequence[float | None]) -> list[str | None]:
    """The fifth of their category's prices that products are in; each band is of one category."""
    known: dict[str | None, list[float]] = {}
    for category, price in zip(categories, prices, strict=True):
        if price is not None:
            known.setdefault(category, []).append(price)
    edges = {category: np.quantile(found, np.linspace(0, 1, PRICE_BANDS + 1)[1:-1]) for category, found in known.items()}
    return [
        None if price is None else f"{int(np.searchsorted(edges[category], price, side='left'))} of {category}"
        for category, price in zip(categories, prices, strict=True)
    ]
