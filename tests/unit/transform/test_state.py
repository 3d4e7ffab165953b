"""The state of changing data sets equals the source database's, whatever order files land in and however often."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnichannel.contracts.datasets import DATASETS, STOCK_LEVELS, Dataset
from omnichannel.onboarding.schema import arrow_schema
from omnichannel.transform.lake import SQL, Lake
from omnichannel.transform.state import state_name
from tests.unit.transform.reference import START, Change, File, landed, logs, state

SCHEMA = arrow_schema(STOCK_LEVELS.trusted_columns)


def moment(tick: int) -> datetime:
    return START + timedelta(milliseconds=tick)


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    return con


def told(connection: duckdb.DuckDBPyConnection, files: Iterable[File], before: int) -> list[dict[str, Any]]:
    """What the compiled SQL says of the files' rows, as of a tick."""
    rows = [row for file in files for row in file.rows()]
    connection.register(STOCK_LEVELS.table, pa.Table.from_pylist(rows, schema=SCHEMA))
    connection.execute(f"SET VARIABLE as_of = TIMESTAMPTZ '{moment(before).isoformat()}'")
    return connection.sql((SQL / "stock_levels.sql").read_text()).to_arrow_table().to_pylist()


def quantities(rows: list[dict[str, Any]]) -> dict[str, int | None]:
    assert len({row["product_id"] for row in rows}) == len(rows)
    return {row["product_id"]: row["quantity"] for row in rows}


@settings(max_examples=200, deadline=None)
@given(log=logs(), data=st.data())
def test_the_state_on_any_date_is_the_databases_whatever_landed_when(connection, log, data):
    files = data.draw(landed(log))
    last = log[-1].tick if log else 0

    for before in (last + 40, data.draw(st.integers(0, last + 1))):
        assert quantities(told(connection, files, before)) == state(log, before)


@settings(max_examples=50, deadline=None)
@given(log=logs(), data=st.data())
def test_the_order_of_landing_and_repetition_do_not_matter(connection, log, data):
    files = data.draw(landed(log))
    again = [*data.draw(st.permutations(files)), *data.draw(st.lists(st.sampled_from(files), max_size=3) if files else st.just([]))]

    def sorted_rows(of: list[File]) -> list[Any]:
        return sorted(told(connection, of, 10_000), key=lambda row: row["product_id"])

    assert sorted_rows(again) == sorted_rows(files)


def test_a_full_load_of_the_same_moment_does_not_bring_a_deleted_row_back(connection):
    deleted = File(20260101000000500, "x", (Change("I", "a", 1, 5), Change("D", "a", 7, None)))
    load_again = File(0, "zzz", (Change("I", "a", 7, 5),))

    assert told(connection, [deleted, load_again], 100) == []


def test_a_full_load_that_is_newer_than_the_delete_brings_the_row_back(connection):
    deleted = File(20260101000000500, "x", (Change("D", "a", 7, None),))
    newer_load = File(0, "a", (Change("I", "a", 8, 5),))

    assert quantities(told(connection, [deleted, newer_load], 100)) == {"a": 5}


def test_rows_that_tell_no_file_order_count_as_a_full_load(connection):
    unordered = File(None, "z", (Change("U", "a", 7, 1),))  # type: ignore[arg-type]
    ordered = File(20260101000000500, "a", (Change("U", "a", 7, 2),))

    assert quantities(told(connection, [unordered, ordered], 100)) == {"a": 2}


def test_a_moment_is_excluded(connection):
    files = [File(0, "a", (Change("I", "a", 7, 1),))]

    assert (told(connection, files, 7), len(told(connection, files, 8))) == ([], 1)


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda d: d.name)
def test_every_data_set_has_a_state_that_is_empty_and_typed_when_nothing_landed(dataset: Dataset, tmp_path: Path):
    lake = Lake(None, "trusted", tmp_path, as_of=START)
    lake.put(dataset.table, arrow_schema(dataset.trusted_columns).empty_table())

    lake.build(state_name(dataset))

    assert lake.arrow(state_name(dataset)).schema == arrow_schema(dataset.trusted_columns)


@pytest.mark.parametrize("dataset", [d for d in DATASETS if not d.changing and d.ordered_by not in d.keys], ids=lambda d: d.name)
def test_what_is_said_twice_counts_once_as_it_was_said_first(dataset: Dataset, tmp_path: Path):
    key = dict.fromkeys(dataset.keys, "k")
    said = [(2, "b", 1), (1, "b", 2), (1, "b", 1), (1, "c", 1)]
    rows = [{**key, dataset.ordered_by: moment(tick), "_content_id": content, "_line": line} for tick, content, line in said]
    lake = Lake(None, "trusted", tmp_path, as_of=moment(10))
    lake.put(dataset.table, pa.Table.from_pylist(rows, schema=arrow_schema(dataset.trusted_columns)))

    lake.build(state_name(dataset))

    found = lake.arrow(state_name(dataset)).to_pylist()
    assert [(row[dataset.ordered_by], row["_content_id"], row["_line"]) for row in found] == [(moment(1), "b", 1)]
