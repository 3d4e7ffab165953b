"""Who left a cart is reminded of what is in it: live, and never by a run."""

from datetime import UTC, datetime

from omnichannel.consent.gate import consent_key
from omnichannel.contracts.decisions import Decision, Rule
from omnichannel.decisions.decide import decide
from omnichannel.decisions.gather import Known, columns
from omnichannel.playbook.actions import playbook
from omnichannel.realtime.windows.redecide import holding

AT = datetime(2026, 11, 18, 11, tzinfo=UTC)
PRODUCTS = {
    name: {"product_id": name, "price": 20, "currency": "EUR", "stock": stock, "active": True} for name, stock in (("P-1", 0), ("P-2", 9))
}
FOREVER = {"since": "2026-11-18T10:30:00+00:00", "until": "2026-11-19T10:30:00+00:00"}


def _item(customer_id: str):
    return {
        "customer_id": customer_id, "email": "a@example.com", "profile": {"timezone": "Europe/Berlin"},
        "consents": {consent_key("marketing", "email"): {"granted": True, "at": "2026-01-01T00:00:00+00:00"}},
        "scores": {"repurchase": {"score": 0.5, "band": "medium", "decile": 5}},
        "live_segments": {"Abandoned cart": FOREVER}, "recommended": {"items": ["P-2"]},
    }  # fmt: skip


def _decided(customer_id: str, *, event: str, products: tuple[str, ...], live: bool) -> Decision:
    known = Known(item=holding(_item(customer_id), AT), event=event, products=products)
    return decide(columns([known], playbook(), PRODUCTS, []), playbook(), AT, live=live).decision(0)


def _treated() -> str:
    """Somebody who is neither held out nor in the campaign's control group."""
    for number in range(1_000):
        found = _decided(f"c_{number}", event="Product Added", products=("P-2",), live=True)
        if found.arms["holdout"] == "in" and Rule.CONTROL_GROUP not in found.refused.get("cart-reminder", ()):
            return f"c_{number}"
    raise AssertionError("everybody is held out")


def test_a_cart_that_was_left_is_what_the_message_is_about():
    found = _decided(_treated(), event="Product Added", products=("P-1", "P-2"), live=True)

    assert (found.action, found.items) == ("cart-reminder", ("P-2",))


def test_a_run_reminds_nobody_of_a_cart():
    found = _decided(_treated(), event="", products=(), live=False)

    assert Rule.NOT_ELIGIBLE in found.refused["cart-reminder"]
    assert Rule.LOW_STOCK in found.refused["cart-reminder"]


def test_another_event_of_who_left_a_cart_is_no_reminder():
    found = _decided(_treated(), event="Product Viewed", products=("P-2",), live=True)

    assert Rule.NOT_ELIGIBLE in found.refused["cart-reminder"]


def test_a_cart_of_which_nothing_is_left_is_no_reminder():
    found = _decided(_treated(), event="Product Added", products=("P-1",), live=True)

    assert Rule.LOW_STOCK in found.refused["cart-reminder"]


def test_a_live_segment_is_known_by_its_name_with_its_times_beside_it():
    """As the item has it: with since and until."""
    left = Known(item={**_item(_treated()), "live_segments": {}}, event="Product Added", products=("P-2",))
    found = decide(columns([left], playbook(), PRODUCTS, []), playbook(), AT, live=True).decision(0)

    assert found.refused["cart-reminder"] == (Rule.NOT_ELIGIBLE,)
