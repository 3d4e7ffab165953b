"""The simple rules that XGBoost has to beat: each a logistic curve over few inputs, fitted on the same customers."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from omnichannel.scoring.model import BGNBD, LOGISTIC, WIDE, Matrix, baseline_inputs
from pipelines import bgnbd
from pipelines.customers import Customers

log = logging.getLogger(__name__)

RECENCY_RULE, RFM, BG_NBD, WIDE_LOGISTIC = "recency_rule", "rfm_logistic", "bg_nbd", "wide_logistic"
LOGISTIC_INPUTS: dict[str, tuple[str, ...]] = {
    RECENCY_RULE: ("recency_days",),
    RFM: ("recency_days", "orders_90d", "orders_365d", "spend_365d", "tenure_days"),
}
"""The longest silence first, and a logistic regression over the logarithms of recency, frequency, monetary value and tenure. Beside them
stand BG/NBD, and a logistic regression over the logarithms of all features, held back by a penalty."""

BG_NBD_INPUTS = ("orders_total", "recency_days", "tenure_days")
ENOUGH_ROWS = 500_000
"""Customers beyond this number move no coefficient of so few inputs."""

ENOUGH_FOR_WIDE = 100_000
"""And these many are enough for a regression over every feature that is held back by `HELD_BACK`."""

HELD_BACK = 0.1
"""The inverse strength of the penalty on the coefficients of a wide rule; of the others it is 1."""


@dataclass(frozen=True)
class Baselines:
    """The fitted rules as plain numbers by name, and why others are not there."""

    rules: dict[str, dict[str, Any]]
    absent: dict[str, str]


def fit_baselines(customers: Customers, horizon_days: int) -> Baselines:
    """Every rule that the features allow. A rule without its features, or that does not converge, is absent, with the reason."""
    rules: dict[str, dict[str, Any]] = {WIDE_LOGISTIC: fit_rule(WIDE_LOGISTIC, customers, horizon_days)}
    absent: dict[str, str] = {}
    for name, inputs in {**LOGISTIC_INPUTS, BG_NBD: BG_NBD_INPUTS}.items():
        missing = [i for i in inputs if i not in customers.features]
        if missing:
            absent[name] = f"the features {', '.join(missing)} are not there"
            continue
        try:
            rules[name] = fit_rule(name, customers, horizon_days)
        except bgnbd.NoFitError as reason:
            absent[name] = str(reason)
    for name, why in absent.items():
        log.info("no %s: %s", name, why)
    return Baselines(rules, absent)


def fit_rule(name: str, customers: Customers, horizon_days: int) -> dict[str, Any]:
    """One of the rules, by its name. Raises `bgnbd.NoFitError` for a BG/NBD that does not converge."""
    if name == WIDE_LOGISTIC:
        return _fit_wide(_every_nth(customers, ENOUGH_FOR_WIDE))
    customers = _every_nth(customers, ENOUGH_ROWS)
    return _fit_bgnbd(customers, horizon_days) if name == BG_NBD else _fit_logistic(LOGISTIC_INPUTS[name], customers)


def _every_nth(customers: Customers, most: int) -> Customers:
    return customers.take(np.arange(len(customers)) % -(-len(customers) // most) == 0) if len(customers) > most else customers


def _fit_wide(customers: Customers) -> dict[str, Any]:
    fill = [_usual(customers.column(name)) for name in customers.features]
    return _curve({"kind": WIDE, "inputs": list(customers.features), "fill": fill}, customers, penalty=HELD_BACK)


def _fit_logistic(inputs: Sequence[str], customers: Customers) -> dict[str, Any]:
    fill = [_highest(customers.column(name)) for name in inputs]
    return _curve({"kind": LOGISTIC, "inputs": list(inputs), "fill": fill}, customers)


def _fit_bgnbd(customers: Customers, horizon_days: int) -> dict[str, Any]:
    newest = customers.take(customers.when == max(customers.when))
    orders, recency, tenure = (newest.column(name) for name in BG_NBD_INPUTS)
    parameters = {**bgnbd.fit(bgnbd.Histories.of(orders, recency, tenure)), "horizon": float(horizon_days)}
    fill = [float(np.nanmedian(column)) for column in (orders, recency, tenure)]
    return _curve({"kind": BGNBD, "inputs": list(BG_NBD_INPUTS), "fill": fill, "parameters": parameters}, customers)


def _curve(rule: Mapping[str, Any], customers: Customers, penalty: float = 1.0) -> dict[str, Any]:
    """The rule with the mean and scale of its inputs and the logistic curve over them."""
    plain = {**rule, "mean": 0.0, "scale": 1.0}
    inputs = baseline_inputs(plain, customers.matrix, customers.features)
    made = {**rule, "mean": inputs.mean(axis=0).tolist(), "scale": [s if s > 1e-12 else 1.0 for s in inputs.std(axis=0).tolist()]}
    from sklearn.linear_model import LogisticRegression  # a trial fits no rule, and this is most of what a process imports

    fitted = LogisticRegression(C=penalty, max_iter=1000).fit(baseline_inputs(made, customers.matrix, customers.features), customers.labels)
    return {**made, "coefficients": fitted.coef_[0].tolist(), "intercept": float(fitted.intercept_[0])}


def _highest(column: Matrix) -> float:
    """What an unknown value counts as: the largest that was seen (never bought is like bought longest ago)."""
    known = column[~np.isnan(column)]
    return float(known.max()) if known.size else 0.0


def _usual(column: Matrix) -> float:
    known = column[np.isfinite(column)]
    return float(np.median(known)) if known.size else 0.0
