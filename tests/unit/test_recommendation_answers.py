"""What the recommendations API answers: products that can be bought, and never nothing while something is popular."""

from dataclasses import replace
from datetime import date

import pytest

from omnichannel.contracts.recommendations import INTERACTIONS, Field, Placement
from omnichannel.playbook.promotions import Promotion, running
from omnichannel.recommendations.answer import Dark, Recommended, answer
from omnichannel.recommendations.answer import Shop as Sources
from omnichannel.recommendations.candidates import Lists
from omnichannel.recommendations.question import Question, Unanswerable
from omnichannel.recommendations.shopper import Shopper

GRANTED = {"granted": True, "at": "2026-01-01T00:00:00Z"}
KNOWN = Shopper(customer_id="c_1", consents={"personalization/web": GRANTED})
LISTED = Shopper(
    customer_id="c_1", consents={"personalization/any": GRANTED}, items=("p-1", "p-2", "p-3"), again=("p-7", "p-8"), bought=("p-1", "p-7")
)
DAY = date(2026, 12, 5)


def _product(number, **changes):
    product = {"product_id": f"p-{number}", "name": f"Product {number}", "price": "9.90", "currency": "EUR", "active": True, "stock": 3}
    return {**product, **changes}


PRODUCTS = {f"p-{n}": _product(n) for n in range(40)}


class Shop:
    """A recommender, a catalogue and lists, as plain values."""

    def __init__(self, recommended=(), popular=(), products=PRODUCTS, of_products=None, promotions=(), ranked=()):
        self.recommended, self.popular, self.products, self.asked = recommended, popular, products, []
        self.ranked = ranked
        self.of_products, self.promotions, self.scanned = of_products or {}, promotions, 0

    def recommend(self, ask):
        self.asked.append(ask)
        if isinstance(self.recommended, Exception):
            raise self.recommended
        return Recommended(recommendation_id="RID-1", product_ids=self.recommended)

    def rank(self, placement, customer_id, product_ids):
        if not self.ranked:
            raise Dark("nobody to ask")
        self.asked.append((placement, customer_id, product_ids))
        return Recommended(recommendation_id="RID-2", product_ids=self.ranked)

    def answer(self, placement="home", customer=KNOWN, **query):
        question = Question.of(placement, {name: str(value) for name, value in query.items()})
        shop = Sources(
            recommend=self.recommend,
            rank=self.rank,
            catalog=lambda ids: {each: self.products[each] for each in ids if each in self.products},
            lists=lambda ids: Lists(popular=self.popular, of_products={each: self.of_products.get(each, {}) for each in ids}),
            in_stock=self._in_stock,
            promotions=lambda placement: running(placement, DAY, self.promotions),
        )
        found = answer(question, customer, shop)
        return found, [(item["product_id"], item["source"]) for item in found["items"]]

    def _in_stock(self):
        self.scanned += 1
        return sorted(self.products)


def test_recommended_products_come_with_name_price_and_source():
    shop = Shop(recommended=["p-1"])

    found, _ = shop.answer(limit=1)

    assert found["recommendationId"] == "RID-1"
    assert found["items"] == [
        {"product_id": "p-1", "name": "Product 1", "price": "9.90", "currency": "EUR", "source": "personalize", "reason": "for-you"}
    ]


def test_what_cannot_be_bought_is_left_out_and_popular_products_fill_up():
    gone = {"p-1": _product(1, stock=0), "p-2": _product(2, active=False)}
    shop = Shop(recommended=["p-1", "p-2", "unknown", "p-4", "p-4"], popular=["p-4", "p-1", "p-5", "p-6"], products=PRODUCTS | gone)

    found, items = shop.answer(limit=3)

    assert items == [("p-4", "personalize"), ("p-5", "popular"), ("p-6", "popular")]
    assert found["recommendationId"] == "RID-1"


