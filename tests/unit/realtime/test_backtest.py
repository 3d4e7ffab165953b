from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from omnichannel.playbook.triggers import load
from omnichannel.realtime.windows.backtest import Next, backtest
from omnichannel.transform.lake import Lake, manifest

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
TYPES = {"TEXT": pa.string(), "TIMESTAMPTZ": pa.timestamp("us", "UTC"), "BOOLEAN": pa.bool_()}


def table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Rows with every column that the transformation has."""
    columns = manifest()[name].columns
    return pa.Table.from_pylist(
        [{column: row.get(column) for column in columns} for row in rows],
        pa.schema([(column, TYPES.get(kind, pa.float64())) for column, kind in columns.items()]),
    )


def viewed(who: str, at: datetime, product: str = "P1", **said: Any) -> dict[str, Any]:
    seen = {"message_id": f"{who}{at}", "event": "Product Viewed", "timestamp": at, "session_id": "s", "product_id": product}
    return {"customer_id": who, **seen, **said}


@pytest.fixture
def lake(tmp_path: Path):
    lake = Lake(None, "omni", tmp_path, as_of=AS_OF)
    start = AS_OF - 10 * DAY
    events = [viewed("ann", start + n * MINUTE) for n in range(3)] + [viewed("bob", start + n * 6 * MINUTE) for n in range(9)]
    events += [viewed("ann", AS_OF - DAY + n * MINUTE) for n in range(5)] + [viewed("ann", AS_OF - DAY, "P2")]
    lake.put("events_of_customers", table("events_of_customers", events))
    lake.put("bought", table("bought", [{"order_id": "o1", "customer_id": "ann", "ordered_at": start + timedelta(hours=5, minutes=2)},
                                        {"order_id": "o2", "customer_id": "bob", "ordered_at": start}]))  # fmt: skip
    lake.put("products", table("products", [{"product_id": f"P{n}", "category_l1": "wine"} for n in range(3)]))
    yield lake
    lake.close()


def test_a_rule_on_history_tells_who_when_and_what_next(lake: Lake):
    triggers = load()

    found = backtest(lake, triggers.rules["highly-interested"], triggers, AS_OF - 20 * DAY, AS_OF, days=7)

    assert found == Next(
        customers=1, spells=2, of_customers=2, by_day={"2026-10-22": 1, "2026-10-31": 1}, days=7, ordered=1, orders=1, median_hours=5.0
    )


def test_only_entries_of_the_days_asked_for_count(lake: Lake):
    triggers = load()

    found = backtest(lake, triggers.rules["highly-interested"], triggers, AS_OF - 2 * DAY, AS_OF, days=7)

    assert (found.spells, found.of_customers, found.ordered, found.median_hours) == (1, 1, 0, None)


@pytest.mark.parametrize("rule", sorted(load().rules))
def test_every_rule_of_the_playbook_can_be_replayed(lake: Lake, rule: str):
    triggers = load()

    found = backtest(lake, triggers.rules[rule], triggers, AS_OF - 20 * DAY, AS_OF, days=7)

    assert found.of_customers == 2
    assert found.customers == (rule in ("weekend", "highly-interested", "comparing"))
