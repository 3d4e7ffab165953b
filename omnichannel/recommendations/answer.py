"""What the recommendations API answers: products that can be bought, from whoever knows best, and never nothing where there is some."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from omnichannel.contracts.recommendations import INTERACTIONS, SHOWN, Placement, Reason, Recommender, Source
from omnichannel.playbook.promotions import Promotion
from omnichannel.recommendations.candidates import REASONS, Candidate, Lists, own
from omnichannel.recommendations.promoted import Sellable, placed
from omnichannel.recommendations.question import Question
from omnichannel.recommendations.shopper import Shopper

MAX_FETCH = 100
MAX_AGE = {Placement.HOME: 60, Placement.PRODUCT: 300, Placement.CART: 30, Placement.CHECKOUT: 30, Placement.EMAIL: 300}
"""Seconds for which a caller may keep an answer: long where the product decides, short where the customer does."""
CONTEXT = {"device": "DEVICE", "country": "COUNTRY"}
"""Parameters that Personalize is told where its interactions have a field of that name."""


class Dark(Exception):
    """Personalize does not answer (in time), or has nobody to ask: the caller gets what the own recommender knows instead."""


@dataclass(frozen=True, kw_only=True)
class Recommended:
    """Product ids as Personalize ranks them, and the id under which a later event may say that one was taken."""

    recommendation_id: str = ""
    product_ids: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What is asked for a placement; what is empty is left out."""

    placement: Placement
    customer_id: str
    product_id: str
    results: int
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Shop:
    """Where answers come from. `recommend` raises `Dark`, as does `rank`, which gives products of a placement in the order in which a
    customer will like them; `catalog` finds the products of those ids that exist.

    `lists` are the own recommender's for some products; `in_stock` are products that can be bought, in no order, the last resort.
    """

    recommend: Callable[[Ask], Recommended]
    rank: Callable[[Placement, str, Sequence[str]], Recommended]
    catalog: Callable[[Iterable[str]], Mapping[str, Mapping[str, Any]]]
    lists: Callable[[Sequence[str]], Lists]
    in_stock: Callable[[], Iterable[str]]
    promotions: Callable[[Placement], Sequence[Promotion]]


def answer(question: Question, shopper: Shopper | None, shop: Shop) -> dict[str, Any]:
    """At most `limit` products that are active and in stock, each with its source and its reason; the behaviour of those who did
    not allow it chooses nothing."""
    known = shopper if shopper and shopper.allows(question.placement) else None
    recommended, promotions = _recommended(question, known, shop), shop.promotions(question.placement)
    unwanted, bought = {*question.exclude, *question.product_ids}, _just_bought(question, known)
    skip = unwanted.union(bought)
    told = [recommended]
    usual = _sellable(_candidates(question, known, told, shop), shop, question, skip)
    at_hand = list(islice(usual, _page(question) if promotions else question.limit))
    if not at_hand:
        at_hand = _last_resort(question, unwanted, bought, shop)
    named = [Candidate(product_id=each, source=Source.PROMOTION, reason=Reason.PROMOTION) for each in _named(promotions)]
    shown = placed(at_hand, list(_sellable(named, shop, question, skip)), promotions, question.limit)
    return {
        "placement": question.placement.value,
        "recommendationId": _used(told, shown),
        "items": list(map(_shown, shown)),
    }


def _recommended(question: Question, known: Shopper | None, shop: Shop) -> Recommended:
    """What Personalize says, asked by name only about those who allow it."""
    recommender = question.placement.recommender
    if recommender is None or not (known if recommender is Recommender.FOR_YOU else question.product_ids):
        return Recommended()
    ask = Ask(
        placement=question.placement,
        customer_id=known.customer_id if known else "",
        product_id="" if recommender is Recommender.FOR_YOU else question.product_ids[0],
        results=_page(question),
        context={CONTEXT[name]: value for name, value in question.context.items() if CONTEXT[name] in INTERACTIONS.names},
    )
    try:
        return shop.recommend(ask)
    except Dark:
        return Recommended()


