"""What customers of a generated shop do after an activation: orders as they would have come anyway, more of them where a message reached.

The effect is known, since it is put in here: what an experiment reads out can be held against it. `effects.json` beside the landing
folder says how many orders the messages made, arm by arm.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from omnichannel.contracts.datasets import MESSAGING_FEEDBACK, ORDER_LINES, ORDERS
from sandbox.shop import landing
from sandbox.shop.people import DAY

EFFECTS = "effects.json"
MODEL_DAYS = 30
"""What a repurchase score is the probability of: an order within so many days."""
OPENED, CLICKED = 0.35, 0.08
"""Of those who get a message: what mail senders' own benchmarks call ordinary."""
BASKET_SHAPE = 2.0


@dataclass(frozen=True, kw_only=True)
class Customer:
    """One customer after an activation. `p` is the probability of an order within `MODEL_DAYS` without any message, `reached` whether
    a message was delivered, by which `campaign`, `run` and `sink`; `arms` are the customer's.
    """

    customer_id: str
    customer_ref: str
    p: float
    reached: bool = False
    campaign: str = ""
    run: str = ""
    sink: str = ""
    message_id: str = ""
    arms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Aftermath:
    """What came of it: files, orders, and those of them that were made by messages."""

    files: int
    orders: int
    caused: int
    by_arm: Mapping[str, Mapping[str, Mapping[str, int]]]


def respond(
    directory: Path,
    customers: Sequence[Customer],
    products: Mapping[str, float],
    *,
    since: date,
    days: int,
    effect: float,
    basket: float,
    currency: str,
    seed: int = 7,
) -> Aftermath:
    """Fills the new folder with the landing files of the `days` from `since` on; `effect` is the share of those reached who buy because
    of it (0..1), `basket` the mean worth of an order. Raises `ValueError` for numbers that cannot be, `FileExistsError` for a full folder.
    """  # fmt: skip
    if not 0 <= effect <= 1 or days < 1 or not products:
        raise ValueError(f"effect {effect:g}, {days} days, {len(products)} products: expected 0 to 1, a day or more, and some product")
    if directory.exists() and any(directory.iterdir()):
        raise FileExistsError(f"{directory} is not empty; give a new folder, or remove this one")
    chance, start = np.random.default_rng(seed), int(datetime(since.year, since.month, since.day, tzinfo=UTC).timestamp())
    anyway = chance.random(len(customers)) < 1 - (1 - np.array([c.p for c in customers])) ** (days / MODEL_DAYS)
    reached = np.array([c.reached for c in customers], dtype=bool)
    caused = reached & ~anyway & (chance.random(len(customers)) < effect)
    buyers = [customer for customer, buys in zip(customers, anyway | caused, strict=True) if buys]
    orders, lines = _orders(chance, buyers, products, start, days, basket, currency)
    frames = [(ORDERS, orders), (ORDER_LINES, lines), (MESSAGING_FEEDBACK, _feedback(chance, customers, start))]
    written = [_write(directory, dataset, frame, start + days * DAY) for dataset, frame in frames if len(frame)]
    told = Aftermath(files=len(written), orders=len(orders), caused=int(caused.sum()), by_arm=_by_arm(customers, anyway | caused))
    asked = {"effect": effect, "days": days, "since": since.isoformat()}
    (directory.parent / EFFECTS).write_text(json.dumps({**asked, **asdict(told)}, indent=2))
    return told


def _orders(
    chance: np.random.Generator,
    buyers: Sequence[Customer],
    products: Mapping[str, float],
    start: int,
    days: int,
    basket: float,
    currency: str,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """An order a buyer, of one product; its number of pieces makes the basket."""
    n = len(buyers)
    at = start + 3600 + (chance.random(n) * (days * DAY - 7200)).astype(np.int64)
    names, prices = np.array(list(products)), np.array(list(products.values()))
    chosen = chance.integers(0, len(names), n)
    pieces = np.maximum(1, np.round(chance.gamma(BASKET_SHAPE, basket / BASKET_SHAPE, n) / prices[chosen])).astype(int)
    head = {"op": "I", "source_ts": at, "order_id": [f"after-{start}-{i:07d}" for i in range(n)]}
    bought = {
        "customer_ref": [buyer.customer_ref for buyer in buyers],
        "ordered_at": at,
        "channel": "web",
        "status": "completed",
        "total": (pieces * prices[chosen]).round(2),
        "discount": 0.0,
        "currency": currency,
    }
    orders = pd.DataFrame({**head, **_blank(ORDERS, head), **bought})
    lines = pd.DataFrame({**head, "line": 1, "product_id": names[chosen], "quantity": pieces, "unit_price": prices[chosen]})
    return orders, lines


def _feedback(chance: np.random.Generator, customers: Iterable[Customer], start: int) -> pd.DataFrame:
    """Delivered to everybody who was reached, opened by some, clicked by fewer."""
    rows: list[dict[str, Any]] = []
    for customer in customers:
        if customer.reached:
            draw = chance.random()
            kinds = ["delivered", *(["open"] if draw < OPENED else []), *(["click"] if draw < CLICKED else [])]
            rows += [
                {"event_id": f"{customer.message_id}-{kind}", "sink": customer.sink, "run": customer.run, "campaign": customer.campaign,
                 "customer_id": customer.customer_id, "type": kind, "at": start + 3600 * (hour + 1), "message_id": customer.message_id}
                for hour, kind in enumerate(kinds)
            ]  # fmt: skip
    frame = pd.DataFrame(rows)
    return frame.assign(**{**_blank(MESSAGING_FEEDBACK, list(frame.columns)), "channel": "email"}) if len(frame) else frame


def _blank(dataset: Any, given: Iterable[str]) -> dict[str, str]:
    return {c.name: "" for c in dataset.landed_columns if c.name not in given}


def _write(directory: Path, dataset: Any, frame: pd.DataFrame, end: int) -> str:
    sheet = landing.csv_sheet(f"{dataset.prefix}{landing.stamp(end)}.csv", dataset, landing.table(dataset, frame))
    landing.write(directory, sheet.key, sheet.content)
    return sheet.key


def _by_arm(customers: Sequence[Customer], bought: np.ndarray) -> dict[str, dict[str, dict[str, int]]]:
    """By experiment and arm: customers, those reached, and those who bought."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for customer, buys in zip(customers, bought.tolist(), strict=True):
        for experiment, arm in customer.arms.items():
            counts = found.setdefault(experiment, {}).setdefault(arm, {"customers": 0, "reached": 0, "buyers": 0})
            counts["customers"] += 1
            counts["reached"] += customer.reached
            counts["buyers"] += buys
    return found
