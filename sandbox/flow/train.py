"""Train both models: run the training state machine to its end and say which versions it registered."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlparse

from omnichannel.contracts.scores import Model
from omnichannel.scoring.champion import APPROVED, PENDING, champion
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.flow import pipeline_steps
from sandbox.flow.progress import Tell


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A version in the registry, and what its evaluation says."""

    model: Model
    version: int
    status: str
    arn: str
    evaluation: dict[str, Any]

    def __str__(self) -> str:
        """In a few words."""
        waits = "" if self.status == APPROVED else ", waits for approval"
        return f"{self.model} version {self.version} ({self.evaluation['published']}, ROC-AUC {self.evaluation['roc_auc']:.3f}{waits})"


def train(cloud: Cloud, as_of: date, tell: Tell) -> dict[Model, Trained]:
    """Run both training pipelines for a date; raises `SandboxError` with the failing step's own words."""
    deployed = cloud.deployment
    pipelines = {"churn": deployed.churn_train_pipeline, "repurchase": deployed.repurchase_train_pipeline}
    pipeline_steps.follow(cloud, deployed.training_state_machine, as_of, pipelines, step="Training", tell=tell)
    made = {model: newest(cloud, model) for model in Model}
    tell(", ".join(map(str, made.values())))
    return made


def needs_training(cloud: Cloud, as_of: date) -> bool:
    """Whether a model has no approved version to score the date with, or one that was trained as of a later or an unknown date.

    Such a version has learned, or may have, what customers did after the date: its scores of that day would be no forecast.
    """
    return any(_knows_too_little_or_too_much(cloud, group, as_of) for group in groups(cloud).values())


def approve_waiting(cloud: Cloud, trained: Mapping[Model, Trained], reason: str, tell: Tell) -> None:
    """Approves the versions that wait for a person, with the reason that this person gives; without one they go on waiting."""
    waiting = [each for each in trained.values() if each.status == PENDING] if reason else []
    for each in waiting:
        cloud.client("sagemaker").update_model_package(ModelPackageArn=each.arn, ModelApprovalStatus=APPROVED, ApprovalDescription=reason)
        tell(f"{each.model} version {each.version} approved: {reason}")


def refuse_unapproved(cloud: Cloud, as_of: date) -> None:
    """Raises `SandboxError` where no approved version may score the date even after a training: the new one waits for a person."""
    if needs_training(cloud, as_of):
        what = f"no version is approved that may score {as_of}, one trained as of that day or earlier"
        hint = "the same with --train and --approve REASON; or approve what omni model lists in the model registry, then the same again"
        raise SandboxError("Training", what, hint=hint)


def _knows_too_little_or_too_much(cloud: Cloud, group: str, as_of: date) -> bool:
    used = champion(cloud.client("sagemaker"), group)
    return used is None or used.as_of is None or used.as_of > as_of


def groups(cloud: Cloud) -> dict[Model, str]:
    """The registry's group of each model."""
    return {Model.CHURN: cloud.deployment.churn_models, Model.REPURCHASE: cloud.deployment.repurchase_models}


def newest(cloud: Cloud, model: Model) -> Trained:
    """The newest version of a model, approved or not."""
    sagemaker, group = cloud.client("sagemaker"), groups(cloud)[model]
    listed = sagemaker.list_model_packages(ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending", MaxResults=1)
    if not listed["ModelPackageSummaryList"]:
        raise SandboxError(f"reading the {model} model", f"the registry has no version in {group}", hint="omni train --as-of DAY")
    summary = listed["ModelPackageSummaryList"][0]
    return Trained(
        model=model,
        version=summary["ModelPackageVersion"],
        status=summary["ModelApprovalStatus"],
        arn=summary["ModelPackageArn"],
        evaluation=_evaluation(cloud, summary["ModelPackageArn"]),
    )


def _evaluation(cloud: Cloud, package: str) -> dict[str, Any]:
    described = cloud.client("sagemaker").describe_model_package(ModelPackageName=package)
    return read_json(cloud, described["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"])


def read_json(cloud: Cloud, uri: str) -> dict[str, Any]:
    """What stands at an `s3://` address."""
    place = urlparse(uri)
    found: dict[str, Any] = json.loads(cloud.client("s3").get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))["Body"].read())
    return found
