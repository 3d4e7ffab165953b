"""`omni model`: what is printed of a registry's versions."""

from collections.abc import Callable
from io import StringIO
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest
import typer
from moto import mock_aws
from rich.console import Console
from typer.testing import CliRunner

from omnichannel.contracts.scores import Model
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.flow import model_commands, registry
from sandbox.flow.registry import Registered

INTERVAL = [0.7, 0.8]


def evaluation(**changed: Any) -> dict[str, Any]:
    measures = dict.fromkeys(model_commands.MEASURES, 0.75)
    candidate = {**measures, "intervals": dict.fromkeys(model_commands.MEASURES, INTERVAL)}
    return {
        "as_of": "2026-11-01",
        "published": "xgboost",
        **measures,
        "population": 1200,
        "observed": 0.25,
        "predicted": 0.26,
        "candidates": {"xgboost": candidate, "rfm_logistic": candidate},
        "validation": {
            "how": "later window",
            "best_baseline": "rfm_logistic",
            "difference": {"roc_auc": {"value": 0.01, "low": 0.0, "high": 0.02}},
        },
        "champion": {"said": "there is no champion yet", "difference": None},
        "gate": {"passed": "true", "refusal": "none"},
        "expected_drivers": {"agrees": ["recency_days"], "disagrees": ["returns_90d"], "missing": []},
        "curves": {"drivers": [{"name": n, "gain": 0.4, "direction": d} for n, d in (("recency_days", "+"), ("returns_90d", "-"))]},
        "groups": [{"kind": "channels", "name": "shops only", "population": 9, "predicted": 0.1, "observed": 0.2, "roc_auc": None}],
        **changed,
    }


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """What the command prints about some versions."""

    def run(found: list[Registered], *arguments: str) -> str:
        app, written = typer.Typer(), StringIO()
        monkeypatch.setattr(registry, "versions", lambda cloud, model: found)
        model_commands.register(app, Console(file=written, width=200), lambda name, environment: None)  # type: ignore[arg-type, return-value]
        CliRunner().invoke(app, [*arguments], catch_exceptions=False)
        return written.getvalue()

    return run


@pytest.mark.parametrize("rule", ["rfm_logistic", "wide_logistic"])
def test_the_model_in_use_is_the_newest_approved_one(rule: str, said: Callable[..., str]) -> None:
    waiting = Registered(number=3, status="PendingManualApproval", evaluation=evaluation())
    used = Registered(number=2, status="Approved", evaluation=evaluation(published=rule))

    text = said([waiting, used], "churn")

    assert f"churn version 2, Approved, as of 2026-11-01: {rule} is published: the simple rule won" in text
    assert "2 (in use)" in text
    assert "xgboost - rfm_logistic = +0.0100 ROC-AUC, 95 % interval +0.0000 to +0.0200" in text


def test_drivers_say_whether_they_are_as_agreed(said: Callable[..., str]) -> None:
    text = said([Registered(number=1, status="Approved", evaluation=evaluation())], "churn")

    assert "as agreed" in next(line for line in text.splitlines() if line.strip().startswith("recency_days"))
    assert "not as agreed" in next(line for line in text.splitlines() if line.strip().startswith("returns_90d"))
    assert "too few" in text


def test_without_a_name_both_models_are_listed(said: Callable[..., str]) -> None:
    text = said([Registered(number=1, status="Approved", evaluation=evaluation())])

    assert all(f"{model} version" in text for model in Model)


def test_a_version_that_is_not_there_names_those_that_are() -> None:
    found = [Registered(number=n, status="Approved", evaluation={}) for n in (4, 2)]

    with pytest.raises(SandboxError, match="there are 4, 2"):
        registry.one_of(found, 3)


def test_a_version_that_was_registered_by_hand_says_that_nothing_evaluated_it(said: Callable[..., str]) -> None:
    by_hand = Registered(number=3, status="Approved", evaluation={})
    evaluated = Registered(number=2, status="Approved", evaluation=evaluation())
    words = said([by_hand, evaluated], "churn")
    assert "churn version 3, Approved: it was registered without an evaluation" in words
    assert [line.split()[0] for line in words.splitlines() if "(in use)" in line] == ["3"]
    assert "2026-11-01" in words


@mock_aws
def test_the_registry_is_read_where_a_version_has_no_metrics() -> None:
    sagemaker = boto3.client("sagemaker", region_name="eu-west-1")
    sagemaker.create_model_package_group(ModelPackageGroupName="churn", ModelPackageGroupDescription="Churn")
    sagemaker.create_model_package(ModelPackageGroupName="churn", ModelApprovalStatus="Approved", ModelPackageDescription="by hand")
    cloud = cast(
        "Cloud", SimpleNamespace(client=lambda name: sagemaker, deployment=SimpleNamespace(churn_models="churn", repurchase_models=""))
    )
    assert [(each.number, each.evaluation) for each in registry.versions(cloud, Model.CHURN)] == [(1, {})]
