"""What goes out of fashion counts less, chance alone moves nothing."""

import numpy as np
import pytest

from omnichannel.recommendations.learned.catalogue import Floats
from omnichannel.recommendations.learned.trend import Trend, trend
from tests.unit.recommendations.test_learned_lists import learn


def factors(ages: list[list[float]]) -> Floats:
    return of(ages).fresh


def of(ages: list[list[float]]) -> Trend:
    """Of products whose customers were at them so many days ago."""
    lately = [[0.5 ** (days / 30) for days in each] for each in ages]
    return trend(
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


def test_where_products_come_and_go_all_is_fashion_and_where_each_sells_at_any_time_nothing() -> None:
    chance = np.random.default_rng(3)
    come_and_gone = of([chance.normal(day, 5, 20).tolist() for day in range(0, 300, 3)])
    steady = of([chance.uniform(0, 300, 20).tolist() for _ in range(100)])

    assert steady.fashion < 0.01 < 0.5 < come_and_gone.fashion < 1


def test_a_shop_that_opened_yesterday_has_no_fashion() -> None:
    """The hours at which products were bought differ by product, and none of them is long ago."""
    assert of([[0.1, 0.11, 0.12], [0.5, 0.51, 0.52], [0.9, 0.91, 0.92]]).fashion < 0.01


def test_where_all_is_fashion_what_is_popular_now_comes_before_what_goes_with_an_old_history() -> None:
    """p1 goes with the history, p9 with nothing; ten products came and went one after the other."""
    log = [(f"c{p}-{n}", f"p{p}", "Purchase", 20 * p + 1) for p in range(2, 9) for n in range(20)]
    old = [(f"o{n}", product, "Purchase", 250) for n in range(20) for product in ("p0", "p1")]
    now = [(f"d{n}", "p9", "Purchase", 1) for n in range(40)]
    rows = [*log, *old, *now, ("a", "p0", "Purchase", 250)]

    _, found = learn(rows, customers=sorted({row[0] for row in rows}), products=[f"p{n}" for n in range(10)])

    assert found["a"] is not None
    assert found["a"].items[0] == "p9"


@pytest.mark.parametrize("ages", [[], [[]], [[1.0]], [[1.0], [2.0]], [[1.0, 2.0]], [[1e6], [1e6, 1e6]]], ids=str)
def test_where_too_little_is_known_nothing_is_moved(ages: list[list[float]]) -> None:
    assert factors(ages).tolist() == [1.0] * len(ages)
    assert of(ages).fashion == 0


@pytest.mark.parametrize("most_dense", [0, 5_000])
def test_of_two_products_that_go_with_a_history_the_one_in_fashion_comes_first(most_dense: int) -> None:
    then = [(f"c{n}", product, "Purchase", 88) for n in range(20) for product in ("p0", "p1")]
    now = [(f"d{n}", product, "Purchase", 2) for n in range(20) for product in ("p0", "p2")]
    customers = ["a", *(f"{group}{n}" for group in "cd" for n in range(20))]

    _, found = learn([*then, *now, ("a", "p0", "Purchase", 40)], customers=customers, most_dense=most_dense)

    assert found["a"] is not None
    assert found["a"].items[:2] == ["p2", "p1"]
