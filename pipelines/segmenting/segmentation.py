"""The segments of a date: kept from the last run, or found anew and matched with it, so that ids and names live on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from omnichannel.playbook.segments import ClusterRules, SegmentsPlaybook
from pipelines.segmenting import clustering, matching, naming
from pipelines.segmenting.clustering import Fit
from pipelines.segmenting.customers import Customers
from pipelines.segmenting.naming import Vocabulary
from pipelines.segmenting.space import Matrix, Space, space_of

LEAST_CUSTOMERS = 50
"""Fewer customers than this say nothing about groups of customers."""
EVERYBODY = "Everybody"


@dataclass(frozen=True, kw_only=True)
class Segment:
    """One segment: its id for life, its name, its middle in the space, since when it lives, and what sets it apart."""

    id: str
    name: str
    since: str
    middle: tuple[float, ...]
    because: tuple[Mapping[str, Any], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {**vars(self), "middle": list(self.middle), "because": [dict(each) for each in self.because]}

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> "Segment":
        """From `to_dict`."""
        return cls(**{**found, "middle": tuple(found["middle"]), "because": tuple(found["because"])})


@dataclass(frozen=True, kw_only=True)
class Segmentation:
    """What assigns customers to segments, and how it came about. `next_id` is the number of the next new segment: none is used twice."""

    space: Space
    segments: tuple[Segment, ...]
    fitted_as_of: str
    refitted: str
    next_id: int
    choice: Mapping[str, Any]
    matched: Mapping[str, Any]
    fallback: Mapping[str, str] | None = None

    @property
    def middles(self) -> Matrix:
        """(segments, features)."""
        return np.array([segment.middle for segment in self.segments], dtype=np.float64).reshape(len(self.segments), -1)

    def assign(self, values: Matrix) -> tuple[Any, Matrix]:
        """Of customers (rows) by the space's features the numbers of their segments, and distances in standard deviations."""
        labels, far = clustering.assign(self.space.place(values), self.middles)
        return labels, np.round(far / self.space.unit, clustering.DECIMALS)

    def model(self) -> dict[str, Any]:
        """As the manifest keeps it."""
        return {**self.space.to_dict(), "segments": [segment.to_dict() for segment in self.segments]}

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> "Segmentation":
        """That of an earlier run."""
        return cls(
            space=Space.of(manifest["model"]),
            segments=tuple(Segment.of(each) for each in manifest["model"]["segments"]),
            fitted_as_of=manifest["fitted_as_of"],
            refitted="",
            next_id=manifest["next_id"],
            choice=manifest["choice"],
            matched={},
        )


def segmentation(
    customers: Customers, last: Mapping[str, Any] | None, playbook: SegmentsPlaybook, as_of: date, next_id: int = 1
) -> Segmentation:
    """The segments of `customers` as of a date; `last` is the manifest of the run before, if there was one.

    New segments are numbered from `next_id`, or from what `last` says where that is more. Without enough different customers to find
    groups among, the last run's segments stay, or everybody is one segment: a fallback.
    """
    before = Segmentation.of(last) if last else None
    number = max(next_id, before.next_id if before else 1)
    reason = _why_anew(before, customers, playbook.clusters, as_of)
    if before and not reason:
        return replace(before, refitted="kept", matched=_stayed(before), next_id=number)
    sample = customers.sample(playbook.clusters.sample)
    space = space_of(customers.features, sample)
    points = space.place(space.picked(customers.names, sample))
    unfit = _unfit(points)
    if unfit:
        return _fallback(unfit, before, customers, as_of, number)
    choice = clustering.choose(points, playbook.clusters.least, playbook.clusters.most)
    found = _Found(space=space, taken=choice.taken, families=customers.families, as_of=as_of)
    return replace(_named(found, before, playbook, number), refitted=reason or "first", choice=choice.to_dict())


def _why_anew(before: Segmentation | None, customers: Customers, rules: ClusterRules, as_of: date) -> str:
    """Why segments have to be found anew; '' when the last ones can stay."""
    if before is None:
        return "first"
    if not before.space.features:
        return "the last run found no groups"
    gone = sorted(set(before.space.features) - set(customers.names))
    if gone:
        return f"features that the last run used are no more: {', '.join(gone)}"
    age = (as_of - date.fromisoformat(before.fitted_as_of)).days
    return f"found {age} days ago" if age >= rules.refit_days else ""