def test_a_product_without_a_stock_level_can_be_bought():
    shop = Shop(recommended=["p-1"], products={"p-1": _product(1, stock=None)})

    _, items = shop.answer(limit=1)

    assert items == [("p-1", "personalize")]


def test_more_is_fetched_than_is_shown():
    shop = Shop(recommended=["p-1"])

    shop.answer(limit=10)

    assert shop.asked[0].results == 30


def test_when_personalize_is_dark_popular_products_answer():
    shop = Shop(recommended=Dark("ReadTimeoutError"), popular=["p-1", "p-2"])

    found, items = shop.answer(limit=2)

    assert items == [("p-1", "popular"), ("p-2", "popular")]
    assert found["recommendationId"] is None


@pytest.mark.parametrize(
    ("products", "shown"), [(["p-1"], ["p-1"]), (["p-1", "p-2", "p-7"], ["p-2"])], ids=["nothing else", "something else"]
)
def test_what_was_just_bought_is_shown_where_there_is_nothing_else(products, shown):
    shop = Shop(products={each: PRODUCTS[each] for each in products})

    _, items = shop.answer(customer=LISTED, limit=5)

    assert [product_id for product_id, _ in items] == shown


@pytest.mark.parametrize("customer", [None, Shopper(customer_id="c_1", items=("p-1",))])
def test_nobody_is_personalized_for_without_being_known_and_having_consented(customer):
    shop = Shop(recommended=["p-1"], popular=["p-2"])

    _, home = shop.answer("home", customer, limit=1)
    _, product = shop.answer("product", customer, limit=1, product_id="p-9")

    assert (home, product) == ([("p-2", "popular")], [("p-1", "personalize")])
    assert [(ask.placement, ask.customer_id, ask.product_id) for ask in shop.asked] == [(Placement.PRODUCT, "", "p-9")]


def test_the_cart_asks_what_is_bought_together_and_never_shows_the_product_itself():
    shop = Shop(recommended=["p-9", "p-8"], popular=["p-9"])

    _, items = shop.answer("cart", limit=2, product_id="p-9,p-7")

    assert items == [("p-8", "personalize")]
    assert (shop.asked[0].placement, shop.asked[0].customer_id) == (Placement.CART, "c_1")


def test_popular_products_are_looked_up_until_there_are_enough():
    sold_out = {f"s-{n}": _product(n, product_id=f"s-{n}", stock=0) for n in range(150)}
    shop = Shop(popular=[*sold_out, "p-1"], products=PRODUCTS | sold_out)

    _, items = shop.answer(limit=1)

    assert items == [("p-1", "popular")]


@pytest.mark.parametrize("dark", [Dark("ReadTimeoutError"), Dark("no dataset group")])
def test_when_personalize_is_dark_the_own_lists_answer_without_what_was_just_bought(dark):
    goes_with = {"p-9": {"related": ["p-4", "p-5"], "together": ["p-6", "p-5"]}}
    shop = Shop(recommended=dark, popular=["p-20"], of_products=goes_with)

    _, home = shop.answer("home", LISTED, limit=3)
    _, product = shop.answer("product", None, product_id="p-9", limit=3)
    _, cart = shop.answer("cart", LISTED, product_id="p-9", limit=3)

    assert home == [("p-2", "own"), ("p-3", "own"), ("p-20", "popular")]
    assert product == [("p-4", "own"), ("p-5", "own"), ("p-6", "own")]
    assert cart == [("p-6", "own"), ("p-5", "own"), ("p-4", "own")]


def test_the_checkout_shows_what_is_usually_bought_and_asks_nobody():
    shop = Shop(recommended=["p-1"], popular=["p-20"], of_products={"p-9": {"together": ["p-6"]}})

    found, _ = shop.answer("checkout", LISTED, product_id="p-9", limit=4)

    assert [(item["product_id"], item["reason"]) for item in found["items"]] == [
        ("p-7", "buy-again"), ("p-8", "buy-again"), ("p-6", "bought-together"), ("p-1", "for-you"),
    ]  # fmt: skip
    assert (shop.asked, found["recommendationId"]) == ([], None)


