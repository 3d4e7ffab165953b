"""What the relay tells Personalize, as marketing writes it."""

import pytest

from omnichannel.contracts.events import PERSONALIZE_EVENT_TYPES
from omnichannel.playbook.document import UnusablePlaybook
from omnichannel.playbook.interactions import forwarded, load, parsed
from omnichannel.playbook.triggers import triggers
from omnichannel.recommendations.mapping import Mapped, Value


def test_the_apps_own_file_has_the_event_types_that_personalize_is_trained_on():
    own = load()

    assert {name: own.types[name].type for name in PERSONALIZE_EVENT_TYPES} == PERSONALIZE_EVENT_TYPES
    assert own.names | triggers().names <= set(forwarded())


def test_another_event_may_have_a_type_of_its_own():
    read = parsed({"events": {"Product Reviewed": {"type": "Review"}, "Order Completed": {"type": "Purchase", "value": "amount"}}})

    assert read.types == {"Product Reviewed": Mapped(type="Review"), "Order Completed": Mapped(type="Purchase", value=Value.AMOUNT)}
    assert read.shown == frozenset()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "events is empty"),
        ({"events": {}}, "events are 0"),
        ({"events": {"A": {"type": "View"}}, "lists": []}, "has lists"),
        ({"events": {"Product Viewed": {"type": "Look"}}}, "expected View, as in what Personalize is trained on"),
        ({"events": {"A": {"type": "two words"}}}, "events.A.type is 'two words'"),
        ({"events": {"A": {"value": "price"}}}, "events.A.type is None"),
        ({"events": {"A": {"type": "View", "value": "much"}}}, "expected one of none, price, amount"),
        ({"events": {"A": {"type": "View", "weight": 2}}}, "events.A has weight"),
        ({"events": {" A": {"type": "View"}}}, "expected an event's name"),
        ({"events": {"A": {"type": "View"}}, "shown": ["A"]}, "which has an event type too"),
        ({"events": {"A": {"type": "View"}}, "shown": "A"}, "expected a list of names"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(content, words):
    with pytest.raises(UnusablePlaybook) as refused:
        parsed(content)

    assert words in str(refused.value)
