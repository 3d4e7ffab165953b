"""A file is judged before it is sent: what would be refused, why, what would work, and nothing personal on the screen."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnichannel.contracts.datasets import BY_NAME, CUSTOMERS, DATASETS, EVENTS, ORDERS
from omnichannel.contracts.reasons import Reason
from omnichannel.contracts.tracking_plan import Gap
from omnichannel.onboarding.advice import advice, meant, meant_column, whole_file_advice
from omnichannel.onboarding.examine import tolerated
from omnichannel.onboarding.recognise import FileRefused
from omnichannel.onboarding.validate import WhichDataset, key_of, shape, validate

NOW = datetime(2026, 11, 22, tzinfo=UTC)
HEADER = "order_id,ordered_at,channel,status,total,currency,source_ts,email"
GOOD = "O{n},2026-10-01T10:00:00Z,web,completed,12.50,EUR,2026-10-01T10:00:00Z,ada{n}@mail.example"


def orders(*rows: str, header: str = HEADER) -> str:
    return "\n".join((header, *rows)) + "\n"


def good(count: int) -> list[str]:
    return [GOOD.format(n=n) for n in range(count)]


@pytest.fixture
def judge(tmp_path: Path):
    def judged(content: str | bytes, key: str = "dms/sales/orders/LOAD1.csv", **more):
        path = tmp_path / Path(key).name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return validate(path, key, received=NOW, **more)

    return judged


def test_a_good_file_has_nothing_against_it(judge):
    result = judge(orders(*good(3)))

    assert (result.ok, result.rows, result.good, result.problems, result.unknown) == (True, 3, 3, [], [])


def test_refused_rows_are_told_by_reason_and_column_with_lines_and_what_would_work(judge):
    rows = good(100)
    for line in (3, 5, 60):
        rows[line - 1] = rows[line - 1].replace(",web,", ",Web,")
    rows[9] = rows[9].replace("12.50", "12,50").replace("12,50", '"12,50"')

    result = judge(orders(*rows))

    found = [(p.reason, p.column, p.rows, p.lines, p.examples) for p in result.problems]
    assert found == [
        (Reason.UNKNOWN_VALUE, "channel", 3, (3, 5, 60), ("Web",)),
        (Reason.WRONG_TYPE, "total", 1, (10,), ("12,50",)),
    ]
    assert result.problems[0].advice == "one of web, app, store, phone, spelled just so"
    assert (result.ok, result.fails, result.good) == (False, False, 96)


@pytest.mark.parametrize("word", ["NULL", r"\N", "None"])
def test_where_a_word_stands_for_nothing_an_empty_field_would_work(judge, word):
    rows = [f"{row},{word if n == 1 else '1.50'}" for n, row in enumerate(good(30))]

    (problem,) = judge(orders(*rows, header=f"{HEADER},discount")).problems

    assert (problem.reason, problem.column, problem.examples) == (Reason.WRONG_TYPE, "discount", (word,))
    assert problem.advice.endswith("; leave it empty where there is none")


def test_more_bad_rows_than_are_tolerated_fail_the_file(judge):
    rows = [row.replace(",web,", ",Web,") if n < 6 else row for n, row in enumerate(good(100))]

    result = judge(orders(*rows))

    assert (result.fails, result.tolerated) == (True, 5)
    assert not judge(orders(*rows[5:])).fails


def test_of_a_personal_value_only_the_shape_is_shown(judge):
    content = "customer_ref,created_at,source_ts,birth_date\nC1,2026-01-01,2026-01-01,17/05/1984\n"

    hidden = judge(content, "dms/crm/customers/LOAD1.csv")
    shown = judge(content, "dms/crm/customers/LOAD1.csv", show_values=True)

    assert [p.examples for p in hidden.problems] == [("99/99/9999",)]
    assert [p.examples for p in shown.problems] == [("17/05/1984",)]


@given(st.text(max_size=40))
def test_a_shape_keeps_no_letter_and_no_digit(text):
    assert set(filter(str.isalnum, shape(text))) <= {"a", "A", "9"} | {
        c for c in text if c.isalnum() and not c.isalpha() and not c.isdecimal()
    }
    assert shape(shape(text)) == shape(text)


def test_an_unknown_column_is_told_with_the_one_it_may_be(judge):
    header = HEADER.replace("email", "e_mail") + ",shelf"

    result = judge(orders(*(row + ",7" for row in good(2)), header=header))

    assert {u.name: u.meant for u in result.unknown} == {"e_mail": "email", "shelf": ""}
    assert result.ok


def test_a_missing_column_is_told_with_the_one_the_file_has(judge):
    result = judge(orders(*good(2), header=HEADER.replace("ordered_at", "ordered")))

    assert result.refused is not None
    assert (result.refused.reason, result.refused.column) == (Reason.MISSING_COLUMN, "ordered_at")
    assert result.advice == "add the column `ordered_at`, or is it `ordered` that you mean?"


def test_the_first_line_that_is_no_utf8_is_told(judge):
    rows = "ticket_id,opened_at,channel,topic\nS,2026-01-01,a,b\nT,2026-01-01,a,Müller\n"

    assert judge(rows.encode("latin-1"), "support/tickets/a.csv").advice == "save the file as UTF-8; line 3 is the first that is not"
    assert judge(rows.encode("utf-16"), "support/tickets/a.csv").advice == "save the file as UTF-8"


WHOLE = {
    "empty": ("dms/sales/orders/a.csv", b"", Reason.EMPTY_FILE),
    "cut": ("segment-logs/web/1/a.gz", gzip.compress(b"{}\n" * 999)[:-9], Reason.TRUNCATED_FILE),
    "latin": (
        "support/tickets/a.csv",
        "ticket_id,opened_at,channel,topic\nT,2026-01-01,a,Müller\n".encode("latin-1"),
        Reason.WRONG_ENCODING,
    ),
    "sheet": ("support/tickets/a.xlsx", b"PK\x03\x04", Reason.UNKNOWN_FORMAT),
    "broken": ("dms/sales/returns/a.parquet", b"PAR1 no parquet PAR1", Reason.UNREADABLE_FILE),
    "lost": ("dms/sale/orders/a.csv", b"a\n", Reason.UNKNOWN_PREFIX),
}


@pytest.mark.parametrize(("key", "content", "reason"), WHOLE.values(), ids=WHOLE)
def test_a_file_that_cannot_be_read_is_told_why_and_what_would_work(judge, key, content, reason):
    result = judge(content, key)

    assert result.refused is not None
    assert result.refused.reason is reason
    assert len(result.advice) > 10


def test_a_prefix_that_is_nearly_one_is_named(judge):
    assert judge(b"a\n", "dms/sale/orders/a.csv").advice.endswith("did you mean dms/sales/orders/?")


def messages(*some: dict) -> bytes:
    base = {"type": "track", "userId": "C1", "timestamp": "2026-10-01T10:00:00Z"}
    return b"\n".join(orjson.dumps({**base, "messageId": f"m{n}", **m}) for n, m in enumerate(some)) + b"\n"


def test_messages_outside_the_tracking_plan_are_told_and_trusted(judge):
    viewed = {"event": "Product Viewed", "properties": {"product_id": "P1", "price": 1, "currency": "EUR", "category": "Wine"}}
    order = {"event": "Order Completed", "properties": {"products": [{"product_id": "P1"}], "revenue": 3, "currency": "EUR"}}

    result = judge(
        messages(viewed, {**viewed, "event": "Viewed Product"}, {**viewed, "event": "Produkt gesehen"}, order, order),
        "segment-logs/w/1/a.gz",
    )

    assert result.ok
    assert [(left.event, left.gap, left.column, left.messages, left.meant) for left in result.plan] == [
        ("Order Completed", Gap.MISSING_PROPERTY, "order_id", 2, ""),
        ("Produkt gesehen", Gap.UNPLANNED_EVENT, "", 1, ""),
        ("Viewed Product", Gap.UNPLANNED_EVENT, "", 1, "Product Viewed"),
    ]


def test_every_product_of_an_order_has_its_id(judge):
    def order(event="Order Completed", **about):
        return {"event": event, "properties": {"order_id": "O1", "revenue": 3, "currency": "EUR", **about}}

    result = judge(
        messages(
            order(products=[{"product_id": "P1"}, {"product_id": "P2"}]),
            order(products=[{"product_id": "P1"}, {"sku": "S2"}]),
            order(products=[{"product_id": ""}]),
            order(products=[]),
            order("Cart Viewed", cart_id="K1", products=[{"product_id": None}]),
        ),
        "segment-logs/w/1/a.gz",
    )

    assert [(left.event, left.gap, left.column, left.messages, left.of) for left in result.plan] == [
        ("Cart Viewed", Gap.MISSING_PROPERTY, "products[].product_id", 1, 1),
        ("Order Completed", Gap.MISSING_PROPERTY, "products[].product_id", 3, 4),
    ]


def test_a_misspelt_property_is_told(judge):
    wrong = {"event": "Product Viewed", "properties": {"prodct_id": "P1", "price": 1, "currency": "EUR"}}

    result = judge(messages(wrong), "segment-logs/w/1/a.gz")

    assert {u.name: u.meant for u in result.unknown} == {"properties.prodct_id": "properties.product_id"}


def test_a_parquet_file_is_judged_like_any_other(judge, tmp_path):
    table = pa.table({"product_id": ["P1", None], "location_id": ["a", "b"], "quantity": [1, 2], "updated_at": ["2026-01-01"] * 2,
                      "source_ts": ["2026-01-01"] * 2})  # fmt: skip
    pq.write_table(table, tmp_path / "x.parquet")

    result = judge((tmp_path / "x.parquet").read_bytes(), "dms/inventory/stock_levels/LOAD1.parquet")

    assert [(p.reason, p.column, p.lines) for p in result.problems] == [(Reason.MISSING_VALUE, "product_id", (2,))]


def test_nothing_is_left_behind(judge, tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))

    judge(orders(*good(2)))

    assert list(scratch.iterdir()) == []
    assert (tmp_path / "LOAD1.csv").read_text() == orders(*good(2))


def test_the_key_is_given_or_the_data_sets_folder_or_the_files_own_path(tmp_path):
    deep = tmp_path / "landing" / "dms" / "crm" / "customers" / "LOAD1.csv"
    loose = tmp_path / "customers.csv"
    loose.write_text("customer_ref,email,phone,loyalty_card,first_name,last_name,birth_date,created_at\n")

    assert key_of(loose, key="/consents/a.csv") == "consents/a.csv"
    assert key_of(loose, dataset="crm/customers") == "dms/crm/customers/customers.csv"
    assert key_of(deep) == "dms/crm/customers/LOAD1.csv"
    with pytest.raises(WhichDataset, match=r"its columns look like crm/customers; --dataset NAME"):
        key_of(loose)
    with pytest.raises(WhichDataset, match="did you mean crm/customers"):
        key_of(loose, dataset="crm/costumers")


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda d: d.name)
def test_for_every_reason_there_is_something_that_would_work(dataset):
    for reason in list(Reason)[: list(Reason).index(Reason.NO_CONSENT)]:
        for column in dataset.landed_columns:
            assert advice(dataset, reason, column.name)
        assert whole_file_advice(FileRefused(reason, "x"), dataset)


@given(st.sampled_from([d for d in DATASETS if len(d.landed_columns) > 1]), st.data())
def test_one_wrong_letter_is_still_understood(dataset, data):
    names = [c.name for c in dataset.landed_columns if len(c.name) > 6]
    name = data.draw(st.sampled_from(names))
    at = data.draw(st.integers(1, len(name) - 1))

    assert meant(name[:at] + "x" + name[at:], names) == name


def test_a_former_name_leads_to_todays():
    from dataclasses import replace

    renamed = replace(CUSTOMERS, columns=(*CUSTOMERS.columns[:-1], replace(CUSTOMERS.columns[-1], was=("registered",))))

    assert meant_column("registered", renamed, set()) == "created_at"
    assert meant_column("e-mail", CUSTOMERS, {"email"}) == ""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("properties.currenci", "properties.currency"),
        ("properties.name", ""),
        ("context.currency", ""),
        ("messageID", "messageId"),
        ("properties.productId", "properties.product_id"),
    ],
)
def test_a_misspelt_property_is_looked_for_where_it_stands(name, expected):
    assert meant_column(name, EVENTS, set()) == expected


def test_how_many_bad_rows_are_tolerated():
    assert [tolerated(ORDERS, rows) for rows in (1, 19, 40, 1000)] == [1, 1, 2, 50]
    assert BY_NAME["events"] is EVENTS
