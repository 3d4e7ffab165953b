"""Which live events go to Personalize, in which calls, and what becomes of each."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnichannel.contracts.events import EventName
from omnichannel.realtime.events import Event, Product
from omnichannel.recommendations.customer import Customer
from omnichannel.recommendations.interactions import by_session, interactions_of, session_of
from omnichannel.recommendations.relay import Invalid, Received, Unavailable, relay

AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
CONSENT = {"personalization/any": {"granted": True, "at": "2026-01-01T00:00:00Z"}}


def _event(message_id="m-1", **changes):
    event = {
        "message_id": message_id, "type": "track", "name": EventName.PRODUCT_VIEWED, "user_id": "ref-1", "anonymous_id": "anon-1",
        "at": AT, "session_id": "s-1", "products": (Product(product_id="p-1", price=9.5),),
    }  # fmt: skip
    return Event(**{**event, **changes})


class Sink:
    """Takes calls; refuses those that hold a bad product, is away for those that hold an absent one."""

    def __init__(self):
        self.taken = []

    def __call__(self, interactions):
        items = {interaction.item_id for interaction in interactions}
        if "absent" in items:
            raise Unavailable("ThrottlingException")
        if "bad" in items:
            raise Invalid("InvalidInputException")
        self.taken.append(list(interactions))


def _relay(events, sink, customer=None):
    batch = [Received(receipt=f"r-{n}", event=event) for n, event in enumerate(events)]
    return relay(batch, lambda _: lambda event: customer, sink)


def _outcomes(relayed):
    return {outcome.event.message_id: (str(outcome.status), outcome.reason and str(outcome.reason)) for outcome in relayed.outcomes}


def test_an_order_is_a_purchase_of_each_product_under_an_id_of_its_own():
    order = _event(name=EventName.ORDER_COMPLETED, products=(Product(product_id="p-1", price=5.0), Product(product_id="p-2")), value=20.0)

    interactions = interactions_of(order, "c_1")

    assert [(i.event_id, i.event_type, i.item_id, i.value) for i in interactions] == [
        ("m-1#0", "Purchase", "p-1", 5.0),
        ("m-1#1", "Purchase", "p-2", None),
    ]


def test_the_time_of_the_event_is_kept_and_its_id_is_the_messages():
    sent = interactions_of(_event(recommendation_id="RID-1"))[0].to_event()

    assert sent == {
        "eventId": "m-1", "eventType": "View", "itemId": "p-1", "sentAt": AT, "eventValue": 9.5, "recommendationId": "RID-1",
    }  # fmt: skip


def test_a_visitor_keeps_one_session_and_a_bare_user_id_is_not_told():
    sessions = [session_of(_event()), session_of(_event(session_id="")), session_of(_event(session_id="", anonymous_id=""))]

    assert sessions[:2] == ["s-1", "anon-1"]
    assert sessions[2].startswith("user-")
    assert "ref-1" not in sessions[2]


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"name": EventName.PRODUCTS_SEARCHED}, ("withheld", "unmapped-event")),
        ({"products": ()}, ("withheld", "no-item")),
        ({"products": (Product(product_id="p" * 257),)}, ("rejected", "id-too-long")),
    ],
)
def test_events_that_teach_nothing_have_a_reason_and_are_not_sent(changes, outcome):
    sink = Sink()

    relayed = _relay([_event(**changes)], sink)

    assert _outcomes(relayed) == {"m-1": outcome}
    assert (sink.taken, relayed.undecided) == ([], [])


@pytest.mark.parametrize(
    ("customer", "outcome", "user"),
    [
        (None, "delivered", ""),
        (Customer(customer_id="c_1", consents=CONSENT), "delivered", "c_1"),
        (Customer(customer_id="c_1", consents={}), "withheld", None),
        (Customer(customer_id="c_1", consents={"personalization/web": {"granted": False, "at": "2026-02-01T00:00:00Z"}}), "withheld", None),
        (Customer(customer_id="c_1", consents={"marketing/any": CONSENT["personalization/any"]}), "withheld", None),
    ],
)
def test_a_known_customer_is_sent_with_consent_only_and_a_stranger_by_session(customer, outcome, user):
    sink = Sink()

    relayed = _relay([_event()], sink, customer)

    assert _outcomes(relayed)["m-1"][0] == outcome
    assert [call[0].customer_id for call in sink.taken] == ([] if user is None else [user])


def test_one_bad_event_of_a_call_is_refused_and_the_nine_others_get_through():
    events = [_event(f"m-{n}", products=(Product(product_id="bad" if n == 4 else f"p-{n}"),)) for n in range(10)]
    sink = Sink()

    relayed = _relay(events, sink)

    assert Counter(_outcomes(relayed).values()) == {("delivered", None): 9, ("rejected", "refused-by-sink"): 1}
    assert sum(len(call) for call in sink.taken) == 9


def test_only_what_the_sink_did_not_take_comes_again():
    events = [_event("m-1", session_id="a"), _event("m-2", session_id="b", products=(Product(product_id="absent"),))]

    relayed = _relay(events, Sink())

    assert (_outcomes(relayed), relayed.undecided) == ({"m-1": ("delivered", None)}, ["r-1"])


def test_an_order_of_which_a_part_was_not_taken_comes_again_whole():
    products = tuple(Product(product_id=item) for item in (*(f"p-{n}" for n in range(10)), "absent"))

    relayed = _relay([_event(name=EventName.ORDER_COMPLETED, products=products)], Sink())

    assert (relayed.outcomes, relayed.undecided) == ([], ["r-0"])


def test_an_event_that_the_queue_delivers_twice_at_once_is_sent_once():
    sink = Sink()

    relayed = _relay([_event(), _event()], sink)

    assert [str(outcome.reason) for outcome in relayed.outcomes] == ["duplicate-event", "None"]
    assert len(sink.taken) == 1


_visits = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "c_1", "c_2"]), st.integers(0, 99)), max_size=60)


@given(_visits)
def test_every_call_is_of_one_session_and_user_in_order_of_time_and_ten_at_most(visits):
    interactions = [
        interactions_of(_event(f"m-{n}", session_id=session, at=AT + timedelta(seconds=seconds)), customer)[0]
        for n, (session, customer, seconds) in enumerate(visits)
    ]

    calls = list(by_session(interactions))

    assert sorted(i.event_id for call in calls for i in call) == sorted(i.event_id for i in interactions)
    assert all(len(call) <= 10 and len({(i.session_id, i.customer_id) for i in call}) == 1 for call in calls)
    assert all([i.at for i in call] == sorted(i.at for i in call) for call in calls)
