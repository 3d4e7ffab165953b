"""What the committer is asked for beside files: rows erased to the last byte, old snapshots forgotten, small files made few."""

import gzip
import io
import re
import zlib
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from omnichannel.aws import clients, iceberg
from omnichannel.contracts.identity import LINKS_TABLE
from omnichannel.contracts.privacy import EraseRows
from omnichannel.contracts.store import FileStatus
from omnichannel.contracts.trusted import Compact, Expire, group_of
from omnichannel.onboarding import history
from omnichannel.onboarding.schema import TABLES, arrow_schema
from omnichannel.trusted import ask as ask_committer
from omnichannel.trusted import compact, erase, files, requests
from tests.integration.trusted.conftest import AT, DATABASE, LAKE, Context

ADDRESS = "ann.almond@example.com"


def order(number, **more):
    return {"op": "I", "source_ts": AT + timedelta(hours=number), "order_id": f"O{number}", "ordered_at": AT, "channel": "web"} | more


def event(number, **more):
    return {"message_id": f"M{number}", "type": "track", "timestamp": AT + timedelta(minutes=number)} | more


def _ordered_at(lake, path):
    """When what stands in a data file was ordered, in order."""
    with lake.table().io.new_input(path).open() as file:
        return sorted(pq.read_table(file)["ordered_at"].to_pylist())


def ask(lake, table, request="erase-1", **values):
    """An erasure of one table; gives the request, its values in the lake."""
    key = f"privacy/requests/{request}/values/{table}.json"
    lake.put(key, values)
    result = f"privacy/requests/{request}/{table}.json"
    return EraseRows(id=f"{request}-{table}", table=table, dataset=group_of(table), values_key=key, result_key=result)


def bytes_of(key, body):
    """An object's bytes as a reader sees them: Parquet and Avro decoded, and the raw ones beside them."""
    if key.endswith(".parquet"):
        return (
            body + repr(pq.read_table(io.BytesIO(body)).to_pylist()).encode() + repr(pq.read_metadata(io.BytesIO(body)).to_dict()).encode()
        )
    if key.endswith(".avro"):
        return body + b"".join(avro_blocks(body))
    return body + (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else b"")


def avro_blocks(body):
    """The decompressed blocks of an Avro file: each stands between a count, a length and the file's sync marker."""
    marker, at = body[-16:], body.index(body[-16:]) + 16
    while at < len(body):
        _, at = zigzag(body, at)
        length, at = zigzag(body, at)
        yield zlib.decompress(body[at : at + length], -15)
        assert body[at + length : at + length + 16] == marker
        at += length + 16


def zigzag(body, at):
    """A whole number as Avro writes it, and where the next begins."""
    shift = value = 0
    while True:
        byte, at = body[at], at + 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), at


TRACE = re.compile(rb"(?i)R-ANN|anon-ann|(?<![a-z])ann\.almond@example\.com")
"""Ann as she stands in the rows; `joann.almond@example.com` is somebody else."""


def traces(lake, table):
    """Keys of object versions of the table that name Ann."""
    return sorted(key for (key, _), body in lake.versions(f"trusted/{table}/").items() if TRACE.search(bytes_of(key, body)))


def people(lake):
    """Orders and events of Ann and of others, in several files and snapshots."""
    lake.deliver(
        lake.stage(
            "c1",
            order(1, customer_ref="R-ANN", email="Ann.Almond@Example.COM", store_id="at R-ANN"),
            order(2, customer_ref="R-BEN", email="ben@example.com"),
        ),
        lake.stage("c2", order(3, customer_ref="R-BEN", email="joann.almond@example.com")),
    )
    lake.deliver(
        lake.stage("c3", order(4, email="ann.almond@example.com"), order(5, customer_ref="R-CAT")),
        lake.stage(
            "e1",
            event(1, user_id="R-ANN", anonymous_id="anon-ann"),
            event(2, user_id="R-BEN", traits='{"email":"ben@example.com"}'),
            event(3, anonymous_id="anon-x", traits='{"friend":"ANN.ALMOND@example.com"}'),
            dataset="events",
        ),
    )


