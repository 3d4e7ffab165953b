"""A space in which customers can be compared: features filled, winsorised, standardised, each family of features counting the same."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]

TAILS = (0.01, 0.99)
"""What lies outside of these quantiles counts as they do."""
SKEWED = 1.0
"""Third standardised moment from which an amount is looked at as its logarithm."""
LOGGED_UNITS = frozenset({"money", "count", "days"})
STILL = 1e-9


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How one feature becomes a coordinate: (clip(log1p?(value or fill)) - mean) / std * weight."""

    name: str
    log: bool
    low: float
    high: float
    fill: float
    mean: float
    std: float
    weight: float

    def place(self, values: Matrix) -> Matrix:
        """Coordinates of raw values; what is unknown or infinite is the median."""
        known = np.where(np.isfinite(values), values, self.fill)
        moved = np.clip(_logged(known) if self.log else known, self.low, self.high)
        placed: Matrix = (moved - self.mean) / self.std * self.weight
        return placed

    def raw(self, placed: Matrix) -> Matrix:
        """Values that have those coordinates."""
        moved = placed / self.weight * self.std + self.mean
        values: Matrix = np.expm1(moved) if self.log else moved
        return values


@dataclass(frozen=True, kw_only=True)
class Space:
    """The features that count, in order, and why the others do not."""

    scales: tuple[Scale, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def features(self) -> list[str]:
        """Names of the columns that `place` expects."""
        return [scale.name for scale in self.scales]

    @property
    def unit(self) -> float:
        """The length of a step by one standard deviation in every feature."""
        return float(np.sqrt(sum(scale.weight**2 for scale in self.scales))) or 1.0

    def picked(self, names: Sequence[str], matrix: Matrix) -> Matrix:
        """The columns of this space, out of a matrix with a column for each of `names`."""
        return matrix[:, [names.index(feature) for feature in self.features]]

    def place(self, matrix: Matrix) -> Matrix:
        """Points (customers, features) of raw values (customers, features); `ValueError` for another number of features."""
        if matrix.shape[1] != len(self.scales):
            raise ValueError(f"{matrix.shape[1]} columns; expected the {len(self.scales)} of this space")
        return np.column_stack([s.place(matrix[:, n]) for n, s in enumerate(self.scales)]) if self.scales else np.empty((len(matrix), 0))

    def raw(self, points: Matrix) -> Matrix:
        """Raw values that lie at those points."""
        return np.column_stack([s.raw(points[:, n]) for n, s in enumerate(self.scales)]) if self.scales else np.empty((len(points), 0))

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {"scales": [asdict(scale) for scale in self.scales], "left_out": dict(self.left_out)}

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> "Space":
        """From `to_dict`."""
        return cls(scales=tuple(Scale(**each) for each in found["scales"]), left_out=dict(found["left_out"]))


def space_of(features: Sequence[Mapping[str, Any]], sample: Matrix) -> Space:
    """The space of a sample of customers (rows) by features (columns), which are told by `name`, `family` and `unit`.

    A feature that nobody has, or that does not vary between its tails, is left out by name.
    """
    found = [_scale(f, sample[:, n]) for n, f in enumerate(features)]
    left_out = {f["name"]: why for f, why in zip(features, found, strict=True) if isinstance(why, str)}
    kept = {f["name"]: (f["family"], s) for f, s in zip(features, found, strict=True) if isinstance(s, Scale)}
    members = Counter(family for family, _ in kept.values())
    scales = (Scale(**{**asdict(s), "weight": round(1 / float(np.sqrt(members[family])), 9)}) for family, s in kept.values())
    return Space(scales=tuple(scales), left_out=left_out)


def _scale(feature: Mapping[str, Any], values: Matrix) -> Scale | str:
    known = values[np.isfinite(values)]
    if not len(known):
        return "unknown for everybody"
    fill = float(np.median(known))
    filled = np.where(np.isfinite(values), values, fill)
    log = feature["unit"] in LOGGED_UNITS and bool(known.min() >= 0) and _skewness(filled) > SKEWED
    moved = _logged(filled) if log else filled
    low, high = (float(q) for q in np.quantile(moved, TAILS))
    clipped = np.clip(moved, low, high)
    mean, std = float(clipped.mean()), float(clipped.std())
    if std < STILL * max(1.0, abs(mean)):
        return "the same for everybody" if np.ptp(filled) == 0 else f"the same for all but the outermost {TAILS[0]:.0%} on either side"
    return Scale(name=feature["name"], log=log, low=low, high=high, fill=fill, mean=mean, std=std, weight=1.0)


def _skewness(values: Matrix) -> float:
    centred = values - values.mean()
    spread = float(centred.std())
    return float(((centred / spread) ** 3).mean()) if spread > 0 else 0.0


def _logged(values: Matrix) -> Matrix:
    # Below zero there is no logarithm: what was never negative when the space was made counts from zero.
    logged: Matrix = np.log1p(np.maximum(values, 0.0))
    return logged
