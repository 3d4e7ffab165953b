"""What stage A takes as a value is what plain Python takes by the same words."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from omnichannel.contracts.datasets import Column, Type
from omnichannel.onboarding.rules import timely, typed, typed_quickly


@pytest.fixture(scope="module")
def engine():
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def value(engine, type, text):
    sql = typed(Column(name="c", type=type), "raw")
    if type is Type.TIMESTAMP:
        sql = f"epoch_us({sql})"
    return engine.execute(f"SELECT {sql} FROM (SELECT CAST(? AS VARCHAR) AS raw)", [text]).fetchone()[0]  # noqa: S608 - our own SQL


NUMBERS = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=6).map(lambda d: f"{d:f}"),
    st.integers().map(str),
    st.floats().map(repr),
    st.floats(-1e13, 1e13).map(lambda number: f"{number:e}"),
    st.text(alphabet="0123456789.-+eE ,_n", max_size=8),
)
POWER_OF_TEN = r"[0-9](\.[0-9]+)?[eE](-[0-9]{1,2}|\+?(0?[0-9]|1[0-2]))"


def decimal_reference(text):
    text = text.strip(" ")
    if not re.fullmatch(rf"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+|{POWER_OF_TEN})", text, re.ASCII):
        return None
    rounded = Decimal(text).quantize(Decimal("0.0001"), ROUND_HALF_UP) if abs(Decimal(text)) < 10**15 else Decimal(10**15)
    return rounded if abs(rounded) < 10**14 else None


@settings(max_examples=400, deadline=None)
@given(NUMBERS)
@example("1e3")
@example("1e-05")
@example("2.50E+3")
@example("9.99999999999999995e12")
@example("8.0000001e14")
@example("12e3")
@example("NaN")
@example("99999999999999.99995")
@example("139.11999999999998")
@example("-1.00005")
def test_a_decimal_is_what_python_reads_as_one_rounded_to_four_places(engine, text):
    assert value(engine, Type.DECIMAL, text) == decimal_reference(text)


def integer_reference(text):
    text = text.strip(" ")
    if not re.fullmatch(r"[+-]?[0-9]+(\.0*)?", text, re.ASCII):
        return None
    number = int(Decimal(text))
    return number if -(2**63) <= number < 2**63 else None


@settings(max_examples=400, deadline=None)
@given(NUMBERS)
@example("9223372036854775807")
@example("9223372036854775808")
@example("-9223372036854775808.00")
@example("2.5")
def test_an_integer_is_what_python_reads_as_one_within_64_bits(engine, text):
    assert value(engine, Type.INTEGER, text) == integer_reference(text)


MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31))  # noqa: DTZ001 - the zone is drawn beside it
ZONES = st.one_of(st.none(), st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes))))


@settings(max_examples=400, deadline=None)
@given(MOMENTS, ZONES, st.sampled_from("T "))
def test_an_iso_time_is_the_moment_that_python_reads(engine, at, zone, separator):
    text = at.replace(tzinfo=zone).isoformat(sep=separator)

    found = value(engine, Type.TIMESTAMP, text)

    moment = at.replace(tzinfo=zone or UTC)
    assert found == (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789-:TZ+. ", max_size=26))
@example("2024-02-30T00:00:00Z")
@example("2024-01-01T24:00:00Z")
@example("2024-01-01T23:59:60Z")
@example("1704067200")
@example("1704067200000")
@example("0000-01-01T00:00:00Z")
def test_whatever_python_refuses_as_a_time_is_no_time(engine, text):
    found = value(engine, Type.TIMESTAMP, text)

    if found is not None:
        trimmed = text.strip(" ")
        assert re.match(r"\d{4}-\d{2}-\d{2}([T ]|$)", trimmed)
        date.fromisoformat(trimmed[:10])


@pytest.mark.parametrize("text", [" 026-01-01T10:00:00.123Z", " 2026-1-01T10:00:00Z", "2026-1-01T10:00:00Z ", "\t2026-1-01T10:00:00Z"])
def test_a_blank_at_the_end_of_a_time_stands_for_no_digit(engine, text):
    quick = typed_quickly(Column(name="c", type=Type.TIMESTAMP), "raw")

    found = engine.execute(f"SELECT {quick} FROM (SELECT CAST(? AS VARCHAR) AS raw)", [text])  # noqa: S608 - our own SQL

    assert found.fetchone() == (None,)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(["2026-01-01T10:00:00.123Z", "2026-12-31T23:59:59Z"]), st.data())
def test_the_quick_way_to_a_time_gives_the_same_time_or_leaves_it_to_the_other(engine, text, data):
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(st.sampled_from([*"0123456789-:TZ+. \t", ""])) + text[at + data.draw(st.integers(0, 1)) :]
    column = Column(name="c", type=Type.TIMESTAMP)
    quick, exact = typed_quickly(column, "raw"), typed(column, "raw")

    query = (
        f"SELECT quick, exact, {timely('quick')} FROM (SELECT {quick} AS quick, {exact} AS exact FROM (SELECT CAST(? AS VARCHAR) AS raw))"  # noqa: S608 - our own SQL
    )
    found, expected, in_time = engine.execute(
        query.replace("SELECT quick, exact", "SELECT epoch_us(quick), epoch_us(exact)"), [text]
    ).fetchone()

    assert not in_time or found == expected


@pytest.mark.parametrize("text", ["2024-02-29", "2024-02-29T10:30Z", "2024-02-29 10:30:00.123456789+0200", "2024-02-29T10:30:00-05"])
def test_these_are_times_too(engine, text):
    assert value(engine, Type.TIMESTAMP, text) is not None


@settings(max_examples=200, deadline=None)
@given(st.dates(min_value=date(1, 1, 1)))
def test_every_date_is_read_with_and_without_a_midnight(engine, day):
    texts = (day.isoformat(), f"{day.isoformat()}T00:00:00Z", f" {day.isoformat()} 00:00:00.000 ")

    assert [value(engine, Type.DATE, text) for text in texts] == [day] * 3


@pytest.mark.parametrize("text", ["31/12/1990", "1990-12-31T12:00:00Z", "1990-02-30", "0000-01-01", "19901231"])
def test_these_are_no_dates(engine, text):
    assert value(engine, Type.DATE, text) is None


@pytest.mark.parametrize(("text", "expected"), [("TRUE", True), ("t", True), ("1", True), (" false ", False), ("F", False), ("0", False)])
def test_booleans_have_three_spellings(engine, text, expected):
    assert value(engine, Type.BOOLEAN, text) is expected


@pytest.mark.parametrize("text", ["yes", "2", "", "1.0", "tru"])
def test_anything_else_is_no_boolean(engine, text):
    assert value(engine, Type.BOOLEAN, text) is None
