"""When the loop trains before it scores: never with a model that knows what came after the date."""

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.console import Console

from omnichannel.contracts.scores import Model
from omnichannel.scoring.champion import PENDING
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.flow import demo
from sandbox.flow.progress import Steps
from sandbox.flow.train import Trained, approve_waiting, needs_training

APPROVED: dict[str, str | None] = {"churn": "2026-09-01", "repurchase": "2026-09-01"}


class Registry:
    """The date that each group's approved version was trained as of, None for one that was registered by hand."""

    def __init__(self, trained: dict[str, str | None]) -> None:
        self.trained = trained
        self.asked: list[dict[str, str]] = []

    def list_model_packages(self, *, ModelPackageGroupName: str, **_: Any) -> dict[str, Any]:  # noqa: N803 - the service's names
        known = ModelPackageGroupName in self.trained
        return {"ModelPackageSummaryList": [{"ModelPackageArn": f"{ModelPackageGroupName}/1"}] if known else []}

    def describe_model_package(self, *, ModelPackageName: str) -> dict[str, Any]:  # noqa: N803
        group = ModelPackageName.partition("/")[0]
        return {
            "InferenceSpecification": {"Containers": [{"ModelDataUrl": f"s3://models/{group}.tar.gz"}]},
            **({"CustomerMetadataProperties": {"as_of": self.trained[group]}} if self.trained[group] else {}),
        }

    def update_model_package(self, **asked: str) -> None:
        self.asked.append(asked)


def cloud(trained: dict[str, str | None]) -> Cloud:
    deployment, registry = SimpleNamespace(churn_models="churn", repurchase_models="repurchase"), Registry(trained)
    return cast(Cloud, SimpleNamespace(client=lambda _: registry, deployment=deployment, registry=registry))


def trained(status: str) -> Trained:
    return Trained(model=Model.CHURN, version=2, status=status, arn="churn/2", evaluation={})


@pytest.mark.parametrize(
    ("trained", "needed"),
    [
        (APPROVED, False),
        ({**APPROVED, "churn": "2026-08-01"}, False),
        ({**APPROVED, "churn": "2026-09-02"}, True),
        ({**APPROVED, "churn": None}, True),
        ({"churn": "2026-09-01"}, True),
        ({}, True),
    ],
)
def test_the_loop_trains_without_a_version_and_with_one_that_knows_or_may_know_what_came_later(
    trained: dict[str, str | None], needed: bool
) -> None:
    assert needs_training(cloud(trained), date(2026, 9, 1)) is needed


def test_nothing_is_scored_while_the_version_that_was_just_trained_waits_for_approval(monkeypatch: pytest.MonkeyPatch) -> None:
    registry, scored = cloud({**APPROVED, "churn": "2026-09-02"}), list[date]()
    waiting = trained(PENDING)
    monkeypatch.setattr(demo, "rebuild_view", lambda *_: None)
    monkeypatch.setattr(demo, "train", lambda *_: {Model.CHURN: waiting})
    monkeypatch.setattr(demo, "score", lambda _, as_of, __: scored.append(as_of))

    with pytest.raises(SandboxError, match="no version is approved that may score 2026-09-01"):
        demo.run_models(registry, date(2026, 9, 1), Steps(Console(quiet=True)))

    assert not scored


def test_a_version_that_waits_is_approved_by_who_gives_a_reason() -> None:
    registry, said = cloud(APPROVED), list[str]()

    approve_waiting(registry, {Model.CHURN: trained(PENDING)}, "an earlier month is looked at again", said.append)

    reason = {"ModelApprovalStatus": "Approved", "ApprovalDescription": "an earlier month is looked at again"}
    assert registry.registry.asked == [{"ModelPackageArn": "churn/2", **reason}]  # type: ignore[attr-defined]
    assert said == ["churn version 2 approved: an earlier month is looked at again"]


@pytest.mark.parametrize(("status", "reason"), [(PENDING, ""), ("Approved", "a reason"), ("Rejected", "a reason")])
def test_nothing_is_approved_without_a_reason_and_nothing_that_does_not_wait(status: str, reason: str) -> None:
    registry = cloud(APPROVED)

    approve_waiting(registry, {Model.CHURN: trained(status)}, reason, lambda _: None)

    assert registry.registry.asked == []  # type: ignore[attr-defined]
