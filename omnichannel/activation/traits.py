"""Traits as every sink gets them, when they count as changed, and the message id that makes a repeat harmless."""

import hashlib
import json

from omnichannel.activation.parts import Traits
from omnichannel.contracts.scores import COUNTED_TRAITS, SCORE_DECIMALS, Trait

ID_CHARS = 40

_COUNTED = tuple(sorted(COUNTED_TRAITS))
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def rounded(score: float) -> float:
    """The score with as many decimals as are compared and sent."""
    return round(score, SCORE_DECIMALS)


def traits_hash(traits: Traits) -> str:
    """Names the counted traits' values: equal hashes mean that nothing that counts has changed."""
    counted = [(name, traits[name]) for name in _COUNTED if name in traits]
    return hashlib.sha256(_encode(counted).encode()).hexdigest()[:ID_CHARS]


def message_id(sink: str, sink_id: str, values: str, as_of: str) -> str:
    """The id of one delivery: the same sink, recipient, values (a traits hash) and date always make the same one."""
    return hashlib.sha256("\x1f".join((sink, sink_id, values, as_of)).encode()).hexdigest()[:ID_CHARS]


def scored(model: str, score: float, band: str) -> Traits:
    """The traits that one model's score becomes."""
    return {Trait(f"{model}_propensity").value: rounded(score), Trait(f"{model}_band").value: band}
