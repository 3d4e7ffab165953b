"""What holds for whatever customers did: ids of the catalogue alone, nothing twice, the same from the same, never empty."""

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnichannel.recommendations.learned import ease
from omnichannel.recommendations.learned.affinity import Dense, Sparse
from omnichannel.recommendations.learned.catalogue import Catalogue
from omnichannel.recommendations.learned.fit import Learned, fit
from omnichannel.recommendations.learned.lists import MOST, ForCustomer, for_customers, for_products, popular
from omnichannel.transform.lake import Lake

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
PRODUCTS = [f"p{n}" for n in range(6)]
SOLD_OUT = "p5"
CUSTOMERS = ["a", "b", "c", "d"]
KINDS = ["View", "AddToCart", "Purchase"]
Did = tuple[str, str, str, int]
DID = st.tuples(st.sampled_from(CUSTOMERS), st.sampled_from([*PRODUCTS, "unknown"]), st.sampled_from(KINDS), st.integers(0, 90))
FEW = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


def learn(
    did: Sequence[Did], *, products: Sequence[str] = PRODUCTS, customers: Sequence[str] = CUSTOMERS, most_dense: int = 5_000,
    categories: Sequence[str | None] | None = None, countries: Sequence[str | None] | None = None, permitted: Sequence[str] | None = None,
) -> tuple[Learned, dict[str, ForCustomer | None]]:  # fmt: skip
    """A model of what customers did to products so many days ago, and everybody's lists."""
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(None, "", Path(folder), as_of=AS_OF, memory_mb=256, threads=1)
        text = pa.string()
        lake.put("items", pa.table({
            "item_id": pa.array(products, text), "available": pa.array(["no" if p == SOLD_OUT else "yes" for p in products], text),
            "category_l1": pa.array(categories or [None] * len(products), text), "category_l2": pa.nulls(len(products), text),
            "brand": pa.nulls(len(products), text), "price": pa.nulls(len(products), pa.float64()),
        }))  # fmt: skip
        lake.put("users", pa.table({"user_id": pa.array(customers, text), "country": pa.array(countries or [None] * len(customers), text)}))
        lake.put("permitted", pa.table({"user_id": pa.array(customers if permitted is None else permitted, text)}))
        moments = [int((AS_OF - timedelta(days=days, hours=1)).timestamp()) for *_, days in did]
        columns: list[Any] = [*(pa.array([row[n] for row in did], text) for n in range(3)), pa.array(moments, pa.int64())]
        lake.put("interactions", pa.table(dict(zip(("user_id", "item_id", "event_type", "timestamp"), columns, strict=True))))
        learned = fit(lake, most_dense=most_dense)
        found = dict(for_customers(lake, learned))
        lake.close()
    return learned, found


@FEW
@given(did=st.lists(DID, max_size=25), most_dense=st.sampled_from([0, 5_000]))
def test_lists_hold_products_that_can_be_bought_none_twice_and_bought_ones_last(did: list[Did], most_dense: int) -> None:
    _, found = learn(did, most_dense=most_dense)

    sold = set(PRODUCTS) - {SOLD_OUT}
    for customer, lists in found.items():
        assert lists is not None
        bought = {product for who, product, kind, _ in did if (who, kind) == (customer, "Purchase")}
        assert set(lists.items) == (sold - bought or sold)
        assert len(set(lists.items)) == len(lists.items) <= MOST
        assert set(lists.again) <= bought & sold
        assert set(lists.bought) <= bought & set(PRODUCTS)


@FEW
@given(did=st.lists(DID, max_size=25), most_dense=st.sampled_from([0, 5_000]))
def test_products_lists_never_hold_themselves_nor_what_cannot_be_bought(did: list[Did], most_dense: int) -> None:
    learned, _ = learn(did, most_dense=most_dense)

    for product, lists in for_products(learned):
        assert set(lists["related"]) == set(PRODUCTS) - {SOLD_OUT, product}
        assert set(lists["complement"]) <= set(lists["together"]) <= set(PRODUCTS) - {SOLD_OUT, product}


@FEW
@given(did=st.lists(DID, min_size=5, max_size=25), seed=st.randoms(use_true_random=False))
def test_the_same_interactions_in_any_order_give_the_same_lists(did: list[Did], seed: Any) -> None:
    shuffled = list(did)
    seed.shuffle(shuffled)

    (first, lists), (second, again) = learn(did), learn(shuffled)

    assert lists == again
    assert (dict(for_products(first)), popular(first)) == (dict(for_products(second)), popular(second))


