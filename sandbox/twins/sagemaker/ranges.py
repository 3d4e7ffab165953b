"""Hyperparameter ranges as coordinates between 0 and 1, in the scaling that the request asks for."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Point = tuple[float, ...]
_WIDE = 100.0
"""From this ratio of the bounds on, `Auto` scales logarithmically. The service says only that it chooses the best scale."""


class RangesError(ValueError):
    """Ranges that cannot be searched; the message says which and why."""


@dataclass(frozen=True)
class Scale:
    """A monotone way from values to an evenly sampled axis, and back."""

    there: Callable[[float], float]
    back: Callable[[float], float]


_SCALES = {
    "Linear": Scale(lambda value: value, lambda axis: axis),
    "Logarithmic": Scale(math.log, math.exp),
    "ReverseLogarithmic": Scale(lambda value: -math.log1p(-value), lambda axis: -math.expm1(-axis)),
}


@dataclass(frozen=True, kw_only=True)
class Number:
    """An integer or continuous range, bounds included."""

    name: str
    low: float
    high: float
    whole: bool
    scale: Scale

    def text(self, coordinate: float) -> str:
        """The value at a coordinate, as the service writes hyperparameters."""
        first, last = self._axis()
        value = self.scale.back(first + coordinate * (last - first))
        inside = min(max(round(value) if self.whole else value, self.low), self.high)
        return str(int(inside)) if self.whole else repr(inside)

    def features(self, coordinate: float) -> list[float]:
        """What a model of the objective sees."""
        return [coordinate]

    def _axis(self) -> tuple[float, float]:
        # Half a step on either side, so that the outermost whole numbers are as likely as the others.
        margin = 0.5 if self.whole else 0.0
        return self.scale.there(self.low - margin), self.scale.there(self.high + margin)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A categorical range: values without an order."""

    name: str
    values: Sequence[str]

    def text(self, coordinate: float) -> str:
        """The value at a coordinate."""
        return self.values[self._position(coordinate)]

    def features(self, coordinate: float) -> list[float]:
        """What a model of the objective sees: one column per value."""
        return [float(index == self._position(coordinate)) for index in range(len(self.values))]

    def _position(self, coordinate: float) -> int:
        return min(int(coordinate * len(self.values)), len(self.values) - 1)


@dataclass(frozen=True)
class Space:
    """All ranges of a tuning job."""

    ranges: Sequence[Number | Choice]

    @classmethod
    def parse(cls, ranges: Mapping[str, Any]) -> "Space":
        """The space of a request's `ParameterRanges`. RangesError."""
        if ranges.get("AutoParameters"):
            raise RangesError("AutoParameters need Autotune, which the sandbox does not do; give the ranges")
        found: list[Number | Choice] = [_number(each, whole=True) for each in ranges.get("IntegerParameterRanges", ())]
        found += [_number(each, whole=False) for each in ranges.get("ContinuousParameterRanges", ())]
        found += [Choice(name=each["Name"], values=each["Values"]) for each in ranges.get("CategoricalParameterRanges", ())]
        names = [each.name for each in found]
        if not found or len(set(names)) < len(names):
            raise RangesError(f"ParameterRanges must name at least one hyperparameter, and each once; got {names}")
        return cls(found)

    @property
    def names(self) -> list[str]:
        """The tuned hyperparameters."""
        return [each.name for each in self.ranges]

    def values(self, point: Point) -> dict[str, str]:
        """The hyperparameters at a point."""
        return {each.name: each.text(coordinate) for each, coordinate in zip(self.ranges, point, strict=True)}

    def features(self, point: Point) -> list[float]:
        """The point as a model of the objective sees it."""
        return [feature for each, coordinate in zip(self.ranges, point, strict=True) for feature in each.features(coordinate)]


def _number(given: Mapping[str, str], *, whole: bool) -> Number:
    name, kind = given["Name"], given.get("ScalingType", "Auto")
    try:
        low, high = (float(int(given[bound]) if whole else float(given[bound])) for bound in ("MinValue", "MaxValue"))
    except ValueError as error:
        raise RangesError(f"the bounds of {name} are not {'integers' if whole else 'numbers'}: {error}") from error
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise RangesError(f"the range of {name} is {low} to {high}; expected finite bounds, the smaller one first")
    return Number(name=name, low=low, high=high, whole=whole, scale=_SCALES[_scaling(name, kind, low, high, whole=whole)])


def _scaling(name: str, kind: str, low: float, high: float, *, whole: bool) -> str:
    if kind == "Auto":
        return "Logarithmic" if low > 0 and high / low >= _WIDE else "Linear"
    if kind == "Logarithmic" and low <= 0:
        raise RangesError(f"{name}: logarithmic scaling works only for ranges with values greater than 0, got {low}")
    if kind == "ReverseLogarithmic" and (whole or low < 0 or high >= 1):
        raise RangesError(f"{name}: reverse logarithmic scaling works only for continuous ranges within [0, 1), got {low} to {high}")
    return kind
