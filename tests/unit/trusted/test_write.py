"""Snapshots that add data files: what a commit costs does not come from copying all the commits before it."""

from datetime import UTC, datetime

import pyarrow as pa
import pyiceberg.table
import pytest
from pyiceberg.catalog.sql import SqlCatalog

from omnichannel.contracts.datasets import ORDERS
from omnichannel.onboarding.migrate import PROPERTIES
from omnichannel.onboarding.schema import arrow_schema, iceberg_schema
from omnichannel.trusted.write import add, claim, data_files, replace

AT = datetime(2026, 11, 1, tzinfo=UTC)
SCHEMA = arrow_schema(ORDERS.trusted_columns)


@pytest.fixture
def orders(tmp_path):
    """The table of orders, with nothing in it."""
    catalog = SqlCatalog("trusted", uri=f"sqlite:///{tmp_path}/catalog.db", warehouse=f"file://{tmp_path}/warehouse")
    catalog.create_namespace("trusted")
    return catalog.create_table(("trusted", ORDERS.table), iceberg_schema(ORDERS.trusted_columns), properties=PROPERTIES)


@pytest.fixture
def copied(monkeypatch):
    """One entry for each time that a transaction works the whole metadata of a table out."""
    copies, work_out = [], pyiceberg.table.update_table_metadata

    def counted(metadata, updates):
        copies.append(len(updates))
        return work_out(metadata, updates)

    monkeypatch.setattr(pyiceberg.table, "update_table_metadata", counted)
    return copies


def files(table, *order_ids):
    rows = [dict.fromkeys(SCHEMA.names) | {"order_id": each, "op": "I", "source_ts": AT} for each in order_ids]
    return list(data_files(table, pa.Table.from_pylist(rows, schema=SCHEMA).to_batches()))


def order_ids(table):
    return sorted(table.scan().to_arrow()["order_id"].to_pylist())


def test_a_commit_works_the_tables_metadata_out_once_before_and_once_after_its_snapshot(orders, copied):
    claim(orders)
    added = files(orders, "O1")
    copied.clear()

    add(orders, added, {"said": "so"})

    assert copied == [0, 2]
    assert order_ids(orders) == ["O1"]
    assert orders.current_snapshot().summary["said"] == "so"


def test_a_commit_of_two_snapshots_sees_the_first_when_it_makes_the_second(orders):
    add(orders, [*files(orders, "O1"), *files(orders, "O3")], {})
    old = [task.file for task in orders.scan("order_id = 'O1'").plan_files()]

    replace(orders, old, files(orders, "O2"), {"said": "so"})

    first, second = orders.metadata.snapshots[-2:]
    assert second.parent_snapshot_id == first.snapshot_id
    assert order_ids(orders) == ["O2", "O3"]
    assert not any(manifest.deleted_files_count for manifest in second.manifests(orders.io))
