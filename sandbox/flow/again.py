"""Landed files taken up again: which have rows in quarantine, and the executions that examine those rows once more."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from itertools import count
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.contracts.store import FileStatus
from omnichannel.onboarding import history, redrive
from omnichannel.onboarding.history import Staged
from omnichannel.onboarding.landed import LandedObject, execution_name
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.flow import executions
from sandbox.flow.load import TOO_MANY_BAD_ROWS
from sandbox.flow.progress import Tell
from sandbox.flow.waiting import until

SECONDS = 3600.0


@dataclass(frozen=True, kw_only=True)
class Redriven:
    """What came of taking up one landed file again; `said` tells why where nothing did."""

    key: str
    rows: int = 0
    trusted: int = 0
    said: str = ""


def waiting(cloud: Cloud, *, key: str = "", dataset: str = "", statuses: Collection[str] = tuple(FileStatus)) -> list[Staged]:
    """The landed contents of which refused rows wait: of one key (its newest version), of one data set, in one of the statuses."""
    dynamodb, table = cloud.client("dynamodb"), cloud.deployment.history_table
    if key:
        known = history.versions(dynamodb, table, cloud.deployment.landing_bucket, key)
        if not known:
            raise SandboxError("Looking into the history", f"nothing ever landed as {key!r}", hint="omni history lists what did")
        chains = [redrive.chain(dynamodb, table, known[-1].content_id)]
    else:
        chains = _chains(list(history.contents(dynamodb, table, dataset=dataset)))
    return [chain[0] for chain in chains if redrive.can_be_redriven(chain[-1]) and chain[-1].status in statuses]


def _chains(items: list[dict[str, Any]]) -> list[list[Staged]]:
    """Each landed content with the redrives of it, in their order."""
    by_id = {item["content_id"]: history.staged_of(item) for item in items}
    following = {each.redrives: each for each in by_id.values() if each.redrives}
    chains = []
    for first in (each for each in by_id.values() if not each.redrives):
        chain = [first]
        while chain[-1].content_id in following:
            chain.append(following[chain[-1].content_id])
        chains.append(chain)
    return chains


def take_up(cloud: Cloud, files: list[Staged], tell: Tell) -> list[Redriven]:
    """Starts an execution a file and waits for all; a file that fails again says why and stops no other."""
    started = {each.key: _start(cloud, each) for each in files}
    states, running = cloud.client("stepfunctions"), {key: arn for key, arn in started.items() if arn}
    ended: dict[str, executions.Execution] = {}

    def ask() -> Counter[str]:
        for key, arn in running.items():
            if key not in ended and (execution := executions.describe(states, arn)).over:
                ended[key] = execution
        return Counter(e.status.lower() for e in ended.values()) + Counter({"running": len(running) - len(ended)})

    until(
        ask, lambda counts: not counts["running"], step="Redrive", seconds=SECONDS,
        tell=lambda counts: tell(", ".join(f"{n} {what}" for what, n in counts.items())), hint="omni status shows the executions",
    )  # fmt: skip
    gone = (Redriven(key=key, said="it is no longer in the landing zone") for key, arn in started.items() if not arn)
    return [*gone, *(_told(key, execution) for key, execution in ended.items())]


def _start(cloud: Cloud, file: Staged) -> str:
    """The execution that takes the file up for the next time; empty when the object is gone."""
    bucket, dynamodb = cloud.deployment.landing_bucket, cloud.client("dynamodb")
    try:
        stored = cloud.client("s3").head_object(Bucket=bucket, Key=file.key)
    except ClientError as absent:
        if absent.response["Error"]["Code"] not in ("404", "NoSuchKey"):
            raise
        return ""
    number = len(redrive.chain(dynamodb, cloud.deployment.history_table, file.content_id))
    landed = LandedObject(bucket=bucket, key=file.key, etag=stored["ETag"].strip('"'), size=stored["ContentLength"], redrive=number)
    return _execution(cloud, landed)


def _execution(cloud: Cloud, landed: LandedObject) -> str:
    """A redrive that failed before it was recorded has the same number, and its execution's name is taken for good."""
    for attempt in count():
        name = execution_name(landed.bucket, landed.key, landed.etag, landed.redrive, attempt)
        try:
            return executions.start(cloud.client("stepfunctions"), cloud.deployment.onboarding_state_machine, landed.to_dict(), name)
        except ClientError as taken:
            if taken.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise
    raise AssertionError("count() does not end")


def _told(key: str, execution: executions.Execution) -> Redriven:
    if execution.status != "SUCCEEDED":
        return Redriven(key=key, said=execution.cause if execution.error == TOO_MANY_BAD_ROWS else execution.reason)
    staged = execution.output.get("staged", execution.output)
    return Redriven(key=key, rows=int(staged["rows_in"]), trusted=int(staged["rows_staged"]))
