"""Score every customer: run the scoring state machine to its end and find the score runs that it left."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from omnichannel.contracts import zones
from omnichannel.contracts.deployment import Deployment
from omnichannel.contracts.scores import Model
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.flow import executions
from sandbox.flow.progress import Tell

SECONDS = 1800.0


@dataclass(frozen=True)
class ScoreRun:
    """One model's score run: where its manifest lies and what it says."""

    model: Model
    key: str
    manifest: Mapping[str, Any]


def score(cloud: Cloud, as_of: date, tell: Tell) -> dict[Model, ScoreRun]:
    """Run both pipelines for a date; raises `SandboxError` with the failing step's own words."""
    states, deployment = cloud.client("stepfunctions"), cloud.deployment
    arn = executions.start(states, deployment.scoring_state_machine, {"as_of": as_of.isoformat()})
    executions.follow(
        states,
        arn,
        step="Scoring",
        seconds=SECONDS,
        tell=lambda _: tell(_standing(cloud.client("sagemaker"), deployment)),
        hint=_hint(cloud),
    )
    runs = {model: newest_run(cloud, model, as_of) for model in Model}
    tell(", ".join(f"{model} {run.manifest['rows']:,} customers ({run.manifest['published']})" for model, run in runs.items()))
    return runs


def newest_run(cloud: Cloud, model: Model, as_of: date) -> ScoreRun:
    """The newest finished score run of a model for a date."""
    bucket = cloud.deployment.lake_bucket
    prefix = zones.score_runs(model, as_of)
    pages = cloud.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    manifests = [found for page in pages for found in page.get("Contents", []) if found["Key"].endswith(f"/{zones.MANIFEST}")]
    if not manifests:
        raise SandboxError(f"reading the {model} scores", f"no manifest under s3://{bucket}/{prefix}", hint="omni run --as-of DATE")
    key = str(max(manifests, key=lambda found: found["LastModified"])["Key"])
    body = cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return ScoreRun(model, key, json.loads(body))


def _hint(cloud: Cloud) -> str:
    """Where to look when a pipeline failed."""
    logs = cloud.sandbox.directory / "twins/sagemaker/jobs" if cloud.sandbox else "CloudWatch"
    return f"another --as-of where the reason names dates; else the log of the step's job, in {logs}"


def _standing(sagemaker: Any, deployment: Deployment) -> str:
    """Which step each pipeline's newest execution is at."""
    return ", ".join(f"{name} {_step(sagemaker, pipeline)}" for name, pipeline in
                     (("churn", deployment.churn_pipeline), ("repurchase", deployment.repurchase_pipeline)))  # fmt: skip


def _step(sagemaker: Any, pipeline: str) -> str:
    newest = sagemaker.list_pipeline_executions(PipelineName=pipeline, MaxResults=1)["PipelineExecutionSummaries"]
    if not newest:
        return "starting"
    steps = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=newest[0]["PipelineExecutionArn"])["PipelineExecutionSteps"]
    working = [step["StepName"] for step in steps if step["StepStatus"] in ("Starting", "Executing")]
    done = sum(step["StepStatus"] == "Succeeded" for step in steps)
    return f"{' and '.join(working) or newest[0]['PipelineExecutionStatus'].lower()} ({done} steps done)"
