import json
from typing import Any

import pytest

from omnichannel.quality import metrics
from omnichannel.quality.rule import Kind, Rule, result


@pytest.fixture(autouse=True)
def function(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every function has a name, which becomes a dimension."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "commit_files")


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_trusted_file_is_a_sign_of_life_of_its_source(capsys: pytest.CaptureFixture[str]):
    metrics.trusted_file("segment-logs/web/1793491200000/a.gz", deployment="omni_dev")

    [line] = told(capsys)
    described = line["_aws"]["CloudWatchMetrics"][0]
    assert described["Namespace"] == "Omni/Sources"
    assert sorted(described["Dimensions"][0]) == ["deployment", "service", "source"]
    assert (line["source"], line["deployment"], line["service"]) == ("segment-events", "omni_dev", "commit_files")
    assert line["FilesTrusted"] == [1.0]


def test_a_key_of_no_source_says_nothing(capsys: pytest.CaptureFixture[str]):
    metrics.trusted_file("elsewhere/a.csv", deployment="omni_dev")

    assert told(capsys) == []


def test_each_rule_that_is_not_met_is_a_metric_of_its_own(capsys: pytest.CaptureFixture[str]):
    rules = [Rule(name=name, kind=Kind.RANGE, table="orders", reads=(), threshold=1.0) for name in ("a", "b", "c")]
    found = [result(rule, 10, failed, None, "2026-11-01T00:00:00+00:00") for rule, failed in zip(rules, (0, 1, 2), strict=True)]

    metrics.checked(found, deployment="omni_dev")

    lines = told(capsys)
    assert [line["RulesChecked"] for line in lines if "RulesChecked" in line] == [[3.0]]
    assert [line["RulesFailed"] for line in lines if "RulesFailed" in line] == [[2.0]]
    assert [line["rule"] for line in lines if "RuleFailed" in line] == ["b", "c"]
