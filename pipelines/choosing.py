"""Which candidate's scores are used: decided on customers that none of the candidates saw, before the test window is looked at."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from omnichannel.scoring.model import XGBOOST, Matrix, blended
from pipelines.baselines import BG_NBD, RFM, WIDE_LOGISTIC
from pipelines.calibration import log_loss
from pipelines.customers import Customers
from pipelines.measures import Bootstrap

PARTNERS = ((RFM, WIDE_LOGISTIC), (RFM, WIDE_LOGISTIC, BG_NBD))
"""The rules whose mean the trees may be drawn towards: both regressions, or with them BG/NBD, which reads the same histories in another
way. A mean of simple forecasts is steadier than whichever of them was the best last time."""

WEIGHTS = (0.75, 0.5, 0.25)
"""How much of the trees' log-odds `xgboost` takes; the rest is the simple rules'. Purchases are noisy and shops change with
the seasons: drawn towards simple rules, trees lose less on later customers in most data that were measured."""

PUBLISHING_RULE = (
    "XGBoost is published unless the best baseline is surely better: where the paired 95 % interval of XGBoost's ROC-AUC less that of "
    "the baseline with the highest ROC-AUC lies below zero on validation, that baseline is published. Validation is the window before "
    "the test window, or customers out of fold where history is too short for one"
)


def blend(labels: Matrix, trees: Matrix, rules: Mapping[str, Matrix]) -> dict[str, Any] | None:
    """The rules (`with`) and the trees' `weight` with the lowest log loss on customers that none of them saw; None for the trees alone.

    Of equals, to a thousandth of a per cent, the one with the smaller weight: different minds are steadier than one.
    """
    known = {tuple(name for name in partners if name in rules) for partners in PARTNERS} - {()}
    losses = {
        (names, weight): log_loss(labels, blended(trees, [rules[name] for name in names], weight)) for names in known for weight in WEIGHTS
    }
    if not losses:
        return None
    names, weight = min(losses, key=lambda each: (round(losses[each], 5), each[1], each[0]))
    return {"with": list(names), "weight": weight} if losses[names, weight] <= log_loss(labels, trees) else None


def compare(rows: Customers, predictions: Mapping[str, Matrix], how: str) -> dict[str, Any]:
    """What `validation.json` says: every candidate's measures on the rows, the paired difference, and the choice by `PUBLISHING_RULE`."""
    measured = Bootstrap(rows.labels, predictions, rows.who)
    baselines = [name for name in predictions if name != XGBOOST]
    told: dict[str, Any] = {
        "how": how,
        "cut_offs": sorted(np.unique(rows.when).tolist()),
        "population": len(rows),
        "positives": int(rows.labels.sum()),
        "candidates": {name: {**measured.measured[name], "intervals": measured.intervals(name)} for name in predictions},
        "rule": PUBLISHING_RULE,
    }
    if not baselines:
        return {**told, "best_baseline": None, "difference": None, "published": XGBOOST}
    best = max(baselines, key=lambda name: (measured.measured[name]["roc_auc"], -measured.measured[name]["log_loss"], name))
    difference = {measure: measured.difference(XGBOOST, best, measure) for measure in ("roc_auc", "log_loss")}
    published = best if difference["roc_auc"]["high"] < 0 else XGBOOST
    return {**told, "best_baseline": best, "difference": difference, "published": published}
