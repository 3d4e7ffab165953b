"""A trained model's folder, its predictions and their reasons. Travels inside the model archive, so it imports nothing of this repository.

The folder holds `layout.json` (the version of what follows), `features.json` (the columns in their order), `xgboost.json`,
`baselines.json` (the simple rules as plain numbers), `blend.json` (how far the trees are drawn towards which of the rules, or null),
`calibration.json` (a candidate's slope and intercept on the log-odds, or null), `published.json` once evaluated (the candidate whose
scores are used), and beside them what people and drift read: `parameters.json`, `validation.json`, `reference.json`,
`evaluation.json`, `card.json`.
"""

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xgboost

XGBOOST = "xgboost"
LAYOUT = 4
"""The version of the folder that this code writes and reads."""

FILES = ("features.json", "xgboost.json", "baselines.json", "blend.json", "calibration.json")
LOGISTIC, BGNBD, WIDE = "logistic", "bgnbd", "wide"
KINDS = (LOGISTIC, BGNBD, WIDE)
FARTHEST = 8.0
"""Standard deviations beyond which a wide rule's column counts as so many."""

LOT = 2_048
"""Rows whose columns fit into a processor's own memory."""

Matrix = npt.NDArray[np.float64]


class ModelVersionError(Exception):
    """A model folder of another version than this code's; the message names both."""


class TrainedModel:
    """Every candidate that was trained on the same customers, by name.

    `xgboost` is the mean on the log-odds of the trees and of the simple rules `with` which `blend` draws them together, with a `weight` of
    the trees; or the trees alone where `blend` is None.
    """

    def __init__(
        self,
        features: Sequence[str],
        booster: xgboost.Booster,
        baselines: Mapping[str, Mapping[str, Any]],
        published: str = XGBOOST,
        calibration: Mapping[str, Mapping[str, float] | None] | None = None,
        blend: Mapping[str, Any] | None = None,
    ) -> None:
        self.features = list(features)
        self.booster = booster
        self.baselines = baselines
        self.published = published
        self.calibration = calibration or {}
        self.blend = blend

    @classmethod
    def load(cls, folder: Path, known: Sequence[str] | None = None) -> "TrainedModel":
        """From a model folder; before evaluation XGBoost counts as published.

        `known` are the features that the caller can make. Raises `ModelVersionError` for a folder of another layout, with files
        missing, or with features or rules that nobody here knows.
        """
        _refuse_another_version(folder)
        features = json.loads((folder / "features.json").read_text())
        unknown = [name for name in features if known is not None and name not in known]
        if unknown:
            raise ModelVersionError(
                f"the model in {folder} needs {len(unknown)} features that this code does not make: {', '.join(unknown)}; "
                f"it was trained by another version with {len(features)} features, this one makes {len(known or ())}. Train again."
            )
        booster = xgboost.Booster()
        booster.load_model(folder / "xgboost.json")
        if booster.num_features() != len(features):
            raise ModelVersionError(f"the trees in {folder} have {booster.num_features()} columns, features.json {len(features)}")
        baselines, blend, calibration = (
            json.loads((folder / f"{name}.json").read_text()) for name in ("baselines", "blend", "calibration")
        )
        strange = sorted({rule.get("kind", "none") for rule in baselines.values()} - set(KINDS))
        if strange:
            raise ModelVersionError(f"the model in {folder} has rules of kind {', '.join(strange)}; this code knows {', '.join(KINDS)}")
        chosen = folder / "published.json"
        published = json.loads(chosen.read_text())["published"] if chosen.exists() else XGBOOST
        return cls(features, booster, baselines, published, calibration, blend)

    @property
    def candidates(self) -> tuple[str, ...]:
        """XGBoost and the baselines."""
        return (XGBOOST, *self.baselines)

    def predict(self, matrix: Matrix, candidate: str | None = None) -> Matrix:
        """The probability of the label, 0..1, for each row of features (in the order of `features`, NaN where unknown).

        An infinite value counts as unknown. Raises `ValueError` for rows of another width.
        """
        name = candidate or self.published
        return calibrated(self.raw(matrix, name), self.calibration.get(name))

    def raw(self, matrix: Matrix, candidate: str) -> Matrix:
        """A candidate's probabilities before calibration."""
        known = self._known(matrix)
        if candidate != XGBOOST:
            return predict_baseline(self.baselines[candidate], known, self.features)
        trees = np.asarray(self.booster.inplace_predict(known), dtype=np.float64)
        if self.blend is None:
            return trees
        return blended(trees, [predict_baseline(rule, known, self.features) for rule in self._partners], self.blend["weight"])

    def reasons(self, matrix: Matrix, top: int = 3, *, exact: bool = True) -> list[list[str]]:
        """The features that moved each row's score the most, strongest first: `+name` raised it, `-name` lowered it.

        XGBoost's are SHAP values; `exact=False` takes the quick approximation along the trees' paths. A published baseline's are its
        inputs by coefficient times standardised value. What moved nothing is left out, but one reason is always given.
        """
        names, moved = self.contributions(matrix, exact=exact)
        strongest = np.argsort(-np.abs(moved), axis=1, kind="stable")[:, :top]
        signs = np.take_along_axis(moved, strongest, axis=1)
        return [_named(names, order, sign) for order, sign in zip(strongest.tolist(), signs.tolist(), strict=True)]

    def contributions(self, matrix: Matrix, *, exact: bool = True) -> tuple[list[str], Matrix]:
        """The published candidate's inputs and how far each moved each row's log-odds (rows x inputs)."""
        known = self._known(matrix)
        if self.published != XGBOOST:
            rule = self.baselines[self.published]
            return list(rule["inputs"]), baseline_contributions(rule, known, self.features)
        told = self.booster.predict(xgboost.DMatrix(known), pred_contribs=True, approx_contribs=not exact)
        moved = np.asarray(told[:, :-1], dtype=np.float64)
        if self.blend is not None:
            moved *= self.blend["weight"]
            for rule in self._partners:
                places = [self.features.index(name) for name in rule["inputs"]]
                share = (1 - self.blend["weight"]) / len(self._partners)
                moved[:, places] += share * baseline_contributions(rule, known, self.features)
        return self.features, moved

    @property
    def _partners(self) -> list[Mapping[str, Any]]:
        return [self.baselines[name] for name in self.blend["with"]] if self.blend else []

    def _known(self, matrix: Matrix) -> Matrix:
        if matrix.ndim != 2 or matrix.shape[1] != len(self.features):
            width = matrix.shape[1] if matrix.ndim == 2 else 0
            raise ValueError(f"rows have {width} columns; the model needs {len(self.features)}: {', '.join(self.features)}")
        return without_infinity(matrix)


