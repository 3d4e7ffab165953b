"""What named queries count, over a few rows by hand: the rules are those of the customer view."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from omnichannel.identity.normalise import email_sha256
from omnichannel.onboarding.schema import TABLES, arrow_schema
from omnichannel.transform.lake import Lake
from sandbox.flow.queries import ask, named

NOW = datetime(2026, 11, 1, tzinfo=UTC)
DAY = NOW - timedelta(days=1)
Answer = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def answer(tmp_path: Path) -> Answer:
    def make(query: str, **tables: list[dict[str, Any]]) -> list[dict[str, Any]]:
        lake = Lake(None, "", tmp_path, as_of=NOW)
        for name, rows in tables.items():
            schema = arrow_schema(TABLES[name])
            told = [{"_content_id": "c", "_line": n, "source_ts": DAY, **row} for n, row in enumerate(rows, start=1)]
            lake.put(name, pa.Table.from_pylist([{f: row.get(f) for f in schema.names} for row in told], schema=schema))
        found: list[dict[str, Any]] = ask(lake, None, {}, named(query), NOW).to_pylist()
        return found

    return make


def test_of_two_consents_of_one_moment_the_refusal_counts(answer: Answer) -> None:
    said = [("k1", "R1", False), ("k2", "R1", True), ("k3", "R2", True)]
    rows = [
        {"consent_id": n, "customer_ref": ref, "purpose": "marketing", "channel": "email", "granted": yes, "recorded_at": DAY}
        for n, ref, yes in said
    ]

    (found,) = answer("consents_given", consents=rows)

    assert (found["allowed"], found["refused"]) == (1, 1)


def test_a_store_sale_is_matched_by_reference_card_or_address(answer: Answer) -> None:
    sales: tuple[dict[str, str], ...] = (
        {"customer_ref": "R1"},
        {"loyalty_card": "l-1"},
        {"email": " One@Shop.example "},
        {"customer_ref": "R1", "loyalty_card": "L1", "email": "one@shop.example"},
        {"loyalty_card": "L2"},
        {},
    )
    orders = [{"order_id": f"o{n}", "channel": "store", **sale} for n, sale in enumerate(sales)]
    held = (("customer_ref", "R1"), ("loyalty_card", "L1"), ("email_sha256", email_sha256("one@shop.example")))
    links = [{"customer_id": "c_1", "id_type": kind, "id_value": value, "valid_from": DAY} for kind, value in held]

    found = {row["world"]: row for row in answer("match_rate", orders_changes=orders, identity_links=links, events=[])}

    assert (found["stores"]["seen"], found["stores"]["matched"]) == (6, 4)


def test_what_was_cancelled_was_not_sold(answer: Answer) -> None:
    orders = [{"order_id": n, "status": status} for n, status in (("o1", "completed"), ("o2", "cancelled"))]
    lines = [{"order_id": n, "line": 1, "product_id": "P", "quantity": 20} for n in ("o1", "o2", "unknown")]
    back = {"return_id": "r", "product_id": "P", "quantity": 5, "amount": Decimal(1), "reason": "damaged"}

    (found,) = answer("returns_by_product", orders_changes=orders, order_lines_changes=lines, returns_changes=[back])

    assert (found["sold"], found["returned"], found["percent"]) == (20, 5, 25.0)
