"""What goes out of fashion counts less, chance alone moves nothing."""

import numpy as np
import pytest

from omnichannel.recommendations.learned.catalogue import Floats
from omnichannel.recommendations.learned.trend import freshness
from tests.unit.recommendations.test_learned_lists import learn


def factors(ages: list[list[float]]) -> Floats:
    """Of products whose customers were at them so many days ago."""
    lately = [[0.5 ** (days / 30) for days in each] for each in ages]
    return freshness(
        np.array([len(each) for each in lately], float),
        np.array([sum(each) for each in lately]),
        np.array([sum(x * x for x in each) for each in lately]),
    )


def test_what_customers_left_counts_less_than_what_they_came_to() -> None:
    old, steady, new = factors([[80, 85, 90] * 10, [5, 45, 90] * 10, [1, 5, 9] * 10])

    assert old < 0.7 < steady < new


def test_what_few_know_is_moved_less_than_what_many_do() -> None:
    many, few, unknown, _ = factors([[1, 60] * 20, [1, 60], [], [80, 90] * 20])

    assert unknown == pytest.approx(1.0)
    assert 1 < few < many


def test_a_product_that_nobody_knows_is_left_as_it_is_where_all_customers_of_a_product_came_on_one_day() -> None:
    old, unknown, new = factors([[60, 60], [], [1, 1]])

    assert old < unknown == 1 < new


def test_without_trends_all_are_alike() -> None:
    chance = np.random.default_rng(3)
    found = factors([chance.uniform(0, 300, 20).tolist() for _ in range(200)])

    assert 0.75 < found.min() <= found.max() < 1.25


@pytest.mark.parametrize("ages", [[], [[]], [[1.0]], [[1.0], [2.0]], [[1.0, 2.0]], [[1e6], [1e6, 1e6]]], ids=str)
def test_where_too_little_is_known_nothing_is_moved(ages: list[list[float]]) -> None:
    assert factors(ages).tolist() == [1.0] * len(ages)


@pytest.mark.parametrize("most_dense", [0, 5_000])
def test_of_two_products_that_go_with_a_history_the_one_in_fashion_comes_first(most_dense: int) -> None:
    then = [(f"c{n}", product, "Purchase", 88) for n in range(20) for product in ("p0", "p1")]
    now = [(f"d{n}", product, "Purchase", 2) for n in range(20) for product in ("p0", "p2")]
    customers = ["a", *(f"{group}{n}" for group in "cd" for n in range(20))]

    _, found = learn([*then, *now, ("a", "p0", "Purchase", 40)], customers=customers, most_dense=most_dense)

    assert found["a"] is not None
    assert found["a"].items[:2] == ["p2", "p1"]
