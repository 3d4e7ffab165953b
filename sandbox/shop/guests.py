"""Orders of people who never registered: all that is known of them is the e-mail address that they typed in."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sandbox.shop.behaviour import Ints
from sandbox.shop.catalogue import CURRENCY, Catalogue
from sandbox.shop.people import DAY, FIRST, LAST

SHARE = 0.05
LEAST = 3


@dataclass(frozen=True)
class Guests:
    """Guests by number with their orders in time order; the frames have the columns of `sales/orders` and `sales/order_lines`."""

    emails: list[str]
    who: Ints
    at: Ints
    orders: pd.DataFrame
    order_lines: pd.DataFrame


def guests(rng: np.random.Generator, products: Catalogue, customers: int, start: int, end: int) -> Guests:
    """One guest for every twenty customers, most with a single order."""
    count = max(LEAST, round(customers * SHARE))
    first, last = rng.integers(0, len(FIRST), count), rng.integers(0, len(LAST), count)
    plain = [name.encode("ascii", "ignore").decode().lower().replace("'", "") for name in LAST]
    emails = [f"{FIRST[first[i]].lower()}.{plain[last[i]]}.g{i}@mail.example" for i in range(count)]
    who = np.repeat(np.arange(count), 1 + rng.poisson(0.4, count))
    at = np.sort(rng.integers(start + DAY, end - DAY, len(who)))
    who = rng.permutation(who)
    lines = _lines(rng, products, at)
    paid = (lines["quantity"] * lines["unit_price"]).groupby(lines["order_id"]).sum().round(2)
    orders = pd.DataFrame(
        {
            "op": "I",
            "source_ts": at,
            "order_id": [f"O{8_000_000 + i}" for i in range(len(at))],
            "customer_ref": "",
            "loyalty_card": "",
            "email": np.array(emails, dtype=object)[who],
            "ordered_at": at,
            "channel": np.where(rng.random(len(at)) < 0.9, "web", "phone"),
            "store_id": "",
            "status": "completed",
            "discount": 0.0,
            "currency": CURRENCY,
        }
    )
    orders["total"] = paid.reindex(orders["order_id"]).to_numpy()
    return Guests(emails, who, at, orders, lines)


def _lines(rng: np.random.Generator, products: Catalogue, at: Ints) -> pd.DataFrame:
    """One or two products an order."""
    size = 1 + (rng.random(len(at)) < 0.3)
    order = np.repeat(np.arange(len(at)), size)
    product = products.draw(rng, rng.integers(0, len(products.by_category), len(order)))
    return pd.DataFrame(
        {
            "op": "I",
            "source_ts": at[order],
            "order_id": [f"O{8_000_000 + i}" for i in order],
            "line": np.arange(len(order)) - (np.cumsum(size) - size)[order] + 1,
            "product_id": products.frame["product_id"].to_numpy()[product],
            "quantity": 1,
            "unit_price": products.cents[product] / 100,
        }
    )
