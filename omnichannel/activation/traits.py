"""Traits as every sink gets them."""

from omnichannel.activation.parts import Traits
from omnichannel.contracts.scores import SCORE_DECIMALS, Trait


def rounded(score: float) -> float:
    """The score with as many decimals as are compared and sent."""
    return round(score, SCORE_DECIMALS)


def scored(model: str, score: float, band: str) -> Traits:
    """The traits that one model's score becomes."""
    return {Trait(f"{model}_propensity").value: rounded(score), Trait(f"{model}_band").value: band}
