"""The statistics of an experiment: how two arms differ, how sure that is, and whether the arms are what they should be.

The tests are SciPy's; what is chosen here is which one, and which interval belongs to it. Imported where somebody reads a result
(command line, report, notebook), by no function.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, exp, isfinite, log, nan, sqrt

from scipy import stats

ALPHA, POWER = 0.05, 0.8
LEAST_BUYERS = 30
"""Customers with any value that a mean needs: found by simulating arms without a difference (`tests/unit/experiments`)."""
MISMATCH = 0.001
"""A sample ratio this unlikely means that something other than chance made the arms (Fabijan et al., KDD 2019, use 0.0005 to 0.01)."""


@dataclass(frozen=True)
class Share:
    """So many of so many customers did it."""

    successes: int
    customers: int

    @property
    def value(self) -> float:
        """The share, 0 to 1; NaN of nobody."""
        return self.successes / self.customers if self.customers else nan


@dataclass(frozen=True)
class Sample:
    """A value a customer: how many customers, their sum and the sum of squares, and how many have any (all, when not said)."""

    customers: int
    total: float
    squares: float
    some: int | None = None

    @property
    def value(self) -> float:
        """The mean; NaN of nobody."""
        return self.total / self.customers if self.customers else nan

    @property
    def variance(self) -> float:
        """The unbiased variance; NaN of fewer than two."""
        if self.customers < 2:
            return nan
        return max(self.squares - self.total * self.total / self.customers, 0.0) / (self.customers - 1)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Treated minus control, with the interval of confidence 1 - alpha, and relative to the control (lift).

    `p` is of the two-sided test against no difference. Values are NaN where there is too little to say anything.
    """

    value: float
    low: float
    high: float
    p: float
    lift: float
    lift_low: float
    lift_high: float
    test: str

    @property
    def certain(self) -> bool:
        """Whether the interval leaves out zero."""
        return isfinite(self.low) and isfinite(self.high) and (self.low > 0 or self.high < 0)


def shares(treated: Share, control: Share, alpha: float = ALPHA) -> Difference:
    """Two shares: Pearson's chi-square without continuity correction, and Newcombe's interval (1998, method 10).

    That interval is made of Wilson's of each share, so it stays sensible where few did it; the lift's is Katz's, on the log.
    """
    if not treated.customers or not control.customers:
        return _nothing("chi-square")
    low, high = _newcombe(treated, control, alpha)
    lift, lift_low, lift_high = _katz(treated, control, alpha)
    return Difference(
        value=treated.value - control.value, low=low, high=high, p=_chi_square(treated, control),
        lift=lift, lift_low=lift_low, lift_high=lift_high, test="chi-square",
    )  # fmt: skip


def means(treated: Sample, control: Sample, alpha: float = ALPHA) -> Difference:
    """Two means: Welch's t test, its interval, and the lift's by the delta method.

    Nothing is said with fewer than `LEAST_BUYERS` in either arm: of what is zero for nearly everybody, a small arm's variance is mostly
    too small, and the test then finds differences that are none (half of all comparisons with 44 customers of whom one buys).
    """
    if treated.customers < 2 or control.customers < 2:
        return _nothing("Welch t")
    value = treated.value - control.value
    if min(each.customers if each.some is None else each.some for each in (treated, control)) < LEAST_BUYERS:
        return _nothing("Welch t", value=value)
    a, b = treated.variance / treated.customers, control.variance / control.customers
    if a + b == 0.0:
        return _nothing("Welch t", value=value)
    degrees = (a + b) ** 2 / (a**2 / (treated.customers - 1) + b**2 / (control.customers - 1))
    half = float(stats.t.ppf(1 - alpha / 2, degrees)) * sqrt(a + b)
    test = stats.ttest_ind_from_stats(
        treated.value, sqrt(treated.variance), treated.customers, control.value, sqrt(control.variance), control.customers, equal_var=False
    )
    lift, spread = _ratio(treated.value, a, control.value, b)
    z = float(stats.norm.ppf(1 - alpha / 2))
    return Difference(
        value=value, low=value - half, high=value + half, p=float(test.pvalue),
        lift=lift, lift_low=lift - z * spread, lift_high=lift + z * spread, test="Welch t",
    )  # fmt: skip


