"""One spelling for every identifier: the same in Python, in DuckDB and in Spark."""

import hashlib

import duckdb
import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnichannel.identity import normalise as form
from omnichannel.transform import identity_values as expression

SAME_ADDRESS = ["zoe@shop.example", " Zoe@Shop.EXAMPLE\n", "\tzoe@shop.example "]
TEXTS = [
    None, "", " ", "x", "0", "000-000", "00000000-0000-0000-0000-000000000000", "NULL", "Unknown ", "-1", "device-1", " C1 ",
    *SAME_ADDRESS, "Zoë@shop.example", "Zoe\u0308@shop.example", "İ@x.de", "I\u0307@x.de", "ΣΑΣ@x.gr", "a b@x.de", "a@b",
    "a@b@c.de", "test@shop.example", "No-Reply@shop.example", "a.b+c@gmail.com", "+49 (0)30 123-456", "0049 30 123456", "030/123456",
    "030 123456 ext 4", "06 12345678", "0612345678", "+39 06 1234567", "06 1234567",
    "(555) 010-2030", "+000000000", "+49 0000000", "+491234567890", "+1",
    "1234 5678", "L-70.000 007", "l70000007", "0000 0000", "n/a",
]  # fmt: skip
COUNTRIES = [None, "DE", " nl", "IT", "US", "ES", "XX"]


TEXTS_TABLE = [("n", pa.int64()), ("value", pa.string()), ("country", pa.string())]
SCHEMA = {"n": "int64", "value": "string", "country": "string"}


def every_form(t):
    """The row's number, and its text through every expression."""
    return t.select(
        "n",
        plain=expression.plain(t.value), card=expression.loyalty_card(t.value), email=expression.email_sha256(t.value),
        phone=expression.phone_sha256(t.value, t.country), abroad=expression.phone(t.value),
    ).order_by("n")  # fmt: skip


@pytest.fixture(scope="module")
def in_duckdb():
    """Numbered texts with a country, each through every expression."""
    query = ibis.to_sql(every_form(ibis.table(SCHEMA, name="texts")), dialect="duckdb")
    con = duckdb.connect()

    def through(rows):
        con.register("texts", pa.table(list(map(list, zip(*rows, strict=True))), schema=pa.schema(TEXTS_TABLE)))
        return [row[1:] for row in con.sql(query).fetchall()]

    return through


def in_python(rows):
    return [
        (form.plain(v), form.loyalty_card(v), form.email_sha256(v), form.phone_sha256(v, c), form.phone(v))
        for _, v, c in rows
    ]  # fmt: skip


def test_an_address_is_the_same_in_every_spelling():
    assert {form.email(text) for text in SAME_ADDRESS} == {"zoe@shop.example"}
    assert form.email("Zoe\u0308@shop.example") == form.email("ZO\u00cb@shop.example")
    assert form.email_sha256("Zoe@Shop.example") == hashlib.sha256(b"zoe@shop.example").hexdigest()


def test_dots_and_plus_stay_in_an_address():
    assert len({form.email(text) for text in ("a.b@gmail.com", "ab@gmail.com", "ab+shop@gmail.com")}) == 3


@pytest.mark.parametrize(
    ("value", "country", "number"),
    [
        ("+49 (0)30 123-456", None, "+4930123456"),
        ("0049 30 123456", None, "+4930123456"),
        ("030/123456", "DE", "+4930123456"),
        ("030/123456", None, None),
        ("30123456", "DE", None),
        ("06 1234567", "IT", "+39061234567"),
        ("(555) 010-2030", "US", "+15550102030"),
        ("0555 010 2030", "US", None),
        ("030 123456 ext 4", "DE", None),
        ("+49 0000000", None, None),
        ("+44 7700 900123", "DE", "+447700900123"),
    ],
)
def test_a_phone_number_is_told_by_its_country_or_not_at_all(value, country, number):
    assert form.phone(value, country) == number


NOBODY = ["", " ", "0", "00000000-0000-0000-0000-000000000000", "NULL", " Unknown ", "-1", "[object Object]", None]


@pytest.mark.parametrize("value", NOBODY)
def test_what_stands_for_nobody_identifies_nobody(value):
    assert form.plain(value) is None
    assert form.loyalty_card(value) is None


def test_a_card_is_the_same_with_and_without_its_separators():
    assert form.loyalty_card(" l-70.000 007") == form.loyalty_card("L70000007") == "L70000007"


@given(st.text())
def test_a_normal_form_is_its_own_normal_form(text):
    assert form.plain(form.plain(text)) == form.plain(text)
    assert form.loyalty_card(form.loyalty_card(text)) == form.loyalty_card(text)
    assert form.email(form.email(text)) == form.email(text)


@given(st.from_regex(r"(\+|00)?[0-9 ()/.-]{5,16}", fullmatch=True), st.sampled_from(COUNTRIES))
def test_a_phone_number_s_normal_form_is_its_own(text, country):
    number = form.phone(text, country)
    assert form.phone(number, country) == number == form.phone(number)


def test_duckdb_makes_the_same_forms(in_duckdb):
    rows = [(n, value, country) for n, (value, country) in enumerate((v, c) for v in TEXTS for c in COUNTRIES)]

    assert in_duckdb(rows) == in_python(rows)


ADDRESSES = st.builds("{}@{}.{}".format, *[st.text(st.characters(max_codepoint=0x24F, categories=("L", "N", "Mn", "P")), min_size=1)] * 3)


@settings(max_examples=30, deadline=None)
@given(values=st.lists(st.one_of(ADDRESSES, st.text(st.characters(max_codepoint=0x24F, exclude_characters="\0"))), min_size=1, max_size=30))
def test_duckdb_makes_the_same_forms_of_anything(in_duckdb, values):
    rows = [(n, value, COUNTRIES[n % len(COUNTRIES)]) for n, value in enumerate(values)]

    assert in_duckdb(rows) == in_python(rows)
