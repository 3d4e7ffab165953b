"""The knobs of models: what is refused, and what a deployment's pipelines get of them."""

import pytest

from stacks.knobs import SettingsError
from stacks.schedule_expression import schedule
from stacks.settings import Settings


@pytest.mark.parametrize(
    "expression",
    ["cron(0 6 * * ? *)", "cron(0 3 ? * SUN *)", "cron(0/15 8-18 ? * MON-FRI 2027)", "cron(5,35 0 L * ? *)", "cron(0 0 ? 1-6 2#1 *)",
     "rate(1 day)", "rate(12 hours)"],
)  # fmt: skip
def test_what_the_scheduler_reads_passes(expression: str):
    schedule("score_schedule", expression)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("daily", "is no schedule; expected six fields"),
        ("cron(0 6 * * *)", "is no schedule; expected six fields"),
        ("cron(60 6 * * ? *)", "'60' is no minutes (0 to 59)"),
        ("cron(0 6 ? * XYZ *)", "'XYZ' is no day of week (1 to 7)"),
        ("cron(0 6 ? * 0 *)", "'0' is no day of week (1 to 7)"),
        ("cron(0 6 * * * *)", "both day of month and day of week"),
        ("cron(0 6 ? * ? *)", "both day of month and day of week, or neither"),
        ("rate(0 days)", "is no schedule"),
    ],
)
def test_a_schedule_that_would_not_be_read_says_what_would(expression: str, said: str):
    with pytest.raises(SettingsError) as refused:
        Settings(score_schedule=expression)

    assert "score_schedule=" in str(refused.value)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("knob", "value", "said"),
    [
        ("tuning_jobs", "0", "is not a whole number from 1 to 500"),
        ("tuning_parallel", "many", "is not a whole number from 1 to 100"),
        ("training_instances", "21", "is not a whole number from 1 to 20"),
        ("active_days", "-1", "is not a whole number from 1 to 730"),
        ("feature_engine", "pandas", "expected one of duckdb, spark"),
        ("reasons", "some", "expected one of contactable, all, none"),
        ("gate_minimum_auc", "high", "is not a number above 0 and at most 1"),
        ("gate_maximum_ece", "0", "is not a number above 0 and at most 1"),
        ("gate_minimum_auc", "0.98", "is not below gate_maximum_auc='0.97': no model would pass"),
    ],
)
def test_a_knob_that_cannot_work_says_what_would(knob: str, value: str, said: str):
    with pytest.raises(SettingsError) as refused:
        Settings.of({knob: value})

    assert f"{knob}={value!r}" in str(refused.value)
    assert said in str(refused.value)
