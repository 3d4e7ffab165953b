from datetime import UTC, datetime

import pytest

from omnichannel.contracts.events import EventName
from omnichannel.realtime.events import parse
from sandbox.storefront.messages import ACTIONS, CONSENT, LOGIN, UNSUBSCRIBE, Click, Unsaid, Who, message

NOW = datetime(2026, 11, 20, 10, 0, 0, 5, UTC)
CATALOGUE = {
    "P1": {"product_id": "P1", "name": "Copper Pan", "category_l1": "Kitchen", "brand": "Elm & Hale", "price": "35.95", "currency": "EUR"},
    "P2": {"product_id": "P2", "name": "Linen Mat", "price": "9.50", "currency": "EUR"},
}
GUEST = Who(anonymous_id="anon-1", session_id="s-1")
USER = Who(anonymous_id="anon-1", user_id="C1", session_id="s-1", consent={"Personalization": True})


def said(who=GUEST, **given):
    return message(Click.of(given), who, CATALOGUE, id="shop-1", at=NOW)


def test_a_view_carries_the_product_and_what_it_was_chosen_from():
    told = said(action="view", products=[["P1", 1]], recommendation_id="RID-1", shown=["P1", "P2"])

    event = parse(told, received_at=NOW)

    assert (event.name, event.recommendation_id, event.shown) == (EventName.PRODUCT_VIEWED, "RID-1", ("P1", "P2"))
    assert [(product.product_id, product.price) for product in event.products] == [("P1", 35.95)]


def test_an_order_has_every_line_and_their_sum():
    properties = said(action="buy", products=[["P1", 2], ["P2", 1]])["properties"]

    lines = [(line["product_id"], line["quantity"]) for line in properties["products"]]

    assert lines == [("P1", 2), ("P2", 1)]
    assert (properties["total"], properties["currency"]) == (81.4, "EUR")
    assert properties["order_id"]


def test_a_login_names_the_user_and_the_browser():
    told = said(USER, action=LOGIN, email="a@shop.example")

    assert (told["type"], told["userId"], told["anonymousId"]) == ("identify", "C1", "anon-1")
    assert told["traits"] == {"email": "a@shop.example"}


def test_a_guest_has_no_user_id():
    told = said(action="search", query="pan")

    assert "userId" not in told
    assert told["properties"] == {"query": "pan"}


@pytest.mark.parametrize("action", sorted(set(ACTIONS) - {LOGIN}))
def test_every_click_is_an_event_that_the_doors_can_read(action):
    products = [] if action in (CONSENT, UNSUBSCRIBE, "search") else [["P1", 1]]

    event = parse(said(USER, action=action, products=products), received_at=NOW)

    assert event.at == NOW
    assert event.preferences == {"Personalization": True}


@pytest.mark.parametrize(
    "given",
    [
        {"action": "fly"},
        {"action": "view", "products": []},
        {"action": "view", "products": [["P1", 1], ["P2", 1]]},
        {"action": "view", "products": ["P1"]},
        {"action": "add", "products": [["P1", 0]]},
        {"action": "add", "products": [["P1", True]]},
        {"action": "buy", "products": []},
        {"action": "view", "products": [["P9", 1]]},
        {"action": "view", "products": [["P1", 1]], "shown": 5},
        {"action": LOGIN},
    ],
)
def test_what_cannot_be_told_is_refused_with_what_would_work(given):
    with pytest.raises(Unsaid, match=r"expected"):
        said(**given)


@pytest.mark.parametrize(
    "given", [{}, [1], "who", {"anonymous_id": 4}, {"anonymous_id": "a" * 101}, {"anonymous_id": "a", "consent": {"Else": True}}]
)
def test_a_visitor_without_a_browser_is_refused(given):
    with pytest.raises(Unsaid, match=r"expected"):
        Who.of(given)
