"""The sender against a sink that answers by a script: nothing lost, nothing with a new id, no time beyond what is left."""

import pytest
import urllib3

from omnichannel.activation.sender import TRIES, OutOfTime, SinkUnavailable, Unauthorized
from omnichannel.activation.waits import LONGEST_WAIT

RESET = urllib3.exceptions.ProtocolError("Connection aborted.", ConnectionResetError(104, "reset"))
TIMEOUT = urllib3.exceptions.ReadTimeoutError(None, "/v1/batch", "timed out")


def _sent(answers):
    return [(answer.accepted, [event.message_id for event in answer.events]) for answer in answers]


def test_a_batch_is_one_request_with_basic_auth_and_gzip(sender, sink, events):
    answers = list(sender().send(events(3)))

    (request,) = sink.requests
    assert _sent(answers) == [(True, ["m-0", "m-1", "m-2"])]
    assert (request.method, request.url) == ("POST", "https://sink.example/v1/batch")
    assert request.headers["authorization"] == "Basic dGhlLXdyaXRlLWtleTo="
    assert request.headers["Content-Encoding"] == "gzip"


def test_nothing_to_send_is_no_request(sender, sink):
    assert list(sender().send([])) == []
    assert sink.requests == []


@pytest.mark.parametrize("fault", [500, 502, 503, 504, 408, RESET, TIMEOUT])
def test_a_passing_fault_is_tried_again_with_the_same_ids(sender, sink, events, fault):
    sink.script = [fault, fault]

    answers = list(sender().send(events(2)))

    assert [answer.accepted for answer in answers] == [True]
    assert [request.ids for request in sink.requests] == [["m-0", "m-1"]] * 3


def test_waits_between_tries_double(sender, sink, clock, events):
    sink.script = [503] * 4

    list(sender().send(events(1)))

    assert [wait for wait in clock.waits if wait > 1e-6] == [1.0, 2.0, 4.0, 8.0]


@pytest.mark.parametrize("fault", [503, RESET])
def test_a_sink_that_stays_away_is_given_up_on_after_so_many_tries(sender, sink, events, fault):
    sink.script = [fault] * 100

    with pytest.raises(SinkUnavailable, match=f"{TRIES} tries"):
        list(sender().send(events(1)))

    assert len(sink.requests) == TRIES


def test_an_answer_that_repeating_cannot_change_is_given_up_on_at_once(sender, sink, events):
    sink.script = [404]

    with pytest.raises(SinkUnavailable, match="answered 404"):
        list(sender().send(events(1)))

    assert len(sink.requests) == 1


@pytest.mark.parametrize(
    ("retry_after", "waited"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("Sun, 01 Mar 2026 00:00:09 GMT", 9.0),
        ("Sat, 28 Feb 2026 00:00:00 GMT", None),
        ("-5", None),
        ("0", None),
        ("86400", LONGEST_WAIT),
        ("1e999", LONGEST_WAIT),
        ("Fri, 01 Jan 2100 00:00:00 GMT", LONGEST_WAIT),
        ("soon", 1.0),
        ("", 1.0),
        ("nan", 1.0),
    ],
)
def test_a_throttled_sink_is_asked_again_when_it_said(sender, sink, clock, events, retry_after, waited):
    sink.script = [(429, {"Retry-After": retry_after})]

    list(sender().send(events(1)))

    assert [wait for wait in clock.waits if wait > 1e-6] == ([] if waited is None else [waited])
    assert len(sink.requests) == 2


def test_throttling_without_retry_after_backs_off(sender, sink, clock, events):
    sink.script = [429, 429]

    list(sender().send(events(1)))

    assert [wait for wait in clock.waits if wait > 1e-6] == [1.0, 2.0]


def test_a_wait_longer_than_the_time_left_is_not_begun(sender, sink, clock, events):
    sink.script = [(429, {"Retry-After": "30"})]

    with pytest.raises(OutOfTime, match=r"30.0 s to wait, 20.0 s left"):
        list(sender(seconds=20).send(events(1)))

    assert clock.seconds == pytest.approx(0)


def test_throttling_for_ever_ends_with_the_time(sender, sink, clock, events):
    sink.script = [(429, {"Retry-After": "10"})] * 1_000

    with pytest.raises(OutOfTime):
        list(sender(seconds=100).send(events(1)))

    assert clock.seconds < 100


def test_without_time_no_request_is_begun(sender, sink, events):
    with pytest.raises(OutOfTime):
        list(sender(seconds=0.5).send(events(1)))

    assert sink.requests == []


