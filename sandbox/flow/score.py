"""Score every customer: run the scoring state machine to its end and find the score runs that it left."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from omnichannel.contracts import zones
from omnichannel.contracts.scores import Model
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.flow import pipeline_steps
from sandbox.flow.progress import Tell


@dataclass(frozen=True)
class ScoreRun:
    """One model's score run: where its manifest lies and what it says."""

    model: Model
    key: str
    manifest: Mapping[str, Any]


def score(cloud: Cloud, as_of: date, tell: Tell) -> dict[Model, ScoreRun]:
    """Run both scoring pipelines for a date, then the audiences; raises `SandboxError` with the failing step's own words."""
    deployed = cloud.deployment
    pipelines = {
        "churn": deployed.churn_score_pipeline,
        "repurchase": deployed.repurchase_score_pipeline,
        "audiences": deployed.audiences_pipeline,
    }
    pipeline_steps.follow(cloud, deployed.scoring_state_machine, as_of, pipelines, step="Scoring", tell=tell)
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
        raise SandboxError(f"reading the {model} scores", f"no manifest under s3://{bucket}/{prefix}", hint="omni score --as-of DAY")
    key = str(max(manifests, key=lambda found: found["LastModified"])["Key"])
    body = cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return ScoreRun(model, key, json.loads(body))
