"""What a cluster is called: what sets its customers apart, in the playbook's words."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

from omnichannel.playbook.segments import Words
from pipelines.segmenting.space import Matrix, Space

SPOKEN_OF = 0.3
"""Standard deviations from everybody's mean from which a difference is worth a word."""
SHOWN = 6
PLAIN = "Like most"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """By how many standard deviations a cluster's middle differs from everybody's mean, and both as values of the feature."""

    feature: str
    family: str
    difference: float
    value: float
    everybody: float

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def differences(space: Space, families: Mapping[str, str], middle: Matrix) -> list[Difference]:
    """The largest first."""
    values, means = space.raw(middle[None, :])[0], space.raw(middle[None, :] * 0)[0]
    found = [
        Difference(
            feature=scale.name,
            family=families.get(scale.name, ""),
            difference=round(float(middle[n] / scale.weight), 4),
            value=round(float(values[n]), 4),
            everybody=round(float(means[n]), 4),
        )
        for n, scale in enumerate(space.scales)
    ]
    return sorted(found, key=lambda d: (-abs(d.difference), d.feature))


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """Words by feature, and by family for the features that have none of their own."""

    features: Mapping[str, Words]
    families: Mapping[str, Words]

    def phrase(self, found: Difference) -> str:
        """What the difference is called."""
        words = self.features.get(found.feature) or self.families.get(found.family)
        if words is None:
            plain = found.feature.replace("_", " ")
            words = Words(high=f"much {plain}", low=f"little {plain}")
        return words.high if found.difference > 0 else words.low


def name(found: Sequence[Difference], words: Vocabulary, taken: Collection[str]) -> str:
    """A name that nobody has: the two largest differences of different families, further ones where that is taken."""
    phrases = _phrases(found, words)
    return next(candidate for candidate in _candidates(phrases) if candidate not in taken)


def _phrases(found: Sequence[Difference], words: Vocabulary) -> list[str]:
    """One a family, the largest first, each word once."""
    spoken: dict[str, str] = {}
    for difference in found:
        if abs(difference.difference) >= SPOKEN_OF:
            spoken.setdefault(difference.family or difference.feature, words.phrase(difference))
    return list(dict.fromkeys(spoken.values()))


def _candidates(phrases: list[str]) -> Iterator[str]:
    if not phrases:
        yield PLAIN
    for last in range(1, len(phrases)):
        yield _capital(f"{phrases[0]}, {phrases[last]}")
    for length in range(3, len(phrases) + 1):
        yield _capital(", ".join(phrases[:length]))
    base = _capital(", ".join(phrases[:2])) or PLAIN
    if len(phrases) == 1:
        yield base
    yield from (f"{base} ({number})" for number in count(2))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