@FEW
@given(did=st.lists(DID, max_size=20), others=st.lists(DID, max_size=20))
def test_what_others_do_changes_nobodys_list_to_buy_again(did: list[Did], others: list[Did]) -> None:
    _, before = learn([row for row in did if row[0] == "a"])
    _, after = learn([*(row for row in did if row[0] == "a"), *(row for row in others if row[0] != "a")])

    assert before["a"] is not None
    assert after["a"] is not None
    assert (before["a"].again, before["a"].bought) == (after["a"].again, after["a"].bought)


def test_what_is_due_is_first_to_buy_again() -> None:
    weekly = [("a", "p0", "Purchase", days) for days in (28, 21, 14, 7)]
    lapsed = [("a", "p1", "Purchase", days) for days in (90, 88, 86, 84)]
    once = [("a", "p2", "Purchase", 3)]

    _, found = learn([*weekly, *lapsed, *once])

    assert found["a"] is not None
    assert found["a"].again == ["p0", "p1"]


def test_without_products_or_customers_there_is_nothing_and_no_error() -> None:
    learned, found = learn([], products=[], customers=[])

    assert (found, list(for_products(learned)), popular(learned)) == ({}, [], {})


def test_whoever_has_no_permission_is_neither_learned_from_nor_recommended_to() -> None:
    did = [("a", "p4", "Purchase", 1), ("b", "p0", "Purchase", 1)]

    learned, found = learn(did, permitted=["b"])

    assert found["a"] is None
    assert popular(learned)["#popular"][0] == "p0"
    assert learned.hybrid.customers[PRODUCTS.index("p4")] == 0


def test_strangers_see_what_is_popular_in_their_country() -> None:
    dutch = [("a", "p3", "Purchase", day) for day in range(60)]
    german = [("b", "p1", "Purchase", day) for day in range(90)]

    _, found = learn([*dutch, *german], countries=["NL", "DE", "NL", "DE"])

    assert found["c"] is not None
    assert found["d"] is not None
    assert (found["c"].items[0], found["d"].items[0]) == ("p3", "p1")


def test_a_new_product_gets_in_by_what_it_is_like() -> None:
    categories = ["tea", "tea", "tea", "pots", "pots", "pots"]
    did = [(who, product, "Purchase", 5) for who in ("b", "c", "d") for product in ("p3", "p4")] + [("a", "p0", "View", 1)]

    _, found = learn(did, categories=categories)

    assert found["a"] is not None
    assert found["a"].items.index("p1") < found["a"].items.index("p3")


def test_complements_are_of_another_product_line() -> None:
    categories = ["tea", "tea", "pots", "pots", "pots", "pots"]
    did = [(who, product, "Purchase", 5) for who in CUSTOMERS for product in ("p0", "p1", "p2")]

    learned, _ = learn(did, categories=categories)

    lists = dict(for_products(learned))["p0"]
    assert (set(lists["together"]), lists["complement"]) == ({"p1", "p2"}, ["p2"])


def test_ease_solves_its_normal_equations() -> None:
    drawn = np.random.default_rng(1).random((40, 6))
    gram = drawn.T @ drawn

    found = ease.weights(gram, ridge=2.0).astype(float)

    # Outside the diagonal, (G + λI) B = G up to what the diagonal's constraint takes: G(I - B) - λB is diagonal.
    left = gram @ (np.eye(6) - found) - 2.0 * found
    assert np.abs(left - np.diag(np.diag(left))).max() < 1e-4
    assert not np.diag(found).any()


def test_scores_of_dense_and_sparse_add_up_over_a_history() -> None:
    weights = np.array([[0, 2.0], [1.0, 0]], np.float32)
    dense = Dense(size=3, warm=np.array([0, 2]), weights=weights)
    sparse = Sparse.of(3, np.array([2, 0]), np.array([0, 2]), np.array([1.0, 2.0]))

    for affinity in (dense, sparse):
        assert affinity.scores(np.array([0, 1, 2]), np.array([1.0, 9.0, 0.5])).tolist() == [0.5, 0, 2.0]
        assert affinity.scores(np.array([1]), np.ones(1)).tolist() == [0, 0, 0]


def test_a_catalogue_that_is_not_sorted_is_refused() -> None:
    with pytest.raises(ValueError, match="sorted"):
        Catalogue.of(["b", "a"], [True, True], [None, None], [None, None], [None, None], [None, None])