def without_infinity(matrix: Matrix) -> Matrix:
    """`matrix` with NaN in the place of infinite values (the same array where there are none)."""
    infinite = np.isinf(matrix)
    return np.where(infinite, np.nan, matrix) if infinite.any() else matrix


def log_odds(probabilities: Matrix) -> Matrix:
    """Their logarithm of p / (1 - p), kept finite."""
    clipped = np.clip(probabilities, 1e-7, 1 - 1e-7)
    return np.asarray(np.log(clipped / (1 - clipped)), dtype=np.float64)


def blended(trees: Matrix, rules: Sequence[Matrix], weight: float) -> Matrix:
    """The mean, on the log-odds, of the trees' probabilities with that weight and of the rules', which share the rest evenly."""
    drawn = log_odds(rules[0])
    for rule in rules[1:]:
        drawn = drawn + log_odds(rule)
    return sigmoid(weight * log_odds(trees) + (1 - weight) / len(rules) * drawn)


def calibrated(raw: Matrix, line: Mapping[str, float] | None) -> Matrix:
    """Probabilities moved along a line on the log-odds (`slope`, `intercept`); as they are without one."""
    if line is None:
        return raw
    return sigmoid(line["slope"] * log_odds(raw) + line["intercept"])


def sigmoid(logits: Matrix) -> Matrix:
    """The logistic curve."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -50.0, 50.0))), dtype=np.float64)


def baseline_inputs(rule: Mapping[str, Any], matrix: Matrix, features: Sequence[str]) -> Matrix:
    """The standardised columns of a rule: its inputs on a log scale, or for BG/NBD the log-odds of a purchase within the horizon.

    An unknown value counts as the rule's `fill`; a wide rule has a column more for each input that says whether it is unknown.
    """
    places = {name: place for place, name in enumerate(features)}
    columns = matrix[:, [places[name] for name in rule["inputs"]]]
    if rule["kind"] == WIDE:
        return _wide_inputs(rule, columns)
    filled = np.maximum(np.where(np.isnan(columns), np.asarray(rule["fill"]), columns), 0.0)
    scaled = purchase_log_odds(rule["parameters"], *filled.T)[:, None] if rule["kind"] == BGNBD else np.log1p(filled)
    return np.asarray((scaled - np.asarray(rule["mean"])) / np.asarray(rule["scale"]), dtype=np.float64)


def _wide_inputs(rule: Mapping[str, Any], columns: Matrix) -> Matrix:
    unknown = np.isnan(columns)
    filled = np.where(unknown, np.asarray(rule["fill"]), columns)
    scaled = np.concatenate([np.sign(filled) * np.log1p(np.abs(filled)), unknown], axis=1)
    # Far from everybody it was fitted on, a straight line says nothing any more.
    return np.asarray(np.clip((scaled - np.asarray(rule["mean"])) / np.asarray(rule["scale"]), -FARTHEST, FARTHEST), dtype=np.float64)


def predict_baseline(rule: Mapping[str, Any], matrix: Matrix, features: Sequence[str]) -> Matrix:
    """A logistic curve over the rule's inputs."""
    if rule["kind"] == WIDE:
        return sigmoid(_wide_log_odds(rule, matrix, features))
    # A sum, not a product of matrices, and along memory: its bits are the same for one row and for many.
    moved = np.ascontiguousarray(baseline_inputs(rule, matrix, features) * np.asarray(rule["coefficients"]))
    return sigmoid(moved.sum(axis=1) + rule["intercept"])


