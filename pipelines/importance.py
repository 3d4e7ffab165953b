"""What a model leans on: its features in order, the direction of each, and whether the business expects that direction."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from omnichannel.scoring.model import Matrix, TrainedModel

ROWS = 5_000
"""Customers whose reasons are averaged: SHAP values cost 40 times the prediction."""

NEGLIGIBLE = 0.005
"""A feature with less than this share of the whole has no say."""


def importance(model: TrainedModel, matrix: Matrix) -> list[dict[str, Any]]:
    """Every input of the published candidate that has a say, the strongest first.

    `name`, `gain` (its share of the mean absolute contributions to the log-odds) and `direction`: `+` where a higher value raises the
    score, `-` where it lowers it, `0` where neither.
    """
    some = matrix[:: -(-len(matrix) // ROWS)]
    names, moved = model.contributions(some)
    weights = np.abs(moved).mean(axis=0)
    total = float(weights.sum()) or 1.0
    ranked = sorted(range(len(names)), key=lambda i: (-weights[i], names[i]))
    columns = {name: some[:, model.features.index(name)] for name in names}
    return [
        {"name": names[i], "gain": float(weights[i]) / total, "direction": direction(columns[names[i]], moved[:, i])}
        for i in ranked
        if weights[i] > 0
    ]


def direction(column: Matrix, moved: Matrix) -> str:
    """Whether what a feature adds rises with its value, by rank correlation over the customers of whom it is known."""
    known = ~np.isnan(column)
    values, added = column[known], moved[known]
    if len(values) < 2 or np.ptp(values) == 0 or np.ptp(added) == 0:
        return "0"
    return "+" if np.corrcoef(_ranks(values), _ranks(added))[0, 1] > 0 else "-"


def _ranks(values: Matrix) -> Matrix:
    """Ranks with the mean rank for equal values."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[place.reshape(-1)], dtype=np.float64)


def agreement(found: Sequence[Mapping[str, Any]], expected: Mapping[str, str]) -> dict[str, list[str]]:
    """The drivers that business and data science agreed on, by what the model makes of them.

    `agrees` and `disagrees` by the direction, strongest first; `missing` are not among the features with a say.
    """
    say = {each["name"]: each["direction"] for each in found if each["gain"] >= NEGLIGIBLE and each["direction"] != "0"}
    told = [name for name in say if name in expected]
    return {
        "agrees": [name for name in told if say[name] == expected[name]],
        "disagrees": [name for name in told if say[name] != expected[name]],
        "missing": sorted(name for name in expected if name not in say),
    }