def test_e_mail_wants_e_mails_own_consent():
    shop = Shop(recommended=["p-1"], popular=["p-20"])

    _, web = shop.answer("email", KNOWN, limit=1)
    _, email = shop.answer("email", Shopper(customer_id="c_1", consents={"personalization/email": GRANTED}), limit=1)

    assert (web, email) == ([("p-20", "popular")], [("p-1", "personalize")])


def test_what_is_excluded_is_nowhere_and_lists_of_several_products_take_turns():
    shop = Shop(of_products={"p-1": {"together": ["p-4", "p-5"]}, "p-2": {"together": ["p-6", "p-4"]}}, popular=["p-8"])

    _, items = shop.answer("cart", None, product_id="p-1,p-2", exclude="p-5,p-8")

    assert [product for product, _ in items] == ["p-4", "p-6"]


def test_there_is_an_answer_while_anything_is_in_stock_and_the_shelves_are_searched_only_then():
    only = {"p-3": _product(3), **{f"s-{n}": _product(n, product_id=f"s-{n}", stock=0) for n in range(50)}}
    shop, full = Shop(popular=list(only)[1:], products=only), Shop(popular=["p-1"])

    found, items = shop.answer("home", None)
    full.answer("home", None)

    assert items == [("p-3", "popular")]
    assert found["items"][0]["reason"] == "in-stock"
    assert (shop.scanned, full.scanned) == (1, 0)


def _promotion(**changes):
    says = {
        "name": "advent", "placements": frozenset({Placement.HOME}), "first": DAY, "last": DAY, "share": 0.2,
        "texts": {}, "ranges": {"stock": (50.0, float("inf"))},
    }  # fmt: skip
    return Promotion(**{**says, **changes})


def test_a_promotion_takes_its_share_of_the_slots_in_its_placements_and_on_its_days():
    plenty = {f"p-{n}": _product(n, stock=80) for n in (30, 31, 32)}
    shop = Shop(
        popular=[f"p-{n}" for n in range(40)], products=PRODUCTS | plenty, promotions=[_promotion(), _promotion(last=date(2026, 1, 1))]
    )
    off = Shop(popular=shop.popular, products=shop.products, promotions=[_promotion(first=date(2027, 1, 1), last=date(2027, 1, 2))])

    found, items = shop.answer("home", None, limit=15)
    _, elsewhere = shop.answer("checkout", None, limit=15)
    _, early = off.answer("home", None, limit=15)

    assert [place for place, (_, source) in enumerate(items) if source == "promotion"] == [2, 7, 12]
    assert [(item["product_id"], item["promotion"]) for item in found["items"] if "promotion" in item] == [
        ("p-30", "advent"), ("p-31", "advent"), ("p-32", "advent"),
    ]  # fmt: skip
    assert [product for product, source in items if source == "popular"] == [f"p-{n}" for n in range(12)]
    assert {source for _, source in elsewhere + early} == {"popular"}


def test_products_that_a_promotion_names_are_shown_only_while_they_can_be_bought_and_never_twice():
    named = _promotion(products=("p-35", "p-36", "p-1"), ranges={}, share=0.5)
    shop = Shop(popular=["p-1", "p-2"], products=PRODUCTS | {"p-35": _product(35, stock=0)}, promotions=[named])

    _, items = shop.answer("home", None, limit=4)

    assert sorted(items) == [("p-1", "promotion"), ("p-2", "popular"), ("p-36", "promotion")]