def test_nothing_of_an_erased_person_is_left_in_any_version_of_any_file(lake):
    people(lake)
    erasures = [
        ask(lake, table, columns={"customer_ref": ["R-ANN"], "user_id": ["R-ANN"], "anonymous_id": ["anon-ann"]}, mentions=[ADDRESS])
        for table in ("orders_changes", "events")
    ]
    there_before = [traces(lake, table) for table in ("orders_changes", "events")]

    failed = lake.deliver(*erasures)

    answers = [lake.json(erasure.result_key) for erasure in erasures]
    assert failed == []
    assert {key.rpartition(".")[2] for key in there_before[0]} == {"parquet", "avro"}  # what a bound says, manifests say too
    assert {key.rpartition(".")[2] for key in there_before[1]} == {"parquet"}
    assert [traces(lake, table) for table in ("orders_changes", "events")] == [[], []]
    assert sorted(lake.rows()["order_id"].to_pylist()) == ["O2", "O3", "O5"]
    assert lake.rows("events")["message_id"].to_pylist() == ["M2"]
    assert [(a["rows"], a["files"], a["later"]) for a in answers] == [(2, 2, 0), (2, 1, 0)]


def test_the_rest_of_a_table_can_be_read_and_written_on(lake):
    people(lake)

    lake.deliver(ask(lake, "orders_changes", columns={"customer_ref": ["R-BEN"]}), lake.orders("c9", "O9"))

    assert sorted(lake.rows()["order_id"].to_pylist()) == ["O1", "O4", "O5", "O9"]
    named = files.named(lake.table(), lake.snapshots())
    assert {key for key, _ in lake.versions("trusted/orders_changes/") if not key.endswith(".json")} <= named


def test_an_erasure_delivered_again_gives_the_same_answer_and_changes_nothing(lake):
    people(lake)
    erasure = ask(lake, "orders_changes", columns={"customer_ref": ["R-ANN"]})
    lake.deliver(erasure)
    answer, snapshots = lake.json(erasure.result_key), [s.snapshot_id for s in lake.snapshots()]

    lake.deliver(erasure)

    assert lake.json(erasure.result_key) == answer
    assert [s.snapshot_id for s in lake.snapshots()] == snapshots


class Killed(BaseException):
    pass


BREAKS = {
    "before the commit": (erase, "replace", "before"),
    "after the commit": (erase, "replace", "after"),
    "before the plan": (files, "sweep", "before"),
    "after the memory": (requests.Memory, "keep", "after"),
    "before the deletion": (files, "delete", "before"),
    "after the deletion": (files, "delete", "after"),
}


@pytest.mark.parametrize("step", BREAKS)
def test_an_erasure_killed_at_any_step_goes_on_and_says_what_all_of_it_did(lake, monkeypatch, step):
    people(lake)
    erasure = ask(lake, "orders_changes", columns={"customer_ref": ["R-ANN"]}, mentions=[ADDRESS])
    where, name, when = BREAKS[step]
    call = getattr(where, name)

    def killed(*arguments, **more):
        if when == "after":
            call(*arguments, **more)
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(where, name, killed)
        with pytest.raises(Killed):
            lake.deliver(erasure)

    failed = lake.deliver(erasure)

    answer = lake.json(erasure.result_key)
    assert failed == []
    assert (answer["rows"], answer["files"]) == (2, 2)
    assert sorted(lake.rows()["order_id"].to_pylist()) == ["O2", "O3", "O5"]
    assert traces(lake, "orders_changes") == []


def test_an_erasure_that_runs_out_of_time_goes_on_where_it_was(lake):
    people(lake)
    erasure = ask(lake, "orders_changes", columns={"customer_ref": ["R-ANN"]}, mentions=[ADDRESS])
    short = Context()
    left = iter([300.0, 10.0])
    short.get_remaining_time_in_millis = lambda: next(left) * 1000

    first = lake.deliver(erasure, context=short)
    second = lake.deliver(erasure)

    assert (first, second) == (["0"], [])
    assert (lake.json(erasure.result_key)["rows"], lake.json(erasure.result_key)["files"]) == (2, 2)


