"""Orders, their lines, returns and subscriptions, as the versions of rows that a source database went through.

Frames hold times in seconds since 1970 and carry `op` and `source_ts`; a row that changed later appears once a version.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sandbox.shop.behaviour import Bools, Character, History, Ints
from sandbox.shop.catalogue import CURRENCY, Catalogue
from sandbox.shop.people import DAY, People

WEEK = 7 * DAY
RETURN_REASONS = ("too small", "not as described", "damaged", "changed my mind", "arrived late")
PLANS: tuple[tuple[str, int, int], ...] = (("box-monthly", 30, 1990), ("box-quarterly", 91, 4990), ("box-yearly", 365, 17990))


@dataclass(frozen=True)
class Sales:
    """`orders` and `lines` by order number (time order) for the simulation; the three frames for the landing zone."""

    customer: Ints
    at: Ints
    channel: Ints
    first_line: Ints
    line_count: Ints
    line_product: Ints
    line_quantity: Ints
    total_cents: Ints
    orders: pd.DataFrame
    order_lines: pd.DataFrame
    returns: pd.DataFrame


CHANNELS = np.array(["web", "app", "store", "phone"])
WEB, APP, STORE, PHONE = range(4)


def sales(rng: np.random.Generator, who: Character, lived: History, crowd: People, products: Catalogue, start: int) -> Sales:
    """What the simulated weeks sold and took back."""
    week, customer = np.nonzero(lived.ordered)
    at = start + week * WEEK + rng.integers(DAY // 2, WEEK - DAY // 24, len(week))
    by_time = np.argsort(at, kind="stable")
    week, customer, at = week[by_time], customer[by_time], at[by_time]
    count = len(at)
    channel = np.where(crowd.phone_first[customer] & (rng.random(count) < 0.7), APP, WEB)
    channel = np.where(rng.random(count) < 0.02, PHONE, channel)
    channel = np.where(rng.random(count) < who.store_share[customer], STORE, channel)
    line_count = np.minimum(1 + rng.poisson(1.0, count), 5)
    first_line = np.cumsum(line_count) - line_count
    order_of = np.repeat(np.arange(count), line_count)
    product = _products(rng, crowd, products, customer[order_of], first_line)
    quantity = 1 + (rng.random(len(order_of)) < 0.15) + (rng.random(len(order_of)) < 0.04)
    gross = np.bincount(order_of, weights=quantity * products.cents[product], minlength=count).astype(np.int64)
    cut = np.where(lived.discounted[week, customer], rng.choice([10, 15, 20, 30], count), 0)
    discount = gross * cut // 100
    orders = _orders(rng, crowd, customer, at, channel, gross - discount, discount)
    ids = orders["order_id"].to_numpy()
    lines = pd.DataFrame(
        {
            "op": "I",
            "source_ts": at[order_of],
            "order_id": ids[order_of],
            "line": np.arange(len(order_of)) - first_line[order_of] + 1,
            "product_id": products.frame["product_id"].to_numpy()[product],
            "quantity": quantity,
            "unit_price": products.cents[product] / 100,
        }
    )
    returns = _returns(rng, lived, orders, week, customer, lines, first_line, start)
    return Sales(
        customer, at, channel, first_line, line_count, product, quantity, gross - discount, _with_cancellations(rng, orders), lines, returns
    )


def _products(rng: np.random.Generator, crowd: People, products: Catalogue, customer: Ints, first_line: Ints) -> Ints:
    luck = rng.random(len(customer))
    category = np.where(luck < 0.6, crowd.favourite[customer], crowd.second[customer])
    category = np.where(luck > 0.85, rng.integers(0, len(products.by_category), len(customer)), category)
    product = products.draw(rng, category)
    # A basket's later line is often the companion of the line before it: what "bought together" has to find.
    follows = np.ones(len(customer), dtype=bool)
    follows[first_line] = False
    pairs = np.flatnonzero(follows & (rng.random(len(customer)) < 0.35))
    product[pairs] = products.companion[product[pairs - 1]]
    return product


def _orders(rng: np.random.Generator, crowd: People, customer: Ints, at: Ints, channel: Ints, total: Ints, discount: Ints) -> pd.DataFrame:
    count = len(at)
    emails, cards = (np.array(values, dtype=object) for values in (crowd.email, crowd.loyalty))
    till, luck = channel == STORE, rng.random(count)
    named = ~till | (luck < 0.5)
    by_card = till & (luck >= 0.4) & (luck < 0.8)
    by_mail = till & (luck >= 0.8) & (luck < 0.92)
    typed = np.array([value.upper() + " " if value else "" for value in crowd.email], dtype=object)
    email = np.where(by_mail, np.where(rng.random(count) < 0.3, typed[customer], emails[customer]), "")
    return pd.DataFrame(
        {
            "op": "I",
            "source_ts": at,
            "order_id": [f"O{1_000_000 + i}" for i in range(count)],
            "customer_ref": np.where(named, crowd.refs_at(customer, at), ""),
            "loyalty_card": np.where(by_card, cards[customer], ""),
            "email": email,
            "ordered_at": at,
            "channel": CHANNELS[channel],
            "store_id": np.where(till, np.where(customer % 2, "store-02", "store-01"), ""),
            "status": "completed",
            "total": total / 100,
            "discount": discount / 100,
            "currency": CURRENCY,
        }
    )


def _with_cancellations(rng: np.random.Generator, orders: pd.DataFrame) -> pd.DataFrame:
    """Three orders in a hundred are cancelled within a day and a half: a second version of the row."""
    cancelled = orders[rng.random(len(orders)) < 0.03].copy()
    cancelled["op"], cancelled["status"] = "U", "cancelled"
    cancelled["source_ts"] += rng.integers(600, DAY + DAY // 2, len(cancelled))
    return pd.concat([orders, cancelled], ignore_index=True)


def _returns(
    rng: np.random.Generator,
    lived: History,
    orders: pd.DataFrame,
    week: Ints,
    customer: Ints,
    lines: pd.DataFrame,
    first_line: Ints,
    start: int,
) -> pd.DataFrame:
    """Each week's return is of one line of the customer's latest order before that week."""
    latest = np.full(lived.ordered.shape, -1)
    latest[week, customer] = np.arange(len(week))
    latest = np.maximum.accumulate(latest, axis=0)
    back_week, back_customer = np.nonzero(lived.returned[1:])
    order = latest[back_week, back_customer]
    known = order >= 0
    order, back_week = order[known], back_week[known] + 1
    line = first_line[order]
    at = start + back_week * WEEK + rng.integers(DAY // 3, WEEK - DAY // 24, len(order))
    sent_back = lines.iloc[line]
    frame = pd.DataFrame(
        {
            "op": "I",
            "source_ts": at,
            "order_id": orders["order_id"].to_numpy()[order],
            "customer_ref": orders["customer_ref"].to_numpy()[order],
            "product_id": sent_back["product_id"].to_numpy(),
            "quantity": sent_back["quantity"].to_numpy(),
            "returned_at": at,
            "amount": np.round(sent_back["quantity"].to_numpy() * sent_back["unit_price"].to_numpy(), 2),
            "reason": rng.choice(RETURN_REASONS, len(order)),
        }
    ).sort_values("source_ts", kind="stable", ignore_index=True)
    frame.insert(2, "return_id", [f"R{500_000 + i}" for i in range(len(frame))])
    return frame


def subscriptions(rng: np.random.Generator, who: Character, lived: History, crowd: People, start: int, as_of: int) -> pd.DataFrame:
    """Every version of every subscription.

    Cancelling is likelier (weekly) when fading (x 16), after bad support (x 5), after a return (x 3) and shortly before a renewal (x 2).
    A cancelled subscription ends at the end of what is paid, and one in six is taken up again before that.
    One in five of the longer plans is for one period only: its end is known from the first day, yet half are renewed.
    """
    weeks = len(lived.ordered)
    owner = np.flatnonzero(who.subscriber)
    plan = rng.choice(3, len(owner), p=[0.55, 0.25, 0.2])
    period = np.array([days for _, days, _ in PLANS])[plan] * DAY
    since_week = np.maximum(who.joined_week[owner], 0) + rng.integers(0, max(weeks * 2 // 3, 1), len(owner))
    keep = since_week < weeks - 1
    owner, plan, period, since_week = owner[keep], plan[keep], period[keep], since_week[keep]
    started = start + since_week * WEEK + rng.integers(DAY // 2, WEEK, len(owner))
    renews = started + period
    fixed = (plan > 0) & (rng.random(len(owner)) < 0.2)
    ends = np.where(fixed, renews, -1)
    status = np.zeros(len(owner), dtype=np.int64)
    versions: list[tuple[Ints, Ints, Ints, Ints, Ints]] = [(np.arange(len(owner)), started, renews, ends, status.copy())]

    def record(which: Bools, at: Ints) -> None:
        rows = np.flatnonzero(which & (at < as_of))
        versions.append((rows, at[rows], renews[rows], ends[rows], status[rows]))

    for week in range(weeks):
        opens, closes = start + week * WEEK, start + (week + 1) * WEEK
        on = (started < opens) & (status == 0)
        over = on & (ends >= opens) & (ends < closes)
        extended = over & fixed & (rng.random(len(owner)) < 0.5)
        lapsed = (status != 2) & (ends >= opens) & (ends < closes) & (started < opens) & ~extended
        lapsed &= status == 0
        at = ends.copy()
        renews = np.where(extended, renews + period, renews)
        ends = np.where(extended, renews, ends)
        record(extended, at)
        status = np.where(lapsed, 2, status)
        record(lapsed, at)
        due = on & ~over & (renews >= opens) & (renews < closes) & (ends < 0)
        at = renews.copy()
        renews = np.where(due, renews + period, renews)
        record(due, at)
        since = slice(max(0, week - 13), week)
        odds = (
            -5.6
            + 2.8 * (lived.engagement[week, owner] < 0.7)
            + 1.7 * lived.low_csat[since][:, owner].any(axis=0)
            + 1.1 * lived.returned[since][:, owner].any(axis=0)
            + 0.7 * (renews - closes < 4 * WEEK)
        )
        moment = opens + rng.integers(DAY // 4, WEEK, len(owner))
        quits = on & ~over & ~due & (ends < 0) & (rng.random(len(owner)) < 1 / (1 + np.exp(-odds))) & (moment < renews)
        status, ends = np.where(quits, 1, status), np.where(quits, renews, ends)
        record(quits, moment)
        returns = ~quits & (status == 1) & (ends > closes + DAY) & (rng.random(len(owner)) < 0.06)
        status, ends = np.where(returns, 0, status), np.where(returns, -1, ends)
        record(returns, moment)
    return _subscription_rows(versions, plan, crowd, owner, started)


def _subscription_rows(
    versions: list[tuple[Ints, Ints, Ints, Ints, Ints]], plan: Ints, crowd: People, owner: Ints, started: Ints
) -> pd.DataFrame:
    rows, at, renews, ends, status = (np.concatenate(part) for part in zip(*versions, strict=True))
    first = np.zeros(len(rows), dtype=bool)
    first[: len(versions[0][0])] = True
    refs = np.array(crowd.refs, dtype=object)[owner]
    return pd.DataFrame(
        {
            "op": np.where(first, "I", "U"),
            "source_ts": at,
            "subscription_id": [f"S{300_000 + i}" for i in rows],
            "customer_ref": refs[rows],
            "plan": np.array([name for name, _, _ in PLANS])[plan][rows],
            "started_at": started[rows],
            "renews_at": np.where(status == 0, renews, -1),
            "ends_at": ends,
            "status": np.array(["active", "cancelled", "expired"])[status],
            "price": np.array([cents for _, _, cents in PLANS])[plan][rows] / 100,
            "currency": CURRENCY,
        }
    ).sort_values("source_ts", kind="stable", ignore_index=True)
