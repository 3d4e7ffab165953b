"""Model archives as training leaves them, small: trees and a rule over a few features, fitted to drawn customers."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

from omnichannel.scoring.model import LAYOUT, Matrix
from pipelines import archive

FEATURES = ("recency_days", "orders_30d", "orders_365d", "spend_365d", "product_views_30d", "days_since_visit")
CUT_OFFS = {"high": 0.6, "medium": 0.3}


def customers(number: int, seed: int = 1) -> Matrix:
    """Rows of `FEATURES`, a tenth of the values unknown."""
    drawn = np.random.default_rng(seed)
    matrix = drawn.gamma(2.0, 20.0, size=(number, len(FEATURES))) * drawn.choice([0.01, 1.0, 3.7], size=len(FEATURES))
    return np.where(drawn.random(matrix.shape) < 0.1, np.nan, matrix)


def model_folder(folder: Path, **more: Any) -> Path:
    """A model's folder; `more` are other contents by the stem of the file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "xgboost.json").write_bytes(_trees())
    inputs = list(FEATURES[:4])
    rule = {
        "kind": "logistic",
        "inputs": inputs,
        "fill": [90.0, 0.0, 0.0, 0.0],
        "mean": [1.1, 0.2, 0.3, 2.0],
        "scale": [0.7, 1.3, 0.9, 1.1],
        "coefficients": [0.31, -0.77, 0.13, 0.021],
        "intercept": -0.4,
    }
    bg_nbd = {
        "kind": "bgnbd",
        "inputs": ["orders_365d", "recency_days", "days_since_visit"],
        "fill": [1.0, 60.0, 200.0],
        "parameters": {"r": 0.4, "alpha": 60.0, "a": 0.8, "b": 2.5, "horizon": 30.0},
        "mean": [-1.2],
        "scale": [0.9],
        "coefficients": [1.1],
        "intercept": -0.3,
    }
    contents = {
        "layout": {"layout": LAYOUT},
        "features": list(FEATURES),
        "baselines": {"rfm_logistic": rule, "bg_nbd": bg_nbd},
        "blend": None,
        "calibration": {"xgboost": None},
        "published": {"published": "xgboost"},
        "evaluation": {"as_of": "2026-10-25", "published": "xgboost", "roc_auc": 0.7, "cut_offs": CUT_OFFS, "curves": {"drivers": []}},
        **more,
    }
    for name, value in contents.items():
        (folder / f"{name}.json").write_text(json.dumps(value))
    return folder


def model_archive(folder: Path, **more: Any) -> Path:
    """`model.tar.gz` in a folder of its own; gives the model's folder."""
    made = model_folder(folder.with_name(f"{folder.name}-made"), **more)
    folder.mkdir(parents=True, exist_ok=True)
    archive.write_archive(folder / "model.tar.gz", archive.folder_files(made))
    return made


@cache
def _trees() -> bytes:
    matrix = customers(600, seed=7)
    labels = (np.nan_to_num(matrix[:, 0]) > np.nan_to_num(matrix[:, 4])).astype(float)
    given = {"max_depth": 3, "objective": "binary:logistic", "seed": 7, "nthread": 2}
    return bytes(xgboost.train(given, xgboost.DMatrix(matrix, labels), num_boost_round=30).save_raw("json"))
