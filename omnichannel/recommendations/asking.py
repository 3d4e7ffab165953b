"""Whom of Personalize the recommendations API asks, by placement: worked out when it is deployed, read when it starts."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from omnichannel.contracts.recommendations import Placement


@dataclass(frozen=True, kw_only=True)
class Asking:
    """For one placement: who recommends, best first, the filter that goes along, and who ranks the own lists; what is empty is not asked.

    Each is `kind/name`, such as `campaign/similar-items`: the end of an ARN, without the dataset group's name.
    """

    sources: tuple[str, ...] = ()
    filter: str = ""
    ranking: str = ""

    @property
    def things(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(filter(None, (*self.sources, self.filter, self.ranking)))


def to_json(asked: Mapping[Placement, Asking]) -> str:
    """As a function's environment carries it."""
    return json.dumps({placement: asdict(each) for placement, each in asked.items()}, separators=(",", ":"))


def from_json(text: str) -> dict[Placement, Asking]:
    """What `to_json` wrote; another text raises `ValueError` or `TypeError`."""
    return {Placement(name): Asking(**{**each, "sources": tuple(each["sources"])}) for name, each in json.loads(text).items()}
