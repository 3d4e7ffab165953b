"""Large files: the processing job that stages one, as the request that starts it and the answer that it leaves."""

import json
from collections.abc import Mapping
from typing import Any

from omnichannel.contracts import zones

ORDER, ANSWER = "order.json", "answer.json"
JOB = "{job}"
"""Stands for the job's name in the template of its request."""

LEAST_GB = 30
GB_PER_GB = 25
"""A gzipped file of JSON lines takes 10 to 20 times its size when its records are numbered, and once more typed."""


def request_of(template: str, name: str, size: int) -> dict[str, Any]:
    """CreateProcessingJob's request for a file of `size` bytes, with a volume that can hold what is made of it."""
    request: dict[str, Any] = json.loads(template.replace(JOB, name))
    cluster = request["ProcessingResources"]["ClusterConfig"]
    cluster["VolumeSizeInGB"] = max(LEAST_GB, -(-size * GB_PER_GB // 2**30))
    return {"ProcessingJobName": name, **request}


def order_key(name: str) -> str:
    """The key of a job's order: the landed object as the state machine was started with."""
    return zones.stage_job_order(name) + ORDER


def answer_key(name: str) -> str:
    """The key of a job's answer: what stage A answers."""
    return zones.stage_job_answer(name) + ANSWER


def failure_of(job: Mapping[str, Any]) -> str:
    """Why a job is over without an answer, in its own words where it had any."""
    return str(job.get("ExitMessage") or job.get("FailureReason") or "the job was stopped")
