"""Batch inference for messages: everybody who allows it is recommended items at once, by the newest version, without a campaign."""

import hashlib
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.contracts import zones
from omnichannel.contracts.recommendations import Custom, own_arn
from omnichannel.recommendations.imports import State, pages
from omnichannel.recommendations.lifecycle.look import solution_named
from omnichannel.recommendations.lifecycle.things import Version, Wanted

NOT_TAKEN = frozenset({"InvalidInputException", "ResourceNotFoundException"})
"""A job that cannot be meant, such as one with a filter that could not be made."""
OFF: State = {"ready": True, "failed": False, "reason": "", "made": False}


def batch(personalize: Any, wanted: Wanted, *, group: str, bucket: str, role: str, since: datetime, run: str) -> State:
    """Starts this run's job unless it is there, and says how it stands; `made` once its output can be read.

    Where nothing is trained to ask, or the job was not taken or failed, `reason` says so; messages then have the own recommender's items.
    """
    if not wanted.email.made:
        return OFF
    solution = solution_named(personalize, group, Custom.FOR_USERS)
    best = solution.best() if solution else None
    if best is None or best.created < since:
        return {**OFF, "reason": f"e-mail: no version of {Custom.FOR_USERS} was trained in this run"}
    found = _job(personalize, best, since)
    if found is None:
        refused = _start(personalize, wanted, best, group=group, bucket=bucket, role=role, run=run)
        return {**OFF, "ready": bool(refused), "reason": refused}
    failed = found["status"].endswith("FAILED")
    return {
        "ready": failed or found["status"] == "ACTIVE",
        "failed": False,
        "reason": f"e-mail: {found.get('failureReason') or found['status']}" if failed else "",
        "made": found["status"] == "ACTIVE",
    }


def _job(personalize: Any, version: Version, since: datetime) -> dict[str, Any] | None:
    """The newest job of this version since the run's import."""
    jobs = pages(personalize.list_batch_inference_jobs, "batchInferenceJobs", solutionVersionArn=version.arn)
    return max((job for job in jobs if job["creationDateTime"] >= since), key=lambda job: job["creationDateTime"], default=None)


def _start(personalize: Any, wanted: Wanted, version: Version, *, group: str, bucket: str, role: str, run: str) -> str:
    """Why Personalize did not take the job; empty when it did."""
    identity = hashlib.sha256(f"{version.arn}\n{run}".encode()).hexdigest()[:24]
    named = wanted.email.filter
    job = {
        "jobName": f"email-{identity}",
        "solutionVersionArn": version.arn,
        "numResults": wanted.email.items,
        "jobInput": {"s3DataSource": {"path": f"s3://{bucket}/{zones.PERSONALIZE_USERS}"}},
        "jobOutput": {"s3DataDestination": {"path": f"s3://{bucket}/{zones.PERSONALIZE_RECOMMENDED}"}},
        "roleArn": role,
    }
    try:
        personalize.create_batch_inference_job(**job, **({"filterArn": own_arn(group, f"filter/{named}")} if named else {}))
    except ClientError as refused:
        error = refused.response["Error"]
        if error["Code"] not in NOT_TAKEN:
            raise
        return f"e-mail: {error['Code']}: {error.get('Message', '')}"
    return ""
