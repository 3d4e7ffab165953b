"""`playbook/segments.yaml`: the rules of lifecycle and frequency, how segments are found and called, and who look-alikes resemble."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from omnichannel.contracts.scores import Band, Model
from omnichannel.contracts.segments import SegmentRules
from omnichannel.playbook.document import FOLDER, UnusablePlaybook, filled, mapping, read, refuse_unknown, within

NAME = "segments"
DECADE = 3660
MOST_SEGMENTS = 20
LARGEST_SAMPLE = 100_000


@dataclass(frozen=True, kw_only=True)
class ClusterRules:
    """How segments are found; `match_within` is in standard deviations, `sample` in customers."""

    least: int
    most: int
    refit_days: int
    match_within: float
    sample: int

    def check(self, place: str) -> None:
        """Raises `UnusablePlaybook`."""
        within(self.least, 2, MOST_SEGMENTS, f"{place}.least")
        within(self.most, self.least, MOST_SEGMENTS, f"{place}.most")
        within(self.refit_days, 0, DECADE, f"{place}.refit_days")
        within(self.match_within, 0, 10, f"{place}.match_within")
        within(self.sample, 100, LARGEST_SAMPLE, f"{place}.sample")


@dataclass(frozen=True, kw_only=True)
class LookalikeRules:
    """Who is resembled, and by how many; sizes in customers."""

    model: str
    band: str
    seed_size: int
    expansion_size: int
    expansion_share: float
    neighbours: int

    def check(self, place: str) -> None:
        """Raises `UnusablePlaybook`."""
        for name, value, known in (("model", self.model, Model), ("band", self.band, Band)):
            if value not in {str(each) for each in known}:
                raise UnusablePlaybook(f"{place}.{name} is {value!r}; expected one of {', '.join(map(str, known))}")
        within(self.seed_size, 1, 10_000, f"{place}.seed_size")
        within(self.expansion_size, 1, 10_000_000, f"{place}.expansion_size")
        within(self.expansion_share, 0.001, 1, f"{place}.expansion_share")
        within(self.neighbours, 1, 50, f"{place}.neighbours")


@dataclass(frozen=True, kw_only=True)
class Words:
    """What much and little of something is called."""

    high: str
    low: str


@dataclass(frozen=True, kw_only=True)
class SegmentsPlaybook:
    """All of the file."""

    rules: SegmentRules
    clusters: ClusterRules
    lookalikes: LookalikeRules
    features: Mapping[str, Words] = field(default_factory=dict)
    families: Mapping[str, Words] = field(default_factory=dict)


def parsed(content: Mapping[str, Any]) -> SegmentsPlaybook:
    """From the file's content; raises `UnusablePlaybook`."""
    refuse_unknown(content, ("rules", "clusters", "lookalikes", "words"), f"{NAME}.yaml")
    rules = filled(SegmentRules, content.get("rules"), "rules")
    _check_rules(rules)
    clusters = filled(ClusterRules, content.get("clusters"), "clusters")
    clusters.check("clusters")
    lookalikes = filled(LookalikeRules, content.get("lookalikes"), "lookalikes")
    lookalikes.check("lookalikes")
    words = mapping(content.get("words"), "words")
    refuse_unknown(words, ("features", "families"), "words")
    return SegmentsPlaybook(
        rules=rules,
        clusters=clusters,
        lookalikes=lookalikes,
        features=_words(words.get("features"), "words.features"),
        families=_words(words.get("families"), "words.families"),
    )


def load(folder: Path = FOLDER) -> SegmentsPlaybook:
    """The file in a folder; raises `UnusablePlaybook`."""
    return parsed(read(NAME, folder))


@cache
def segments_playbook() -> SegmentsPlaybook:
    """This app's own file."""
    return load()


def _check_rules(rules: SegmentRules) -> None:
    for name, value in asdict(rules).items():
        within(value, 1, DECADE, f"rules.{name}")
    if not rules.new_days <= rules.active_days < rules.dormant_days:
        raise UnusablePlaybook(
            f"rules: new_days {rules.new_days}, active_days {rules.active_days}, dormant_days {rules.dormant_days}; "
            "expected new_days <= active_days < dormant_days"
        )


def _words(value: Any, place: str) -> dict[str, Words]:
    return {name: filled(Words, each, f"{place}.{name}") for name, each in mapping(value, place).items()}
