"""Interactions as numbers: coded customers and products, histories weighted by kind and age, and their pairs, made by DuckDB."""
# ruff: noqa: S608 - the queries are put together from our own words

from typing import Any

import numpy as np
import pyarrow as pa

from omnichannel.contracts.events import PERSONALIZE_EVENT_TYPES, EventName
from omnichannel.recommendations.learned.affinity import NEIGHBOURS, SHRINK, Sparse
from omnichannel.recommendations.learned.catalogue import Catalogue, Floats, Ints
from omnichannel.recommendations.learned.trend import Trend, trend
from omnichannel.transform.lake import Lake

PURCHASE = PERSONALIZE_EVENT_TYPES[EventName.ORDER_COMPLETED]
WEIGHTS = {
    PERSONALIZE_EVENT_TYPES[EventName.PRODUCT_VIEWED]: 0.2,
    PERSONALIZE_EVENT_TYPES[EventName.PRODUCT_ADDED]: 0.6,
    PURCHASE: 1.0,
}
"""What an interaction counts, by its kind."""
HISTORY_DAYS, POPULAR_DAYS = 60.0, 30.0
"""Days after which an interaction counts half: in a customer's history, and for a product's popularity."""
LONGEST = 200
"""Products of a history that are kept, the latest ones."""
LEARNED_FROM = 200_000
"""Customers whose histories are paired; of more a sample, the same each time."""
LARGEST_BASKET = 50
FROM_EVERYWHERE = 20.0
"""Interactions of everybody that the popularity in a country rests on."""
_DAY = 86_400

_ITEMS = "SELECT row_number() OVER (ORDER BY item_id) - 1 AS item, * FROM items"
_USERS = 'SELECT row_number() OVER (ORDER BY user_id) - 1 AS "user", user_id, country FROM users JOIN permitted USING (user_id)'
_WEIGHT = "CASE event_type " + " ".join(f"WHEN '{kind}' THEN {weight}" for kind, weight in WEIGHTS.items()) + " ELSE 0 END"
_ACTIONS = f"""
SELECT u."user", i.item, n.event_type, n.timestamp AS moment, {_WEIGHT} AS weight
FROM interactions n JOIN learned_users u USING (user_id) JOIN learned_items i USING (item_id)
WHERE n.timestamp <= epoch(getvariable('as_of'))
"""
_HISTORY = f"""
SELECT "user", item, weight, moment, bought,
       weight * pow(0.5, (epoch(getvariable('as_of')) - moment) / {_DAY * HISTORY_DAYS}) AS aged FROM (
    SELECT "user", item, max(weight) AS weight, max(moment) AS moment, bool_or(event_type = '{PURCHASE}') AS bought
    FROM learned_actions GROUP BY "user", item
) QUALIFY row_number() OVER (PARTITION BY "user" ORDER BY moment DESC, item) <= {LONGEST}
"""


def prepare(lake: Lake) -> Catalogue:
    """Makes `learned_items`, `_users`, `_actions` and `_history` of `interactions`, `items`, `users` and `permitted`."""
    for name, query in (("items", _ITEMS), ("users", _USERS), ("actions", _ACTIONS), ("history", _HISTORY)):
        lake.connection.execute(f"CREATE OR REPLACE TABLE learned_{name} AS {query}")
    columns = "item_id, available = 'yes' AS available, category_l1, category_l2, brand, price"
    found = lake.connection.sql(f"SELECT {columns} FROM learned_items ORDER BY item").to_arrow_table().to_pydict()
    return Catalogue.of(*(found[name] for name in ("item_id", "available", "category_l1", "category_l2", "brand", "price")))


def customers(lake: Lake, size: int) -> Floats:
    """How many customers know each of N products."""
    found = _numbers(lake, "SELECT item, count(*) AS n FROM learned_history GROUP BY item ORDER BY item")
    return _spread(found["item"], found["n"], size)


def popular(lake: Lake, size: int) -> Floats:
    """N popularities: what was done to each product, halved every thirty days; where nobody did anything, zeros."""
    found = _numbers(lake, f"SELECT item, {_DECAYED} AS n FROM learned_actions GROUP BY item ORDER BY item")
    return _spread(found["item"], found["n"], size)


def fashions(lake: Lake, size: int) -> Trend:
    """How much what goes with what counts of each of N products, and of all, by how long ago customers were at it."""
    told = _numbers(lake, f"SELECT item, count(*) AS n, {_LATELY} AS x, {_SQUARED} AS xx FROM learned_history GROUP BY item ORDER BY item")
    return trend(*(_spread(told["item"], told[name], size) for name in ("n", "x", "xx")))


