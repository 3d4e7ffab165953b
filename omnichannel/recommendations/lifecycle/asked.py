"""From what the playbook makes to what the recommendations API asks: nobody asks for what is not made."""

from collections.abc import Iterator

from omnichannel.contracts.recommendations import Custom, Placement
from omnichannel.recommendations.asking import Asking
from omnichannel.recommendations.lifecycle.things import Wanted

RANKED = (Placement.HOME, Placement.CHECKOUT)
"""Where the own lists follow the customer, so that an order of their own suits them."""


def asked(wanted: Wanted) -> dict[Placement, Asking]:
    """Whom to ask for each placement. A list is ranked where nobody recommends: one answer waits for one of the two."""
    return {placement: _asking(wanted, placement, tuple(_sources(wanted, placement))) for placement in Placement}


def _asking(wanted: Wanted, placement: Placement, sources: tuple[str, ...]) -> Asking:
    named = wanted.placements.get(placement, "")
    ranks = placement in RANKED and not sources and wanted.serves(Custom.RANKING)
    return Asking(
        sources=sources,
        filter=f"filter/{named}" if named and sources else "",
        ranking=f"campaign/{Custom.RANKING}" if ranks else "",
    )


def _sources(wanted: Wanted, placement: Placement) -> Iterator[str]:
    if placement is Placement.PRODUCT and wanted.serves(Custom.SIMILAR_ITEMS):
        yield f"campaign/{Custom.SIMILAR_ITEMS}"
    if placement.recommender in wanted.recommenders:
        yield f"recommender/{placement.recommender}"
