"""Where a tuning job looks next: at random, or where a model of the objective expects the most improvement."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sandbox.twins.sagemaker.ranges import Point, Space

Floats = npt.NDArray[np.float64]
STRATEGIES = ("Bayesian", "Random")
_AT_RANDOM_FIRST = 3
_CANDIDATES = 1_000
_NEAR = 0.1
_NOISE = 1e-3
"""Of objectives, as a share of their variance."""


@dataclass(frozen=True)
class Known:
    """A trial that counts: where it was, and its objective (smaller is better)."""

    point: Point
    value: float


class Strategy(Protocol):
    """Proposes the point of trial `number` (from 1) from what is known and what is still being tried."""

    def __call__(self, number: int, known: Sequence[Known], pending: Sequence[Point]) -> Point:
        """A point of the space."""


def strategy(name: str, space: Space, seed: int) -> Strategy:
    """The strategy of that name. The same seed, number and knowledge give the same point."""
    at_random = _random(space, seed)
    return at_random if name == "Random" else _bayesian(space, seed, at_random)


def _random(space: Space, seed: int) -> Strategy:
    def propose(number: int, known: Sequence[Known], pending: Sequence[Point]) -> Point:
        return tuple(np.random.default_rng([seed, number]).random(len(space.ranges)).tolist())

    return propose


def _bayesian(space: Space, seed: int, at_random: Strategy) -> Strategy:
    def propose(number: int, known: Sequence[Known], pending: Sequence[Point]) -> Point:
        if len(known) < _AT_RANDOM_FIRST:
            return at_random(number, known, pending)
        candidates = _candidates(np.random.default_rng([seed, number]), min(known, key=lambda each: each.value).point)
        expected = _expected_improvement(space, known, pending, seed)(candidates)
        return candidates[int(np.argmax(expected))]

    return propose


def _candidates(generator: np.random.Generator, best: Point) -> list[Point]:
    """Points all over the space, and some near the best one."""
    everywhere = generator.random((_CANDIDATES, len(best)))
    near = np.clip(np.array(best) + generator.normal(0, _NEAR, (_CANDIDATES // 4, len(best))), 0, 1)
    return [tuple(row) for row in np.vstack([everywhere, near]).tolist()]


def _expected_improvement(space: Space, known: Sequence[Known], pending: Sequence[Point], seed: int) -> Callable[[Sequence[Point]], Floats]:
    # Half a second of import that only Bayesian tuning jobs pay.
    from scipy.stats import norm
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern

    values = np.array([each.value for each in known])
    # What is being tried counts as average until it is known, so that nobody looks at the same place meanwhile.
    targets = np.concatenate([values, np.full(len(pending), values.mean())])
    mean, deviation = targets.mean(), targets.std() or 1.0
    kernel = ConstantKernel(1.0, (0.05, 20.0)) * Matern(0.5, (0.05, 5.0), nu=2.5)
    model = GaussianProcessRegressor(kernel, alpha=_NOISE, random_state=seed % 2**32)
    with warnings.catch_warnings():
        # With a handful of trials the kernel's parameters often end at their bounds, which is what the bounds are for.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit([space.features(point) for point in (*(each.point for each in known), *pending)], (targets - mean) / deviation)
    best = (values.min() - mean) / deviation

    def improvement(points: Sequence[Point]) -> Floats:
        predicted, spread = model.predict([space.features(point) for point in points], return_std=True)
        standing = (best - predicted) / np.maximum(spread, 1e-9)
        result: Floats = (best - predicted) * norm.cdf(standing) + spread * norm.pdf(standing)
        return result

    return improvement
