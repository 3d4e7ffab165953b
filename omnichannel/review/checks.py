"""What is looked at before scores are sent: each check with its value, its tolerance, and words for whoever has to decide."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from omnichannel.contracts.scores import Band
from omnichannel.review.compare import Moved, Spread
from omnichannel.review.tolerances import Tolerances

LEAST_IN_GROUP = 30
"""Customers that a group must have in both runs before its mean says anything."""

SHOWN = 3
"""Names in a sentence."""

Group = Mapping[str, Any]
"""`group` (lifecycle, subscribed, tenure, …), `value`, `customers`, `mean_score`."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at. `value` and `tolerance` are None where there is nothing to measure."""

    model: str
    name: str
    value: float | None
    tolerance: float | None
    within: bool
    says: str

    def to_dict(self) -> dict[str, Any]:
        """As the report has it."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Side:
    """One run of a model: what its manifest says, how its scores lie, and its groups where it has them."""

    manifest: Mapping[str, Any]
    spread: Spread
    groups: Sequence[Group] = ()


def first(model: str) -> Check:
    """A run without another to compare it with."""
    return Check(model=model, name="first_run", value=None, tolerance=None, within=False,
                 says="There is no approved run to compare it with: a person looks at the first one")  # fmt: skip


def later_approved(model: str, as_of: str, later: str) -> Check:
    """Scores of an earlier day than some that were sent already."""
    return Check(model=model, name="earlier_date", value=None, tolerance=None, within=False,
                 says=f"Scores as of {later} were approved before; these are older, as of {as_of}")  # fmt: skip


def of_itself(model: str, manifest: Mapping[str, Any], tolerances: Tolerances, known: Collection[str] = ()) -> Iterator[Check]:
    """What a run says of itself. `known` are the features whose drift was approved with the last run."""
    if manifest.get("drift"):
        yield _drift(model, drifted(manifest), known, tolerances)
    if manifest.get("infinite_as_unknown"):
        yield _infinite(model, manifest["infinite_as_unknown"])
    age = age_days(manifest)
    if age is not None:
        yield _most(
            model, "model_age", age, tolerances.model_age_days, f"The model learned from what was known {_count(age, 'day')} before"
        )


def against(model: str, now: Side, last: Side, moved: Moved, tolerances: Tolerances) -> Iterator[Check]:
    """What changed since the last approved run."""
    allowed = max(tolerances.score_psi, moved.chance_psi)
    alike = "as before" if moved.score_psi <= allowed else "differently from the last run"
    yield _most(model, "score_shift", moved.score_psi, allowed, f"The scores are spread {alike}")
    yield _population(model, now.spread.rows, last.spread.rows, tolerances)
    yield _bands(model, now.spread, last.spread, tolerances)
    share = moved.moved / moved.both if moved.both else 0.0
    says = f"{moved.moved:,} of {moved.both:,} customers who were scored before are in another band ({share:.1%})"
    yield _most(model, "movers", share, tolerances.movers, says)
    yield from _groups(model, now.groups, last.groups, tolerances)
    yield _published(model, str(now.manifest["published"]), str(last.manifest["published"]))


def drifted(manifest: Mapping[str, Any]) -> list[str]:
    """The features that are another distribution than at training."""
    return [str(name) for name in (manifest.get("drift") or {}).get("drifted", ())]


def age_days(manifest: Mapping[str, Any]) -> int | None:
    """Days from the date that the model was trained for to the one it scored for; None where the run does not say."""
    trained = (manifest.get("metrics") or {}).get("as_of")
    return (date.fromisoformat(str(manifest["as_of"])) - date.fromisoformat(str(trained))).days if trained else None


def outside(checks: Iterable[Check]) -> list[Check]:
    """Those that a person has to look at."""
    return [check for check in checks if not check.within]


def _most(model: str, name: str, value: float, tolerance: float, says: str) -> Check:
    return Check(model=model, name=name, value=value, tolerance=tolerance, within=value <= tolerance, says=says)


def _drift(model: str, names: Sequence[str], known: Collection[str], tolerances: Tolerances) -> Check:
    """Some features drift by their nature, as tenure does; what counts is which began to since somebody looked."""
    fresh = [name for name in names if name not in known]
    shown = ", ".join(fresh[:SHOWN]) + (", …" if len(fresh) > SHOWN else "")
    before = f"; {_count(len(names) - len(fresh), 'other')} had when the last run was approved" if len(names) > len(fresh) else ""
    says = f"{_count(len(fresh), 'feature')} drifted since training: {shown}{before}" if fresh else f"No feature began to drift{before}"
    return _most(model, "drift", len(fresh), tolerances.drifted_features, says)


def _infinite(model: str, found: Mapping[str, int]) -> Check:
    """Features are made finite, so an infinite one was made by something else."""
    most = sorted(found.items(), key=lambda each: -each[1])
    shown = ", ".join(f"{name} ({count:,})" for name, count in most[:SHOWN]) + (", …" if len(most) > SHOWN else "")
    says = f"Infinite values of {_count(len(most), 'feature')} count as unknown, as the model reads them: {shown}"
    return _most(model, "infinite", sum(found.values()), 0, says)


def _population(model: str, now: int, last: int, tolerances: Tolerances) -> Check:
    change = abs(now - last) / last if last else float(now > 0)
    says = f"{now:,} customers were scored, {last:,} in the last run ({_signed(now - last)})"
    return _most(model, "population", change, tolerances.population_change, says)


def _bands(model: str, now: Spread, last: Spread, tolerances: Tolerances) -> Check:
    changes = {band.value: _share(now, band.value) - _share(last, band.value) for band in Band}
    name = max(changes, key=lambda band: abs(changes[band]))
    says = f"The band {name} holds {_share(now, name):.1%} of the customers, {_share(last, name):.1%} in the last run"
    return _most(model, "bands", abs(changes[name]), tolerances.band_share_change, says)


def _groups(model: str, now: Sequence[Group], last: Sequence[Group], tolerances: Tolerances) -> Iterator[Check]:
    pairs = paired(now, last)
    if not pairs:
        return
    here, before = max(pairs, key=lambda pair: abs(pair[0]["mean_score"] - pair[1]["mean_score"]))
    change = abs(here["mean_score"] - before["mean_score"])
    says = f"The mean score of {here['group']} {here['value']} is {here['mean_score']:.3f}, {before['mean_score']:.3f} in the last run"
    yield _most(model, "groups", change, tolerances.group_mean_change, says)


def paired(now: Sequence[Group], last: Sequence[Group]) -> list[tuple[Group, Group]]:
    """The groups that are large enough in both runs."""
    before = {(g["group"], str(g["value"])): g for g in last if g["customers"] >= LEAST_IN_GROUP}
    large = (g for g in now if g["customers"] >= LEAST_IN_GROUP)
    return [(g, before[g["group"], str(g["value"])]) for g in large if (g["group"], str(g["value"])) in before]


def _published(model: str, now: str, last: str) -> Check:
    says = f"Published by {now}, as before" if now == last else f"Published by {now}; the last run was by {last}"
    return Check(model=model, name="published", value=None, tolerance=None, within=now == last, says=says)


def _share(spread: Spread, band: str) -> float:
    return spread.bands[band] / spread.rows if spread.rows else 0.0


def _signed(change: int) -> str:
    return f"{change:+,}" if change else "no change"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
