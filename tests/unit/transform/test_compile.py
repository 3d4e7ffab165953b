"""What is committed is what the expressions say, and a name is what it claims to be."""

import json
from pathlib import Path

import pytest

from omnichannel.contracts.datasets import ORDERS
from omnichannel.onboarding.schema import TABLES, arrow_schema
from omnichannel.transform import compile as compiler
from omnichannel.transform.lake import Lake, UnknownName, manifest, needed
from omnichannel.transform.registry import Tables, Transformation, UnknownTable, add, in_order, load
from tests.unit.transform.reference import START


def test_the_committed_sql_is_what_the_expressions_compile_to():
    committed = {path.name: path.read_bytes().decode() for path in compiler.SQL.iterdir()}

    assert compiler.compiled() == committed, "run `make definitions` and commit omnichannel/transform/sql"


def test_every_transformation_says_what_it_is_and_runs_on_a_lake_where_nothing_landed(tmp_path: Path):
    lake = Lake(None, "trusted", tmp_path, as_of=START)
    for name, columns in TABLES.items():
        lake.put(name, arrow_schema(columns).empty_table())

    lake.build(*manifest())

    assert [name for name, each in load().items() if not each.meaning] == []
    assert {name: lake.arrow(name).schema.names for name in manifest()} == {n: list(c.columns) for n, c in manifest().items()}
    lake.close()


def test_the_manifest_lists_what_is_read_before_what_reads_it():
    seen = set(TABLES)

    for name, compiled in json.loads((compiler.SQL / "manifest.json").read_text()).items():
        assert set(compiled["reads"]) <= seen, name
        seen.add(name)


def test_only_the_columns_that_are_used_are_read():
    assert needed(("product_stock",), manifest())["stock_levels"] == {"product_id", "quantity"}


def test_all_columns_are_read_of_what_is_asked_for_by_name():
    assert needed(("orders",), manifest())[ORDERS.table] == {column.name for column in ORDERS.trusted_columns}


def test_a_transformation_reads_only_what_it_names():
    stranger = Transformation(name="stranger", reads=("orders",), build=lambda t: t["customers"])

    with pytest.raises(UnknownTable, match="add it to its `reads`"):
        Tables(stranger)["customers"]


def test_a_name_is_taken_once():
    with pytest.raises(ValueError, match="'orders' is taken"):
        add(Transformation(name="orders", reads=(), build=lambda t: t["orders"]))


def test_a_circle_is_named(monkeypatch: pytest.MonkeyPatch):
    one = Transformation(name="one", reads=("two",), build=lambda t: t["two"])
    two = Transformation(name="two", reads=("one",), build=lambda t: t["one"])
    monkeypatch.setattr("omnichannel.transform.registry.TRANSFORMATIONS", {"one": one, "two": two})

    with pytest.raises(ValueError, match="one <- two <- one"):
        list(in_order(("one",)))


def test_an_unknown_name_is_named(tmp_path: Path):
    lake = Lake(None, "trusted", tmp_path, as_of=START)

    with pytest.raises(UnknownName, match="unknown table 'oders'"):
        lake.build("oders")
    lake.close()


def test_a_moment_without_a_zone_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="has no time zone"):
        Lake(None, "trusted", tmp_path, as_of=START.replace(tzinfo=None))
