"""Stage A of a large file: start its processing job, or tell how that stands: `{"action": "start" | "describe", …}` in."""

import json
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

from omnichannel.aws.clients import client
from omnichannel.contracts.environment.onboarding import StageJobEnv
from omnichannel.onboarding.job import answer_key, failure_of, order_key, request_of

logger = Logger(service="stage-job")


class StageJobFailed(Exception):
    """The processing job ended without having staged the file."""


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Start: `{"job", "landed"}` -> `{"job"}`; the same job again starts nothing. Describe: `{"job"}` -> `{"job", "status", "staged"}`.

    `staged` is what stage A answers, once the job is over. Raises `StageJobFailed` when it will never be.
    """
    env, job = StageJobEnv.load(), str(event["job"])
    if event["action"] == "start":
        start(env, job, event["landed"])
        logger.info("stage job started", job=job)
        return {"job": job}
    if event["action"] == "describe":
        return describe(env, job)
    raise ValueError(f"unknown action {event['action']!r}; expected start or describe")


def start(env: StageJobEnv, job: str, landed: Mapping[str, Any]) -> None:
    """Writes the order and starts the job, unless that has happened."""
    client("s3").put_object(Bucket=env.lake_bucket, Key=order_key(job), Body=json.dumps(landed).encode())
    try:
        client("sagemaker").create_processing_job(**request_of(env.request, job, int(landed["size"])))
    except ClientError as refused:
        if refused.response["Error"]["Code"] != "ResourceInUse":
            raise


def describe(env: StageJobEnv, job: str) -> dict[str, Any]:
    """How the job stands, with its answer when it has one."""
    found = client("sagemaker").describe_processing_job(ProcessingJobName=job)
    status = found["ProcessingJobStatus"]
    if status in ("Failed", "Stopped"):
        raise StageJobFailed(f"{job} ended as {status}: {failure_of(found)}")
    if status != "Completed":
        return {"job": job, "status": status}
    body = client("s3").get_object(Bucket=env.lake_bucket, Key=answer_key(job))["Body"].read()
    return {"job": job, "status": status, "staged": json.loads(body)}
