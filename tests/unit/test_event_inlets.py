"""Segment's Lambda destination and its EventBridge source: the webhook's rules without its signature."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas import event_destination, event_source
from omnichannel.aws import sigv4
from omnichannel.contracts.environment.events import EventDestinationEnv, EventSourceEnv
from omnichannel.realtime.door import BYTES_PER_CALL, NotAccepted, publish_all, wanted
from omnichannel.realtime.events import Event, Product

KNOWN = {"bus_name": "omni-bus", "forwarded": '["Product Viewed", "Order Completed"]'}
MESSAGE = json.loads((Path(__file__).parents[1] / "events" / "segment_product_viewed.json").read_text())
NOW = datetime(2026, 11, 20, 10, 15, 31, tzinfo=UTC)


class Bus:
    """Takes entries, refuses those of the calls and places that it is told."""

    def __init__(self, *, refused=(), failing=()):
        self.calls, self.refused, self.failing = [], refused, failing

    def __call__(self, request):
        self.calls.append(request["Entries"])
        if len(self.calls) in self.failing:
            raise sigv4.Refused("PutEvents", 500, "InternalException")
        answers = [
            {"ErrorCode": "ThrottlingException"} if n in self.refused else {"EventId": str(n)} for n in range(len(request["Entries"]))
        ]
        return {"FailedEntryCount": len(self.refused), "Entries": answers}

    @property
    def messages(self):
        return [json.loads(entry["Detail"])["message_id"] for call in self.calls for entry in call]


def _destination(message, bus=None):
    return event_destination.respond(message, EventDestinationEnv(**KNOWN), put_events=bus or Bus(), received_at=NOW)


def _source(bus, *messages, time="2026-11-20T10:15:31Z"):
    bodies = [message if isinstance(message, str) else json.dumps({"detail": message, "time": time}) for message in messages]
    records = [{"messageId": f"r-{n}", "body": body} for n, body in enumerate(bodies)]
    answer = event_source.respond({"Records": records}, EventSourceEnv(**KNOWN), put_events=bus, received_at=NOW + timedelta(days=1))
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def _of(number, **changes):
    return {**MESSAGE, "messageId": f"m-{number}", **changes}


def test_an_event_that_segment_invokes_with_is_on_the_bus():
    bus = Bus()

    assert _destination(MESSAGE, bus) == {"accepted": 1}
    assert bus.messages == [MESSAGE["messageId"]]


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"event": "Coupon Entered"}, {"ignored": 1}),
        ({"type": "identify"}, {"ignored": 1}),
        ({"userId": [1]}, {"refused": 1, "reason": "wrong-type"}),
        ({"receivedAt": "2026-11-20T01:00:00Z"}, {"refused": 1, "reason": "time-out-of-range"}),
    ],
)
def test_what_is_not_for_the_bus_is_answered_and_counted(changes, answer, capsys):
    bus = Bus()

    assert _destination({**MESSAGE, **changes}, bus) == answer
    assert bus.calls == []
    assert json.loads(capsys.readouterr().out)["Door"] == "destination"


_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None))
_json = st.recursive(_scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=10)


@given(_json | st.dictionaries(st.sampled_from(sorted(MESSAGE)), _json).map(lambda some: {**MESSAGE, **some}))
def test_any_message_is_accepted_ignored_or_refused(message):
    bus = Bus()

    answer = _destination(message, bus)

    assert len(bus.messages) == answer.get("accepted", 0)
    assert sum(answer.get(word, 0) for word in ("accepted", "ignored", "refused")) == 1


def test_half_a_character_does_not_stop_an_event():
    assert _destination({**MESSAGE, "properties": {**MESSAGE["properties"], "currency": "\ud800"}}) == {"accepted": 1}


@pytest.mark.parametrize("bus", [Bus(refused=(0,)), Bus(failing=(1,))])
def test_an_event_that_the_bus_did_not_take_is_an_error_so_that_segment_sends_it_again(bus):
    with pytest.raises((NotAccepted, sigv4.Refused)):
        _destination(MESSAGE, bus)


def test_messages_of_the_partner_bus_go_on_ten_a_call():
    bus = Bus()

    assert _source(bus, *(_of(n) for n in range(25))) == []
    assert [len(call) for call in bus.calls] == [10, 10, 5]
    assert bus.messages == [f"m-{n}" for n in range(25)]


def test_only_what_the_bus_did_not_take_comes_again():
    assert _source(Bus(refused=(1, 3)), *(_of(n) for n in range(5))) == ["r-1", "r-3"]
    assert _source(Bus(failing=(2,)), *(_of(n) for n in range(12))) == ["r-10", "r-11"]


def test_what_can_never_be_used_is_counted_by_reason_and_what_is_no_envelope_becomes_a_dead_letter(capsys):
    bus = Bus()

    again = _source(bus, _of(1), _of(2, userId=[1]), _of(3, event="Coupon Entered"), "no json", '{"detail": {}}', "[]")

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (again, bus.messages) == (["r-3", "r-4", "r-5"], ["m-1"])
    assert [(line.get("Ignored"), line.get("Refused"), line.get("reason")) for line in lines] == [(1, None, None), (None, 1, "wrong-type")]


def test_waiting_in_the_queue_makes_no_message_too_old():
    bus = Bus()

    assert _source(bus, MESSAGE) == []
    assert len(bus.messages) == 1


def test_no_call_is_larger_than_the_bus_takes():
    products = tuple(Product(product_id=f"{n:03d}{'ü' * 250}") for n in range(100))
    events = [
        Event(message_id=f"m-{n}", type="track", name="x", user_id="u", anonymous_id="", at=NOW, products=products) for n in range(12)
    ]
    bus = Bus()

    assert publish_all(events, "omni-bus", bus) == [True] * 12
    assert max(sum(len(entry["Detail"].encode()) for entry in call) for call in bus.calls) <= BYTES_PER_CALL
    assert len(bus.messages) == 12


@pytest.mark.parametrize("names", ['{"a": 1}', "[1]", "no json"])
def test_names_that_are_no_list_are_an_error(names):
    with pytest.raises(ValueError, match=r"expected|Expecting"):
        wanted(names)
