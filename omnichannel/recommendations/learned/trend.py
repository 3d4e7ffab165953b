"""Fashion: products differ in how long ago customers were at them, which histories and likeness do not see."""

from dataclasses import dataclass

import numpy as np

from omnichannel.recommendations.learned.catalogue import Floats

SHARE = 0.4
"""The exponent of a product's freshness: less keeps more of the catalogue in sight, more follows the trend more closely."""
STEEPNESS = 3.0
"""The exponent of how much products tell of when customers were at them: nearly all has to be fashion before popularity takes over."""


@dataclass(frozen=True)
class Trend:
    """`fresh`: N factors around 1, higher for what customers were at lately. `fashion`: 0 to 1, how far the log is nothing but fashion."""

    fresh: Floats
    fashion: float


def trend(customers: Floats, recent: Floats, squares: Floats) -> Trend:
    """What a log tells of fashion, in the products' order.

    Each of a product's `customers` counts from 0 (long ago) to 1 (now): `recent` is their sum, `squares` the sum of their squares. A
    product's mean is drawn towards that of all as far as differences between products are no larger than chance makes them (one-way
    analysis of variance, random effects), so that a catalogue without trends, and a product that few know, is left as it is.
    `fashion` is the share of the variance between products (the intraclass correlation) to the power of `STEEPNESS`, as far as their
    means are apart: a shop that opened yesterday has none.
    """
    known = customers > 0
    kinds, total = int(known.sum()), float(customers.sum())
    if kinds < 2 or total <= kinds or recent.sum() <= 0:
        return Trend(np.ones(len(customers)), 0.0)
    mean = float(recent.sum()) / total
    means = np.where(known, recent / np.maximum(customers, 1.0), mean)
    within = max(float((squares - customers * means**2)[known].sum()), 0.0) / (total - kinds)
    between = float((customers * (means - mean) ** 2).sum()) / (kinds - 1)
    usual = (total - float((customers**2).sum()) / total) / (kinds - 1)
    spread = (between - within) / usual
    if spread <= 0:
        return Trend(np.ones(len(customers)), 0.0)
    resting = within / spread
    drawn = (recent + resting * mean) / np.where(known, customers + resting, 1.0)
    fashion = (spread / (spread + within)) ** STEEPNESS * spread / (spread + mean**2)
    return Trend(np.asarray(np.where(known, drawn / mean, 1.0) ** SHARE), fashion)
