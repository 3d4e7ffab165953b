"""Who is in which arm: by a salted hash of the customer's id, so that it is sticky and every place that asks gets the same answer.

One cryptographic hash a customer gives a key; each experiment mixes its own salt into it. So positions in two experiments have
nothing to do with each other, and a million customers in twenty experiments cost a million hashes, not twenty.
"""

from collections.abc import Mapping
from hashlib import blake2b

_MASK = (1 << 64) - 1


def key_of(text: str) -> int:
    """64 bits of a customer's id, or of a salt."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def mixed(key: int, salt: int) -> int:
    """64 bits of both: the finaliser of splitmix64 (Steele, Lea, Flood 2014), whose every output bit depends on every input bit."""
    z = ((key ^ salt) + 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def position(salt: str, customer_id: str) -> float:
    """Where in [0, 1) the customer stands in the experiment with that salt."""
    return (mixed(key_of(customer_id), key_of(salt)) >> 11) / (1 << 53)


def arm_at(position: float, arms: Mapping[str, float]) -> str:
    """The arm at a position; `arms` are shares that add up to 1, in the order of the mapping. Growing the last arm but one moves
    nobody out of the ones before it.
    """
    edge = 0.0
    for name, share in arms.items():
        edge += share
        if position < edge:
            return name
    return list(arms)[-1]


def held_out(salt: str, share: float, customer_id: str) -> bool:
    """Whether the customer is in a holdout of that share: a larger share holds out the same customers, and more."""
    return position(salt, customer_id) < share
