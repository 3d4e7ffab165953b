"""What the recommendations API answers: products that can be bought, recommended ones first, popular ones where those do not suffice."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from omnichannel.contracts.recommendations import Recommender
from omnichannel.recommendations.customer import Customer
from omnichannel.recommendations.question import Question

MAX_FETCH = 100
SHOWN = ("product_id", "name", "category_l1", "brand", "price", "currency", "image_url")


class Source(StrEnum):
    """Where an item of the answer comes from."""

    PERSONALIZE = "personalize"
    POPULAR = "popular"


class Dark(Exception):
    """Personalize does not answer (in time), or has no recommender: the caller gets popular products instead."""


@dataclass(frozen=True, kw_only=True)
class Recommended:
    """Product ids as Personalize ranks them, and the id under which a later event may say that one was taken."""

    recommendation_id: str
    product_ids: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One call to a recommender; empty strings are left out."""

    recommender: Recommender
    customer_id: str
    product_id: str
    results: int


Recommend = Callable[[Ask], Recommended]
"""Raises `Dark`."""
Catalog = Callable[[Iterable[str]], Mapping[str, Mapping[str, Any]]]
"""The products of those ids that exist."""


def answer(
    question: Question, customer: Customer | None, *, recommend: Recommend, catalog: Catalog, popular: Callable[[], Sequence[str]]
) -> dict[str, Any]:
    """At most `limit` products that are active and in stock, each with its source; never dark while any product is popular."""
    recommended = _recommended(question, customer, recommend)
    items = list(_sellable(recommended.product_ids, catalog, question, Source.PERSONALIZE, skip=()))[: question.limit]
    if len(items) < question.limit:
        shown = {item["product_id"] for item in items}
        items += _first(question.limit - len(items), _sellable(popular(), catalog, question, Source.POPULAR, skip=shown))
    used = any(item["source"] == Source.PERSONALIZE for item in items)
    return {"placement": question.placement, "recommendationId": recommended.recommendation_id if used else None, "items": items}


def _recommended(question: Question, customer: Customer | None, recommend: Recommend) -> Recommended:
    """What Personalize says, asked only about those who consent to being personalized for."""
    nothing = Recommended(recommendation_id="", product_ids=())
    known = customer is not None and customer.consents_to_personalization
    recommender = question.placement.recommender
    if recommender is Recommender.FOR_YOU and not known:
        return nothing
    ask = Ask(
        recommender=recommender,
        customer_id=customer.customer_id if customer and known else "",
        product_id="" if recommender is Recommender.FOR_YOU else question.product_id,
        # More than asked for, since some are sold out or no longer sold.
        results=min(MAX_FETCH, 2 * question.limit + 10),
    )
    try:
        return recommend(ask)
    except Dark:
        return nothing


def _sellable(
    product_ids: Sequence[str], catalog: Catalog, question: Question, source: Source, skip: Iterable[str]
) -> Iterator[dict[str, Any]]:
    """Those that can be bought now, in the given order, none twice, never the one that the customer is looking at."""
    wanted = [each for each in dict.fromkeys(product_ids) if each != question.product_id and each not in set(skip)]
    for start in range(0, len(wanted), MAX_FETCH):
        page = wanted[start : start + MAX_FETCH]
        found = catalog(page)
        for product_id in page:
            product = found.get(product_id)
            if product and product.get("active") and _in_stock(product):
                yield {**{name: str(product[name]) for name in SHOWN if product.get(name) is not None}, "source": source}


def _in_stock(product: Mapping[str, Any]) -> bool:
    """Whether it can be bought; a shop that tells no stock levels at all has everything."""
    return product.get("stock") is None or int(product["stock"]) > 0


def _first(count: int, items: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item for item, _ in zip(items, range(count), strict=False)]