def test_an_erasure_waits_for_the_files_in_front_of_it(lake):
    gone = lake.stage("c1", order(1, customer_ref="R-ANN"))
    body = lake.s3.get_object(Bucket=LAKE, Key=gone.staged_key)["Body"].read()
    lake.s3.delete_object(Bucket=LAKE, Key=gone.staged_key)
    erasure = ask(lake, "orders_changes", columns={"customer_ref": ["R-ANN"]})
    behind = lake.orders("c2", "O2")

    first = lake.deliver(gone, erasure, behind)
    lake.s3.put_object(Bucket=LAKE, Key=gone.staged_key, Body=body)
    second = lake.deliver(gone, erasure, behind)

    assert (first, second) == (["0", "1", "2"], [])
    assert lake.rows()["order_id"].to_pylist() == ["O2"]


def test_a_table_with_a_writer_of_its_own_keeps_what_that_writer_has_in_hand(lake):
    table = lake.table(LINKS_TABLE)
    schema = arrow_schema(TABLES[LINKS_TABLE])
    rows = [{"customer_id": f"c_{n}", "id_type": "customer_ref", "id_value": f"R{n}"} for n in range(3)]
    table.append(pa.Table.from_pylist(rows, schema=schema))
    lake.s3.put_object(Bucket=LAKE, Key=f"trusted/{LINKS_TABLE}/data/in-hand.parquet", Body=b"not yet committed")
    erasure = ask(lake, LINKS_TABLE, columns={"customer_id": ["c_1"]})

    lake.deliver(erasure)

    assert sorted(lake.rows(LINKS_TABLE)["customer_id"].to_pylist()) == ["c_0", "c_2"]
    assert any(key.endswith("in-hand.parquet") for key, _ in lake.versions(f"trusted/{LINKS_TABLE}/"))
    assert lake.json(erasure.result_key)["later"] >= 1


