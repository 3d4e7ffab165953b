"""What the recommendations API answers: products that can be bought, and never nothing while something is popular."""

import pytest

from omnichannel.contracts.recommendations import Recommender
from omnichannel.recommendations.answer import Dark, Recommended, answer
from omnichannel.recommendations.customer import Customer
from omnichannel.recommendations.question import Question, Unanswerable

KNOWN = Customer(customer_id="c_1", consents={"personalization/web": {"granted": True, "at": "2026-01-01T00:00:00Z"}})


def _product(number, **changes):
    product = {"product_id": f"p-{number}", "name": f"Product {number}", "price": "9.90", "currency": "EUR", "active": True, "stock": 3}
    return {**product, **changes}


PRODUCTS = {f"p-{n}": _product(n) for n in range(40)}


class Shop:
    """A recommender, a catalogue and a list of popular products, as plain values."""

    def __init__(self, recommended=(), popular=(), products=PRODUCTS):
        self.recommended, self.popular, self.products, self.asked = recommended, popular, products, []

    def recommend(self, ask):
        self.asked.append(ask)
        if isinstance(self.recommended, Exception):
            raise self.recommended
        return Recommended(recommendation_id="RID-1", product_ids=self.recommended)

    def answer(self, placement="home", customer=KNOWN, **query):
        question = Question.of(placement, {name: str(value) for name, value in query.items()})
        found = answer(question, customer, recommend=self.recommend, catalog=self._catalog, popular=lambda: self.popular)
        return found, [(item["product_id"], str(item["source"])) for item in found["items"]]

    def _catalog(self, ids):
        return {each: self.products[each] for each in ids if each in self.products}


def test_recommended_products_come_with_name_price_and_source():
    shop = Shop(recommended=["p-1"])

    found, _ = shop.answer(limit=1)

    assert found["recommendationId"] == "RID-1"
    assert found["items"] == [{"product_id": "p-1", "name": "Product 1", "price": "9.90", "currency": "EUR", "source": "personalize"}]


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


@pytest.mark.parametrize("customer", [None, Customer(customer_id="c_1", consents={})])
def test_nobody_is_personalized_for_without_being_known_and_having_consented(customer):
    shop = Shop(recommended=["p-1"], popular=["p-2"])

    _, home = shop.answer("home", customer, limit=1)
    _, product = shop.answer("product", customer, limit=1, product_id="p-9")

    assert (home, product) == ([("p-2", "popular")], [("p-1", "personalize")])
    assert [(ask.recommender, ask.customer_id, ask.product_id) for ask in shop.asked] == [(Recommender.ALSO_VIEWED, "", "p-9")]


def test_the_cart_asks_what_is_bought_together_and_never_shows_the_product_itself():
    shop = Shop(recommended=["p-9", "p-8"], popular=["p-9"])

    _, items = shop.answer("cart", limit=2, product_id="p-9")

    assert items == [("p-8", "personalize")]
    assert (shop.asked[0].recommender, shop.asked[0].customer_id) == (Recommender.BOUGHT_TOGETHER, "c_1")


def test_popular_products_are_looked_up_until_there_are_enough():
    sold_out = {f"s-{n}": _product(n, product_id=f"s-{n}", stock=0) for n in range(150)}
    shop = Shop(popular=[*sold_out, "p-1"], products=PRODUCTS | sold_out)

    _, items = shop.answer(limit=1)

    assert items == [("p-1", "popular")]


@pytest.mark.parametrize(
    ("placement", "query", "status", "word"),
    [
        ("checkout", {}, 404, "home, product, cart"),
        ("product", {}, 400, "product_id"),
        ("cart", {"customer_id": "c_1"}, 400, "product_id"),
        ("home", {"limit": "0"}, 400, "1 to 50"),
        ("home", {"limit": "51"}, 400, "1 to 50"),
        ("home", {"limit": "ten"}, 400, "1 to 50"),
        ("home", {"limit": "²"}, 400, "1 to 50"),
        ("home", {"limit": "9" * 5000}, 400, "1 to 50"),
        ("home", {"campaignArn": "arn:aws:personalize:x"}, 400, "customer_id, customer_ref, product_id, limit"),
        ("home", {"customer_id": "c" * 257}, 400, "256"),
        ("home", {"customer_id": "#popular"}, 400, "printable"),
        ("product", {"product_id": "p\x00"}, 400, "printable"),
        ("home", {"customer_id": "c_1", "customer_ref": "r"}, 400, "not both"),
    ],
)
def test_a_question_without_answer_is_told_what_would_have_worked(placement, query, status, word):
    with pytest.raises(Unanswerable) as refused:
        Question.of(placement, query)

    assert refused.value.status == status
    assert word in str(refused.value)
