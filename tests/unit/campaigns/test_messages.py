"""What a customer reads."""

from collections.abc import Callable
from typing import Any

import pytest

from omnichannel.campaigns.messages import Ask, Message, Renderer, UnknownTemplate
from tests.unit.campaigns.conftest import NOW, Shop, customer, decision

Write = Callable[..., Message]
VOUCHER, PLAIN = {"win-back-message": "voucher"}, {"win-back-message": "recommended"}

WIN_BACK = """Hi Ada,

it has been a while. These might be something for you:

- Cup 0, €12.90
  https://shop.example/products/P0
- Cup 1, €12.90
  https://shop.example/products/P1

With your next order you save 10%.

You get this because you agreed to news by e-mail. No more of it: {{unsubscribe}}"""


def test_a_win_back_has_recommended_products_and_the_offer_of_its_arm(write: Write) -> None:
    message = write("win-back", arms=VOUCHER)

    assert (message.subject, message.body, message.fallbacks) == ("Ada, we kept these for you", WIN_BACK, ())


def test_an_arm_without_an_offer_is_promised_none(write: Write) -> None:
    message = write("win-back", arms=PLAIN)

    assert "save" not in message.body
    assert message.fallbacks == ("offer",)


def test_somebody_of_whom_nothing_is_known_gets_every_fallback(write: Write) -> None:
    message = write("win-back", items=(), arms=PLAIN, item={})

    assert message.subject == "there, we kept these for you"
    assert "See what is new: https://shop.example/new" in message.body
    assert message.fallbacks == ("first_name", "items", "offer")


@pytest.mark.parametrize("change", [{"stock": 0}, {"active": False}, {"name": ""}])
def test_what_cannot_be_bought_gives_way_to_the_next(write: Write, shop: Shop, change: dict[str, Any]) -> None:
    shop.put("P1", **change)

    body = write("win-back", items=("P1", "P2", "gone", "P3", "P4", "P5")).body

    assert [n for n in range(6) if f"Cup {n}" in body] == [2, 3, 4]


def test_a_shop_that_tells_no_stock_has_everything(write: Write, shop: Shop) -> None:
    shop.put("P0", stock=None)

    assert "Cup 0" in write("win-back", items=("P0",)).body


def test_the_price_is_the_one_of_now(write: Write, shop: Shop) -> None:
    shop.put("P0", price="1249.5")

    before = write("win-back", items=("P0",)).body
    shop.put("P0", price="999")

    assert "€1,249.50" in before
    assert "€999.00" in write("win-back", items=("P0",)).body


@pytest.mark.parametrize(
    ("price", "currency"), [("soon", "EUR"), (None, "EUR"), ("NaN", "EUR"), ("-1", "EUR"), ("5", None), ("1e99", "EUR")]
)
def test_what_is_no_price_is_not_told(write: Write, shop: Shop, price: Any, currency: Any) -> None:
    shop.put("P0", price=price, currency=currency)

    message = write("win-back", items=("P0",), arms=VOUCHER)

    assert "Cup 0, price in the shop" in message.body
    assert message.fallbacks == ("price",)


@pytest.mark.parametrize(
    ("language", "currency", "expected"),
    [
        ("en", "EUR", "€1,249.50"),
        ("de", "EUR", "1.249,50 €"),
        ("de_AT", "GBP", "1.249,50 £"),
        ("en", "CHF", "CHF 1,249.50"),
        ("en", "JPY", "JPY 1,250"),
    ],
)
def test_a_price_is_written_as_the_language_writes_it(write: Write, shop: Shop, language: str, currency: str, expected: str) -> None:
    shop.put("P0", price="1249.50", currency=currency)

    assert expected in write("win-back", items=("P0",), item=customer(language=language)).body


@pytest.mark.parametrize(
    ("zone", "language", "day"),
    [("Europe/Berlin", "en", "1 December 2026"), ("Europe/London", "en", "30 November 2026"), ("Europe/Berlin", "de", "1. Dezember 2026")],
)
def test_a_renewal_is_on_the_customer_s_own_day(write: Write, zone: str, language: str, day: str) -> None:
    message = write("renewal", item=customer(timezone=zone, language=language))

    assert day in message.subject
    assert day in message.body
    assert message.fallbacks == ()


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "Europe", None])
def test_a_day_in_no_zone_is_utc_s_and_says_so(write: Write, zone: Any) -> None:
    message = write("renewal", item=customer(timezone=zone))

    assert "30 November 2026" in message.body
    assert message.fallbacks == ("time_zone",)


@pytest.mark.parametrize("renews_at", ["", "soon", "2026-10-01T00:00:00+00:00", None])
def test_a_renewal_that_is_none_or_over_is_soon(write: Write, renews_at: Any) -> None:
    item = customer() | {"aggregates": {"renews_at": renews_at}}

    message = write("renewal", item=item)

    assert message.subject == "Your subscription ends soon"
    assert message.fallbacks == ("renewal_date",)


def test_who_has_no_template_in_their_language_gets_all_of_it_in_the_playbook_s(write: Write) -> None:
    message = write("win-back", item=customer(language="nl"))

    assert message.body.startswith("Hi Ada")
    assert "€12.90" in message.body


def test_a_message_without_a_template_is_an_error_that_names_it(write: Write) -> None:
    with pytest.raises(UnknownTemplate, match=r"no template tips\.sms\.j2"):
        write("tips", "sms")


def test_a_batch_reads_products_once(shop: Shop) -> None:
    renderer = Renderer(products=shop, now=lambda: NOW)
    asks = [Ask(template="win-back", channel="sms", decision=decision(customer_id=f"c_{n}"), item=customer()) for n in range(50)]

    messages = renderer.render_all(asks)

    assert shop.reads == 1
    assert len(messages) == 50


def test_a_decision_out_of_a_file_is_as_good(shop: Shop) -> None:
    renderer = Renderer(products=shop, now=lambda: NOW)

    same = {renderer.render("win-back", "email", given, customer()).body for given in (decision(), decision().to_dict())}

    assert len(same) == 1


def test_html_has_the_same_words_escaped(write: Write, shop: Shop) -> None:
    shop.put("P0", name='<b>Cup</b> & "Pot"')

    html = write("win-back", items=("P0",)).html()

    assert "&lt;b&gt;Cup&lt;/b&gt; &amp; &quot;Pot&quot;" in html
    assert html.startswith("<p>Hi Ada,</p>\n<p>it has been a while.")


def test_a_representation_says_nothing_of_the_customer(write: Write) -> None:
    assert "Ada" not in repr(write("win-back"))


@pytest.mark.parametrize("odd", ["Ada", ["Ada"], 7, True])
def test_a_group_of_an_item_that_nobody_can_read_is_as_none(write: Callable[..., Message], odd: object) -> None:
    said = write("renewal", item={**customer(), "profile": odd, "aggregates": odd})

    assert said == write("renewal", item={"customer_id": "c_1"})
