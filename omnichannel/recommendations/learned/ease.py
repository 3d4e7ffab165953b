"""EASE: item-to-item weights in closed form (Steck, "Embarrassingly shallow autoencoders for sparse data", 2019)."""

import numpy as np

from omnichannel.recommendations.learned.catalogue import Floats, Singles

PENALTY = 1000.0
"""The ridge penalty where products are bought often; measured best on Online Retail beside 300."""
SHARE_OF_GRAM = 8.0
"""Where products are bought seldom the penalty is this many times their mean in the Gram matrix, so that it does not drown them."""
LEAST_PENALTY = 10.0


def penalty(gram: Floats) -> float:
    """The ridge penalty for a Gram matrix, by how much was seen of an item on average."""
    mean = float(np.diag(gram).mean()) if len(gram) else 0.0
    return float(np.clip(SHARE_OF_GRAM * mean, LEAST_PENALTY, PENALTY))


def weights(gram: Floats, ridge: float | None = None) -> Singles:
    """W x W weights of a W x W Gram matrix: what an item of a history (row) says for each other item (column), in float32.

    Inverting takes W³ operations and 4 x 4 W² bytes. Single precision suffices: with the ridge the largest eigenvalue is some
    thousand times the smallest.
    """
    if not len(gram):
        return gram.astype(np.float32)
    held = gram.astype(np.float32)
    held[np.diag_indices_from(held)] += penalty(gram) if ridge is None else ridge
    inverse = np.linalg.inv(held)
    found = inverse / -np.diag(inverse)
    np.fill_diagonal(found, 0.0)
    return np.asarray(found)
