"""The whole customer view, from trusted tables into the store."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from omnichannel.activation.merged import Heir, Pair
from omnichannel.transform.lake import Lake
from omnichannel.view import pack, plan, products
from omnichannel.view.claim import Claim
from omnichannel.view.stored import read_stored
from omnichannel.view.write import Store


@dataclass(frozen=True, kw_only=True)
class Tables:
    """The names of the store's tables; `sent` is the one of what sinks were sent."""

    customers: str
    products: str
    sent: str


Tell = Callable[[Sequence[Pair]], None]
"""Tells others who was merged into whom."""


def _nobody(_: Sequence[Pair]) -> None:
    """For whoever tells nobody."""


def rebuild(lake: Lake, dynamodb: Any, tables: Tables, *, as_of: datetime, tell: Tell = _nobody) -> dict[str, int]:
    """Writes customers, redirects and products as the lake's tables say; running it again on the same data writes nothing.

    `identity_links` are the lake's: settle them first. Raises `NewerRebuild` when a rebuild that began later, or an erasure, is at
    work. The store is read after the lake, so what was written live meanwhile is seen; what is written after that wins by its version.

    What merged customers heard and what is closed for them is their survivors' first: an item is no redirect before. `tell` is then
    told who was merged into whom.
    """
    claim = Claim(dynamodb=dynamodb, table=tables.customers, began_at=as_of)
    claim.make()
    lake.build(*pack.READS, "links_now", *products.READS)
    pack.pack(lake)
    read_stored(lake, dynamodb, tables.customers)
    store = Store(dynamodb=dynamodb, table=tables.customers, as_of=as_of)
    heir, pairs = Heir(dynamodb=dynamodb, customers_table=tables.customers, sent_table=tables.sent), plan.merges(lake, as_of)
    heir.take_over(claim.held(pairs))
    written = store.write(claim.held(plan.writes(lake, as_of))) + store.link(claim.held(plan.new_links(lake)))
    # Once more, for survivors who had no item before, and for what was closed meanwhile.
    merged = heir.take_over(claim.held(pairs))
    tell(pairs)
    deleted = store.write(claim.held(plan.going(lake, as_of))) + store.unlink(claim.held(plan.ended_links(lake, as_of)))
    shelf = products.rebuild_products(lake, dynamodb, tables.products, as_of)
    return {
        "customers": _count(lake, "wanted"),
        "links": _count(lake, "wanted_links"),
        "merged": merged,
        "products": shelf.products,
        "items_written": written + shelf.written,
        "items_deleted": deleted + shelf.deleted,
    }


def _count(lake: Lake, table: str) -> int:
    return int(lake.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"])  # noqa: S608 - our own name
