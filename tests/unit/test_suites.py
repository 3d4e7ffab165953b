"""The program that runs every suite: each once, some beside each other, and none of their results is lost on the way."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import run as suites
from tests.run import CHECKS, ONE_CORE, ORDER, TESTS, Result


def test_every_suite_has_its_place_in_the_order_once():
    assert sorted(ORDER) == sorted([*CHECKS, *TESTS])


def test_suites_of_one_core_that_follow_each_other_run_beside_each_other_and_others_alone(monkeypatch: pytest.MonkeyPatch):
    alone: list[str] = []
    beside: list[Sequence[str]] = []
    monkeypatch.setattr(suites, "run", lambda name: alone.append(name) or Result(name))
    monkeypatch.setattr(suites, "run_beside", lambda names: beside.append(tuple(names)) or [Result(name) for name in names])

    results = list(suites.run_all(ORDER))

    assert [result.name for result in results] == list(ORDER)
    assert beside == [ONE_CORE]
    assert set(alone) == set(ORDER) - set(ONE_CORE)


def test_one_suite_of_one_core_alone_shows_its_output_as_it_comes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(suites, "run", Result)

    assert [result.name for result in suites.run_all(["types"])] == ["types"]


def test_a_result_is_told_whole_to_another_process():
    result = Result("spark", seconds=1.5, passed=3, failed=1, skipped=Counter({"no Java": 2}), wrong=["left running: 7 java"])

    assert Result.of(result.told()) == result
    assert Result.of(result.told()).skipped.total() == 2


def test_what_failed_is_named_below_the_table_however_much_was_printed_before(tmp_path: Path):
    report = tmp_path / "unit.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="tests.unit.test_money" name="test_cents[1.5]"><failure message="no"/></testcase>'
        '<testcase classname="tests.unit.test_money" name="test_euros"/>'
        '<testcase classname="tests.unit.test_days" name="test_set_up"><error message="no"/></testcase></testsuite></testsuites>'
    )
    result = Result("unit")

    suites.count(report, result)

    assert (result.passed, result.failed) == (1, 2)
    assert "failed in unit: tests.unit.test_money::test_cents[1.5]" in suites.table([result], 1.0)
    assert "failed in unit: tests.unit.test_days::test_set_up" in suites.table([result], 1.0)
    assert Result.of(result.told()) == result
