"""The quick way and the exact one agree on every file: the same good rows, the same bad ones, by line and for the same reasons."""

import csv
import io
import json
import tempfile
from contextlib import ExitStack
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import example, given, settings
from hypothesis import strategies as st

from omnichannel.contracts.datasets import EVENTS, ORDERS, TICKETS
from omnichannel.onboarding.examine import GOOD, RECORDS, Content, Limits, examine
from omnichannel.onboarding.numbered import csv_records, json_lines

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
ODD = (
    "", " ", "1", "12", " 12 ", "12.50", "-0.01", "1e5", "1E-5", "nan", "NaN", "Infinity", "00012", "+7", ".5", "5.", "1,5",
    "99999999999999.99995", "9223372036854775808", "true", "T", "0", "2026-01-01", "2026-01-01T10:00:00Z",
    "2026-01-01 10:00:00.123456789+0200", " 2026-01-01T10:00:00Z ", "2026-02-30", "2026-01-01T24:00:00Z", "1970-01-01T00:00:00Z",
    "2999-01-01T00:00:00Z", "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "0000-01-01", "1767312000", "1767312000000",
    "{}", "[1]", '{"a":1}', '"x"', "null", "O'1", 'say "hi"', "é€😀", "a\nb", "a\r\nb", "web", "store", "Web", "completed", "EUR",
    "I", "U", "D", "x" * 300,
)  # fmt: skip
VALUES = st.one_of(st.sampled_from(ODD), st.text(st.characters(exclude_categories=("Cs",)), max_size=6))
SANE = {
    "op": "I", "source_ts": "2026-01-02T00:00:00Z", "order_id": "O1", "ordered_at": "2026-01-01T10:00:00Z", "channel": "web",
    "status": "completed", "total": "12.50", "currency": "EUR", "ticket_id": "T1", "opened_at": "2026-01-01T10:00:00Z",
    "message_id": "m1", "type": "track", "event": "Viewed", "user_id": "R1", "timestamp": "2026-01-01T10:00:00Z",
}  # fmt: skip
WAYS = (
    ("omnichannel.onboarding.check.proof", lambda *_: "false"),
    ("omnichannel.onboarding.numbered._one_a_line", lambda *_: None),
    ("omnichannel.onboarding.numbered._only_objects", lambda *_: False),
    ("omnichannel.onboarding.sources.native_value", lambda *_: ""),
)
"""What makes the exact way of the quick one."""


