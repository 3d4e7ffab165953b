"""What an experiment says: each arm against control, whether the arms can be trusted, and whether there were enough customers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import isnan
from typing import Any

from omnichannel.experiments import statistics
from omnichannel.experiments.measure import Arm
from omnichannel.experiments.statistics import MISMATCH, Difference, Sample, Share
from omnichannel.playbook.experiments import Metric

METRICS = (Metric.CONVERSION, Metric.ORDER_VALUE, Metric.ENGAGEMENT, Metric.RETENTION)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What was to be found out, before anything was seen. `arms` has the planned shares; `minimum_effect` is in the metric's unit."""

    name: str
    arms: Mapping[str, float]
    control: str
    metric: Metric
    window_days: int
    minimum_effect: float
    alpha: float = statistics.ALPHA
    power: float = statistics.POWER


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One arm against control in one metric. `p` is Holm's where several arms are tried; `incremental` is what the arm has more of
    than it would have at control's level: customers, or money, and its interval.
    """

    arm: str
    metric: Metric
    value: float
    control: float
    difference: Difference
    p: float
    incremental: float
    incremental_low: float
    incremental_high: float


@dataclass(frozen=True, kw_only=True)
class Result:
    """An experiment read out. `verdict` says it in a sentence; `needed` is how many customers the largest arm should have had, with the
    others in proportion.
    """

    plan: Plan
    arms: Mapping[str, Arm]
    sample_ratio: float
    readings: tuple[Reading, ...]
    needed: int | None
    smallest_effect: float
    verdict: str = field(default="")

    @property
    def trusted(self) -> bool:
        """Whether the arms are as large as they were planned, give or take chance."""
        return self.sample_ratio >= MISMATCH

    def of(self, metric: Metric) -> tuple[Reading, ...]:
        """The readings of one metric, an arm each."""
        return tuple(reading for reading in self.readings if reading.metric is metric)

    def to_dict(self) -> dict[str, Any]:
        """The result as plain JSON values; what nobody can say is null."""
        found: dict[str, Any] = _plain({**asdict(self), "trusted": self.trusted})
        return found


def read(plan: Plan, arms: Mapping[str, Arm]) -> Result:
    """The result of an experiment from its arms' outcomes (`measure.arms`); arms that nobody was drawn into are absent."""
    counts = {arm: found.drawn for arm, found in arms.items()}
    ratio = statistics.sample_ratio(counts, {arm: share for arm, share in plan.arms.items() if share > 0})
    readings = tuple(reading for metric in METRICS for reading in _readings(plan, arms, metric))
    result = Result(
        plan=plan, arms=arms, sample_ratio=ratio, readings=readings, needed=_needed(plan, arms), smallest_effect=_smallest(plan, arms)
    )
    return Result(**{**{f: getattr(result, f) for f in result.__dataclass_fields__}, "verdict": _verdict(result)})


def _readings(plan: Plan, arms: Mapping[str, Arm], metric: Metric) -> list[Reading]:
    control = arms.get(plan.control)
    treated = [arm for arm in plan.arms if arm != plan.control and arm in arms]
    if control is None:
        return []
    found = [_difference(_of(arms[arm], metric), _of(control, metric), plan.alpha) for arm in treated]
    sure = [n for n, difference in enumerate(found) if not isnan(difference.p)]
    adjusted = dict(zip(sure, statistics.adjusted([found[n].p for n in sure]), strict=True))
    return [_reading(arm, metric, arms[arm], control, found[n], adjusted.get(n, found[n].p)) for n, arm in enumerate(treated)]


def _reading(name: str, metric: Metric, arm: Arm, control: Arm, difference: Difference, p: float) -> Reading:
    mine, theirs = _of(arm, metric), _of(control, metric)
    people = mine.customers
    return Reading(
        arm=name, metric=metric, value=mine.value, control=theirs.value, difference=difference, p=p,
        incremental=difference.value * people, incremental_low=difference.low * people, incremental_high=difference.high * people,
    )  # fmt: skip


def _of(arm: Arm, metric: Metric) -> Share | Sample:
    found: Share | Sample = getattr(arm, metric.value)
    return found


def _difference(treated: Share | Sample, control: Share | Sample, alpha: float) -> Difference:
    if isinstance(treated, Share) and isinstance(control, Share):
        return statistics.shares(treated, control, alpha)
    assert isinstance(treated, Sample) and isinstance(control, Sample)  # noqa: S101, PT018 - both are of one metric
    return statistics.means(treated, control, alpha)


def _needed(plan: Plan, arms: Mapping[str, Arm]) -> int | None:
    """Treated customers that the planned effect asks for, at control's own rate; None for money, or where nothing can be said."""
    base = _base(plan, arms)
    if base is None or not 0 < base + plan.minimum_effect < 1:
        return None
    largest = max((share for arm, share in plan.arms.items() if arm != plan.control), default=0)
    if not largest or not plan.arms.get(plan.control):
        return None
    return statistics.customers_needed(
        base, plan.minimum_effect, alpha=plan.alpha, power=plan.power, control_per_treated=plan.arms[plan.control] / largest
    )


def _smallest(plan: Plan, arms: Mapping[str, Arm]) -> float:
    """The smallest effect that so many customers can show, NaN for money."""
    base, control = _base(plan, arms), arms.get(plan.control)
    treated = min((_of(arm, plan.metric).customers for name, arm in arms.items() if name != plan.control), default=0)
    if base is None or control is None:
        return float("nan")
    return statistics.smallest_effect(base, treated, _of(control, plan.metric).customers, alpha=plan.alpha, power=plan.power)


def _base(plan: Plan, arms: Mapping[str, Arm]) -> float | None:
    if plan.metric is Metric.ORDER_VALUE or plan.control not in arms:
        return None
    value = _of(arms[plan.control], plan.metric).value
    return value if 0 < value < 1 else None


def _verdict(result: Result) -> str:
    plan, seen = result.plan, sum(arm.customers for arm in result.arms.values())
    if not result.arms:
        return "nobody has been drawn yet"
    if not plan.arms.get(plan.control):
        return "nobody is left out, so there is nothing to compare with: give control a share"
    if not result.trusted:
        return (
            f"the arms are not of the planned size (p = {result.sample_ratio:.2g}): something left customers out of one of them; "
            "no difference below can be trusted before that is found"
        )
    if not seen:
        return f"too early: nobody's window of {plan.window_days} days is over"
    read_out = [reading for reading in result.of(plan.metric) if not isnan(reading.p)]
    if not read_out:
        return "too few customers in an arm, or in control, to compare"
    certain = [reading for reading in read_out if reading.p < plan.alpha]
    if certain:
        best = max(certain, key=lambda reading: abs(reading.difference.value))
        word = "raised" if best.difference.value > 0 else "lowered"
        return f"{best.arm} {word} {plan.metric} (p = {best.p:.2g})"
    return f"no difference in {plan.metric} that chance would not make{_room(result)}"


def _room(result: Result) -> str:
    smallest = result.smallest_effect
    if isnan(smallest) or smallest <= result.plan.minimum_effect:
        return ""
    return f"; so few customers would have shown only one of {smallest:.1%} or more, the plan asks for {result.plan.minimum_effect:.1%}"


def _plain(value: Any) -> Any:
    """JSON knows no NaN."""
    if isinstance(value, float):
        return None if isnan(value) or value in (float("inf"), float("-inf")) else value
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
