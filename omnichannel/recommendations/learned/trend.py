"""What is going out of fashion: products differ in how long ago customers were at them, which histories and likeness do not see."""

import numpy as np

from omnichannel.recommendations.learned.catalogue import Floats

SHARE = 0.4
"""The exponent of a product's freshness: less keeps more of the catalogue in sight, more follows the trend more closely."""


def freshness(customers: Floats, recent: Floats, squares: Floats) -> Floats:
    """N factors around 1, in the products' order: higher for what customers were at lately.

    Each of a product's `customers` counts from 0 (long ago) to 1 (now): `recent` is their sum, `squares` the sum of their squares. A
    product's mean is drawn towards that of all as far as differences between products are no larger than chance makes them (one-way
    analysis of variance, random effects), so that a catalogue without trends, and a product that few know, is left as it is.
    """
    known = customers > 0
    kinds, total = int(known.sum()), float(customers.sum())
    if kinds < 2 or total <= kinds or recent.sum() <= 0:
        return np.ones(len(customers))
    mean = float(recent.sum()) / total
    means = np.where(known, recent / np.maximum(customers, 1.0), mean)
    within = max(float((squares - customers * means**2)[known].sum()), 0.0) / (total - kinds)
    between = float((customers * (means - mean) ** 2).sum()) / (kinds - 1)
    usual = (total - float((customers**2).sum()) / total) / (kinds - 1)
    spread = (between - within) / usual
    if spread <= 0:
        return np.ones(len(customers))
    resting = within / spread
    drawn = (recent + resting * mean) / np.where(known, customers + resting, 1.0)
    return np.asarray(np.where(known, drawn / mean, 1.0) ** SHARE)
