"""The models on real purchase logs, where they lie in the folder that REAL_DATA names; never part of this repository."""

import os
from pathlib import Path

import pytest

from tests.benchmarks import real_data
from tests.benchmarks.real_telco import telco

FOLDER = os.environ.get("REAL_DATA")
pytestmark = pytest.mark.skipif(not FOLDER, reason="REAL_DATA names no folder with real data")


@pytest.fixture(scope="module")
def found() -> dict[str, Path]:
    return real_data.sources()


@pytest.mark.parametrize("case", real_data.CASES, ids=lambda case: f"{case.data}-{case.model}")
def test_what_is_published_holds_beside_the_best_that_was_measured(case: real_data.Case, found: dict[str, Path], tmp_path: Path) -> None:
    if case.data not in found:
        pytest.skip(f"{case.data} is not in {FOLDER}")

    told = real_data.run(case, real_data.READERS[case.data](found[case.data]), tmp_path)

    missed = [goal for goal, met in real_data.goals(case, told).items() if not met]
    # A lift that is lower by a customer or two is chance; the benchmark tells it, and this holds to what is surely so.
    assert set(missed) <= {"lift_at_10"}
    assert told["gate"]["passed"] == "true", told["gate"]["refusal"]


def test_subscribers_of_one_snapshot_are_ranked_by_the_subscription_features(found: dict[str, Path]) -> None:
    if "telco" not in found:
        pytest.skip(f"telco is not in {FOLDER}")

    assert telco(found["telco"]) >= real_data.TELCO_AUC
