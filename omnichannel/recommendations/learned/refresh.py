"""Learning and writing it down: after each rebuild of the customer view."""

from dataclasses import dataclass
from typing import Any

from omnichannel.recommendations.learned import lists
from omnichannel.recommendations.learned.fit import READS, fit
from omnichannel.recommendations.learned.store import write_customers, write_products
from omnichannel.transform.lake import Lake
from omnichannel.view.claim import Claim
from omnichannel.view.training import ask_whom


@dataclass(frozen=True, kw_only=True)
class Tables:
    """The names of the store's tables."""

    customers: str
    products: str


def refresh(lake: Lake, dynamodb: Any, tables: Tables) -> dict[str, int]:
    """Writes what changed of customers' and products' lists, as of the lake's moment; gives how many items that were.

    Raises `NewerRebuild` when a rebuild of the view that began later, or an erasure, is at work.
    """
    lake.build(*READS)
    ask_whom(lake, dynamodb, tables.customers)
    learned = fit(lake)
    claim = Claim(dynamodb=dynamodb, table=tables.customers, began_at=lake.as_of)
    return {
        "products_recommended": write_products(dynamodb, tables.products, lists.for_products(learned), lists.popular(learned)),
        "customers_recommended": write_customers(
            dynamodb, tables.customers, claim.held(lists.for_customers(lake, learned)), at=lake.as_of.isoformat()
        ),
    }
