from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from omnichannel.quality import report
from omnichannel.quality.named_queries import named_queries
from omnichannel.quality.rule import Kind, Rule, result
from sandbox.errors import SandboxError
from sandbox.flow.queries import QUERIES, ask, for_duckdb, named
from tests.integration.quality.conftest import BUCKETS, LAKE, NOW, Shop

NAMES = [query.name for query in named_queries(QUERIES)]


def answer(shop: Shop, name: str = "", sql: str = "") -> list[dict[str, Any]]:
    return ask(shop.lake(), shop.s3, BUCKETS, sql or named(name), NOW).to_pylist()


@pytest.fixture(scope="module")
def checked(shop: Shop) -> Shop:
    """With the results of two checks; of the newer one a rule is not met."""
    rule = Rule(name="orders.total.complete", kind=Kind.COMPLETENESS, table="orders", reads=(), threshold=1.0)
    for days, failed in ((2, 7), (0, 1)):
        at = NOW - timedelta(days=days)
        report.write(shop.s3, LAKE, [result(rule, 100, failed, None, at.isoformat())], at=at)
    return shop


@pytest.mark.parametrize("name", NAMES)
def test_every_named_query_answers_over_a_generated_shop(checked: Shop, name: str):
    assert answer(checked, name)


def test_refused_rows_are_those_of_the_truth(checked: Shop):
    rows = answer(checked, "quarantine_by_reason")

    assert sum(row["refused"] for row in rows) == len(checked.truth.bad)
    assert {row["reason"] for row in rows} == {record.reason.value for record in checked.truth.bad}


def test_orders_now_are_the_current_state(checked: Shop):
    lake = checked.lake()
    lake.build("orders")
    current = Counter((row["channel"], row["status"], row["currency"]) for row in lake.arrow("orders").to_pylist())

    rows = answer(checked, "orders_now")

    assert {(row["channel"], row["status"], row["currency"]): row["orders"] for row in rows} == current


def test_the_match_rate_counts_visitors_and_store_sales(checked: Shop):
    rows = {row["world"]: row for row in answer(checked, "match_rate")}

    visitors = {seen for seen in checked.tables["events"]["anonymous_id"].to_pylist() if seen}
    linked = set(checked.tables["identity_links"]["id_value"].to_pylist())
    assert rows["online"]["seen"] == len(visitors)
    assert rows["online"]["matched"] == len(visitors & linked)
    assert 0 < rows["stores"]["matched"] < rows["stores"]["seen"]


def test_the_ledger_leaves_summaries_out(checked: Shop):
    rows = answer(checked, "activation_ledger")

    assert {(row["flow"], row["status"], row["why"]): row["customers"] for row in rows} == {
        ("segment", "delivered", ""): 3,
        ("segment", "withheld", "no-consent"): 2,
    }


def test_drivers_are_those_of_the_high_band(checked: Shop):
    scored = answer(checked, sql="SELECT count(*) AS n FROM scores WHERE model = 'churn' AND band = 'high'")[0]["n"]

    assert {(row["driver"], row["effect"]): row["customers"] for row in answer(checked, "churn_drivers")} == {
        ("orders_90d", "lowers"): scored,
        ("days_since_order", "raises"): scored,
    }


def test_every_customer_has_one_place_in_the_lifecycle(checked: Shop):
    customers = set(checked.tables["identity_links"]["customer_id"].to_pylist())

    assert sum(row["customers"] for row in answer(checked, "customers_by_lifecycle")) == len(customers)


def test_every_customer_is_in_one_segment(checked: Shop):
    customers = set(checked.tables["identity_links"]["customer_id"].to_pylist())

    rows = {row["segment"]: row for row in answer(checked, "customers_by_segment")}

    assert sum(row["customers"] for row in rows.values()) == len(customers)
    assert rows["s01"]["champions_or_loyal"] == rows["s01"]["new_or_active"] == rows["s01"]["customers"]
    assert rows["s02"]["dormant_or_churned"] == rows["s02"]["customers"]


def test_failures_are_those_of_the_newest_check(checked: Shop):
    assert [(row["rule"], row["failed"]) for row in answer(checked, "quality_failures")] == [("orders.total.complete", 1)]


def test_a_moment_takes_the_place_of_now():
    query, tables = for_duckdb("WITH a AS (SELECT 1) SELECT * FROM a, events WHERE timestamp < current_timestamp", NOW)

    assert tables == {"events"}
    assert "2026-11-01T01:00:00+00:00" in query
    assert "CURRENT_TIMESTAMP" not in query


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("DROP TABLE orders", "'DROP' is no SELECT"),
        ("INSERT INTO orders SELECT 1", "'INSERT' is no SELECT"),
        ("CREATE TABLE mine AS SELECT 1", "'CREATE' is no SELECT"),
        ("SELECT 1; DROP TABLE orders", "more than one statement"),
        ("SELEC 1", "Line 1"),
        ("'", "Error tokenizing"),
    ],
)
def test_what_asks_nothing_is_refused_in_plain_words(sql: str, named: str):
    with pytest.raises(SandboxError) as refused:
        for_duckdb(sql)

    assert named in refused.value.reason
    assert "\x1b" not in refused.value.reason


def test_a_table_that_there_is_not_is_named(checked: Shop):
    with pytest.raises(SandboxError, match="there is no table 'order'"):
        answer(checked, sql='SELECT * FROM "order"')


def test_a_query_that_there_is_not_is_answered_with_those_there_are():
    with pytest.raises(SandboxError) as refused:
        named("sales")

    assert "orders_now" in refused.value.hint
