"""How much a score run may differ from the last approved one before a person looks: `playbook/review.yaml`, checked."""

import json
import math
from dataclasses import asdict, dataclass
from typing import Self


class BadTolerances(ValueError):
    """Tolerances that cannot be meant; the message says which and what would work."""


@dataclass(frozen=True, kw_only=True)
class Tolerances:
    """Each is the most that is still within.

    `score_psi`: population stability index of the scores. `population_change`: customers scored, as a share of those before.
    `band_share_change`: a band's share of customers, absolute. `movers`: customers who changed band, as a share of those in both runs.
    `group_mean_change`: a group's mean score, absolute. `drifted_features`: how many more than were approved.
    `model_age_days`: days since the model was trained.
    """

    score_psi: float
    population_change: float
    band_share_change: float
    movers: float
    group_mean_change: float
    drifted_features: int
    model_age_days: int

    def __post_init__(self) -> None:
        """Refuses what would approve anything, or nothing; raises `BadTolerances`."""
        for name, most in _MOST.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise BadTolerances(f"{name} is {value!r}; expected a number from {_LEAST[name]:g} to {most:g}")
            if not _LEAST[name] <= value <= most:
                raise BadTolerances(f"{name} is {value:g}; expected {_LEAST[name]:g} to {most:g}: {_WHY[name]}")
            if name in _WHOLE and value != int(value):
                raise BadTolerances(f"{name} is {value!r}; expected a whole number")

    @classmethod
    def of_json(cls, text: str) -> Self:
        """As a function finds them in its environment."""
        return cls(**json.loads(text))

    def to_json(self) -> str:
        """As the stack writes them into a function's environment."""
        return json.dumps(asdict(self))


_WHOLE = ("drifted_features", "model_age_days")
_LEAST = {
    "score_psi": 0.01, "population_change": 0.001, "band_share_change": 0.001, "movers": 0.001, "group_mean_change": 0.001,
    "drifted_features": 0, "model_age_days": 1,
}  # fmt: skip
_MOST = {
    "score_psi": 0.5, "population_change": 1.0, "band_share_change": 0.5, "movers": 0.9, "group_mean_change": 0.5,
    "drifted_features": 50, "model_age_days": 365,
}  # fmt: skip
_WHY = {
    "score_psi": "above 0.25 a distribution counts as another one, below 0.01 it is noise",
    "population_change": "1 lets the population double or vanish",
    "band_share_change": "0.5 lets half of all customers change band",
    "movers": "above 0.9 nothing is left of the last run",
    "group_mean_change": "scores lie between 0 and 1",
    "drifted_features": "0 means that no feature may drift",
    "model_age_days": "a model is trained every week, and one of another year knows nothing of this one",
}
