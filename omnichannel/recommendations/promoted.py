"""Which slots promotions take: their share, spread over the list, and never more than half of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from omnichannel.contracts.recommendations import Reason, Source
from omnichannel.playbook.promotions import Promotion
from omnichannel.recommendations.candidates import Candidate

Sellable = tuple[Candidate, Mapping[str, Any]]
"""A candidate and its product."""


def placed(usual: Sequence[Sellable], offered: Sequence[Sellable], promotions: Sequence[Promotion], limit: int) -> list[Sellable]:
    """At most `limit` of them: the usual ones in their order, promoted ones at even distances. `offered` are those named by rules."""
    chosen = _chosen([*offered, *usual], promotions, limit)
    taken = {candidate.product_id for candidate, _ in chosen}
    rest = iter([each for each in usual if each[0].product_id not in taken])
    count = min(limit, len(chosen) + len(usual) - sum(each[0].product_id in taken for each in usual))
    slots = _slots(len(chosen), count)
    promoted = iter(chosen)
    return [next(promoted if place in slots else rest) for place in range(count)]


def _chosen(pool: Iterable[Sellable], promotions: Sequence[Promotion], limit: int) -> list[Sellable]:
    chosen: dict[str, Sellable] = {}
    pool = list(pool)
    for promotion in promotions:
        slots = min(int(promotion.share * limit + 0.5), limit // 2 - len(chosen))
        fitting = (each for each in pool if each[0].product_id not in chosen and promotion.fits(each[1]))
        for (candidate, product), _ in zip(fitting, range(slots), strict=False):
            shown = replace(candidate, source=Source.PROMOTION, reason=Reason.PROMOTION, promotion=promotion.name)
            chosen[candidate.product_id] = (shown, product)
    return list(chosen.values())


def _slots(promoted: int, count: int) -> set[int]:
    """Positions at even distances, the first and the last place left to what is recommended where there is room."""
    return {(2 * n + 1) * count // (2 * promoted) for n in range(promoted)} if promoted else set()
