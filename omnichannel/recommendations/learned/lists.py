"""The lists that are read in one get: for each customer, each product, and what is popular."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from omnichannel.contracts.store import POPULAR_KEY
from omnichannel.recommendations.learned.again import make_again
from omnichannel.recommendations.learned.catalogue import Floats, Ints
from omnichannel.recommendations.learned.fit import Learned
from omnichannel.transform.lake import Lake

MOST, MOST_POPULAR = 20, 50
AT_ONCE = 500
"""Customers that are in memory at a time."""
_ROWS = """
SELECT u.user_id, u.country, h.items, h.weights, h.taken, a.again, b.latest FROM learned_users u
LEFT JOIN (
    SELECT "user", list(item ORDER BY item) AS items, list(aged ORDER BY item) AS weights,
           list(item ORDER BY item) FILTER (WHERE bought) AS taken
    FROM learned_history GROUP BY "user"
) h USING ("user") LEFT JOIN learned_again a USING ("user") LEFT JOIN learned_bought b USING ("user")
ORDER BY u."user"
"""
_OTHERS = "SELECT user_id FROM users ANTI JOIN permitted USING (user_id) ORDER BY user_id"


@dataclass(frozen=True, kw_only=True)
class ForCustomer:
    """Product ids: recommended ones best first, those to buy again, and those that were bought last."""

    items: Sequence[str]
    again: Sequence[str] = ()
    bought: Sequence[str] = ()


def for_customers(lake: Lake, learned: Learned) -> Iterator[tuple[str, ForCustomer | None]]:
    """Every customer's lists, in order of their ids, and after them those without permission, with None."""
    make_again(lake)
    strangers: dict[str, ForCustomer] = {}
    for row in _rows(lake, _ROWS):
        yield row["user_id"], _for_customer(learned, row) if row["items"] else _stranger(learned, row["country"] or "", strangers)
    for row in _rows(lake, _OTHERS):
        yield row["user_id"], None


def recommended(learned: Learned, items: Ints, weights: Floats, bought: Ints, country: str = "") -> Ints:
    """Positions of at most `MOST` products for a history; what was bought already only where nothing else is left."""
    hybrid = learned.hybrid
    return hybrid.best(hybrid.scores(items, weights, country), MOST, without=bought)


def for_products(learned: Learned) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Every product's `related`, `together` and `complement`: the last are bought together and of another product line."""
    hybrid, catalogue = learned.hybrid, learned.catalogue
    for place, product_id in enumerate(catalogue.ids):
        this = np.array([place])
        related = hybrid.best(hybrid.scores(this, np.ones(1)), MOST, without=this)
        scores = learned.together.scores(this, np.ones(1))
        bought = hybrid.best(scores, MOST, without=this, among=scores > 0)
        other = scores > 0 if not catalogue.lines[place] else (scores > 0) & (catalogue.lines != catalogue.lines[place])
        complement = hybrid.best(scores, MOST, without=this, among=other)
        yield (
            product_id,
            {
                "related": [each for each in _ids(learned, related) if each != product_id],
                "together": _ids(learned, bought),
                "complement": _ids(learned, complement),
            },
        )


def popular(learned: Learned) -> dict[str, list[str]]:
    """Products by popularity: of all under `#popular`, of a category under `#popular#<category_l1>`; none empty."""
    hybrid, catalogue = learned.hybrid, learned.catalogue
    named = np.array([category or "" for category in catalogue.categories], object)
    places = {POPULAR_KEY: np.ones(len(catalogue), bool)}
    places |= {f"{POPULAR_KEY}#{category}": named == category for category in sorted(set(named)) if category}
    found = {key: _ids(learned, hybrid.best(hybrid.popular, MOST_POPULAR, among=among)) for key, among in places.items()}
    return {key: ids for key, ids in found.items() if ids}


def _for_customer(learned: Learned, row: Mapping[str, Any]) -> ForCustomer:
    items, bought = np.array(row["items"], np.int64), np.array(row["taken"] or (), np.int64)
    found = recommended(learned, items, np.array(row["weights"], float), bought, row["country"] or "")
    again, latest = np.array(row["again"] or (), np.int64), np.array(row["latest"] or (), np.int64)
    return ForCustomer(items=_ids(learned, found), again=_ids(learned, again), bought=_ids(learned, latest))


def _stranger(learned: Learned, country: str, known: dict[str, ForCustomer]) -> ForCustomer:
    if country not in known:
        nothing = np.empty(0, np.int64)
        known[country] = ForCustomer(items=_ids(learned, recommended(learned, nothing, np.empty(0), nothing, country)))
    return known[country]


def _ids(learned: Learned, places: Ints) -> list[str]:
    return [learned.catalogue.ids[place] for place in places.tolist()]


def _rows(lake: Lake, query: str) -> Iterator[dict[str, Any]]:
    with lake.connection.cursor() as cursor:
        for batch in cursor.sql(query).to_arrow_reader(AT_ONCE):
            yield from batch.to_pylist()
