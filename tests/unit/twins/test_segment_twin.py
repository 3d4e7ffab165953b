"""The Segment twin refuses, drops and remembers as the Tracking API does."""

import base64
import json
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.twins.context import TwinContext
from sandbox.twins.records import Records
from sandbox.twins.segment import SegmentTwin
from sandbox.twins.store import Store

KEY = "write-key"
BASIC = {"authorization": "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()}


class Clock:
    def __init__(self):
        self.at = datetime(2026, 11, 20, tzinfo=UTC)

    def __call__(self):
        return self.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make(tmp_path, clock):
    with ExitStack() as opened:

        def start():
            records, store = Records(tmp_path / "received.jsonl", clock), Store(tmp_path / "state.sqlite")
            twin = SegmentTwin(TwinContext(directory=tmp_path, records=records, store=store, cloud=None, now=clock))
            for each in (records, store, twin):
                opened.callback(each.close)
            return twin

        yield start


@pytest.fixture
def twin(make):
    twin = make()
    twin.control("configure", {"write_keys": [KEY]})
    return twin


def _identify(number, **changes):
    return {"type": "identify", "userId": f"u-{number}", "messageId": f"m-{number}", "traits": {"churn_band": "high"}, **changes}


def _post(twin, call, message, headers=BASIC):
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return twin.handle("POST", f"/v1/{call}", headers, body)


def _batch(twin, *events):
    return _post(twin, "batch", {"batch": list(events)})


def _delivered(twin):
    return [line["messageId"] for line in twin.inspect("delivered", {})]


def test_accepted_events_can_be_read_with_their_ids_and_traits(twin):
    answer = _batch(twin, _identify(1), _identify(2))

    lines = twin.inspect("delivered", {"userId": "u-2"})
    assert (answer.status, json.loads(answer.body)) == (200, {"success": True})
    assert [(line["kind"], line["messageId"], line["traits"]) for line in lines] == [("identify", "m-2", {"churn_band": "high"})]


@pytest.mark.parametrize("call", ["identify", "track", "page", "screen", "group", "alias"])
def test_single_calls_take_the_key_from_the_body_too(twin, call):
    message = {**_identify(1), "event": "Product Viewed", "groupId": "g", "previousId": "a", "writeKey": KEY}

    answer = _post(twin, call, message, headers={})

    assert (answer.status, twin.inspect("delivered", {})[0]["kind"]) == (200, call)


@pytest.mark.parametrize("headers", [{}, {"authorization": "Basic !!"}, {"authorization": "Basic " + base64.b64encode(b"other:").decode()}])
def test_an_unknown_write_key_is_401(twin, headers):
    answer = _post(twin, "batch", {"batch": [_identify(1)]}, headers)

    assert (answer.status, _delivered(twin)) == (401, [])


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"batch": 1}',
        b'{"batch": ["x"]}',
        '{"batch": []}'.encode("utf-16"),
        json.dumps({"batch": [_identify(1, traits={"x": "x" * 32_768})]}).encode(),
        json.dumps({"batch": [_identify(n, traits={"x": "x" * 30_000}) for n in range(17)]}).encode(),
    ],
)
def test_malformed_and_oversized_requests_are_400(twin, body):
    answer = _post(twin, "batch", body)

    assert (answer.status, _delivered(twin)) == (400, [])


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (_identify(1, userId=None), "missing userId and anonymousId"),
        (_identify(1, type="track"), "missing event"),
        (_identify(1, messageId="m" * 100), "messageId too long"),
        (_identify(1, type="click"), "unknown type"),
        (_identify(1, traits={str(n): n for n in range(301)}), "too many traits"),
    ],
)
def test_what_segment_drops_it_drops_after_saying_200(twin, event, reason):
    answer = _batch(twin, event, _identify(2))

    assert (answer.status, _delivered(twin)) == (200, ["m-2"])
    assert twin.inspect("counters", {})[reason] == 1


def test_more_than_2500_events_are_answered_200_and_all_of_them_lost(twin):
    events = [{"type": "identify", "userId": "u", "messageId": str(n)} for n in range(2_501)]

    answer = _batch(twin, *events)

    assert (answer.status, _delivered(twin), twin.inspect("counters", {})["too many events"]) == (200, [], 2_501)


def test_a_message_id_counts_once_even_after_a_restart_until_a_day_has_passed(make, twin, clock):
    _batch(twin, _identify(1), _identify(1))
    twin.close()
    again = make()

    _batch(again, _identify(1))
    clock.at += timedelta(hours=25)
    _batch(again, _identify(1))

    assert _delivered(again) == ["m-1", "m-1"]
    assert Counter(again.inspect("counters", {}))["duplicate"] == 2


def test_above_the_rate_it_says_when_to_come_back(twin, clock):
    twin.control("configure", {"requests_per_second": 2})

    at_once = [_batch(twin, _identify(n)) for n in range(4)]
    clock.at += timedelta(seconds=1)
    later = _batch(twin, _identify(9))

    assert [answer.status for answer in at_once] == [200, 200, 429, 429]
    assert (at_once[2].headers["Retry-After"], at_once[2].headers["X-RateLimit-Reset"]) == ("1", "1")
    assert later.status == 200


def test_a_large_batch_uses_up_the_event_rate_of_the_next_seconds(twin, clock):
    twin.control("configure", {"events_per_second": 100})

    first = _batch(twin, *(_identify(n) for n in range(500)))
    second = _batch(twin, _identify(501))
    clock.at += timedelta(seconds=int(second.headers["Retry-After"]), milliseconds=1)
    third = _batch(twin, _identify(501))

    assert (first.status, second.status, second.headers["Retry-After"], third.status) == (200, 429, "4", 200)


def test_planned_answers_lose_the_request_or_only_its_answer(twin):
    twin.control("configure", {"answers": [{"status": 503}, {"status": 500, "accept": True}, {"status": 200}]})

    answers = [_batch(twin, _identify(n)).status for n in range(3)]

    assert (answers, _delivered(twin)) == ([503, 500, 200], ["m-1", "m-2"])


def test_unknown_settings_are_named(twin):
    with pytest.raises(ValueError, match="speed"):
        twin.control("configure", {"speed": 1})