def _used(told: Iterable[Recommended], shown: Iterable[Sellable]) -> str | None:
    """The id of Personalize's first answer that chose, or ordered, something of what is shown; a promotion is nobody's choice."""
    ids = {candidate.product_id for candidate, _ in shown if candidate.source is not Source.PROMOTION}
    return next((each.recommendation_id for each in told if each.recommendation_id and not ids.isdisjoint(each.product_ids)), None)


def _page(question: Question) -> int:
    """How many are looked at: more than are asked for, since some are sold out or no longer sold."""
    return min(MAX_FETCH, 2 * question.limit + 10)


def _just_bought(question: Question, known: Shopper | None) -> Sequence[str]:
    """What nobody needs twice; at the checkout that is the point."""
    return known.bought if known and question.placement is not Placement.CHECKOUT else ()


def _candidates(question: Question, known: Shopper | None, told: list[Recommended], shop: Shop) -> Iterator[Candidate]:
    """Personalize's first; the own lists are read only when those do not suffice. Who orders those is added to what was `told`."""
    if question.placement.recommender is not None:
        reason = REASONS[question.placement.recommender]
        yield from (Candidate(product_id=each, source=Source.PERSONALIZE, reason=reason) for each in told[0].product_ids)
    listed = own(question.placement, question.product_ids, known, shop.lists(question.product_ids))
    yield from _liked(listed, question, known, told, shop)


def _liked(
    listed: Iterator[Candidate], question: Question, known: Shopper | None, told: list[Recommended], shop: Shop
) -> Iterator[Candidate]:
    """The first page as Personalize says that the customer will like it, where it ranks this placement; the others as they come."""
    first = list(islice(listed, _page(question))) if known else []
    order: Mapping[str, int] = {}
    if known and first:
        with suppress(Dark):
            ranked = shop.rank(question.placement, known.customer_id, list(dict.fromkeys(each.product_id for each in first)))
            order = {product_id: place for place, product_id in enumerate(ranked.product_ids)}
            told.append(ranked)
    return chain(sorted(first, key=lambda each: order.get(each.product_id, len(order))), listed)


def _last_resort(question: Question, unwanted: Iterable[str], bought: Sequence[str], shop: Shop) -> list[Sellable]:
    """Anything that can be bought; what was just bought only where there is nothing else."""
    found = list(islice(_sellable(map(_any, shop.in_stock()), shop, question, unwanted), question.limit + len(bought)))
    others = [each for each in found if each[0].product_id not in bought]
    return (others or found)[: question.limit]


def _sellable(candidates: Iterable[Candidate], shop: Shop, question: Question, skip: Iterable[str]) -> Iterator[Sellable]:
    """Those that can be bought now, in the given order, none twice, looked up a page at a time as far as somebody asks."""
    seen, wanted = set(skip), iter(candidates)
    while page := list(islice((each for each in wanted if each.product_id not in seen), _page(question))):
        products = shop.catalog(dict.fromkeys(each.product_id for each in page))
        for candidate in page:
            product = products.get(candidate.product_id)
            if candidate.product_id not in seen and product and product.get("active") and _in_stock(product):
                yield candidate, product
            seen.add(candidate.product_id)


def _in_stock(product: Mapping[str, Any]) -> bool:
    """Whether it can be bought; a shop that tells no stock levels at all has everything."""
    return product.get("stock") is None or int(product["stock"]) > 0


def _named(promotions: Sequence[Promotion]) -> Iterable[str]:
    return dict.fromkeys(chain.from_iterable(each.products for each in promotions))


def _any(product_id: str) -> Candidate:
    return Candidate(product_id=product_id, source=Source.POPULAR, reason=Reason.IN_STOCK)


def _shown(each: Sellable) -> dict[str, str]:
    candidate, product = each
    told = {name: str(product[name]) for name in SHOWN if product.get(name) is not None}
    promotion = {"promotion": candidate.promotion} if candidate.promotion else {}
    return {**told, "source": candidate.source.value, "reason": candidate.reason.value, **promotion}