def _wide_log_odds(rule: Mapping[str, Any], matrix: Matrix, features: Sequence[str]) -> Matrix:
    """The sum of a wide rule's contributions and its intercept, without its matrix of twice as many columns: a few rows at a time, on
    each processor."""
    places = [features.index(name) for name in rule["inputs"]]
    (mean, _), (scale, _), (weights, _) = (np.split(np.asarray(rule[name]), 2) for name in ("mean", "scale", "coefficients"))
    # What an input adds when it is unknown is a number, and so is what not being unknown adds.
    nobody, everybody = (np.full((1, len(places)), value) for value in (np.nan, 0.0))
    shift = (_wide_inputs(rule, everybody) * np.asarray(rule["coefficients"]))[0, len(places) :]
    absent = (_wide_inputs(rule, nobody) * np.asarray(rule["coefficients"]))[0].reshape(2, -1).sum(axis=0) - shift
    told = np.empty(len(matrix))

    def tell(start: int) -> None:
        rows = matrix[start : start + LOT] if places == list(range(matrix.shape[1])) else matrix[start : start + LOT, places]
        moved = np.copysign(np.log1p(np.abs(rows)), rows)
        moved -= mean
        moved /= scale
        np.clip(moved, -FARTHEST, FARTHEST, out=moved)
        moved *= weights
        np.copyto(moved, absent, where=np.isnan(rows))
        # A sum along memory: its bits are the same for one row and for many.
        told[start : start + LOT] = np.ascontiguousarray(moved).sum(axis=1)

    starts = range(0, len(matrix), LOT)
    if len(starts) > 1:
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            list(threads.map(tell, starts))
    elif starts:
        tell(0)
    return np.asarray(told + (shift.sum() + rule["intercept"]), dtype=np.float64)


def baseline_contributions(rule: Mapping[str, Any], matrix: Matrix, features: Sequence[str]) -> Matrix:
    """What each input adds to the log-odds (rows x inputs): coefficient times standardised value.

    A wide rule's input and whether it is unknown are one. BG/NBD's single log-odds is shared out by putting one input after the other at
    the average that the rule keeps as `fill`.
    """
    standardised = baseline_inputs(rule, matrix, features)
    if rule["kind"] == WIDE:
        value, unknown = np.split(standardised * np.asarray(rule["coefficients"]), 2, axis=1)
        return np.asarray(value + unknown, dtype=np.float64)
    if rule["kind"] != BGNBD:
        return np.asarray(standardised * np.asarray(rule["coefficients"]), dtype=np.float64)
    (weight,) = rule["coefficients"]
    parts = []
    for name in rule["inputs"]:
        without = matrix.copy()
        without[:, list(features).index(name)] = np.nan
        parts.append((standardised - baseline_inputs(rule, without, features))[:, 0] * weight)
    return np.stack(parts, axis=1)


def purchase_log_odds(parameters: Mapping[str, float], orders: Matrix, recency: Matrix, tenure: Matrix) -> Matrix:
    """BG/NBD's log-odds that a customer buys within `horizon` days.

    From the number of orders so far (the first included), days since the last and days since the first one. Alive with the
    probability of Fader, Hardie and Lee (2005); alive, the rate of buying is gamma(r + x, alpha + T), which gives the chance of at
    least one purchase in closed form.
    """
    r, alpha, a, b, horizon = (parameters[name] for name in ("r", "alpha", "a", "b", "horizon"))
    x = np.maximum(orders - 1.0, 0.0)
    age = np.maximum(tenure, recency)
    last = np.where(x > 0, age - recency, 0.0)
    left = np.log(a) - np.log(b + np.maximum(x, 1.0) - 1.0) + (r + x) * np.log((alpha + age) / (alpha + last))
    alive = np.where(x > 0, sigmoid(-left), 1.0)
    buys = alive * -np.expm1((r + x) * np.log((alpha + age) / (alpha + age + horizon)))
    return log_odds(buys)


def _refuse_another_version(folder: Path) -> None:
    stated = folder / "layout.json"
    found = json.loads(stated.read_text())["layout"] if stated.exists() else 1
    if found != LAYOUT:
        raise ModelVersionError(f"the model in {folder} has layout {found}; this code reads layout {LAYOUT}. Train again with this code.")
    missing = [name for name in FILES if not (folder / name).exists()]
    if missing:
        raise ModelVersionError(f"the model in {folder} says layout {LAYOUT} but lacks {', '.join(missing)}; it is not complete")


def _named(names: Sequence[str], order: Sequence[int], signs: Sequence[float]) -> list[str]:
    moved = [f"{'+' if sign > 0 else '-'}{names[i]}" for i, sign in zip(order, signs, strict=True) if sign != 0]
    return moved or [f"+{names[order[0]]}"]
