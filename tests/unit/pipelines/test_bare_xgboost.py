"""What a job's process imports before it works: measured by what it has loaded, in a process of its own."""

import subprocess
import sys

import pytest

HEAVY = ("sklearn", "scipy.stats", "scipy.optimize")


def loaded(code: str) -> str:
    """Which of the heavy modules a process has after it ran this."""
    asked = f"{code}; import sys; print(*(name for name in {HEAVY} if name in sys.modules))"
    return subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("step", ["train", "evaluate", "publish"])
def test_a_step_that_fits_no_rule_does_not_load_what_rules_are_fitted_with(step: str) -> None:
    assert loaded(f"import pipelines.steps.{step}") == ""


def test_scikit_learn_can_be_loaded_after_xgboost_was_and_its_rules_are_fitted() -> None:
    fitted = "calibration.line(numpy.array([0., 0., 1., 1., 0., 1.]), numpy.array([.1, .2, .8, .9, .6, .4]))['slope'] > 0"

    assert "sklearn" in loaded(f"import pipelines.steps.train, numpy; from pipelines import calibration; assert {fitted}")
