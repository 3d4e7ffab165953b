"""Products that could be shown, best first: what Personalize says, what the own recommender wrote down, what is popular."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest

from omnichannel.contracts.recommendations import Placement, Reason, Recommender, Source
from omnichannel.recommendations.shopper import Shopper


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One product, where it comes from and why; `promotion` names the rule that put it there."""

    product_id: str
    source: Source
    reason: Reason
    promotion: str = ""


@dataclass(frozen=True, kw_only=True)
class Lists:
    """The own recommender's lists: popular products, and by product the ids under `related` and `together`. All may be empty."""

    popular: Sequence[str] = ()
    of_products: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)

    def going_with(self, product_ids: Sequence[str], name: str) -> list[str]:
        """The lists of several products as one: the best of each first, none twice."""
        rows = [self.of_products.get(product_id, {}).get(name) or () for product_id in product_ids]
        return list(dict.fromkeys(each for best in zip_longest(*rows) for each in best if each is not None))


REASONS: Mapping[Recommender, Reason] = {
    Recommender.FOR_YOU: Reason.FOR_YOU,
    Recommender.ALSO_VIEWED: Reason.SIMILAR,
    Recommender.BOUGHT_TOGETHER: Reason.BOUGHT_TOGETHER,
}
"""Why a recommender's products are shown."""


def own(placement: Placement, product_ids: Sequence[str], shopper: Shopper | None, lists: Lists) -> Iterator[Candidate]:
    """What the own recommender has for a placement, popular products last; `shopper` is somebody who allows it, or None."""
    yield from chain.from_iterable(
        (Candidate(product_id=each, source=_source(reason, shopper), reason=reason) for each in found)
        for reason, found in _ranked(placement, product_ids, shopper, lists)
    )
    yield from (Candidate(product_id=each, source=Source.POPULAR, reason=Reason.POPULAR) for each in lists.popular)


def _source(reason: Reason, shopper: Shopper | None) -> Source:
    return shopper.source if shopper and reason is Reason.FOR_YOU else Source.OWN


def _ranked(
    placement: Placement, product_ids: Sequence[str], shopper: Shopper | None, lists: Lists
) -> Iterator[tuple[Reason, Sequence[str]]]:
    if shopper and placement is Placement.CHECKOUT:
        yield Reason.BUY_AGAIN, shopper.again
    similar = Reason.SIMILAR, lists.going_with(product_ids, "related")
    together = Reason.BOUGHT_TOGETHER, lists.going_with(product_ids, "together")
    yield from (similar, together) if placement is Placement.PRODUCT else (together, similar)
    if shopper:
        yield Reason.FOR_YOU, shopper.items
