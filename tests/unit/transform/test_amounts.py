"""Amounts that nobody means: one row may say the most that its type holds, and still everybody else's view is made."""
# ruff: noqa: S608 - our own SQL

from decimal import Decimal

import duckdb
import pytest

from omnichannel.transform.lake import SQL

MOST = Decimal("99999999999999.9999")


def made(name, **tables):
    """The rows of a compiled transformation over tables given as SQL."""
    with duckdb.connect() as connection:
        for table, rows in tables.items():
            connection.execute(f"CREATE TABLE {table} AS {rows}")
        return connection.execute((SQL / f"{name}.sql").read_text()).fetchall()


@pytest.mark.parametrize("sign", [1, -1])
def test_what_nobody_can_have_spent_counts_as_the_most_that_can_be_told(sign):
    bought = f"VALUES ('a', {sign * MOST}), ('a', {sign * MOST}), ('b', 12.50), ('c', {sign * MOST})"
    orders = f"SELECT who AS customer_id, 'EUR' AS currency, CAST(paid AS DECIMAL(18, 4)) AS total FROM ({bought}) paid(who, paid)"

    spent = {customer: (orders, spend) for customer, _, orders, spend, _ in made("customer_spend", bought=orders)}

    most = sign * Decimal(99999999999999)
    assert spent == {"a": (2, most), "b": (1, Decimal("12.5")), "c": (1, most)}


def test_stock_without_end_is_stock():
    stock = "SELECT 'p' AS product_id, CASE n WHEN 0 THEN 5 ELSE 9223372036854775807 END AS quantity FROM range(3) places(n)"

    assert made("product_stock", stock_levels=stock) == [("p", 2 * 10**12 + 5)]
