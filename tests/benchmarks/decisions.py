"""Decisions: columns in, arrays out, with twenty actions; and one customer's decision, its reading aside.

The floor of the batch is one numpy pass over the same bytes: every column is added up, and for every action the product of two columns
and the best of them found. Reading items from DynamoDB is not in it, nor is writing decisions down; both are reported by themselves.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import orjson

from omnichannel.activation.contacts import Contact
from omnichannel.decisions.columns import Columns, Contacts, Texts
from omnichannel.decisions.decide import LOT, decide
from omnichannel.decisions.gather import Known, columns, going_with, seeds, wanted
from omnichannel.playbook.actions import parsed
from omnichannel.playbook.choices import Playbook
from omnichannel.playbook.document import read
from omnichannel.playbook.experiments import load as experiments

ACTIONS, KINDS, REPEATS, SINGLES = 20, 2_000, 3, 300
PER_SECOND, SINGLE_MS, RATIO = 200_000, 1.0, 30.0
AT = datetime(2026, 11, 18, 11, tzinfo=UTC)


def measure(rows: int) -> list[dict[str, Any]]:
    """A batch of `rows` customers, and one at a time; in CPU seconds of this process."""
    rules = twenty()
    known = [customer(number) for number in range(KINDS)]
    gathered = _seconds(lambda: columns(known, rules, PRODUCTS, list(PRODUCTS)))
    facts = repeated(columns(known, rules, PRODUCTS, list(PRODUCTS)), rows)
    floor = min(_seconds(lambda: one_pass(facts)) for _ in range(REPEATS))
    batch = min(_seconds(lambda: decide(facts, rules, AT)) for _ in range(REPEATS))
    few = decide(columns(known, rules, PRODUCTS, list(PRODUCTS)), rules, AT)
    words = _seconds(lambda: [orjson.dumps(few.decision(row).to_dict()) for row in range(KINDS)])
    single = min(_singly(known[0], rules) for _ in range(REPEATS))
    speed = rows / batch
    return [
        _row(
            f"deciding for {rows:,} customers",
            batch,
            "s",
            rows,
            floor=floor,
            ratio=batch / floor,
            goal=f"≤ {RATIO:g}",
            met=batch <= RATIO * floor,
        ),
        _row("deciding, customers a second and core", speed, "/s", rows, goal=f"≥ {PER_SECOND:,}", met=speed >= PER_SECOND),
        _row("one decision for one customer", single, "ms", 1, goal=f"≤ {SINGLE_MS:g}", met=single <= SINGLE_MS),
        _row("items as columns, a customer", gathered / KINDS * 1e6, "µs", KINDS),
        _row("a decision in words, a customer", words / KINDS * 1e6, "µs", KINDS),
    ]


def _row(name: str, value: float, unit: str, rows: int, **told: Any) -> dict[str, Any]:
    plain = {"floor": None, "ratio": None, "goal": "reported", "met": True, "peak_mb": None}
    return {"name": name, "value": value, "unit": unit, "rows": rows, **plain, **told}


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _singly(known: Known, rules: Playbook) -> float:
    read = wanted(known, ()) | set(going_with(seeds(known), PRODUCTS))
    products = {product_id: PRODUCTS[product_id] for product_id in sorted(read)}

    def work() -> None:
        for _ in range(SINGLES):
            decide(columns([known], rules, products, ()), rules, AT, live=True).decision(0)

    return _seconds(work) / SINGLES * 1000


def twenty() -> Playbook:
    """This app's playbook with its actions again under other names, until there are twenty."""
    content, tried = read("actions"), experiments()
    listed = list(content["actions"].items())
    again = {f"{name}-{n // len(listed)}": action for n, (name, action) in enumerate((listed * ACTIONS)[:ACTIONS])}
    return parsed({**content, "actions": again}, tried)


PRODUCTS: dict[str, dict[str, Any]] = {
    f"P{n}": {
        "product_id": f"P{n}", "stock": Decimal(n % 40), "price": "19.90", "currency": "EUR", "active": True,
        "together": [f"P{(n * 7 + k) % 400}" for k in range(10)],
    }
    for n in range(400)
}  # fmt: skip


