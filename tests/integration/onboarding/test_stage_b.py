"""Stage B: staged rows reach the trusted table once, whatever is delivered twice, breaks off or is in the way."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.types import IntegerType, LongType, StringType

from lambdas import commit_files
from omnichannel.aws.iceberg import committing_catalog
from omnichannel.contracts.datasets import ORDERS, PRODUCTS
from omnichannel.contracts.store import FileStatus
from omnichannel.onboarding import commit as stage_b
from omnichannel.onboarding import history
from omnichannel.onboarding.migrate import Action, Change, IncompatibleColumn, migrate
from omnichannel.onboarding.read import scan
from omnichannel.onboarding.schema import TABLES
from omnichannel.transform.lake import Lake
from omnichannel.trusted.memory import Commit
from tests.integration.onboarding.conftest import DATABASE, LAKE

HEADER = "Op,source_ts,order_id,customer_ref,ordered_at,channel,status,total,currency,note\n"


def land(cloud, number, *order_ids, op="I", day=2, total="5"):
    rows = [f"{op},2026-01-{day:02}T00:00:00Z,{each},R1,2026-01-01T00:00:00Z,web,completed,{total},EUR,extra\n" for each in order_ids]
    return cloud.stage(f"dms/sales/orders/{number}.csv", HEADER + "".join(rows))


def deliver(*staged):
    return commit_files.handler({"Records": [{"messageId": s.content_id, "body": json.dumps(s.to_dict())} for s in staged]}, None)


def orders(cloud):
    return scan(cloud.catalog, DATABASE, ORDERS.table, [c.name for c in ORDERS.trusted_columns])


def state(cloud, name, as_of):
    work = cloud.disk / f"lake-{as_of:%Y%m%d}"
    work.mkdir()
    lake = Lake(cloud.catalog, DATABASE, work, as_of=as_of)
    lake.build(name)
    return lake.arrow(name).to_pylist()


def snapshots(cloud, table=ORDERS.table):
    return cloud.catalog.load_table((DATABASE, table)).metadata.snapshots


def test_the_files_of_a_batch_are_one_snapshot_that_names_them(trusted):
    staged = [land(trusted, 1, "O1", "O2"), land(trusted, 2, "O3")]

    answer = deliver(*staged)

    (snapshot,) = snapshots(trusted)
    items = [trusted.history(s.content_id) for s in staged]
    contents = snapshot.summary.additional_properties["omni.contents"].split(",")
    assert answer == {"batchItemFailures": []}
    assert sorted(orders(trusted)["order_id"].to_pylist()) == ["O1", "O2", "O3"]
    assert sorted(contents) == sorted(s.content_id for s in staged)
    assert {(i["status"], i["snapshot_id"]) for i in items} == {(FileStatus.COMMITTED, str(snapshot.snapshot_id))}
    assert {i["batch"] for i in items} == {snapshot.summary.additional_properties["omni.batch"]}


def test_a_message_delivered_again_commits_nothing_again(trusted):
    first, second = land(trusted, 1, "O1"), land(trusted, 2, "O2")
    deliver(first)

    deliver(first, second, second)

    assert sorted(orders(trusted)["order_id"].to_pylist()) == ["O1", "O2"]
    assert len(snapshots(trusted)) == 2


def test_a_crash_between_commit_and_history_is_healed_by_the_next_delivery(trusted, monkeypatch):
    staged = land(trusted, 1, "O1")
    with monkeypatch.context() as broken:
        broken.setattr(history, "committed", refuse)
        answer = deliver(staged)

    deliver(staged)

    assert answer == {"batchItemFailures": [{"itemIdentifier": staged.content_id}]}
    assert orders(trusted)["order_id"].to_pylist() == ["O1"]
    assert trusted.history(staged.content_id)["status"] == FileStatus.COMMITTED


def refuse(*_args, **_more):
    raise ClientError({"Error": {"Code": "InternalServerError"}}, "UpdateItem")


def test_a_lost_race_is_tried_again_and_a_lost_answer_commits_once(trusted, monkeypatch):
    staged, add, calls, waits = land(trusted, 1, "O1"), stage_b.add, [], []

    def contested(table, files, said):
        calls.append([file.file_path for file in files])
        if len(calls) == 2:
            add(table, files, said)
        raise CommitFailedException("another writer, or so it seemed")

    monkeypatch.setattr(stage_b, "add", contested)
    commits = stage_b.commit_files(committing_catalog(), DATABASE, ORDERS, [staged], LAKE, nothing, sleep=waits.append)

    (snapshot,) = snapshots(trusted)
    assert orders(trusted)["order_id"].to_pylist() == ["O1"]
    assert calls[0] == calls[1]
    assert (len(calls), len(waits)) == (2, 2)
    assert commits[staged.content_id] == Commit(snapshot.summary["omni.batch"], str(snapshot.snapshot_id), 1)


def nothing(_contents):
    return {}


def test_one_table_in_trouble_does_not_hold_up_the_others(trusted):
    staged = land(trusted, 1, "O1")
    lost = replace(staged, dataset="sales/returns", content_id="gone", staged_key="staging/nowhere")

    answer = deliver(lost, staged)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "gone"}]}
    assert orders(trusted).num_rows == 1
    assert snapshots(trusted, "returns_changes") == []


def test_a_file_without_rows_is_done_without_a_snapshot(trusted):
    staged = land(trusted, 1)

    deliver(staged)

    assert snapshots(trusted) == []
    assert trusted.history(staged.content_id)["status"] == FileStatus.COMMITTED


def test_changes_become_the_current_state_of_any_date(trusted):
    deliver(land(trusted, 1, "O1", "O2", "O3"), land(trusted, 2, "O1", op="U", day=4, total="9"), land(trusted, 3, "O2", op="D", day=5))

    states = {day: state(trusted, "orders", datetime(2026, 1, day, tzinfo=UTC)) for day in (2, 3, 5, 6)}
    totals = {day: {row["order_id"]: int(row["total"]) for row in rows} for day, rows in states.items()}

    assert totals == {2: {}, 3: {"O1": 5, "O2": 5, "O3": 5}, 5: {"O1": 9, "O2": 5, "O3": 5}, 6: {"O1": 9, "O3": 5}}


def test_of_what_does_not_change_the_first_telling_counts(trusted):
    tickets = [
        trusted.stage(f"support/tickets/{n}.csv", f"ticket_id,opened_at,channel,topic\nT1,2026-01-0{n}T00:00:00Z,mail,topic {n}\n")
        for n in (2, 1)
    ]
    deliver(*tickets)

    assert [row["topic"] for row in state(trusted, "tickets_once", datetime(2026, 2, 1, tzinfo=UTC))] == ["topic 1"]


def test_migrating_makes_every_table_and_then_nothing(cloud):
    first = migrate(cloud.catalog, DATABASE, LAKE)

    assert first == [Change(table, Action.CREATED) for table in TABLES]
    assert migrate(cloud.catalog, DATABASE, LAKE) == []


def test_migrating_adds_and_widens_columns_and_keeps_rows(trusted):
    deliver(land(trusted, 1, "O1"))
    table = trusted.catalog.load_table((DATABASE, ORDERS.table))
    with table.update_schema(allow_incompatible_changes=True) as update:
        update.delete_column("store_id")
    products = trusted.catalog.load_table((DATABASE, PRODUCTS.table))
    with products.update_schema(allow_incompatible_changes=True) as update:
        update.delete_column("min_age")
    with products.update_schema() as update:
        update.add_column("min_age", IntegerType())

    changes = migrate(trusted.catalog, DATABASE, LAKE)

    assert changes == [Change(ORDERS.table, Action.ADDED, "store_id"), Change(PRODUCTS.table, Action.WIDENED, "min_age")]
    assert orders(trusted)["store_id"].to_pylist() == [None]
    assert trusted.catalog.load_table((DATABASE, PRODUCTS.table)).schema().find_type("min_age") == LongType()


def test_a_column_that_changed_its_type_is_an_error_that_says_so(trusted):
    table = trusted.catalog.load_table((DATABASE, ORDERS.table))
    with table.update_schema(allow_incompatible_changes=True) as update:
        update.delete_column("total")
    with table.update_schema() as update:
        update.add_column("total", StringType())

    with pytest.raises(IncompatibleColumn, match=r"orders_changes\.total is stored as string, the contract says decimal\(18, 4\)"):
        migrate(trusted.catalog, DATABASE, LAKE)
