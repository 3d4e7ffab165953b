"""Fitting the candidates: one fixed shallow XGBoost, and the simple rules that it has to beat."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xgboost
from sklearn.linear_model import LogisticRegression

from omnichannel.scoring.model import Matrix, baseline_inputs

BASELINES: dict[str, tuple[str, ...]] = {
    "recency_rule": ("recency_days",),
    "rfm_logistic": ("recency_days", "orders_90d", "orders_365d", "spend_365d", "tenure_days"),
}
"""The simple rules: longest silence first, and a logistic regression over recency, frequency and monetary value."""


def fit_xgboost(
    matrix: Matrix, labels: Matrix, features: Sequence[str], parameters: Mapping[str, float], rounds: int, seed: int
) -> xgboost.Booster:
    """Trees over the features; the same rows in the same order give the same model."""
    data = xgboost.DMatrix(matrix, label=labels, feature_names=list(features))
    settings = {**parameters, "objective": "binary:logistic", "tree_method": "hist", "seed": seed}
    return _without_names(xgboost.train(settings, data, num_boost_round=rounds))


def fit_baselines(matrix: Matrix, labels: Matrix, features: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The fitted baselines as plain numbers, by name."""
    return {name: _fit_logistic(inputs, matrix, labels, features) for name, inputs in BASELINES.items()}


def _fit_logistic(inputs: Sequence[str], matrix: Matrix, labels: Matrix, features: Sequence[str]) -> dict[str, Any]:
    columns = matrix[:, [list(features).index(name) for name in inputs]]
    fill = [_highest(column) for column in columns.T]
    rule: dict[str, Any] = {"inputs": list(inputs), "fill": fill, "mean": [0.0] * len(inputs), "scale": [1.0] * len(inputs)}
    logged = baseline_inputs(rule, matrix, list(features))
    rule["mean"] = logged.mean(axis=0).tolist()
    rule["scale"] = [s or 1.0 for s in logged.std(axis=0).tolist()]
    fitted = LogisticRegression(max_iter=1000).fit(baseline_inputs(rule, matrix, list(features)), labels)
    return {**rule, "coefficients": fitted.coef_[0].tolist(), "intercept": float(fitted.intercept_[0])}


def _highest(column: Matrix) -> float:
    """What an unknown value counts as: the largest that was seen (never bought is like bought longest ago)."""
    known = column[~np.isnan(column)]
    return float(known.max()) if known.size else 0.0


def _without_names(booster: xgboost.Booster) -> xgboost.Booster:
    # Names in the model would have to be given at every prediction; the order of columns is in features.json.
    booster.feature_names = None
    return booster
