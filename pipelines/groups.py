"""How the published scores do in groups of customers: a model that is good on average can fail those who buy in shops."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from omnichannel.scoring.model import Matrix
from pipelines.customers import Customers, Rows
from pipelines.measures import Bootstrap

LEAST_OF_EACH_CLASS = 30
"""Groups with fewer positives or negatives are counted, not measured."""

TENURE_DAYS = (90.0, 365.0)
SCORE = "score"


def groups(customers: Customers) -> Iterator[tuple[str, str, Rows]]:
    """Kind, name and rows of each group that the features allow: tenure, subscription, channel mix."""
    for name, make in (("tenure_days", _tenure), ("subscription_days_left", _subscribed), ("store_share_365d", _channels)):
        if name in customers.features:
            yield from make(customers.column(name), customers)


def _tenure(days: Matrix, _: Customers) -> Iterator[tuple[str, str, Rows]]:
    low, high = TENURE_DAYS
    yield "tenure", f"under {low:.0f} days", days < low
    yield "tenure", f"{low:.0f} to {high:.0f} days", (days >= low) & (days < high)
    yield "tenure", f"{high:.0f} days and more", days >= high


def _subscribed(left: Matrix, _: Customers) -> Iterator[tuple[str, str, Rows]]:
    # Unknown means that there is no active subscription.
    yield "subscription", "subscribed", ~np.isnan(left)
    yield "subscription", "not subscribed", np.isnan(left)


def _channels(share: Matrix, customers: Customers) -> Iterator[tuple[str, str, Rows]]:
    if "orders_365d" not in customers.features:
        return
    bought = customers.column("orders_365d") > 0
    yield "channels", "online only", bought & (share == 0)
    yield "channels", "shops only", bought & (share == 1)
    yield "channels", "online and shops", bought & (share > 0) & (share < 1)


def by_group(customers: Customers, scores: Matrix) -> list[dict[str, Any]]:
    """For each group that is neither empty nor everybody: how many, the share predicted and observed, and ROC-AUC with its interval.

    `roc_auc` and `interval` are None where a class is too small to be measured.
    """
    found = []
    for kind, name, rows in groups(customers):
        if rows.any() and not rows.all():
            found.append({"kind": kind, "name": name, **_measured(customers.take(rows), scores[rows])})
    return found


def _measured(some: Customers, scores: Matrix) -> dict[str, Any]:
    positives = int(some.labels.sum())
    told: dict[str, Any] = {
        "population": len(some),
        "positives": positives,
        "predicted": float(scores.mean()),
        "observed": float(some.labels.mean()),
        "roc_auc": None,
        "interval": None,
    }
    if min(positives, len(some) - positives) < LEAST_OF_EACH_CLASS:
        return told
    measured = Bootstrap(some.labels, {SCORE: scores}, some.who)
    return {**told, "roc_auc": measured.measured[SCORE]["roc_auc"], "interval": measured.interval(SCORE, "roc_auc")}
