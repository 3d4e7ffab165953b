"""A trained model's folder, and its predictions. Travels inside the model archive, so it imports nothing of this repository.

The folder holds `features.json` (the columns in their order), `xgboost.json`, `baselines.json` and, once evaluated,
`published.json`: the name of the candidate whose scores are used.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xgboost

XGBOOST = "xgboost"
Matrix = npt.NDArray[np.float64]


class TrainedModel:
    """Every candidate that was trained on the same customers, by name."""

    def __init__(
        self, features: Sequence[str], booster: xgboost.Booster, baselines: Mapping[str, Mapping[str, Any]], published: str
    ) -> None:
        self.features = list(features)
        self.booster = booster
        self.baselines = baselines
        self.published = published

    @classmethod
    def load(cls, folder: Path) -> "TrainedModel":
        """From a model folder; before evaluation XGBoost counts as published."""
        booster = xgboost.Booster()
        booster.load_model(folder / "xgboost.json")
        chosen = folder / "published.json"
        published = json.loads(chosen.read_text())["published"] if chosen.exists() else XGBOOST
        return cls(
            json.loads((folder / "features.json").read_text()),
            booster,
            json.loads((folder / "baselines.json").read_text()),
            published,
        )

    @property
    def candidates(self) -> tuple[str, ...]:
        """XGBoost and the baselines."""
        return (XGBOOST, *self.baselines)

    def predict(self, matrix: Matrix, candidate: str | None = None) -> Matrix:
        """The probability of the label, 0..1, for each row of features (in the order of `features`, NaN where unknown)."""
        if matrix.shape[1] != len(self.features):
            raise ValueError(f"rows have {matrix.shape[1]} columns; the model needs {len(self.features)}: {', '.join(self.features)}")
        name = candidate or self.published
        if name == XGBOOST:
            return np.asarray(self.booster.inplace_predict(matrix), dtype=np.float64)
        return predict_baseline(self.baselines[name], matrix, self.features)

    def reasons(self, matrix: Matrix, top: int = 3) -> list[list[str]]:
        """The features that moved each row's score the most, strongest first; a baseline names all its inputs."""
        if self.published != XGBOOST:
            inputs = list(self.baselines[self.published]["inputs"])
            return [inputs] * len(matrix)
        contributions = self.booster.predict(xgboost.DMatrix(matrix), pred_contribs=True)[:, :-1]
        strongest = np.argsort(-np.abs(contributions), axis=1, kind="stable")[:, :top]
        return [[self.features[i] for i in row] for row in strongest]


def baseline_inputs(rule: Mapping[str, Any], matrix: Matrix, features: Sequence[str]) -> Matrix:
    """The columns of a baseline on a log scale, standardised; an unknown value counts as the rule's `fill`."""
    columns = matrix[:, [features.index(name) for name in rule["inputs"]]]
    filled = np.where(np.isnan(columns), np.asarray(rule["fill"]), columns)
    scaled = (np.log1p(np.maximum(filled, 0.0)) - np.asarray(rule["mean"])) / np.asarray(rule["scale"])
    return np.asarray(scaled, dtype=np.float64)


def predict_baseline(rule: Mapping[str, Any], matrix: Matrix, features: Sequence[str]) -> Matrix:
    """A logistic curve over the baseline's inputs."""
    logits = baseline_inputs(rule, matrix, features) @ np.asarray(rule["coefficients"]) + rule["intercept"]
    return np.asarray(1.0 / (1.0 + np.exp(-logits)), dtype=np.float64)
