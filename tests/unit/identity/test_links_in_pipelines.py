"""What features read of links: only those that hold, and a reference that links nobody leaves it to the next identifier."""

from contextlib import closing
from datetime import date, datetime

import ibis

from pipelines import source
from pipelines.engine import DuckDb, Plan, answer, sql
from pipelines.features.registry import moment
from pipelines.owners import SALE, Owners
from tests.unit.pipelines.shops import Shop

AS_OF = date(2026, 1, 10)


def at(day):
    return datetime(2026, 1, day)  # noqa: DTZ001 - in the steps' tables times are UTC without a zone


def given(rows, links):
    """Order and customer of the rows."""
    con = ibis.duckdb.connect()
    schema = {"customer_id": "string", "id_type": "string", "id_value": "string", "valid_from": "timestamp"}
    names = ("order_id", "customer_ref", "loyalty_card", "email", "known_from")
    held = con.create_table("identity_links", ibis.memtable(links, schema=schema))
    orders = con.create_table("rows", ibis.memtable(rows, schema={n: "timestamp" if n == "known_from" else "string" for n in names}))
    plan = Plan()
    wanted = Owners(plan, held, moment(AS_OF)).owned(orders, SALE)
    for name, step in plan.steps.items():
        con.raw_sql(f"CREATE TABLE {name} AS {sql(step, 'duckdb')}")
    found = con.con.sql(sql(wanted, "duckdb")).to_arrow_table().to_pylist()
    return {row["order_id"]: (row["customer_id"], row["known_from"]) for row in found}


def test_the_first_identifier_that_has_a_link_decides():
    rows = [("o1", "till", "K 1", None, at(2)), ("o2", "unknown", None, "x@y.example", at(2)), ("o3", "R1", "K1", None, at(2))]
    links = [("c_2", "loyalty_card", "K1", at(1)), ("c_1", "customer_ref", "R1", at(5))]

    assert given(rows, links) == {"o1": ("c_2", at(2)), "o3": ("c_1", at(2))}


def test_a_row_counts_from_when_its_link_was_made():
    rows = [("o1", None, "K1", None, at(2)), ("o2", None, "K2", None, at(2))]
    links = [("c_1", "loyalty_card", "K1", at(5)), ("c_1", "loyalty_card", "K2", at(12))]

    assert given(rows, links) == {"o1": ("c_1", at(5))}


def test_only_links_that_hold_are_read(tmp_path):
    shop = Shop()
    shop.customer("A")
    shop.link("B", "customer_ref", "B", at(1))
    shop.links[-1]["valid_to"] = at(2)

    with closing(DuckDb(tmp_path)) as engine:
        source.read_trusted(shop, "trusted", engine, AS_OF, AS_OF)
        found = answer(engine, source.links())

    assert [row["customer_id"] for row in found] == ["c_A"]
