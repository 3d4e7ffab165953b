"""What goes to Segment keeps Segment's limits, and every event goes exactly once."""

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from omnichannel.activation.parts import Member
from omnichannel.activation.segment import (
    BATCH_BYTES,
    BATCH_EVENTS,
    EVENT_BYTES,
    MESSAGE_ID_CHARS,
    TRAITS,
    USER_ID_CHARS,
    Event,
    batches,
    identify,
    payload,
    refusal,
)
from omnichannel.activation.segment_bridge import event_of, hash_of
from omnichannel.contracts.reasons import Reason

sizes = st.lists(st.one_of(st.integers(2, 600), st.integers(2, EVENT_BYTES)), max_size=60)
repeats = st.integers(1, 60)


def _events(of_sizes: list[int]) -> list[Event]:
    return [Event(f"c_{n}", "h", f"m-{n}", b'"' + b"x" * (size - 2) + b'"') for n, size in enumerate(of_sizes)]


@given(sizes, repeats)
def test_every_event_is_in_exactly_one_batch_in_its_order(of_sizes, times):
    events = _events(of_sizes * times)

    batched = [event for batch in batches(events) for event in batch]

    assert batched == events


@given(sizes, repeats)
def test_every_batch_keeps_the_limits_and_is_valid_json(of_sizes, times):
    bodies = [(payload(batch), len(batch)) for batch in batches(_events(of_sizes * times))]

    assert all(len(body) <= BATCH_BYTES and count <= BATCH_EVENTS for body, count in bodies)
    assert all(len(json.loads(body)["batch"]) == count for body, count in bodies)


@given(sizes, repeats)
def test_no_batch_could_have_taken_the_next_event(of_sizes, times):
    batched = list(batches(_events(of_sizes * times)))

    for batch, following in pairwise(batched):
        assert len(batch) == BATCH_EVENTS or len(payload([*batch, following[0]])) > BATCH_BYTES - 1


def test_many_tiny_events_are_cut_at_the_number_that_segment_takes():
    counts = [len(batch) for batch in batches(_events([10] * (2 * BATCH_EVENTS + 1)))]

    assert counts == [BATCH_EVENTS, BATCH_EVENTS, 1]


def test_no_events_make_no_batch():
    assert list(batches([])) == []


def test_an_identify_event_looks_exactly_like_this():
    traits = {"churn_propensity": 0.731, "churn_band": "high", "propensity_as_of": "2026-03-01"}

    body = identify("CRM-1", traits, as_of="2026-03-01", message_id="m-1")

    assert body == (
        b'{"type":"identify","timestamp":"2026-03-01T00:00:00.000Z","userId":"CRM-1",'
        b'"traits":{"churn_propensity":0.731,"churn_band":"high","propensity_as_of":"2026-03-01"},"messageId":"m-1"}'
    )


def test_what_all_events_of_a_batch_say_of_their_sender_is_said_once():
    body = payload(_events([10, 20]))

    assert body.startswith(b'{"context":{"library":{"name":"omnichannel-personalization"}},"batch":["')
    assert body.count(b"library") == 1


def test_text_of_any_script_stays_utf_8():
    body = identify("Ünï-客-🛒-שלום", {}, as_of="2026-03-01", message_id="m")

    assert json.loads(body.decode("utf-8"))["userId"] == "Ünï-客-🛒-שלום"


def test_an_event_above_the_size_that_segment_takes_is_refused_here():
    fits, too_large = (Event("c", "h", "m", b"x" * size) for size in (EVENT_BYTES, EVENT_BYTES + 1))

    assert (refusal("u", fits), refusal("u", too_large)) == (None, Reason.TOO_LARGE)


def test_an_id_that_segment_would_drop_without_a_word_is_refused_here():
    long_user = refusal("u" * (USER_ID_CHARS + 1), Event("c", "h", "m", b"{}"))
    long_message = refusal("u", Event("c", "h", "m" * (MESSAGE_ID_CHARS + 1), b"{}"))

    assert (long_user, long_message) == (Reason.ID_TOO_LONG, Reason.ID_TOO_LONG)


def test_more_traits_than_segment_keeps_are_refused_here():
    event = Event("c", "h", "m", b"{}")

    assert [refusal("u", event, range(count)) for count in (TRAITS, TRAITS + 1)] == [None, Reason.TOO_MANY_TRAITS]


def test_half_a_character_in_an_id_or_a_trait_costs_the_customer_and_nobody_else():
    halves = [Member("c", "CRM-\ud83d", {}), Member("c", "CRM-1", {"customer_segment": "\ud83d"})]

    found = [event_of(member, hash_of(member.traits), "2026-03-01") for member in halves]

    assert found == [Reason.NOT_TEXT, Reason.NOT_TEXT]