def _unfit(points: Matrix) -> dict[str, str] | None:
    if len(points) < LEAST_CUSTOMERS:
        return {"name": "too-few-customers", "message": f"{len(points)} customers; at least {LEAST_CUSTOMERS} make groups"}
    if not points.shape[1] or len(np.unique(points, axis=0)) < 2:
        return {"name": "nothing-varies", "message": f"{len(points)} customers are alike in every feature; there are no groups among them"}
    return None


def _fallback(why: dict[str, str], before: Segmentation | None, customers: Customers, as_of: date, number: int) -> Segmentation:
    usable = before is not None and set(before.space.features) <= set(customers.names)
    if before is not None and usable:
        kept = {**why, "message": f"{why['message']}. The segments of {before.fitted_as_of} stay."}
        return replace(before, refitted="kept", matched=_stayed(before), fallback=kept, next_id=number)
    everybody = Segment(id=_id(number), name=EVERYBODY, since=as_of.isoformat(), middle=())
    retired = [{"id": s.id, "name": s.name} for s in before.segments] if before else []
    return Segmentation(
        space=Space(scales=()),
        segments=(everybody,),
        fitted_as_of=as_of.isoformat(),
        refitted="fallback",
        next_id=number + 1,
        choice={"k": 1, "rule": "fallback", "curve": []},
        matched={"kept": [], "new": [everybody.id], "retired": retired},
        fallback={**why, "message": f"{why['message']}. Everybody is in one segment."},
    )


@dataclass(frozen=True, kw_only=True)
class _Found:
    """Clusters without ids and names."""

    space: Space
    taken: Fit
    families: Mapping[str, str]
    as_of: date


def _named(found: _Found, before: Segmentation | None, playbook: SegmentsPlaybook, number: int) -> Segmentation:
    old = before.segments if before else ()
    within = playbook.clusters.match_within
    apart = _apart(found, before) if before and old else np.empty((0, 0))
    matched = matching.match([s.id for s in old], apart, within)
    by_id = {s.id: s for s in old}
    kept = {n: by_id[id_] for n, (id_, _) in matched.pairs.items()}
    segments, next_id = _segments(found, kept, number, playbook, {s.name for s in old})
    return Segmentation(
        space=found.space,
        segments=segments,
        fitted_as_of=found.as_of.isoformat(),
        refitted="",
        next_id=next_id,
        choice={},
        matched={
            "rule": matching.RULE,
            "within": within,
            "kept": [{"id": id_, "distance": distance} for id_, distance in sorted(matched.pairs.values())],
            "new": [s.id for n, s in enumerate(segments) if n not in kept],
            "retired": [{"id": id_, "name": by_id[id_].name} for id_ in matched.retired],
        },
    )


def _apart(found: _Found, before: Segmentation) -> Matrix:
    return matching.distances(before.space, before.middles, found.space, found.taken.centroids, found.taken.shares)


def _segments(
    found: _Found, kept: Mapping[int, Segment], next_id: int, playbook: SegmentsPlaybook, taken: set[str]
) -> tuple[tuple[Segment, ...], int]:
    """Every cluster with an id and a name; the larger ones are named first, and no name of the last run is given to another."""
    words, names, segments = Vocabulary(features=playbook.features, families=playbook.families), set(taken), []
    for number, middle in enumerate(found.taken.centroids):
        differences = naming.differences(found.space, found.families, middle)
        segment = Segment(
            id=kept[number].id if number in kept else _id(next_id),
            name=kept[number].name if number in kept else naming.name(differences, words, names),
            since=kept[number].since if number in kept else found.as_of.isoformat(),
            middle=tuple(float(value) for value in middle),
            because=tuple(each.to_dict() for each in differences[: naming.SHOWN]),
        )
        next_id += number not in kept
        names.add(segment.name)
        segments.append(segment)
    return tuple(segments), next_id


def _stayed(before: Segmentation) -> dict[str, Any]:
    return {"kept": [{"id": s.id, "distance": 0.0} for s in before.segments], "new": [], "retired": []}


def _id(number: int) -> str:
    return f"s{number:02d}"
