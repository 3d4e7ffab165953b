"""Transformations that are too large for a function: measure, start the job, ask how it stands: `{"action": …}` in."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

from omnichannel.aws.clients import client
from omnichannel.aws.iceberg import catalog
from omnichannel.contracts.environment.customers import TransformJobEnv
from omnichannel.transform.job import failure_of, measured, request_of, trusted_reads

logger = Logger(service="transform-job")


class TransformJobFailed(Exception):
    """The processing job ended without results."""


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Measure: `{"names"}` -> `{"bytes", "large"}`. Start: `{"job", "names", "as_of"}` -> `{"job"}`, nothing twice under one name.
    Describe: `{"job"}` -> `{"job", "status"}`; raises `TransformJobFailed` when there will be no results.
    """
    env = TransformJobEnv.load()
    match event["action"]:
        case "measure":
            found = measured(catalog(), env.glue_database, trusted_reads(event["names"]))
            return {"bytes": found, "large": found > int(env.threshold_bytes)}
        case "start":
            return start(env, str(event["job"]), event["names"], str(event["as_of"]))
        case "describe":
            return describe(str(event["job"]))
        case unknown:
            raise ValueError(f"unknown action {unknown!r}; expected measure, start or describe")


def start(env: TransformJobEnv, job: str, names: list[str], as_of: str) -> dict[str, Any]:
    """Starts the job unless it was started."""
    try:
        client("sagemaker").create_processing_job(**request_of(env.request, job, names, as_of))
    except ClientError as refused:
        if refused.response["Error"]["Code"] != "ResourceInUse":
            raise
    logger.info("transform job started", job=job)
    return {"job": job}


def describe(job: str) -> dict[str, Any]:
    """How the job stands."""
    found = client("sagemaker").describe_processing_job(ProcessingJobName=job)
    status = found["ProcessingJobStatus"]
    if status in ("Failed", "Stopped"):
        raise TransformJobFailed(f"{job} ended as {status}: {failure_of(found)}")
    return {"job": job, "status": status}