def popular_by_country(lake: Lake, size: int, most: int = 30) -> dict[str, Floats]:
    """The same in each of the countries with the most customers, resting on popularity everywhere as far as little is known there."""
    everywhere = popular(lake, size)
    rest = everywhere / max(float(everywhere.sum()), 1e-12)
    ranked = lake.rows(
        f"SELECT country FROM learned_users WHERE country <> '' GROUP BY country ORDER BY count(*) DESC, country LIMIT {most}"
    )
    found = {}
    for country in (row["country"] for row in ranked):
        there = 'FROM learned_actions JOIN learned_users USING ("user") WHERE country = ? GROUP BY item ORDER BY item'
        told = _numbers(lake, f"SELECT item, {_DECAYED} AS n {there}", country)
        found[country] = _spread(told["item"], told["n"], size) + rest * FROM_EVERYWHERE
    return found


_RECENT = f"pow(0.5, (epoch(getvariable('as_of')) - moment) / {_DAY * POPULAR_DAYS})"
_DECAYED, _LATELY, _SQUARED = (f"round(sum({each}), 9)" for each in (f"weight * {_RECENT}", _RECENT, f"{_RECENT} * {_RECENT}"))
_SAMPLED = f"""
SELECT h."user", h.item, h.weight FROM learned_history h
JOIN (SELECT "user" FROM (SELECT DISTINCT "user" FROM learned_history) ORDER BY hash("user"), "user" LIMIT {LEARNED_FROM}) USING ("user")
"""


def gram(lake: Lake, warm: Ints) -> Floats:
    """W x W: the histories' weights multiplied and summed over customers, for products at those positions (sorted)."""
    lake.connection.register("_warm", pa.table({"item": warm, "place": np.arange(len(warm))}))
    query = f"""
    WITH h AS (SELECT "user", place, weight FROM ({_SAMPLED}) JOIN _warm USING (item))
    SELECT a.place AS i, b.place AS j, sum(a.weight * b.weight) AS n FROM h a JOIN h b USING ("user") WHERE a.place <= b.place GROUP BY 1, 2
    """
    pairs = _numbers(lake, query)
    lake.connection.unregister("_warm")
    found = np.zeros((len(warm), len(warm)))
    found[pairs["i"], pairs["j"]] = pairs["n"]
    found[pairs["j"], pairs["i"]] = pairs["n"]
    return np.round(found, 9)


def neighbours(lake: Lake, size: int) -> Sparse:
    """Cosine of histories with shrinkage. Each product keeps the `NEIGHBOURS` that speak for it most, so that no few speak for all."""
    return _similar(lake, _SAMPLED, size, NEIGHBOURS, kept="j", other="i")


_BASKETS = f"""
SELECT "user" * 100000 + moment // {_DAY} AS "user", item, 1.0 AS weight FROM learned_actions WHERE event_type = '{PURCHASE}' GROUP BY ALL
"""
_ORDERS = f"""
SELECT * FROM ({_BASKETS}) QUALIFY count(*) OVER (PARTITION BY "user") BETWEEN 2 AND {LARGEST_BASKET}
"""


def together(lake: Lake, size: int, most: int) -> Sparse:
    """Products that one customer bought on one day, by cosine with shrinkage; larger baskets than `LARGEST_BASKET` say little."""
    return _similar(lake, _ORDERS, size, most, kept="i", other="j")


def _similar(lake: Lake, rows: str, size: int, most: int, *, kept: str, other: str) -> Sparse:
    query = f"""
    WITH h AS ({rows}), l AS (SELECT item, sqrt(sum(weight * weight)) AS length FROM h GROUP BY item),
    n AS (SELECT a.item AS i, b.item AS j, sum(a.weight * b.weight) AS n FROM h a JOIN h b USING ("user")
          WHERE a.item < b.item GROUP BY 1, 2),
    s AS (SELECT i, j, round(n / (x.length * y.length + {SHRINK}), 9) AS s FROM n JOIN l x ON x.item = i JOIN l y ON y.item = j)
    FROM (SELECT i, j, s FROM s UNION ALL SELECT j, i, s FROM s)
    QUALIFY row_number() OVER (PARTITION BY {kept} ORDER BY s DESC, {other}) <= {most}
    """
    found = _numbers(lake, query)
    return Sparse.of(size, found["i"].astype(np.int64), found["j"].astype(np.int64), found["s"].astype(np.float64))


def _numbers(lake: Lake, query: str, *given: object) -> dict[str, Any]:
    return lake.connection.sql(query, params=list(given)).fetchnumpy()


def _spread(items: Ints, values: Any, size: int) -> Floats:
    found = np.zeros(size)
    found[items] = values
    return found
