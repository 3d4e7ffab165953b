"""Executions of pipelines: what each is given when it starts, how it stands, and which step failed in which words."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from omnichannel.contracts.pipelines import NO_CHAMPION, Definition, Parameter
from omnichannel.scoring.champion import PENDING, Version, champion, needed

OVER_BADLY = ("Failed", "Stopped")
OVER = ("Succeeded", *OVER_BADLY)


def day_before(moment: datetime) -> date:
    """The date that is scored when nobody names one: what was known before the day is complete."""
    return (moment - timedelta(days=1)).date()


def start(sagemaker: Any, prefix: str, definition: Definition, as_of: date, asked_by: str) -> dict[str, Any]:
    """Starts a pipeline and gives `{"definition", "as_of", "run", "execution_arn"}`.

    Asked again by the same asker, SageMaker starts nothing twice. Raises `NoApprovedModel` where a version is needed and none approved.
    """
    token = hashlib.sha256(f"{definition}|{as_of}|{asked_by}".encode()).hexdigest()[:32]
    run = f"{as_of}-{token[:12]}"
    given = {Parameter.AS_OF: as_of.isoformat(), Parameter.RUN: run, **_version(sagemaker, prefix, definition, as_of)}
    started = sagemaker.start_pipeline_execution(
        PipelineName=f"{prefix}{definition}",
        PipelineParameters=[{"Name": str(name), "Value": value} for name, value in given.items()],
        ClientRequestToken=token,
    )
    return {"definition": str(definition), "as_of": as_of.isoformat(), "run": run, "execution_arn": started["PipelineExecutionArn"]}


def _version(sagemaker: Any, prefix: str, definition: Definition, as_of: date) -> dict[Parameter, str]:
    """The version to beat, or the version to score with."""
    if definition.trains:
        best = champion(sagemaker, f"{prefix}{definition.trains}")
        return {Parameter.CHAMPION: best.data, **_approval(best, as_of)} if best else {Parameter.CHAMPION: NO_CHAMPION}
    if definition.scores:
        used = needed(sagemaker, f"{prefix}{definition.scores}")
        return {Parameter.MODEL_DATA: used.data, Parameter.MODEL_VERSION: used.arn}
    return {}


def _approval(best: Version, as_of: date) -> dict[Parameter, str]:
    """A version that knows less of time than the champion, or may, does not take its place by itself: it waits for a person."""
    return {} if best.as_of and best.as_of <= as_of else {Parameter.APPROVAL: PENDING}


def describe(sagemaker: Any, execution_arn: str) -> dict[str, Any]:
    """`{"status", "execution_arn", "failure"}`: SageMaker's status, and for one that failed which step did and why, else None."""
    standing = sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution_arn)
    status = standing["PipelineExecutionStatus"]
    failure = _failure(sagemaker, execution_arn, standing.get("FailureReason", "")) if status in OVER_BADLY else None
    return {"status": status, "execution_arn": execution_arn, "failure": failure}


def _failure(sagemaker: Any, execution_arn: str, reason: str) -> str:
    pages = sagemaker.get_paginator("list_pipeline_execution_steps").paginate(PipelineExecutionArn=execution_arn)
    failed = [s for page in pages for s in page["PipelineExecutionSteps"] if s["StepStatus"] == "Failed"]
    return "; ".join(f"step {s['StepName']}: {_reason(s)}" for s in failed) or reason or "stopped"


def _reason(step: Mapping[str, Any]) -> str:
    message = step.get("Metadata", {}).get("Fail", {}).get("ErrorMessage")
    return str(message or step.get("FailureReason") or "no reason was given")
