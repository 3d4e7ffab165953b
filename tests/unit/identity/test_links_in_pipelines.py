"""What features read of links: only those that hold, and a reference that links nobody leaves it to the next identifier."""

from datetime import date, datetime
from types import SimpleNamespace

import ibis
import pyarrow as pa

from pipelines import source
from pipelines.tables import IDENTIFIERS, Facts

AS_OF = date(2026, 1, 10)


def at(day):
    return datetime(2026, 1, day)  # noqa: DTZ001 - in the steps' tables times are UTC without a zone


def given(rows, links):
    """Order and customer of the rows, through `Facts`' own join."""
    con = ibis.duckdb.connect()
    schema = {"customer_id": "string", "id_type": "string", "id_value": "string", "valid_from": "timestamp"}
    names = ("order_id", "customer_ref", "loyalty_card", "email", "known_from")
    facts = Facts.__new__(Facts)
    facts._as_of = AS_OF
    facts._links = con.create_table("identity_links", ibis.memtable(links, schema=schema))
    orders = con.create_table("rows", ibis.memtable(rows, schema={n: "timestamp" if n == "known_from" else "string" for n in names}))
    found = con.to_pyarrow(facts._resolved(orders, IDENTIFIERS)).to_pylist()
    return {row["order_id"]: (row["customer_id"], row["known_from"]) for row in found}


def test_the_first_identifier_that_has_a_link_decides():
    rows = [("o1", "till", "K 1", None, at(2)), ("o2", "unknown", None, "x@y.example", at(2)), ("o3", "R1", "K1", None, at(2))]
    links = [("c_2", "loyalty_card", "K1", at(1)), ("c_1", "customer_ref", "R1", at(5))]

    assert given(rows, links) == {"o1": ("c_2", at(2)), "o3": ("c_1", at(2))}


def test_a_row_counts_from_when_its_link_was_made():
    rows = [("o1", None, "K1", None, at(2)), ("o2", None, "K2", None, at(2))]
    links = [("c_1", "loyalty_card", "K1", at(5)), ("c_1", "loyalty_card", "K2", at(12))]

    assert given(rows, links) == {"o1": ("c_1", at(5))}


def test_only_links_that_hold_are_read():
    asked = {}

    def load_table(name):
        schema = source.LINKS_SCHEMA if name[1] == "identity_links" else pa.schema([("message_id", pa.string())])

        def scan(**given):
            asked[name[1]] = given["row_filter"]
            return SimpleNamespace(to_arrow_batch_reader=lambda: schema.empty_table().to_reader())

        fields = [SimpleNamespace(name=n) for n in schema.names]
        return SimpleNamespace(
            current_snapshot=lambda: SimpleNamespace(snapshot_id=1), schema=lambda: SimpleNamespace(fields=fields), scan=scan
        )

    source.read_trusted(SimpleNamespace(load_table=load_table), "trusted", ibis.duckdb.connect(), AS_OF, AS_OF)

    assert asked["identity_links"] == "valid_to is null"
