"""Stage A: each row is staged as typed or quarantined with one reason; the sums are exact whatever lands."""

import gzip
import io
import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lambdas import stage_file
from omnichannel.contracts import zones
from omnichannel.contracts.store import FileStatus
from omnichannel.onboarding import history
from omnichannel.onboarding.numbered import value_hash
from tests.integration.onboarding.conftest import HISTORY, LAKE, LANDING, QUARANTINE

ORDERS = "dms/sales/orders/LOAD00000001.csv"
ORDER_HEADER = "Op,source_ts,order_id,customer_ref,loyalty_card,email,ordered_at,channel,store_id,status,total,discount,currency"
GOOD_ORDER = "I,2026-01-02T00:00:00Z,O1,R1,,,2026-01-01T10:00:00+02:00,web,,completed,12.50,,EUR"
EVENTS = "segment-logs/web/1767225600000/part-0.gz"


def orders(*rows, header=ORDER_HEADER):
    return "\n".join((header, *rows)) + "\n"


def event(**changes):
    message = {"messageId": "m1", "type": "track", "event": "Product Viewed", "userId": "R1", "timestamp": "2026-01-01T00:00:00.123Z"}
    return orjson.dumps({**message, **changes}).decode()


def staged_rows(cloud, staged):
    body = cloud.s3.get_object(Bucket=LAKE, Key=staged.staged_key)["Body"].read()
    return pq.read_table(io.BytesIO(body)).sort_by("_line").to_pylist()


def test_good_rows_are_typed_and_know_where_they_came_from(cloud):
    staged = cloud.stage(ORDERS, orders(GOOD_ORDER, GOOD_ORDER.replace("O1", '"O ""2"",\nx"').replace("12.50", "7")))

    first, second = staged_rows(cloud, staged)
    assert (staged.status, staged.rows_in, staged.quarantined) == ("staged", 2, {})
    assert (first["total"], first["discount"], first["customer_ref"]) == (Decimal("12.5000"), None, "R1")
    assert first["ordered_at"] == datetime(2026, 1, 1, 8, tzinfo=UTC)
    assert (first["_content_id"], first["_line"], second["_line"]) == (staged.content_id, 1, 2)
    assert second["order_id"] == 'O "2",\nx'


BAD_ORDERS = {
    "": ("malformed-row", GOOD_ORDER + ",too,many"),
    "op": ("unknown-value", GOOD_ORDER.replace("I,", "X,")),
    "source_ts": ("wrong-type", GOOD_ORDER.replace("2026-01-02T00:00:00Z", "1767312000")),
    "order_id": ("missing-value", GOOD_ORDER.replace("O1", '""')),
    "ordered_at": ("time-out-of-range", GOOD_ORDER.replace("2026-01-01T10", "1970-01-01T10")),
    "channel": ("unknown-value", GOOD_ORDER.replace("web", "Web")),
    "total": ("wrong-type", GOOD_ORDER.replace("12.50", "twelve")),
    "discount": ("out-of-range", GOOD_ORDER.replace("12.50,", "12.50,-0.01")),
    "currency": ("missing-value", GOOD_ORDER.replace("EUR", "")),
}


def test_each_bad_row_has_one_record_with_its_line_and_first_failing_column(cloud):
    rows = [text.replace("O1", f"O{n}") for n, (_, text) in enumerate(BAD_ORDERS.values(), start=2)]

    staged = cloud.stage(ORDERS, orders(GOOD_ORDER, *rows))

    expected = [(n, column, reason) for n, (column, (reason, _)) in enumerate(BAD_ORDERS.items(), start=2)]
    assert cloud.quarantined(staged) == expected
    assert (staged.rows_in, staged.rows_staged) == (len(rows) + 1, 1)


def test_a_record_holds_a_hash_and_never_the_value(cloud):
    staged = cloud.stage(ORDERS, orders(GOOD_ORDER.replace("12.50", "secret-value")))

    body = cloud.s3.get_object(Bucket=QUARANTINE, Key=zones.quarantined(staged.dataset, staged.content_id))["Body"].read()
    record = orjson.loads(body)
    assert record["value_hash"] == value_hash(b"secret-value")
    assert (record["file"], record["batch"], record["dataset"]) == (ORDERS, staged.content_id, "sales/orders")
    assert b"secret-value" not in body


def test_a_delete_needs_its_key_and_time_only(cloud):
    gone = "D,2026-01-03T00:00:00Z,O1,,,,,,,,,,"

    staged = cloud.stage(ORDERS, orders(GOOD_ORDER, gone, gone.replace("O1", ""), gone.replace("2026-01-03T00:00:00Z", "")))

    assert staged.rows_staged == 2
    assert cloud.quarantined(staged) == [(3, "order_id", "missing-value"), (4, "source_ts", "missing-value")]