def outcome(key, content, *, exact):
    """Everything that examining a file leaves behind."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        for name, way in WAYS if exact else ():
            stack.enter_context(patch(name, way))
        stack.enter_context(patch("omnichannel.onboarding.examine.tolerated", lambda _, rows: rows))
        work = Path(folder)
        (work / "landed").write_bytes(content)
        staged = examine(work / "landed", Content(content_id="c", key=key, received=NOW), work, now=NOW, limits=Limits(threads=1))
        records = (work / RECORDS).read_text()
        good = pq.read_table(work / GOOD).sort_by("_line").to_pylist() if staged.staged_key else []
        return staged, records, good


def agree(key, content):
    staged, records, good = outcome(key, content, exact=False)
    again = outcome(key, content, exact=True)

    assert (staged, records) == again[:2]
    assert good == again[2]
    assert staged.rows_in == staged.rows_staged + staged.refused == len(good) + records.count("\n") if staged.rows_staged else True


def changed(dataset):
    """Rows that are sane but for a few columns."""
    names = [c.name for c in dataset.landed_columns]
    return st.lists(st.dictionaries(st.sampled_from(names), VALUES, max_size=3), min_size=1, max_size=8)


def rows_of(dataset, changes):
    return [{c.name: SANE.get(c.name, "") for c in dataset.landed_columns} | change for change in changes]


@settings(max_examples=25, deadline=None)
@given(changed(ORDERS), st.sampled_from(["\n", "\r\n"]), st.binary(max_size=12))
@example([{"op": "D", "total": "", "status": ""}, {"order_id": 'a"b'}], "\n", b'x,"y\n')
def test_csv_files(changes, line_end, rubbish):
    written = io.StringIO()
    writer = csv.DictWriter(written, [*(c.name for c in ORDERS.landed_columns), "extra"], lineterminator=line_end, restval="e")
    writer.writeheader()
    writer.writerows(rows_of(ORDERS, changes))

    agree("dms/sales/orders/LOAD1.csv", written.getvalue().encode())
    agree("dms/sales/orders/LOAD1.csv", written.getvalue().encode() + rubbish)


JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), VALUES),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(["a", "email", "ip", "A"]), inner, max_size=2)),
    max_leaves=3,
)


@st.composite
def messages(draw):
    message = {c.source: SANE[c.name] for c in EVENTS.landed_columns if c.name in SANE}
    for name in draw(st.lists(st.sampled_from([c.source for c in EVENTS.landed_columns] + ["new", "Type", "properties.new"]), max_size=4)):
        message[name] = draw(JSON_VALUES)
    nested = {}
    for path, value in message.items():
        *parents, last = path.split(".")
        place = nested
        for parent in parents:
            place = place[parent] if isinstance(place.get(parent), dict) else place.setdefault(parent, {})
            if not isinstance(place, dict):
                break
        if isinstance(place, dict):
            place[last] = value
    return nested


@settings(max_examples=25, deadline=None)
@given(st.lists(messages(), min_size=1, max_size=6), st.sampled_from(["", "[1]\n", " {}\n", "{\n", '{"a":"\\u0000"}\n', "\n \n"]))
@example([{"messageId": "m", "type": "page", "userId": "u", "timestamp": "2026-01-01", "traits": '{"email":"a"}'}], "")
@example([{"messageId": "m", "type": "page", "userId": "u", "timestamp": "2026-01-01", "properties": {"price": 1e-05, "total": 1e22}}], "")
@example([{"messageId": "m", "type": "page", "userId": {"id": 1}, "timestamp": "2026-01-01", "properties": {"quantity": 1e16}}], "")
def test_json_lines(found, more):
    agree("segment-logs/web/1767225600000/part.gz", "".join(json.dumps(m) + "\n" for m in found).encode() + more.encode())


@settings(max_examples=15, deadline=None)
@given(changed(TICKETS))
def test_flat_json_lines(changes):
    lines = (json.dumps({name: value for name, value in row.items() if value != ""}) for row in rows_of(TICKETS, changes))

    agree("support/tickets/export.jsonl", "\n".join(lines).encode())


MOMENTS = st.one_of(st.none(), st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)))  # noqa: DTZ001 - Parquet's naive times are UTC
KEYS = st.sampled_from(["O1", "O2", "", None, "a\0"])
DECIMALS = st.one_of(st.none(), st.decimals(-(10**8), 10**8, places=2))


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(KEYS, MOMENTS, DECIMALS, st.one_of(st.none(), st.text(max_size=4))), min_size=1, max_size=8),
    st.sampled_from(["us", "ms", "ns"]),
    st.sampled_from([pa.decimal128(12, 2), pa.decimal128(20, 6), pa.float64(), pa.string()]),
)  # fmt: skip
def test_parquet_files(rows, unit, money):
    moments = [None if unit == "ns" and at and not 1700 < at.year < 2200 else at for _, at, _, _ in rows]
    convert = {pa.float64(): float, pa.string(): str}.get(money, Decimal)
    total = pa.array([None if total is None else convert(total) for _, _, total, _ in rows], money)
    fixed = {name: [SANE[name]] * len(rows) for name in ("channel", "status", "currency")}
    table = pa.table(
        {
            "source_ts": pa.array(moments, pa.timestamp(unit)), "ordered_at": pa.array(moments, pa.timestamp("us", "UTC")), "total": total,
            "order_id": [key for key, *_ in rows], "email": [text for *_, text in rows], "day": [date(2026, 1, 1)] * len(rows), **fixed,
        }
    )  # fmt: skip
    file = io.BytesIO()
    pq.write_table(table, file)

    agree("dms/sales/orders/LOAD1.parquet", file.getvalue())


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='{ab%",\r\n\0\x01\x1eé', max_size=60).map(str.encode), st.integers(1, 3), st.booleans())
def test_records_are_numbered_the_same_line_by_line(content, fields, as_json):
    def numbered():
        good, bad = io.BytesIO(), io.BytesIO()
        counted = json_lines(iter([content]), good, bad) if as_json else csv_records(iter([content]), fields, good, bad)
        return counted, [*_unblocked(good.getvalue())] if as_json else good.getvalue(), bad.getvalue()

    quick = numbered()
    with patch(WAYS[1][0], WAYS[1][1]), patch(WAYS[2][0], WAYS[2][1]):
        assert numbered() == quick


def _unblocked(blocks):
    """Number and line of every JSON line."""
    for block in blocks.splitlines():
        first, _, lines = block.partition(b"\x1f")
        yield from enumerate(lines.split(b"\x1e"), start=int(first))


def test_a_clean_file_is_looked_at_once():
    lines = b"".join(
        orjson.dumps({"messageId": f"m{n}", "type": "page", "userId": "u", "timestamp": "2026-01-01T00:00:00Z"}) + b"\n" for n in range(9)
    )

    with patch("omnichannel.onboarding.sources.Source.these_rows", side_effect=AssertionError("looked again")):
        staged, _, good = outcome("segment-logs/web/1/part.gz", lines, exact=False)

    assert (staged.rows_staged, len(good)) == (9, 9)