def test_what_an_expired_snapshot_brought_is_never_committed_again(lake, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(history, "committed", lambda *_arguments, **_more: None)  # the write that got lost
        first = lake.orders("c1", "O1")
        lake.deliver(first)
    lake.deliver(lake.orders("c2", "O2"))
    assert lake.history("c1")["status"] == FileStatus.STAGED

    lake.deliver(Expire.of("night-1", "orders_changes", days=0))
    lake.deliver(first)

    assert len(lake.snapshots()) == 1
    assert sorted(lake.rows()["order_id"].to_pylist()) == ["O1", "O2"]
    assert (lake.history("c1")["status"], lake.history("c1")["rows_committed"]) == (FileStatus.COMMITTED, 1)


def test_expiry_keeps_the_days_that_are_asked_for(lake):
    lake.deliver(lake.orders("c1", "O1"))
    lake.deliver(lake.orders("c2", "O2"))
    expiry = Expire.of("night-1", "orders_changes", days=7)

    lake.deliver(expiry)

    assert len(lake.snapshots()) == 2
    assert lake.json(expiry.result_key)["snapshots"] == 0


def test_expiry_deletes_what_nothing_names_once_it_is_old_enough(lake, monkeypatch):
    lake.deliver(lake.orders("c1", "O1"))
    orphan = "trusted/orders_changes/data/left-by-a-crash.parquet"
    lake.s3.put_object(Bucket=LAKE, Key=orphan, Body=b"rows")
    lake.s3.delete_object(Bucket=LAKE, Key=orphan)

    lake.deliver(young := Expire.of("night-1", "orders_changes"))
    monkeypatch.setattr(files, "GRACE", timedelta(0))
    monkeypatch.setattr(requests, "GRACE", timedelta(0))
    lake.deliver(old := Expire.of("night-2", "orders_changes"))

    page = lake.s3.list_object_versions(Bucket=LAKE, Prefix=orphan)
    assert (lake.json(young.result_key)["objects"], lake.json(young.result_key)["later"]) == (0, 2)
    assert lake.json(old.result_key)["objects"] == 2
    assert not page.get("Versions", []) + page.get("DeleteMarkers", [])
    assert lake.rows()["order_id"].to_pylist() == ["O1"]


def test_compaction_makes_few_files_of_many_and_keeps_every_row(lake):
    for n in range(6):
        lake.deliver(lake.orders(f"c{n}", f"O{n}", f"O{n}", ordered_at=AT - timedelta(days=n)))
    before = lake.rows().sort_by([("_content_id", "ascending"), ("_line", "ascending")])
    compaction = Compact.of("night-1", "orders_changes")

    lake.deliver(compaction)

    tasks = list(lake.table().scan().plan_files())
    assert lake.rows().sort_by([("_content_id", "ascending"), ("_line", "ascending")]).equals(before)
    assert len(tasks) == 1
    assert lake.rows()["ordered_at"].to_pylist() == sorted(before["ordered_at"].to_pylist())
    assert (lake.json(compaction.result_key)["rows"], lake.json(compaction.result_key)["files"]) == (12, 6)


def test_compaction_makes_several_files_of_what_one_could_not_hold_the_earliest_rows_first(lake, monkeypatch):
    for n in range(8):
        lake.deliver(lake.orders(f"c{n}", f"O{n}", ordered_at=AT - timedelta(days=n)))
    largest = max(task.file.file_size_in_bytes for task in lake.table().scan().plan_files())
    monkeypatch.setattr(compact, "BIN_BYTES", 4 * largest)

    lake.deliver(Compact.of("night-1", "orders_changes"))

    tasks = lake.table().scan().plan_files()
    days = sorted(_ordered_at(lake, task.file.file_path) for task in tasks)
    assert days == [[AT - timedelta(days=n) for n in range(7, 3, -1)], [AT - timedelta(days=n) for n in range(3, -1, -1)]]


def test_compaction_leaves_few_files_alone_and_runs_once(lake):
    for n in range(compact.FEWEST_FILES):
        lake.deliver(lake.orders(f"c{n}", f"O{n}"))
    lake.deliver(first := Compact.of("night-1", "orders_changes"))
    snapshots = len(lake.snapshots())

    lake.deliver(first, second := Compact.of("night-2", "orders_changes"))

    assert lake.json(second.result_key)["files"] == 0
    assert len(lake.snapshots()) == snapshots


def test_a_compacted_content_is_still_known(lake):
    staged = [lake.orders(f"c{n}", f"O{n}") for n in range(4)]
    for each in staged:
        lake.deliver(each)
    lake.deliver(Compact.of("night-1", "orders_changes"), Expire.of("night-1", "orders_changes", days=0))

    lake.deliver(*staged)

    assert lake.rows().num_rows == 4


def test_a_table_that_was_never_made_has_nothing_to_erase(lake):
    erasure = ask(lake, "returns_changes", columns={"customer_ref": ["R-ANN"]})

    failed = lake.deliver(erasure)

    assert (failed, lake.json(erasure.result_key)["rows"]) == ([], 0)


def test_manifests_hold_no_bounds_of_personal_columns(lake):
    people(lake)
    schema = lake.table().schema()

    bounded = {schema.find_column_name(field) for task in lake.table().scan().plan_files() for field in (task.file.lower_bounds or {})}

    assert "order_id" in bounded
    assert not bounded & {column.name for column in TABLES["orders_changes"] if column.personal}


def test_the_catalog_that_reads_sees_what_the_committing_one_wrote(lake):
    lake.deliver(lake.orders("c1", "O1"))

    assert iceberg.catalog().load_table((DATABASE, "orders_changes")).properties["commit.retry.num-retries"] == "0"


def test_a_table_says_how_big_it_is_without_being_read(lake):
    lake.deliver(lake.orders("c1", "O1", "O2"))
    lake.deliver(lake.orders("c2", "O3"))

    found = {state.table: state for state in ask_committer.states(iceberg.catalog(), DATABASE)}

    orders = found["orders_changes"]
    assert (orders.rows, orders.files, orders.snapshots) == (3, 2, 2)
    assert orders.bytes == sum(task.file.file_size_in_bytes for task in lake.table().scan().plan_files())
    assert found["returns_changes"] == ask_committer.TableState(table="returns_changes")


def test_a_request_is_sent_to_the_queue_in_its_tables_group(lake):
    sqs = clients.client("sqs")
    url = sqs.create_queue(QueueName="staged.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    request = Compact.of("now", "orders_changes")

    ask_committer.send(sqs, url, request)

    (message,) = sqs.receive_message(QueueUrl=url, AttributeNames=["MessageGroupId"])["Messages"]
    assert message["Attributes"]["MessageGroupId"] == "sales/orders"
    assert ask_committer.answer_of(lake.s3, LAKE, request) is None
    lake.deliver(request)
    assert ask_committer.answer_of(lake.s3, LAKE, request)["files"] == 0