@pytest.mark.parametrize("count", [1, 2, 7, 100])
def test_one_bad_event_costs_itself_and_no_other(sender, sink, events, count):
    bad = f"m-{count // 2}"
    sink.poison = frozenset({bad})

    answers = list(sender().send(events(count)))

    accepted = [event.message_id for answer in answers if answer.accepted for event in answer.events]
    refused = [event.message_id for answer in answers if not answer.accepted for event in answer.events]
    assert refused == [bad]
    assert sorted([*accepted, bad]) == sorted(f"m-{n}" for n in range(count))


def test_finding_one_bad_event_in_a_full_batch_takes_few_requests(sender, sink, events):
    sink.poison = frozenset({"m-1234"})

    list(sender().send(events(2_500)))

    assert len(sink.requests) <= 2 * 12 + 1


def test_what_was_acknowledged_before_a_failure_is_told(sender, sink, events):
    sink.script = [400, 200, *([503] * 100)]
    answers = sender().send(events(4))

    told = [next(answers)]
    with pytest.raises(SinkUnavailable):
        next(answers)

    assert _sent(told) == [(True, ["m-0", "m-1"])]


def test_a_refused_key_is_read_again_once_and_then_stops_everything(sender, sink, events):
    sink.script = [401] * 10

    with pytest.raises(Unauthorized, match="segment-secret"):
        list(sender().send(events(2)))

    assert len(sink.requests) == 1


def test_a_rotated_key_is_picked_up(sender, sink, key, events):
    key.next_value, sink.script = "the-new-key", [401]

    answers = list(sender().send(events(2)))

    assert [answer.accepted for answer in answers] == [True]
    assert sink.requests[0].headers["authorization"] != sink.requests[1].headers["authorization"]


def test_batches_are_paced_by_events_per_second(sender, sink, clock, events):
    paced = sender(events_per_second=100)

    for _ in range(3):
        list(paced.send(events(50)))

    assert clock.seconds == pytest.approx(1.0)


@pytest.mark.parametrize("script", [[401] * 9, [404], [503] * 99, [RESET] * 99, [(429, {"Retry-After": "9999"})] * 99])
def test_neither_the_key_nor_an_event_is_in_an_error(sender, sink, key, events, script):
    key.value = key.next_value = "canary-key"
    sink.script = script

    with pytest.raises((Unauthorized, SinkUnavailable, OutOfTime)) as raised:
        list(sender(seconds=300).send(events(1)))

    told = f"{raised.value!r} {raised.value.__cause__!r} {raised.value.__context__!r}"
    assert not any(canary in told for canary in ("canary-key", "Y2FuYXJ5", "CRM-0", "m-0"))


def test_what_the_gate_keeps_back_does_not_leave(sender, sink, events):
    answers = list(sender().send(events(4), lambda group: [event for event in group if event.message_id != "m-2"]))

    assert _sent(answers) == [(True, ["m-0", "m-1", "m-3"])]
    assert sink.requests[0].ids == ["m-0", "m-1", "m-3"]


def test_a_closed_gate_is_no_request_and_no_answer(sender, sink, events):
    assert list(sender().send(events(4), lambda group: [])) == []
    assert sink.requests == []


@pytest.mark.parametrize("fault", [503, RESET, (429, {"Retry-After": "60"})])
def test_the_gate_is_asked_again_after_every_wait(sender, sink, events, fault):
    sink.script, asked = [fault], []

    def gate(group):
        asked.append(len(group))
        return group if len(asked) == 1 else group[1:]

    answers = list(sender().send(events(3), gate))

    assert asked == [3, 3]
    assert [request.ids for request in sink.requests] == [["m-0", "m-1", "m-2"], ["m-1", "m-2"]]
    assert _sent(answers) == [(True, ["m-1", "m-2"])]


def test_the_gate_is_asked_after_waiting_for_our_turn_not_before(sender, clock, events):
    paced, at = sender(events_per_second=10), []

    for _ in range(2):
        list(paced.send(events(20), lambda group: (at.append(clock.seconds), group)[1]))

    assert at == [0.0, pytest.approx(2.0)]


def test_a_throttled_batch_halves_the_pace_once_and_for_good(sender, sink, clock, events):
    paced = sender(events_per_second=100)
    sink.script = [(429, {"Retry-After": "0"})] * 3

    for _ in range(3):
        list(paced.send(events(50)))

    assert paced.pace.now == 50
    assert [wait for wait in clock.waits if wait > 1e-6][-2:] == [pytest.approx(1.0)] * 2


def test_too_large_a_request_is_halved_as_a_refused_one(sender, sink, events):
    sink.script = [413]

    answers = list(sender().send(events(4)))

    assert _sent(answers) == [(True, ["m-0", "m-1"]), (True, ["m-2", "m-3"])]