def test_of_rows_that_say_the_same_twice_the_first_is_kept(cloud):
    update = GOOD_ORDER.replace("I,2026-01-02", "U,2026-01-03")

    staged = cloud.stage(ORDERS, orders(GOOD_ORDER, update, GOOD_ORDER, GOOD_ORDER.replace("12.50", "nothing"), update))

    assert cloud.quarantined(staged) == [(3, "order_id", "duplicate-key"), (4, "total", "wrong-type"), (5, "order_id", "duplicate-key")]
    assert [row["op"] for row in staged_rows(cloud, staged)] == ["I", "U"]


def test_header_names_match_in_any_case_and_unknown_columns_are_kept(cloud):
    header = ORDER_HEADER.removeprefix("Op,").upper() + ",Gift Note,_line"

    staged = cloud.stage(ORDERS, orders(GOOD_ORDER.removeprefix("I,") + ",héllo,9", header=header))

    (row,) = staged_rows(cloud, staged)
    assert staged.extra_columns == ["Gift Note", "extra__line"]
    assert (row["op"], row["Gift Note"], row["extra__line"], row["_line"]) == ("I", "héllo", "9", 1)


def test_json_lines_are_read_by_path_and_counted_by_line(cloud):
    extra = {"properties": {"price": 59.970000000000006, "products": [1]}, "x": {"y": 1}}
    lines = [
        event(context={"sessionId": 7, "device": {"type": "tv"}, "ip": "::1"}, **extra),
        "",
        event(messageId="m2")[:-4],
        '["not", "an object"]',
        event(messageId="m3", userId=None),
        event(messageId="m4", event=""),
        event(messageId="m5", properties={"quantity": "two"}),
        event(messageId="m6", userId={"id": 1}),
        event(messageId="m7", event="a\0b"),
        event(messageId="m8", anonymousId="text with \\u0000 spelled out"),
    ]  # fmt: skip

    staged = cloud.stage(EVENTS, gzip.compress("\n".join(lines).encode()))

    first, last = staged_rows(cloud, staged)
    assert cloud.quarantined(staged) == [
        (3, "", "malformed-json"),
        (4, "", "malformed-json"),
        (5, "user_id", "missing-identity"),
        (6, "event", "missing-event-name"),
        (7, "quantity", "wrong-type"),
        (8, "user_id", "wrong-type"),
        (9, "", "malformed-json"),
    ]
    assert (first["session_id"], first["device"], first["products"], first["price"]) == ("7", "tv", "[1]", Decimal("59.9700"))
    assert (first["timestamp"], first["x"], first["context.ip"]) == (datetime(2026, 1, 1, 0, 0, 0, 123000, UTC), '{"y":1}', "::1")
    assert (last["message_id"], last["_line"]) == ("m8", 10)
    assert staged.extra_columns == ["context.ip", "x"]


def test_parquet_keeps_its_own_types_and_refuses_what_does_not_fit(cloud):
    moments = pa.array([datetime(2026, 1, 1, 5), None, datetime(2026, 1, 1)], pa.timestamp("us"))  # noqa: DTZ001 - naive is UTC
    table = pa.table(
        {
            "source_ts": moments, "customer_ref": ["R1", "R2", "R\0"], "created_at": moments,
            "birth_date": pa.array([date(1990, 2, 3), None, None]), "email": pa.array([["a"], None, None]), "score": [1.5, 2, 3],
        }
    )  # fmt: skip
    table = pa.concat_tables([table, table.slice(0, 1).set_column(4, "email", pa.array([None], table["email"].type))])
    file = io.BytesIO()
    pq.write_table(table, file)

    staged = cloud.stage("dms/crm/customers/LOAD00000001.parquet", file.getvalue())

    (row,) = staged_rows(cloud, staged)
    assert cloud.quarantined(staged) == [
        (1, "email", "wrong-type"),
        (2, "source_ts", "missing-value"),
        (3, "customer_ref", "malformed-row"),
    ]
    assert (row["created_at"], row["birth_date"], row["score"]) == (datetime(2026, 1, 1, 5, tzinfo=UTC), date(1990, 2, 3), "1.5")


def test_a_time_may_be_a_day_ahead_of_the_file_but_no_more(cloud):
    ahead = [(datetime.now(UTC) + timedelta(hours=hours)).isoformat() for hours in (23, 25)]
    rows = [GOOD_ORDER.replace("O1", f"O{n}").replace("2026-01-01T10:00:00+02:00", at) for n, at in enumerate(ahead)]

    staged = cloud.stage(ORDERS, orders(*rows))

    assert cloud.quarantined(staged) == [(2, "ordered_at", "time-out-of-range")]


WHOLE_FILES = {
    "unknown prefix": ("dms/sales/gift_cards/LOAD1.csv", b"a\n1\n", "unknown-prefix", "", 1),
    "unknown format": ("dms/sales/orders/orders.xlsx", b"PK\x03\x04", "unknown-format", "", 1),
    "empty": (ORDERS, b"", "empty-file", "", 1),
    "empty gzip": (EVENTS, gzip.compress(b""), "empty-file", "", 1),
    "cut short": (EVENTS, gzip.compress((event() + "\n").encode() * 9)[:-5], "truncated-file", "", 9),
    "utf-16": (ORDERS, orders(GOOD_ORDER).encode("utf-16"), "wrong-encoding", "", 2),
    "missing columns": (ORDERS, b"order_id,email\n1,a\n2,b\n", "missing-column", "source_ts,ordered_at,channel,status,total,currency", 2),
    "duplicate column": (ORDERS, orders(GOOD_ORDER + ",O1", header=ORDER_HEADER + ",ORDER_ID").encode(), "duplicate-column", "order_id", 1),
    "parquet cut short": ("dms/sales/orders/LOAD1.parquet", b"PAR1 and more", "truncated-file", "", 1),
    "parquet broken": ("dms/sales/orders/LOAD1.parquet", b"PAR1 and more PAR1", "unreadable-file", "", 1),
}


