"""The positions of many customers at once, the same to the bit as `omnichannel.experiments.assignment` gives them one by one."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from omnichannel.experiments.assignment import key_of

Keys = np.ndarray[Any, np.dtype[np.uint64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]

_STEP, _FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31, _11 = (np.uint64(bits) for bits in (30, 27, 31, 11))
_WHOLE = 1.0 / (1 << 53)


def keys_of(customer_ids: Iterable[str]) -> Keys:
    """64 bits of each id."""
    return np.fromiter(map(key_of, customer_ids), np.uint64)


def positions(keys: Keys, salt: int | Keys) -> Floats:
    """Where in [0, 1) each customer stands under a salt's key; under a column of several, a salt a row."""
    z = (keys ^ np.asarray(salt, np.uint64)) + _STEP
    z = (z ^ (z >> _30)) * _FIRST
    z = (z ^ (z >> _27)) * _SECOND
    return ((z ^ (z >> _31)) >> _11).astype(np.float64) * _WHOLE
