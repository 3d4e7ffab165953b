"""Files as other people's programs write and damage them: each is taken, or refused with the reason that helps; none breaks stage A."""

import gzip
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from omnichannel.contracts.datasets import ORDERS, TICKETS
from omnichannel.contracts.reasons import Reason
from omnichannel.onboarding.advice import advice, whole_file_advice
from omnichannel.onboarding.check import Checking
from omnichannel.onboarding.examine import GOOD, RECORDS, Content, NoRoom, examine
from omnichannel.onboarding.recognise import FileRefused

NOW = datetime(2026, 11, 1, tzinfo=UTC)
TICKET = {"ticket_id": "T1", "opened_at": "2026-05-01T10:00:00Z", "channel": "chat"}
ORDER = "order_id,source_ts,ordered_at,channel,status,total,currency"
ROW = "00017,2026-05-01T10:00:00Z,2026-05-01T10:00:00Z,web,completed,12.50,SEK"


def examined(key, content):
    """What became of the content, its good rows and its quarantine records."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "landed").write_bytes(content)
        staged = examine(work / "landed", Content(content_id="c", key=key, received=NOW), work, now=NOW)
        good = pq.read_table(work / GOOD).sort_by("_line").to_pylist() if staged.staged_key else []
        return staged, good, [json.loads(line) for line in (work / RECORDS).read_text().splitlines()]


def tickets(*numbers):
    return [json.dumps({**TICKET, "ticket_id": f"T{n}"}) for n in numbers]


def parquet(**columns):
    values = dict(zip(ORDER.split(","), ROW.split(","), strict=True))
    out = pa.BufferOutputStream()
    pq.write_table(pa.table({**{name: [value] * 3 for name, value in values.items()}, "order_id": ["1", "2", "3"], **columns}), out)
    return out.getvalue().to_pybytes()


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_json_lines_of_windows_are_taken(mark):
    content = mark + "\r\n".join([*tickets(1, 2), "", *tickets(3), ""]).encode()

    staged, good, records = examined("support/tickets/a.jsonl", content)

    assert (staged.status, staged.rows_in, staged.rows_staged, records) == ("staged", 3, 3, [])
    assert [(row["ticket_id"], row["_line"]) for row in good] == [("T1", 1), ("T2", 2), ("T3", 4)]


def test_a_carriage_return_inside_of_a_json_line_is_its_lines_fault_alone():
    lines = [*tickets(*range(60)), '{"ticket_id":\r"T60"}', *tickets(61)]

    staged, _, records = examined("support/tickets/a.jsonl", "\n".join(lines).encode())

    assert (staged.rows_in, staged.rows_staged) == (62, 61)
    assert [(record["line"], record["reason"]) for record in records] == [(61, "malformed-json")]


@pytest.mark.parametrize(
    "content",
    [
        "\r".join([ORDER, ROW, ROW]),
        "\n".join([f"{'x' * 200_000},{ORDER}", f"1,{ROW}"]),
    ],
    ids=["lines ended by carriage returns alone", "a name longer than any reader takes"],
)
def test_a_header_that_cannot_be_read_refuses_the_file(content):
    staged, _, records = examined("dms/sales/orders/a.csv", content.encode())

    assert staged.status == "quarantined"
    assert [record["reason"] for record in records] == ["unreadable-file"]


def test_of_a_file_without_its_header_no_value_is_told_as_a_columns_name():
    staged, _, records = examined("dms/crm/customers/a.csv", b"C1,2026-05-01T10:00:00Z,Ada,Ada\nC2,2026-05-01T10:00:00Z,Eve,Eve\n")

    assert staged.extra_columns == []
    assert [(record["reason"], record["column"]) for record in records] == [("missing-column", "source_ts,customer_ref,created_at")]


def test_a_file_without_its_header_is_told_so():
    refused = FileRefused(Reason.MISSING_COLUMN, "source_ts,order_id")

    assert whole_file_advice(refused, ORDERS, ROW.split(",")).startswith("the names of the columns in the first line")


@pytest.mark.parametrize("content", [b"x", ORDER.encode(), b"PK\x05\x06"], ids=["one byte", "CSV", "an empty archive"])
def test_what_does_not_begin_as_parquet_is_no_parquet_that_was_cut(content):
    staged, _, records = examined("dms/sales/orders/a.parquet", content)

    assert staged.status == "quarantined"
    assert [record["reason"] for record in records] == ["unreadable-file"]


def test_ids_that_a_data_frame_made_floats_of_are_whole_again():
    floats = pa.array([17.0, None, 0.5], pa.float64())
    staged, good, _ = examined("dms/sales/orders/a.parquet", parquet(customer_ref=floats))

    assert staged.rows_staged == 3
    assert [row["customer_ref"] for row in good] == ["17", None, "0.5"]


def test_damage_inside_of_a_parquet_file_refuses_it_with_all_of_its_rows():
    table = pa.table({name: [value] * 3000 for name, value in zip(ORDER.split(","), ROW.split(","), strict=True)})
    out = pa.BufferOutputStream()
    pq.write_table(table, out, compression="none", use_dictionary=False)
    content = bytearray(out.getvalue().to_pybytes())
    content[4:400] = bytes(396)

    staged, _, records = examined("dms/sales/orders/a.parquet", bytes(content))

    assert (staged.status, staged.rows_in, staged.quarantined) == ("quarantined", 3000, {"unreadable-file": 3000})
    assert [record["reason"] for record in records] == ["unreadable-file"]


def test_bytes_that_are_no_text_refuse_a_parquet_file_with_all_of_its_rows():
    staged, _, _ = examined("dms/sales/orders/a.parquet", parquet(customer_ref=pa.array([b"\xff\xfe"] * 3, pa.binary())))

    assert staged.quarantined == {"wrong-encoding": 3}


def test_a_parquet_column_without_a_name_is_left_out():
    staged, good, _ = examined("dms/sales/orders/a.parquet", parquet(**{"": ["nameless"] * 3, "shelf": ["7"] * 3}))

    assert (staged.rows_staged, staged.extra_columns) == (3, ["shelf"])
    assert {row["shelf"] for row in good} == {"7"}


@pytest.mark.parametrize("name", ["file_row_number", "File_Row_Number"])
def test_a_parquet_column_with_the_name_of_row_numbers_is_one_like_others(name):
    staged, good, records = examined(
        "dms/sales/orders/a.parquet", parquet(**{name: [7, 8, 9], f"{name}_": ["x"] * 3, "channel": ["web", "fax", "web"]})
    )

    assert (staged.rows_staged, staged.extra_columns) == (2, [name, f"{name}_"])
    assert [(row["_line"], row["order_id"], row[name], row[f"{name}_"]) for row in good] == [(1, "1", "7", "x"), (3, "3", "9", "x")]
    assert [(record["line"], record["reason"]) for record in records] == [(2, "unknown-value")]


def test_a_full_disk_is_not_the_files_fault():
    full = duckdb.IOException("IO Error: Could not write all bytes to file: No space left on device")
    with patch.object(Checking, "_type", side_effect=full), pytest.raises(NoRoom):
        examined("dms/sales/orders/a.csv", f"{ORDER}\n{ROW}\n".encode())


@pytest.mark.parametrize(
    "begin", [b"BZh91AY&SY", b"7z\xbc\xaf\x27\x1c", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"Rar!\x1a\x07", b"PK\x03\x04"]
)
def test_archives_of_other_programs_are_an_unknown_format(begin):
    staged, _, records = examined("dms/sales/orders/a.csv", begin + bytes(range(256)))

    assert [record["reason"] for record in records] == ["unknown-format"]
    assert staged.rows_staged == 0


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31"])
@pytest.mark.parametrize("column", ["opened_at", "closed_at"])
def test_a_time_that_no_calendar_of_ours_reaches_is_out_of_range(column, moment):
    _, _, records = examined("support/tickets/a.jsonl", json.dumps({**TICKET, column: moment}).encode())

    assert [(record["column"], record["reason"]) for record in records] == [(column, "time-out-of-range")]


@pytest.mark.parametrize(("mark", "words"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_a_header_separated_otherwise_is_told_so(mark, words):
    refused = FileRefused(Reason.MISSING_COLUMN, "order_id,total")

    assert whole_file_advice(refused, ORDERS, [ORDER.replace(",", mark)]) == f"commas between the columns: this file has {words}"
    assert "add the column `total`" in whole_file_advice(refused, ORDERS, ["order_id", f"no{mark}te"])


def test_what_is_out_of_range_is_told_by_the_column():
    assert "empty" in advice(TICKETS, Reason.TIME_OUT_OF_RANGE, "closed_at")
    assert "1990" in advice(TICKETS, Reason.TIME_OUT_OF_RANGE, "opened_at")


@pytest.mark.parametrize(("key", "reason"), [("dms/sales/orders/a.csv", "malformed-row"), ("pos/orders/a.jsonl", "malformed-json")])
def test_a_line_beyond_all_bounds_costs_itself_alone(key, reason):
    rows = [ROW.replace("00017", f"O{n}") for n in range(30)]
    rows.insert(10, "x" * 20_000_000)
    lines = [ORDER, *rows] if key.endswith("csv") else [_as_json(row) if "," in row else row for row in rows]

    staged, good, records = examined(key, "\n".join([*lines, ""]).encode())

    assert (staged.rows_in, staged.rows_staged, staged.quarantined) == (31, 30, {reason: 1})
    assert [record["line"] for record in records] == [11]
    assert [row["_line"] for row in good] == [n for n in range(1, 32) if n != 11]


def _as_json(row):
    return json.dumps(dict(zip(ORDER.split(","), row.split(","), strict=True)))


def test_members_of_one_gzip_file_are_one_content():
    content = gzip.compress("\n".join([*tickets(1, 2), ""]).encode()) + gzip.compress(tickets(3)[0].encode())

    staged, _, _ = examined("support/tickets/a.jsonl.gz", content)

    assert staged.rows_staged == 3
