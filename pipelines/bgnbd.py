"""BG/NBD: how often somebody buys and whether they still do, from the number of orders, the last one and the first one.

Fader, Hardie and Lee, "Counting Your Customers" the Easy Way (Marketing Science, 2005): while alive a customer buys at a rate of their
own (gamma distributed over customers: r, alpha) and after each purchase is lost with a probability of their own (beta distributed: a, b).
Fitted by maximum likelihood.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, gammaln

from omnichannel.scoring.model import Matrix

LARGEST_LOG = 12.0
"""A parameter stays between e^-12 and e^12, beyond which the likelihood is flat."""

PENALTY = 1e-3
"""Of the squared log-parameters: decides where the likelihood cannot, and moves nothing where it can."""

SAMPLE = 50_000
"""Customers that are enough for four parameters."""


class NoFitError(Exception):
    """The likelihood has no maximum that could be found."""


@dataclass(frozen=True)
class Histories:
    """`x` purchases after the first one, the last of them `t_x` days after it, in `age` days since."""

    x: Matrix
    t_x: Matrix
    age: Matrix

    @classmethod
    def of(cls, orders: Matrix, recency: Matrix, tenure: Matrix) -> "Histories":
        """From the number of orders, days since the last and days since the first; customers without orders are left out."""
        known = (orders >= 1) & ~np.isnan(recency) & ~np.isnan(tenure)
        orders, recency, tenure = orders[known][:SAMPLE], recency[known][:SAMPLE], tenure[known][:SAMPLE]
        age = np.maximum(tenure, recency)
        x = np.where(age > recency, orders - 1, 0.0)
        return cls(x, np.where(x > 0, age - recency, 0.0), age)


def fit(histories: Histories) -> dict[str, float]:
    """`r`, `alpha`, `a` and `b` (days). Raises `NoFitError` when there is nobody who came back, or no maximum."""
    if not (histories.x > 0).any():
        raise NoFitError(f"none of {len(histories.x)} customers bought twice")
    from scipy.optimize import minimize  # a trial fits no rule, and need not wait for this

    scale = float(histories.age.mean()) or 1.0
    found = minimize(_cost, np.zeros(4), args=(histories, scale), method="L-BFGS-B", bounds=[(-LARGEST_LOG, LARGEST_LOG)] * 4)
    if not found.success or not np.isfinite(found.fun):
        raise NoFitError(f"BG/NBD did not converge on {len(histories.x)} customers: {found.message}")
    r, alpha, a, b = np.exp(found.x).tolist()
    return {"r": r, "alpha": alpha * scale, "a": a, "b": b}


def _cost(logs: Matrix, histories: Histories, scale: float) -> float:
    r, alpha, a, b = np.exp(logs)
    likelihood = log_likelihood(r, alpha * scale, a, b, histories)
    return float(-likelihood.mean() + PENALTY * (logs**2).sum())


def log_likelihood(r: float, alpha: float, a: float, b: float, histories: Histories) -> Matrix:
    """Of each customer's history."""
    x, t_x, age = histories.x, histories.t_x, histories.age
    bought = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    alive = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + age)
    lost = betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b) - (r + x) * np.log(alpha + t_x)
    return np.asarray(bought + np.where(x > 0, np.logaddexp(alive, lost), alive), dtype=np.float64)
