"""Landed files with known contents: how many rows are good, and what is wrong with each of the others."""

import gzip
import json
import random
from collections import Counter
from dataclasses import dataclass, field

from omnichannel.contracts.reasons import Reason

HEADER = "Op,source_ts,order_id,customer_ref,ordered_at,channel,status,total,currency"
DAY = "2026-01-{day:02}T08:00:00Z"


@dataclass(frozen=True)
class File:
    """One file: what must be trusted of it, and what must be refused, by reason."""

    key: str
    body: bytes
    good: int
    bad: Counter[Reason] = field(default_factory=Counter)


def order(name: str, n: int, **changed: str) -> str:
    """One CSV record of an order; `changed` replaces fields."""
    row = {
        "Op": "I", "source_ts": DAY.format(day=1 + n % 27), "order_id": f"{name}-{n}", "customer_ref": f"R{n % 50}",
        "ordered_at": DAY.format(day=1 + n % 27), "channel": "web", "status": "completed", "total": f"{n}.50", "currency": "EUR",
    }  # fmt: skip
    return ",".join((row | changed).values())


BAD_ORDERS: dict[Reason, dict[str, str]] = {
    Reason.WRONG_TYPE: {"total": "a lot"},
    Reason.UNKNOWN_VALUE: {"status": "lost"},
    Reason.MISSING_VALUE: {"currency": ""},
    Reason.TIME_OUT_OF_RANGE: {"ordered_at": "1970-01-01T00:00:01Z"},
    Reason.OUT_OF_RANGE: {"total": "9" * 30},
}


def orders(rng: random.Random, name: str, rows: int = 60, *, reasons: tuple[Reason, ...] = ()) -> File:
    """Orders as CSV; each of the `reasons` takes one record, in a place of its own."""
    at = dict(zip(rng.sample(range(rows), len(reasons)), reasons, strict=True))
    lines = [order(name, n, **BAD_ORDERS[at[n]]) if n in at else order(name, n) for n in range(rows)]
    body = "\n".join((HEADER, *lines, ""))
    return File(f"dms/sales/orders/{name}.csv", body.encode(), rows - len(reasons), Counter(reasons))


def event(name: str, n: int, **changed: object) -> dict[str, object]:
    """One Segment message; `changed` replaces fields, None takes one away."""
    message = {
        "messageId": f"{name}-{n}", "type": "track", "event": "Product Viewed", "userId": f"R{n % 50}", "anonymousId": f"a{n % 70}",
        "timestamp": DAY.format(day=1 + n % 27), "properties": {"product_id": f"P{n % 20}", "price": 9.5},
    }  # fmt: skip
    return {key: value for key, value in (message | changed).items() if value is not None}


def events(name: str, rows: int = 60, *, bad: dict[int, tuple[bytes, Reason]] | None = None) -> File:
    """Segment messages as gzipped JSON lines; `bad` puts raw lines in the place of records."""
    bad = bad or {}
    lines = [bad[n][0] if n in bad else json.dumps(event(name, n)).encode() for n in range(rows)]
    body = gzip.compress(b"\n".join(lines) + b"\n", mtime=0)
    return File(f"segment-logs/src/1/{name}.gz", body, rows - len(bad), Counter(reason for _, reason in bad.values()))
