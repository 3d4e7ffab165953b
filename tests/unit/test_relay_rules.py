"""Which live events go to Personalize, in which calls, and what becomes of each."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnichannel.contracts.events import EventName
from omnichannel.realtime.events import Event, Product
from omnichannel.recommendations.customer import Customer
from omnichannel.recommendations.interactions import by_session, impression, interactions_of, session_of
from omnichannel.recommendations.mapping import InteractionMap, Mapped, Value
from omnichannel.recommendations.relay import Invalid, Received, Unavailable, relay

MAP = InteractionMap(
    types={
        EventName.PRODUCT_VIEWED: Mapped(type="View", value=Value.PRICE),
        EventName.ORDER_COMPLETED: Mapped(type="Purchase", value=Value.PRICE),
        "Product Reviewed": Mapped(type="Review"),
    },
    shown=frozenset({EventName.PRODUCT_LIST_VIEWED}),
)
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
    return relay(batch, MAP, lambda _: lambda event: customer, sink)


def _outcomes(relayed):
    return {outcome.event.message_id: (str(outcome.status), outcome.reason and str(outcome.reason)) for outcome in relayed.outcomes}


def test_an_order_is_a_purchase_of_each_product_under_an_id_of_its_own():
    order = _event(name=EventName.ORDER_COMPLETED, products=(Product(product_id="p-1", price=5.0), Product(product_id="p-2")), value=20.0)

    interactions = interactions_of(order, MAP, "c_1")

    assert [(i.event_id, i.event_type, i.item_id, i.value) for i in interactions] == [
        ("m-1#0", "Purchase", "p-1", 5.0),
        ("m-1#1", "Purchase", "p-2", None),
    ]


def test_the_time_of_the_event_is_kept_and_its_id_is_the_messages():
    sent = interactions_of(_event(recommendation_id="RID-1"), MAP)[0].to_event()

    assert sent == {
        "eventId": "m-1", "eventType": "View", "itemId": "p-1", "sentAt": AT, "eventValue": 9.5, "recommendationId": "RID-1",
    }  # fmt: skip


def test_a_visitor_keeps_one_session_and_a_bare_user_id_is_not_told():
    sessions = [session_of(_event()), session_of(_event(anonymous_id="")), session_of(_event(session_id="", anonymous_id=""))]

    assert sessions[:2] == ["anon-1", "s-1"]
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
    events = [_event("m-1", anonymous_id="a"), _event("m-2", anonymous_id="b", products=(Product(product_id="absent"),))]

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
        interactions_of(_event(f"m-{n}", anonymous_id=session or "x", at=AT + timedelta(seconds=seconds)), MAP, customer)[0]
        for n, (session, customer, seconds) in enumerate(visits)
    ]

    calls = list(by_session(interactions))

    assert sorted(i.event_id for call in calls for i in call) == sorted(i.event_id for i in interactions)
    assert all(len(call) <= 10 and len({(i.session_id, i.customer_id) for i in call}) == 1 for call in calls)
    assert all([i.at for i in call] == sorted(i.at for i in call) for call in calls)


def _list(message_id, *products, seconds=-60, **changes):
    shown = tuple(Product(product_id=item) for item in products)
    return _event(message_id, name=EventName.PRODUCT_LIST_VIEWED, products=shown, at=AT + timedelta(seconds=seconds), **changes)


def test_what_was_chosen_from_a_list_takes_the_latest_list_before_it_along():
    sink = Sink()
    lists = [_list("l-1", "p-1", "p-8"), _list("l-2", "p-9", "p-1", seconds=-5), _list("l-3", "p-1", "p-7", seconds=5)]

    relayed = _relay([*lists, _list("l-4", "p-1", anonymous_id="anon-2"), _event()], sink)

    assert sink.taken[0][0].to_event()["impression"] == ["p-9", "p-1"]
    nothing_chosen = ("withheld", "nothing-chosen")
    assert _outcomes(relayed) == {
        "l-1": nothing_chosen, "l-2": ("delivered", None), "l-3": nothing_chosen, "l-4": nothing_chosen, "m-1": ("delivered", None),
    }  # fmt: skip


def test_a_list_of_half_an_hour_ago_is_forgotten():
    sink = Sink()

    _relay([_list("l-1", "p-1", seconds=-1801), _event()], sink)

    assert sink.taken[0][0].shown == ()


def test_a_list_comes_again_with_what_was_chosen_from_it():
    relayed = _relay([_list("l-1", "absent"), _event(products=(Product(product_id="absent"),))], Sink())

    assert (relayed.outcomes, sorted(relayed.undecided)) == ([], ["r-0", "r-1"])


@pytest.mark.parametrize(
    ("shown", "chosen", "sent"),
    [
        ((), "p", ()),
        (("a", "b"), "p", ()),
        (("a", "p"), "p", ("a", "p")),
        ((*(str(n) for n in range(30)), "p"), "p", (*(str(n) for n in range(24)), "p")),
    ],
)
def test_an_impression_has_25_products_at_most_and_the_chosen_one_among_them(shown, chosen, sent):
    assert impression(shown, chosen) == sent


def test_the_events_own_impressions_count_before_a_list():
    sink = Sink()

    _relay([_list("l-1", "p-1", "p-8"), _event(shown=("p-3", "p-1"))], sink)

    assert sink.taken[0][0].shown == ("p-3", "p-1")


@pytest.mark.parametrize(
    "changes",
    [
        {"preferences": {"Personalization": False}},
        {"anonymous_id": "", "session_id": ""},
    ],
)
def test_of_a_stranger_who_refuses_or_has_no_device_nothing_is_told(changes):
    sink = Sink()

    relayed = _relay([_event(**changes)], sink)

    assert (_outcomes(relayed), sink.taken) == ({"m-1": ("withheld", "no-consent")}, [])


def test_a_refusal_with_the_event_counts_before_the_consent_on_record():
    relayed = _relay([_event(preferences={"personalization": False})], Sink(), Customer(customer_id="c_1", consents=CONSENT))

    assert _outcomes(relayed) == {"m-1": ("withheld", "no-consent")}


@pytest.mark.parametrize(("value", "sent"), [(Value.NONE, None), (Value.PRICE, 9.5), (Value.AMOUNT, 28.5)])
def test_an_interaction_is_worth_what_the_playbook_says(value, sent):
    mapping = InteractionMap(types={EventName.PRODUCT_VIEWED: Mapped(type="View", value=value)})
    event = _event(products=(Product(product_id="p-1", price=9.5, quantity=3.0),))

    assert interactions_of(event, mapping)[0].value == sent


def test_calls_of_one_session_are_full():
    sink = Sink()

    _relay([_event(f"m-{n}") for n in range(37)], sink)

    assert [len(call) for call in sink.taken] == [10, 10, 10, 7]


def test_a_mapping_survives_the_functions_environment():
    assert InteractionMap.from_json(MAP.to_json()) == MAP