@pytest.mark.parametrize(("key", "content", "reason", "column", "rows"), WHOLE_FILES.values(), ids=list(WHOLE_FILES))
def test_a_file_that_is_wrong_as_a_whole_is_one_record_and_stages_nothing(cloud, key, content, reason, column, rows):
    staged = cloud.stage(key, content)

    assert (staged.status, staged.rows_staged, staged.quarantined) == ("quarantined", 0, {reason: rows})
    assert cloud.quarantined(staged) == [(0, column, reason)]
    assert cloud.s3.list_objects_v2(Bucket=LAKE)["KeyCount"] == 0


def test_a_header_alone_is_an_explicit_nothing(cloud):
    staged = cloud.stage(ORDERS, orders())

    assert (staged.status, staged.rows_in, staged.quarantined) == ("staged", 0, {})
    assert staged_rows(cloud, staged) == []


def test_a_file_without_any_good_row_is_quarantined(cloud):
    staged = cloud.stage(ORDERS, orders("broken"))

    assert (staged.status, staged.rows_in, cloud.history(staged.content_id)["status"]) == ("quarantined", 1, FileStatus.QUARANTINED)


def test_the_same_content_under_another_key_is_a_duplicate_and_counted_once(cloud):
    first = cloud.stage(ORDERS, orders("broken"))

    again = cloud.stage("dms/sales/orders/copy.csv", orders("broken"))
    other = cloud.stage("dms/sales/returns/copy.csv", orders("broken"))

    assert (again.status, again.content_id, again.rows_in) == ("duplicate", first.content_id, 0)
    assert cloud.history(first.content_id)["duplicates"] == {"dms/sales/orders/copy.csv"}
    assert other.content_id != first.content_id


def test_a_retry_answers_the_same_and_records_no_duplicate(cloud):
    first = [cloud.stage(ORDERS, orders(row)) for row in (GOOD_ORDER, "broken")]

    again = [cloud.stage(ORDERS, orders(row)) for row in (GOOD_ORDER, "broken")]

    assert again == first
    assert all("duplicates" not in cloud.history(staged.content_id) for staged in first)


def test_content_that_is_staged_but_not_committed_goes_to_the_committer_again(cloud):
    first = cloud.stage(ORDERS, orders(GOOD_ORDER))

    again = cloud.stage("dms/sales/orders/copy.csv", orders(GOOD_ORDER))

    assert again == first


ODD_NAMES = {
    "blanks and signs": "2026 + märz/ö'r\"d & co.csv",
    "what decodes to another name": "a%2Bb%20c+d.csv",
    "letters in parts": unicodedata.normalize("NFD", "märz.csv"),
    "whole letters": unicodedata.normalize("NFC", "märz.csv"),
    "a tab": "a\tb.csv",
    "dots and slashes": "./..//a.csv",
    "braces of a template": "{rows} {0} %s $1.csv",
    "an emoji": "🛒.csv",
    "as long as S3 allows": "x" * (1024 - len("dms/sales/orders/.csv")) + ".csv",
}


@pytest.mark.parametrize("name", ODD_NAMES.values(), ids=list(ODD_NAMES))
def test_odd_keys_and_a_mark_before_the_header_are_fine(cloud, name):
    key = f"dms/sales/orders/{name}"
    bad = GOOD_ORDER.replace("web", "fax")

    staged = cloud.stage(key, b"\xef\xbb\xbf" + orders(GOOD_ORDER, bad).encode())

    assert (staged.status, staged.rows_staged, staged.key) == ("staged", 1, key)
    assert cloud.history(staged.content_id)["key"] == key
    assert [line for line, *_ in cloud.quarantined(staged)] == [2]
    assert [each.content_id for each in history.versions(cloud.dynamodb, HISTORY, LANDING, key)] == [staged.content_id]


class Context:
    memory_limit_in_mb = "1024"


def test_the_function_answers_plain_json_for_an_object(cloud):
    cloud.s3.put_object(Bucket="landing", Key=ORDERS, Body=orders(GOOD_ORDER, "x").encode())

    answer = stage_file.handler({"bucket": "landing", "key": ORDERS, "etag": "e", "size": 99}, Context())

    assert orjson.loads(orjson.dumps(answer)) == answer
    assert (answer["status"], answer["dataset"], answer["key"], answer["quarantined"]) == (
        "staged",
        "sales/orders",
        ORDERS,
        {"malformed-row": 1},
    )