def customer(number: int) -> Known:
    """Somebody with two contacts and twenty recommended products; nine in ten may be written to."""
    drawn = np.random.default_rng(number)
    item = {
        "customer_id": f"c_{number}", "email": "a@example.org", "phone": "+49",
        "consents": {"marketing/any": {"granted": bool(drawn.random() < 0.9), "at": "2026-01-01T00:00:00+00:00"}},
        "profile": {"country": "DE", "age_band": "35-44", "timezone": ("Europe/Berlin", "Europe/London", "Asia/Tokyo")[number % 3]},
        "segments": {"lifecycle": ("new", "active", "dormant")[number % 3], "frequency": "occasional"},
        "aggregates": {
            "orders": Decimal(int(drawn.integers(0, 6))), "subscriptions": Decimal(number % 2),
            "spend": {"EUR": {"average_order": Decimal("63.20")}},
            "first_order_at": "2026-01-10T00:00:00+00:00", "renews_at": "2027-01-05T00:00:00+00:00",
            "last_order_at": (AT - timedelta(days=float(drawn.integers(0, 90)))).isoformat(),
        },
        "scores": {
            model: {"score": Decimal(int(drawn.integers(0, 1000))) / 1000, "band": ("high", "medium", "low")[number % 3]}
            for model in ("churn", "repurchase")
        },
        "recommended": {
            "items": [f"P{each}" for each in drawn.integers(0, 400, 20)], "again": [f"P{each}" for each in drawn.integers(0, 400, 5)],
        },
    }  # fmt: skip
    contacts = [
        Contact(action="renewal-offer-0", campaign="", channel="email", at=AT - timedelta(days=float(days)), run="", message_id=str(days))
        for days in drawn.integers(1, 60, 2)
    ]
    return Known(item=item, contacts=contacts)


def repeated(facts: Columns, rows: int) -> Columns:
    """The same customers again and again under other ids, until there are so many."""
    times = -(-rows // len(facts))

    def again(column: Any) -> Any:
        return np.concatenate([column] * times)[:rows]

    def each(found: Any) -> Any:
        return {name: Texts(codes=again(c.codes), words=c.words) if isinstance(c, Texts) else again(c) for name, c in found.items()}

    held = facts.contacts
    owner = np.concatenate([held.owner + n * len(facts) for n in range(times)])
    kept = owner < rows
    contacts = Contacts(owner=owner[kept].astype(np.int32), **{
        name: np.concatenate([getattr(held, name)] * times)[kept] for name in ("channel", "action", "at")
    })  # fmt: skip
    keys = np.random.default_rng(5).integers(0, 2**63, rows, dtype=np.uint64)
    return Columns(
        ids=[""] * rows, keys=keys, numbers=each(facts.numbers), moments=each(facts.moments), texts=each(facts.texts),
        names=each(facts.names), average_order=again(facts.average_order), consents=each(facts.consents), addresses=each(facts.addresses),
        suppressed=each(facts.suppressed), zones=Texts(codes=again(facts.zones.codes), words=facts.zones.words), contacts=contacts,
        items=each(facts.items), products=facts.products,
    )  # fmt: skip


def one_pass(facts: Columns) -> None:
    """Every column read once; for each of twenty actions p x value x weight, and the best of them. In lots of the same size."""
    factors = np.linspace(0.1, 2, ACTIONS)[:, None]
    for lot in facts.lots(LOT):
        named: tuple[Any, ...] = (lot.numbers, lot.moments, lot.names, lot.consents, lot.addresses, lot.suppressed, lot.items)
        texts = [text.codes for text in (*lot.texts.values(), lot.zones)]
        held = [lot.contacts.owner, lot.contacts.channel, lot.contacts.action, lot.contacts.at]
        read: list[Any] = [*(column for group in named for column in group.values()), *texts, *held, lot.average_order]
        for column in read:
            column.sum()
        (lot.numbers["churn_propensity"] * factors * lot.average_order).argmax(axis=0)
