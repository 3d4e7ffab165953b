"""Ranges, proposals and early endings of tuning jobs, without any job."""

from typing import Any

import pytest

from sandbox.twins.sagemaker.proposals import Known, strategy
from sandbox.twins.sagemaker.ranges import RangesError, Space
from sandbox.twins.sagemaker.stopping import complete, stopped_at, without_improvement


def number(name: str, low: str, high: str, scaling: str = "Linear") -> dict[str, str]:
    return {"Name": name, "MinValue": low, "MaxValue": high, "ScalingType": scaling}


def continuous(*given: dict[str, str]) -> Space:
    return Space.parse({"ContinuousParameterRanges": list(given)})


@pytest.mark.parametrize(
    ("scaling", "low", "high", "middle"),
    [
        ("Linear", "0", "10", 5.0),
        ("Logarithmic", "0.01", "1", 0.1),
        ("ReverseLogarithmic", "0", "0.99", 0.9),
        ("Auto", "0.001", "10", 0.1),
        ("Auto", "1", "9", 5.0),
    ],
)
def test_the_middle_of_a_range_lies_where_its_scaling_says(scaling: str, low: str, high: str, middle: float) -> None:
    space = continuous(number("eta", low, high, scaling))

    ends = [float(space.values((coordinate,))["eta"]) for coordinate in (0.0, 0.5, 1.0)]

    assert ends == pytest.approx([float(low), middle, float(high)])


def test_every_whole_number_of_a_range_is_equally_likely() -> None:
    space = Space.parse({"IntegerParameterRanges": [number("max_depth", "2", "5")]})

    drawn = [space.values(((step + 0.5) / 400,))["max_depth"] for step in range(400)]

    assert {value: drawn.count(value) for value in sorted(set(drawn))} == {"2": 100, "3": 100, "4": 100, "5": 100}


def test_a_categorical_value_is_passed_on_as_it_was_written() -> None:
    space = Space.parse({"CategoricalParameterRanges": [{"Name": "booster", "Values": ['"gbtree"', '"dart"']}]})

    assert [space.values((at,))["booster"] for at in (0.0, 0.49, 0.5, 1.0)] == ['"gbtree"', '"gbtree"', '"dart"', '"dart"']


@pytest.mark.parametrize(
    ("ranges", "words"),
    [
        ({}, "at least one hyperparameter"),
        ({"ContinuousParameterRanges": [number("a", "0", "1"), number("a", "0", "1")]}, "each once"),
        ({"ContinuousParameterRanges": [number("a", "2", "1")]}, "the smaller one first"),
        ({"ContinuousParameterRanges": [number("a", "0", "1", "Logarithmic")]}, "greater than 0"),
        ({"ContinuousParameterRanges": [number("a", "0", "1", "ReverseLogarithmic")]}, r"within \[0, 1\)"),
        ({"IntegerParameterRanges": [number("a", "1.5", "2")]}, "are not integers"),
        ({"ContinuousParameterRanges": [number("a", "0", "nan")]}, "finite bounds"),
        ({"AutoParameters": [{"Name": "a", "ValueHint": "1"}]}, "AutoParameters"),
    ],
)
def test_ranges_that_cannot_be_searched_say_why(ranges: dict[str, Any], words: str) -> None:
    with pytest.raises(RangesError, match=words):
        Space.parse(ranges)


@pytest.mark.parametrize("name", ["Random", "Bayesian"])
def test_the_same_seed_proposes_the_same_points_and_another_seed_others(name: str) -> None:
    space = continuous(number("a", "0", "1"), number("b", "0", "1"))
    known = [Known((0.2 * at, 0.5), (0.2 * at - 0.4) ** 2) for at in range(6)]

    first, again, other = (strategy(name, space, seed)(5, known, [(0.5, 0.5)]) for seed in (7, 7, 8))

    assert first == again != other


def test_bayesian_search_comes_closer_to_the_best_point_than_random_search() -> None:
    space = continuous(number("a", "0", "1"), number("b", "0", "1"))

    def best_of(name: str, seed: int) -> float:
        known: list[Known] = []
        propose = strategy(name, space, seed)
        for trial in range(1, 16):
            a, b = propose(trial, known, [])
            known.append(Known((a, b), (a - 0.3) ** 2 + (b - 0.7) ** 2))
        return min(each.value for each in known)

    random, bayesian = (sorted(best_of(name, seed) for seed in range(5))[2] for name in ("Random", "Bayesian"))

    assert bayesian < random / 2


def test_what_is_being_tried_is_not_proposed_again() -> None:
    space = continuous(number("a", "0", "1"))
    known = [Known((at,), (at - 0.5) ** 2) for at in (0.0, 0.2, 0.9, 1.0)]
    propose = strategy("Bayesian", space, 1)

    (alone,) = propose(5, known, [])
    (beside,) = propose(5, known, [(alone,)])

    assert abs(alone - beside) > 0.02


def test_the_median_rule_stops_a_trial_that_is_worse_than_the_running_averages_of_the_others() -> None:
    finished = [[0.7, 0.6, 0.5], [0.7, 0.5, 0.4], [0.7, 0.6, 0.6]]

    assert stopped_at([0.69, 0.68, 0.67], finished) == 2
    assert stopped_at([0.69, 0.6, 0.5], finished) is None


def test_the_median_rule_waits_for_three_finished_trials() -> None:
    assert stopped_at([0.9, 0.9], [[0.1, 0.1], [0.1, 0.1]]) is None


def test_a_job_is_complete_when_its_target_is_reached() -> None:
    assert complete({"TargetObjectiveMetricValue": 0.8}, [-0.7, -0.81], -1)
    assert not complete({"TargetObjectiveMetricValue": 0.8}, [-0.7], -1)


def test_a_job_is_complete_when_its_best_objective_stays_the_best_long_enough() -> None:
    criteria = {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}

    assert without_improvement([0.5, 0.3, 0.4, 0.4]) == 2
    assert complete(criteria, [0.5, 0.3, 0.4, 0.4, 0.3], 1)
    assert not complete(criteria, [0.5, 0.3, 0.4, 0.4], 1)
