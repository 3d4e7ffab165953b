"""Segment messages become our events, or say why not."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnichannel.contracts.events import DetailType
from omnichannel.contracts.reasons import Reason
from omnichannel.realtime.events import Event, Unusable, parse

NOW = datetime(2026, 11, 20, 10, 15, 31, tzinfo=UTC)
EVENTS = Path(__file__).parents[1] / "events"


def _message(name="segment_product_viewed", **changes):
    return {**json.loads((EVENTS / f"{name}.json").read_text()), **changes}


def _reason(message):
    with pytest.raises(Unusable) as refused:
        parse(message, received_at=NOW)
    return refused.value.reason


def test_a_product_view_keeps_its_ids_time_and_product():
    message = _message()

    event = parse(message, received_at=NOW)

    assert (event.message_id, event.name, event.user_id, event.anonymous_id, event.session_id) == (
        "ajs-next-1764000000000-7f3a", "Product Viewed", "ref-00042", "anon-7f3a", "session-41",
    )  # fmt: skip
    assert event.at == datetime(2026, 11, 20, 10, 15, 30, 200000, tzinfo=UTC)
    assert [(p.product_id, p.price) for p in event.products] == [("p-1001", 89.5)]
    assert event.detail_type is DetailType.INTERACTION


def test_an_order_names_each_of_its_products_once():
    message = _message("segment_order_completed")
    message["properties"]["products"] *= 2

    event = parse(message, received_at=NOW + timedelta(hours=1))

    assert [p.product_id for p in event.products] == ["p-1001", "p-2002"]
    assert (event.value, event.currency, event.order_id) == (178.0, "EUR", "o-9001")


def test_no_personal_data_goes_on_the_bus():
    message = _message(traits={"email": "canary.traits@example.org", "firstName": "Canaryna"})

    carried = json.dumps(parse(message, received_at=NOW).to_detail())

    assert not any(canary in carried for canary in ("canary", "Canaryna", "203.0.113.77", "7946", "iPhone"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"type": "click"}, Reason.UNKNOWN_VALUE),
        ({"type": None}, Reason.UNKNOWN_VALUE),
        ({"messageId": None}, Reason.MISSING_VALUE),
        ({"messageId": "m" * 101}, Reason.ID_TOO_LONG),
        ({"event": " "}, Reason.MISSING_EVENT_NAME),
        ({"userId": None, "anonymousId": ""}, Reason.MISSING_IDENTITY),
        ({"userId": "null", "anonymousId": "00000000-0000-0000-0000-000000000000"}, Reason.MISSING_IDENTITY),
        ({"userId": {"id": 1}}, Reason.WRONG_TYPE),
        ({"userId": "u" * 257}, Reason.ID_TOO_LONG),
        ({"userId": "a\x00b"}, Reason.WRONG_TYPE),
        ({"userId": "\ud800"}, Reason.WRONG_TYPE),
        ({"properties": []}, Reason.WRONG_TYPE),
        ({"properties": {"products": ["p-1"]}}, Reason.WRONG_TYPE),
        ({"properties": {"products": [{"product_id": str(n)} for n in range(101)]}}, Reason.TOO_LARGE),
        ({"timestamp": "yesterday"}, Reason.WRONG_TYPE),
        ({"timestamp": True}, Reason.WRONG_TYPE),
        ({"timestamp": "1970-01-01T00:00:00Z"}, Reason.TIME_OUT_OF_RANGE),
        ({"timestamp": "2100-01-01T00:00:00Z"}, Reason.TIME_OUT_OF_RANGE),
    ],
)
def test_an_unusable_message_says_why(changes, reason):
    message = _message(**changes)

    got = _reason(message)

    assert got is reason


@pytest.mark.parametrize("body", [None, [], "text", 1, True])
def test_anything_but_an_object_is_malformed(body):
    assert _reason(body) is Reason.MALFORMED_JSON


@pytest.mark.parametrize(
    "timestamp",
    [1763634000, 1763634000000, "1763634000", "1763634000000", "2025-11-20T10:20:00Z", "2025-11-20T10:20:00", "2025-11-20T12:20:00+02:00"],
)
def test_times_in_seconds_milliseconds_and_iso_are_the_same_time(timestamp):
    message = _message(timestamp=timestamp)

    event = parse(message, received_at=NOW)

    assert event.at == datetime(2025, 11, 20, 10, 20, tzinfo=UTC)


def test_a_clock_a_few_hours_ahead_happened_when_we_received_it():
    message = _message(timestamp=(NOW + timedelta(hours=23)).isoformat())

    event = parse(message, received_at=NOW)

    assert event.at == NOW


def test_without_timestamp_the_time_of_receipt_counts():
    message = _message(timestamp=None, originalTimestamp=None)

    event = parse(message, received_at=NOW)

    assert event.at == NOW


@pytest.mark.parametrize(
    ("changes", "detail_type"),
    [
        ({"event": "Coupon Entered"}, DetailType.OTHER),
        ({"type": "page"}, DetailType.OTHER),
        ({"type": "identify"}, DetailType.OTHER),
        ({"event": "Product Viewed", "type": "page"}, DetailType.OTHER),
    ],
)
def test_the_bus_learns_what_kind_of_event_it_is(changes, detail_type):
    event = parse(_message(**changes), received_at=NOW)

    assert event.detail_type is detail_type


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["product_id", "price", "type", "x"]), inner, max_size=3),
    max_leaves=6,
)
_messages = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "identify", "page"]), "messageId": st.text(max_size=120)},
    optional={
        "event": _json, "userId": _json, "anonymousId": _json, "timestamp": _json,
        "properties": st.dictionaries(st.sampled_from(["product_id", "products", "total", "currency", "order_id"]), _json),
        "context": _json,
    },
)  # fmt: skip


@given(_json | _messages)
def test_whatever_comes_is_an_event_that_survives_the_bus_or_unusable(message):
    try:
        event = parse(message, received_at=NOW)
    except Unusable:
        return

    carried = json.dumps(event.to_detail(), allow_nan=False)

    assert Event.from_detail(json.loads(carried)) == event