def sample_ratio(counts: Mapping[str, int], planned: Mapping[str, float]) -> float:
    """How likely counts like these are when every arm has its planned share: below `MISMATCH`, no result of the arms can be trusted.

    1.0 where there is nobody yet, or but one arm.
    """
    total = sum(counts.get(arm, 0) for arm in planned)
    if not total or len(planned) < 2:
        return 1.0
    whole = sum(planned.values())
    expected = [total * share / whole for share in planned.values()]
    return float(stats.chisquare([counts.get(arm, 0) for arm in planned], expected).pvalue)


def customers_needed(base: float, effect: float, *, alpha: float = ALPHA, power: float = POWER, control_per_treated: float = 1.0) -> int:
    """Treated customers needed to see a share of `base` rise by `effect` (both 0..1), with so many controls for each of them.

    The normal approximation (Fleiss, Levin and Paik, 2003, chapter 4) without continuity correction.
    """
    if not 0 < base < 1 or not 0 < base + effect < 1 or not effect:
        raise ValueError(f"from {base} by {effect}: expected shares between 0 and 1, and an effect that is none of them")
    other, k = base + effect, control_per_treated
    pooled = (other + k * base) / (1 + k)
    z_alpha, z_power = float(stats.norm.ppf(1 - alpha / 2)), float(stats.norm.ppf(power))
    spread = z_alpha * sqrt(pooled * (1 - pooled) * (1 + 1 / k)) + z_power * sqrt(other * (1 - other) + base * (1 - base) / k)
    return ceil((spread / effect) ** 2)


def smallest_effect(base: float, treated: int, control: int, *, alpha: float = ALPHA, power: float = POWER) -> float:
    """The smallest rise of a share of `base` that so many customers show with that power; NaN of nobody."""
    if not treated or not control or not 0 < base < 1:
        return nan
    z = float(stats.norm.ppf(1 - alpha / 2)) + float(stats.norm.ppf(power))
    return z * sqrt(base * (1 - base) * (1 / treated + 1 / control))


def adjusted(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down: p values of several arms against one control, so that the chance of one false finding among them is alpha."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    found, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        found[place] = highest
    return found


def _chi_square(treated: Share, control: Share) -> float:
    table = [[share.successes, share.customers - share.successes] for share in (treated, control)]
    if 0 in (sum(column) for column in zip(*table, strict=True)):
        return 1.0  # all of them did it, or none: nothing can differ
    return float(stats.chi2_contingency(table, correction=False).pvalue)


def _newcombe(treated: Share, control: Share, alpha: float) -> tuple[float, float]:
    t, c = (stats.binomtest(s.successes, s.customers).proportion_ci(1 - alpha, method="wilson") for s in (treated, control))
    p, q = treated.value, control.value
    return p - q - sqrt((p - t.low) ** 2 + (c.high - q) ** 2), p - q + sqrt((t.high - p) ** 2 + (q - c.low) ** 2)


def _katz(treated: Share, control: Share, alpha: float) -> tuple[float, float, float]:
    """The lift and its interval; without a single success in one of the arms there is no telling."""
    if not treated.successes or not control.successes:
        return (treated.value / control.value - 1, nan, nan) if control.successes else (nan, nan, nan)
    spread = sqrt((1 - treated.value) / treated.successes + (1 - control.value) / control.successes)
    z, ratio = float(stats.norm.ppf(1 - alpha / 2)), log(treated.value / control.value)
    return exp(ratio) - 1, exp(ratio - z * spread) - 1, exp(ratio + z * spread) - 1


def _ratio(treated: float, treated_error: float, control: float, control_error: float) -> tuple[float, float]:
    """Lift of one mean over another and its standard error, given the squared standard errors."""
    if control <= 0:
        return nan, nan
    ratio = treated / control
    return ratio - 1, sqrt(treated_error + ratio**2 * control_error) / control


def _nothing(test: str, value: float = nan) -> Difference:
    return Difference(value=value, low=nan, high=nan, p=nan, lift=nan, lift_low=nan, lift_high=nan, test=test)
