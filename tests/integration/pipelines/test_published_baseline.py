"""Where a regression over all features beats the trees it is what gets published, and it explains itself by its own numbers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from omnichannel.scoring.model import LOT, TrainedModel
from tests.unit.pipelines.customers import DATES, evaluate_in, lay_out, train_in

PULLS = {"a": 1.6, "b": -1.4, "c": 1.2, "d": -1.0, "e": 0.8, "f": -0.8, "g": 0.6, "h": 0.0}
"""By how much the log-odds really rise with each feature, on a log scale."""


def straight(rows: int, day: str, seed: int) -> pd.DataFrame:
    """Customers whose log-odds are a plain sum: what trees can only build up step by step."""
    rng = np.random.default_rng(seed)
    usual = rng.normal(size=(rows, len(PULLS)))
    label = rng.random(rows) < 1 / (1 + np.exp(-usual @ np.array(list(PULLS.values()))))
    values = np.where(rng.random(usual.shape) < 0.05, np.nan, np.sign(usual) * np.expm1(np.abs(usual)))
    about = {"customer_id": [f"c{seed}-{i}" for i in range(rows)], "cut_off": day, "label": label.astype("int8")}
    return pd.DataFrame({**about, **dict(zip(PULLS, values.T, strict=True))})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    days = {"train": (900, DATES["train"][0]), "validation": (6000, str(DATES["validation"])), "test": (1500, str(DATES["test"]))}
    tables = {name: straight(rows, day, seed) for seed, (name, (rows, day)) in enumerate(days.items())}
    made = lay_out(tmp_path_factory.mktemp("straight"), tables, list(PULLS))
    train_in(made)
    evaluate_in(made)
    return made


def told(folder: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "evaluation" / f"{name}.json").read_text())
    return found


@pytest.fixture(scope="module")
def model(folder: Path) -> TrainedModel:
    made = TrainedModel.load(folder / "model")
    made.published = told(folder, "evaluation")["published"]
    return made


@pytest.fixture(scope="module")
def matrix(folder: Path) -> np.ndarray:
    return pd.read_parquet(folder / "test")[list(PULLS)].to_numpy(dtype=np.float64)


def test_a_regression_that_is_surely_better_is_published_and_the_report_says_so(folder: Path) -> None:
    decided = json.loads((folder / "model" / "validation.json").read_text())
    evaluation, card = told(folder, "evaluation"), told(folder, "card")

    assert (decided["published"], decided["best_baseline"]) == ("wide_logistic", "wide_logistic")
    assert decided["difference"]["roc_auc"]["high"] < 0
    assert evaluation["published"] == card["algorithm"]["published"] == "wide_logistic"
    assert evaluation["roc_auc"] == evaluation["candidates"]["wide_logistic"]["roc_auc"] > evaluation["candidates"]["xgboost"]["roc_auc"]
    assert "that baseline is published" in card["algorithm"]["rule"]


def test_a_contribution_is_the_coefficient_times_the_standardised_value(
    model: TrainedModel,
    matrix: np.ndarray,
) -> None:
    rule = model.baselines["wide_logistic"]
    values, unknown = (np.array(rule["coefficients"])[half] for half in (slice(0, 8), slice(8, 16)))
    mean, scale = np.array(rule["mean"]), np.array(rule["scale"])

    names, moved = model.contributions(matrix[:100])

    assert names == list(PULLS)
    for row, parts in zip(matrix[:100], moved, strict=True):
        for i, value in enumerate(row):
            known = rule["fill"][i] if np.isnan(value) else value
            logarithm = np.sign(known) * np.log1p(abs(known))
            by_value = values[i] * np.clip((logarithm - mean[i]) / scale[i], -8, 8)
            by_absence = unknown[i] * np.clip((np.isnan(value) - mean[8 + i]) / scale[8 + i], -8, 8)
            assert parts[i] == pytest.approx(by_value + by_absence)
    scores = model.predict(matrix[:100])
    assert np.allclose(moved.sum(axis=1) + rule["intercept"], np.log(scores / (1 - scores)))


def test_reasons_are_named_and_ordered_by_what_moved_the_score_most(
    model: TrainedModel,
    matrix: np.ndarray,
) -> None:
    names, moved = model.contributions(matrix[:100])

    for reasons, parts in zip(model.reasons(matrix[:100]), moved, strict=True):
        strongest = sorted(zip(names, parts, strict=True), key=lambda each: -abs(each[1]))[:3]
        assert reasons == [f"{'+' if part > 0 else '-'}{name}" for name, part in strongest]


@pytest.mark.parametrize(("feature", "value", "sign"), [("a", 20.0, "+"), ("a", -20.0, "-"), ("b", 20.0, "-"), ("b", -20.0, "+")])
def test_who_stands_out_by_a_feature_is_explained_by_it_with_the_sign_that_was_built_in(
    feature: str, value: float, sign: str, model: TrainedModel
) -> None:
    row = np.zeros((1, len(PULLS)))
    row[0, list(PULLS).index(feature)] = value

    assert model.reasons(row)[0][0] == f"{sign}{feature}"


def test_of_whom_nothing_is_known_there_is_a_score_and_a_reason(model: TrainedModel) -> None:
    unknown = np.full((1, len(PULLS)), np.nan)

    assert 0 < model.predict(unknown)[0] < 1
    assert model.reasons(unknown)[0][0][1:] in PULLS


def test_one_customer_has_the_same_score_alone_as_in_a_later_lot(
    model: TrainedModel,
    matrix: np.ndarray,
) -> None:
    many = np.tile(matrix, (2, 1))

    together = model.predict(many)

    assert len(many) > LOT > len(matrix)
    assert together[LOT : LOT + 100].tolist() == [float(model.predict(row[None])[0]) for row in many[LOT : LOT + 100]]
