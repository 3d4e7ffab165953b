"""Start one model's pipeline for a date, or tell how an execution stands: `{"action": "start" | "describe", …}` in."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from omnichannel.aws.clients import client
from omnichannel.contracts.environment import PipelineRunEnv
from omnichannel.contracts.scores import Model

logger = Logger(service="pipeline-run")


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Start: `{"model", "as_of"?, "execution"?}` -> `{"model", "as_of", "run", "execution_arn"}`. Describe:
    `{"execution_arn"}` -> `{"status", "execution_arn", "failure"}`.

    `execution` names whoever asks (the state machine's execution): asked again under the same name, SageMaker starts nothing twice.
    """
    env, sagemaker = PipelineRunEnv.load(), client("sagemaker")
    if event["action"] == "start":
        as_of = date.fromisoformat(event["as_of"]) if event.get("as_of") else (datetime.now(UTC) - timedelta(days=1)).date()
        pipelines = {Model.CHURN: env.churn_pipeline, Model.REPURCHASE: env.repurchase_pipeline}
        model = Model(event["model"])
        started = start(sagemaker, pipelines[model], model, as_of, asked_by=event.get("execution") or context.aws_request_id)
        logger.info("pipeline started", **started)
        return started
    if event["action"] == "describe":
        return describe(sagemaker, event["execution_arn"])
    raise ValueError(f"unknown action {event['action']!r}; expected start or describe")


def start(sagemaker: Any, pipeline: str, model: Model, as_of: date, asked_by: str) -> dict[str, Any]:
    """Starts an execution whose outputs lie under a run id of their own; the same asker gets the same execution."""
    token = hashlib.sha256(f"{model}|{as_of}|{asked_by}".encode()).hexdigest()
    run = f"{as_of}-{token[:12]}"
    parameters = [{"Name": "AsOf", "Value": as_of.isoformat()}, {"Name": "Run", "Value": run}]
    started = sagemaker.start_pipeline_execution(PipelineName=pipeline, PipelineParameters=parameters, ClientRequestToken=token)
    return {"model": str(model), "as_of": as_of.isoformat(), "run": run, "execution_arn": started["PipelineExecutionArn"]}


def describe(sagemaker: Any, execution_arn: str) -> dict[str, Any]:
    """`{"status", "execution_arn", "failure"}`: SageMaker's status, and for one that failed which step did and why, else None."""
    standing = sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution_arn)
    status = standing["PipelineExecutionStatus"]
    failure = _failure(sagemaker, execution_arn, standing.get("FailureReason", "")) if status in ("Failed", "Stopped") else None
    return {"status": status, "execution_arn": execution_arn, "failure": failure}


def _failure(sagemaker: Any, execution_arn: str, reason: str) -> str:
    pages = sagemaker.get_paginator("list_pipeline_execution_steps").paginate(PipelineExecutionArn=execution_arn)
    failed = [s for page in pages for s in page["PipelineExecutionSteps"] if s["StepStatus"] == "Failed"]
    return "; ".join(f"step {s['StepName']}: {_reason(s)}" for s in failed) or reason or "stopped"


def _reason(step: Mapping[str, Any]) -> str:
    message = step.get("Metadata", {}).get("Fail", {}).get("ErrorMessage")
    return str(message or step.get("FailureReason") or "no reason was given")
