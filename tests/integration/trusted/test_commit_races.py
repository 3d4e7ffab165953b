"""Many files at once, two committers at once, a crash at every step: each row is in the table once, each content in one batch."""

import hashlib
import inspect
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from pyiceberg.catalog.glue import GlueCatalog

from omnichannel.aws import clients
from omnichannel.aws.iceberg import committing_catalog
from omnichannel.contracts.datasets import ORDERS
from omnichannel.onboarding import commit as stage_b
from omnichannel.onboarding import history
from omnichannel.trusted import write
from tests.integration.trusted.conftest import DATABASE, LAKE


def content_hash(rows):
    """What the table holds, whatever order its files have."""
    ordered = rows.sort_by([("_content_id", "ascending"), ("_line", "ascending")])
    return hashlib.sha256(repr(ordered.to_pylist()).encode()).hexdigest()


def nothing(_contents):
    return {}


def test_forty_staged_files_are_one_commit(lake):
    staged = [lake.orders(f"c{n:02}", f"O{n}a", f"O{n}b") for n in range(40)]

    failed = lake.deliver(*staged)

    assert failed == []
    assert lake.rows().num_rows == 80
    assert len(lake.snapshots()) == 1
    assert {lake.history(s.content_id)["rows_committed"] for s in staged} == {2}


def test_a_file_more_than_a_commit_takes_is_in_the_next(lake, monkeypatch):
    monkeypatch.setattr("omnichannel.trusted.inbox.FILES_A_COMMIT", 2)

    lake.deliver(*[lake.orders(f"c{n}", f"O{n}") for n in range(5)])

    assert lake.rows().num_rows == 5
    assert [len(s.summary["omni.contents"].split(",")) for s in lake.snapshots()] == [2, 2, 1]


def test_eight_files_of_one_data_set_at_once_are_all_there_once(lake):
    staged = [lake.orders(f"c{n}", f"O{n}", f"P{n}") for n in range(8)]
    waiting = list(staged)

    with ThreadPoolExecutor(8) as pool:
        while waiting:  # what failed comes again, as the queue has it
            waiting = [file for file, failed in zip(waiting, pool.map(lake.deliver, waiting), strict=True) if failed]

    found = lake.rows()["order_id"].to_pylist()
    assert sorted(found) == sorted(f"{kind}{n}" for kind in "OP" for n in range(8))
    assert {lake.history(s.content_id)["rows_committed"] for s in staged} == {2}


def test_two_committers_of_the_same_messages_commit_them_once(lake, monkeypatch):
    staged = [lake.orders("c1", "O1"), lake.orders("c2", "O2")]
    add, both_have_read = stage_b.add, threading.Barrier(2, timeout=30)
    first = threading.local()

    def together(*arguments):
        if not hasattr(first, "met"):
            first.met = True
            both_have_read.wait()
        add(*arguments)

    monkeypatch.setattr(stage_b, "add", together)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: lake.deliver(*staged), range(2)))

    assert answers == [[], []]
    assert sorted(lake.rows()["order_id"].to_pylist()) == ["O1", "O2"]
    assert len(lake.snapshots()) == 1


def test_an_update_whose_answer_is_lost_is_asked_for_once_and_harms_nothing(lake, monkeypatch):
    staged, update = lake.orders("c1", "O1"), clients.client_once("glue").update_table
    lake.deliver(lake.orders("c0", "O0"))
    calls = []

    def unheard(**request):
        update(**request)
        calls.append(request)
        raise clients.client("glue").exceptions.OperationTimeoutException({"Error": {"Code": "OperationTimeoutException"}}, "UpdateTable")

    with monkeypatch.context() as deaf:
        deaf.setattr(clients.client_once("glue"), "update_table", unheard)
        first = lake.deliver(staged)
    second = lake.deliver(staged)

    assert (first, second, len(calls)) == (["0"], [], 1)
    assert sorted(lake.rows()["order_id"].to_pylist()) == ["O0", "O1"]


class Killed(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


def before(call):
    def killed(*_arguments, **_more):
        raise Killed

    return killed


def after(call):
    def killed(*arguments, **more):
        result = call(*arguments, **more)
        list(result) if hasattr(result, "__next__") else None
        raise Killed

    return killed


STEPS = {
    "reading the table": (stage_b, "claim"),
    "opening the staged files": (stage_b._Written, "_open"),
    "writing a data file": (write, "write_file"),
    "adding a snapshot": (stage_b, "add"),
    "writing the manifest list": ("pyiceberg.table.update.snapshot", "write_manifest_list"),
    "writing the metadata": (GlueCatalog, "_write_metadata"),
    "updating Glue": (GlueCatalog, "_update_glue_table"),
    "remembering a content": (history, "committed"),
}


@pytest.mark.parametrize("when", [before, after])
@pytest.mark.parametrize("step", STEPS)
def test_a_crash_at_any_step_leaves_the_same_rows_and_one_batch(lake, monkeypatch, step, when):
    staged = [lake.orders("c1", "O1", "O2"), lake.orders("c2", "O3")]
    lake.deliver(lake.orders("c0", "O0"))
    where, name = STEPS[step]
    target = __import__(where, fromlist=[name]) if isinstance(where, str) else where
    with monkeypatch.context() as broken:
        killed = when(getattr(target, name))
        broken.setattr(target, name, staticmethod(killed) if isinstance(inspect.getattr_static(target, name), staticmethod) else killed)
        with pytest.raises(Killed):
            lake.deliver(*staged)

    failed = lake.deliver(*staged)

    once = content_hash(lake.rows())
    assert failed == []
    assert sorted(lake.rows()["order_id"].to_pylist()) == ["O0", "O1", "O2", "O3"]
    assert lake.batches()[1:] == [stage_b.batch_id(["c1", "c2"])]
    assert {lake.history(c)["batch"] for c in ("c1", "c2")} == {stage_b.batch_id(["c1", "c2"])}
    assert [lake.history(c)["rows_committed"] for c in ("c1", "c2")] == [2, 1]
    lake.deliver(*staged)
    assert content_hash(lake.rows()) == once


def test_an_unreadable_staged_file_fails_alone(lake):
    good, gone, broken = (lake.orders(f"c{n}", f"O{n}") for n in range(3))
    lake.s3.delete_object(Bucket=LAKE, Key=gone.staged_key)
    lake.s3.put_object(Bucket=LAKE, Key=broken.staged_key, Body=b"PAR1 and no more")

    failed = lake.deliver(gone, good, broken)

    assert failed == ["0", "2"]
    assert lake.rows()["order_id"].to_pylist() == ["O0"]


def test_rows_are_written_without_holding_them_all(lake, monkeypatch):
    files = [lake.orders(f"c{n}", *(f"O{n}-{line}" for line in range(1000))) for n in range(6)]
    table = lake.table()
    with table.transaction() as change:
        change.set_properties({"write.target-file-size-bytes": "1"})
    batches, write_file = [], write.write_file

    def seen(io, metadata, tasks):
        task = next(tasks)
        batches.append(sum(batch.num_rows for batch in task.record_batches))
        return write_file(io, metadata, iter([task]))

    monkeypatch.setattr(write, "write_file", seen)
    commits = stage_b.commit_files(committing_catalog(), DATABASE, ORDERS, files, LAKE, nothing)

    assert batches == [1000] * 6
    assert sum(commit.rows for commit in commits.values()) == 6000
    assert len(lake.snapshots()) == 1