@pytest.mark.parametrize(
    ("placement", "query", "status", "word"),
    [
        ("basket", {}, 404, "home, product, cart"),
        ("home", {"limit": "0"}, 400, "1 to 50"),
        ("home", {"limit": "51"}, 400, "1 to 50"),
        ("home", {"limit": "ten"}, 400, "1 to 50"),
        ("home", {"limit": "²"}, 400, "1 to 50"),
        ("home", {"limit": "9" * 5000}, 400, "1 to 50"),
        ("home", {"campaignArn": "arn:aws:personalize:x"}, 400, "customer_id, customer_ref, anonymous_id, product_id, limit"),
        ("home", {"device": "fridge"}, 400, "desktop, mobile"),
        ("home", {"country": "nl"}, 400, "two capital letters"),
        ("home", {"exclude": "p-1,,p-2"}, 400, "printable"),
        ("home", {"exclude": ",".join(f"p-{n}" for n in range(101))}, 400, "1 to 100 times"),
        ("home", {"customer_id": "c" * 257}, 400, "256"),
        ("home", {"customer_id": "#popular"}, 400, "printable"),
        ("home", {"customer_id": "email_sha256#" + 64 * "a"}, 400, "without #"),
        ("product", {"product_id": "p\x00"}, 400, "printable"),
    ],
)
def test_a_question_without_answer_is_told_what_would_have_worked(placement, query, status, word):
    with pytest.raises(Unanswerable) as refused:
        Question.of(placement, query)

    assert refused.value.status == status
    assert word in str(refused.value)


@pytest.mark.parametrize("placement", ["product", "cart"])
def test_an_empty_cart_is_shown_what_suits_the_customer_and_personalize_is_not_asked(placement):
    shop = Shop(recommended=["p-9"], popular=["p-4"])

    _, items = shop.answer(placement, customer=LISTED, limit=3)

    assert items == [("p-2", "own"), ("p-3", "own"), ("p-4", "popular")]
    assert shop.asked == []


def test_own_lists_follow_the_customers_taste_where_personalize_ranks_them_and_what_it_does_not_know_comes_last():
    shop = Shop(popular=["p-4", "p-5"], ranked=["p-5", "p-8", "p-2"])

    found, items = shop.answer("checkout", customer=LISTED, limit=4)

    assert items == [("p-5", "popular"), ("p-8", "own"), ("p-2", "own"), ("p-7", "own")]
    assert found["recommendationId"] == "RID-2"
    assert shop.asked == [(Placement.CHECKOUT, "c_1", ["p-7", "p-8", "p-1", "p-2", "p-3", "p-4", "p-5"])]


def test_a_ranking_of_which_nothing_is_shown_has_no_id():
    shop = Shop(popular=["p-4", "p-5"], ranked=["p-9"])

    found, _ = shop.answer("checkout", customer=LISTED, limit=2)

    assert found["recommendationId"] is None


def test_nobody_without_consent_is_ranked_for():
    shop = Shop(popular=["p-4", "p-5"], ranked=["p-5", "p-4"])

    found, items = shop.answer("checkout", customer=replace(LISTED, consents={}), limit=2)

    assert (items, shop.asked, found["recommendationId"]) == ([("p-4", "popular"), ("p-5", "popular")], [], None)


def test_of_several_ids_the_surest_counts():
    named = {"anonymous_id": "a", "customer_ref": "r", "customer_id": "c_1"}

    keys = [Question.of("home", {name: named[name] for name in list(named)[:several]}).key for several in (1, 2, 3)]

    assert keys == ["anonymous_id#a", "customer_ref#r", "c_1"]


def test_the_context_is_passed_on_where_the_interactions_have_a_field_for_it(monkeypatch):
    shop = Shop(recommended=["p-1"])
    shop.answer("home", device="mobile", country="NL", limit=1)
    told = replace(INTERACTIONS, fields=(*INTERACTIONS.fields, Field(name="DEVICE", optional=True)))

    monkeypatch.setattr("omnichannel.recommendations.answer.INTERACTIONS", told)
    shop.answer("home", device="mobile", country="NL", limit=1)

    has = "DEVICE" in INTERACTIONS.names
    assert [ask.context.get("device", ask.context.get("DEVICE")) for ask in shop.asked] == ["mobile" if has else None, "mobile"]
