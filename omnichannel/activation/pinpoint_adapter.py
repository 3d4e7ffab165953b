"""Messaging adapter `pinpoint`: an import file a part, one import job a run, delivered is what the job took.

`send` writes a part's file and everyone who is not in it into the ledger; `start` begins the job; `poll` tells its
status and, once it has ended, gives those in the files their outcome. Each may be run again.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.activation import messaging, parts, pinpoint_files, sent
from omnichannel.activation.delivery import traits_hash
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.parts import Member, Part
from omnichannel.activation.sent import Sent
from omnichannel.activation.state import State
from omnichannel.aws import s3 as objects
from omnichannel.contracts import zones
from omnichannel.contracts.ledger import Sink
from omnichannel.contracts.reasons import Reason
from omnichannel.ledger.parts import read_part

COMPLETED, FAILED = "COMPLETED", "FAILED"
NO_JOB = {"status": COMPLETED, "job_id": ""}
"""Nobody is to be imported: there is nothing to start or to wait for."""

_WORD = re.compile(r"[\w.-]+")


@dataclass(frozen=True, kw_only=True)
class Pinpoint:
    """The project that endpoints are imported into and the role that lets Pinpoint read the files."""

    client: Any = field(repr=False)
    application_id: str
    import_role_arn: str


@dataclass(frozen=True, kw_only=True)
class Lake:
    """The bucket with audiences, import files and ledger."""

    s3: Any = field(repr=False)
    bucket: str


def send(members: list[Member], outcomes: Outcomes, state: State, lake: Lake) -> int:
    """Writes the part's import file and the ledger of those outside it; returns how many are in the file."""
    reached = list(messaging.recipients(members, outcomes, state))
    for recipient in reached:
        if recipient.held:
            outcomes.deliver(recipient.member.customer_id, recipient.held.message_id, at=recipient.held.at)
    pending = [recipient for recipient in reached if not recipient.held]
    key = _file(outcomes.part)
    if pending or objects.exists(lake.s3, lake.bucket, key):
        objects.put(lake.s3, lake.bucket, key, pinpoint_files.as_lines(pending), "application/json")
    outcomes.write(lake.s3, lake.bucket)
    return len(pending)


def start(run: str, as_of: str, pinpoint: Pinpoint, lake: Lake) -> dict[str, str]:
    """Starts the run's import job, or finds the one that was started for the same files; returns `status` and `job_id`."""
    files = [found for found in objects.objects(lake.s3, lake.bucket, zones.messaging_files(run, Sink.PINPOINT)) if found["Size"]]
    if not files:
        return dict(NO_JOB)
    digest = hashlib.sha256("".join(f"{found['Key']} {found['ETag']}\n" for found in files).encode()).hexdigest()
    if known := _known_job(run, digest, pinpoint, lake):
        return known
    job = pinpoint.client.create_import_job(
        ApplicationId=pinpoint.application_id,
        ImportJobRequest={
            "Format": "JSON",
            "S3Url": f"s3://{lake.bucket}/{zones.messaging_files(run, Sink.PINPOINT)}",
            "RoleArn": pinpoint.import_role_arn,
            "RegisterEndpoints": True,
            "DefineSegment": True,
            "SegmentName": f"propensity-{as_of}-{run}",
        },
    )["ImportJobResponse"]
    record = json.dumps({"job_id": job["Id"], "digest": digest}).encode()
    objects.put(lake.s3, lake.bucket, zones.import_job(run, Sink.PINPOINT), record, objects.JSON)
    return {"status": job["JobStatus"], "job_id": job["Id"]}


def poll(run: str, job_id: str, pinpoint: Pinpoint, state: State, lake: Lake, now: datetime) -> dict[str, str]:
    """The job's status; once it is COMPLETED or FAILED, those in its files are in the ledger."""
    if not job_id:
        return dict(NO_JOB)
    job = pinpoint.client.get_import_job(ApplicationId=pinpoint.application_id, JobId=job_id)["ImportJobResponse"]
    if job["JobStatus"] in (COMPLETED, FAILED):
        files = _files(run, lake)
        failed = _failed(dict(pair for pending in files.values() for pair in pending.items()), job, pinpoint)
        reason = Reason.SINK_UNAVAILABLE if job["JobStatus"] == FAILED else Reason.REFUSED_BY_SINK
        for part, pending in files.items():
            _settle(part, pending, failed, reason, state, lake, now)
    return {"status": job["JobStatus"], "job_id": job_id}


def _known_job(run: str, digest: str, pinpoint: Pinpoint, lake: Lake) -> dict[str, str] | None:
    key = zones.import_job(run, Sink.PINPOINT)
    if not objects.exists(lake.s3, lake.bucket, key):
        return None
    record = json.loads(objects.get(lake.s3, lake.bucket, key))
    if record["digest"] != digest:
        return None
    job = pinpoint.client.get_import_job(ApplicationId=pinpoint.application_id, JobId=record["job_id"])["ImportJobResponse"]
    return None if job["JobStatus"] == FAILED else {"status": job["JobStatus"], "job_id": record["job_id"]}


def _files(run: str, lake: Lake) -> dict[Part, dict[str, str]]:
    """Customer id and message id of everyone in the run's import files, by part."""
    index = parts.index(lake.s3, lake.bucket, run)
    written = set(objects.keys(lake.s3, lake.bucket, zones.messaging_files(run, Sink.PINPOINT)))
    of_run = (Part(run=run, as_of=index["as_of"], key=key) for key in index["parts"])
    return {
        part: dict(pinpoint_files.message_ids(objects.get(lake.s3, lake.bucket, _file(part)))) for part in of_run if _file(part) in written
    }


def _settle(part: Part, pending: dict[str, str], failed: set[str], reason: Reason, state: State, lake: Lake, now: datetime) -> None:
    """Gives everyone in the part's file an outcome and writes the part's ledger anew, whole."""
    outcomes = Outcomes(part=part, sink=Sink.PINPOINT, now=lambda: now)
    outcomes.restore(read_part(lake.s3, lake.bucket, flow=Sink.PINPOINT.flow, run=part.run, sink=Sink.PINPOINT, part=part.name))
    members = {member.customer_id: member for member in parts.read(lake.s3, lake.bucket, part)}
    taken = [_delivery(members[customer_id], name, part, now) for customer_id, name in pending.items() if customer_id not in failed]
    sent.write(state.dynamodb, state.sent_table, taken)
    for delivery in taken:
        outcomes.deliver(delivery.customer_id, delivery.message_id)
    for customer_id in pending.keys() & failed:
        outcomes.reject(customer_id, reason, pending[customer_id])
    outcomes.write(lake.s3, lake.bucket)


def _delivery(member: Member, message_id: str, part: Part, now: datetime) -> Sent:
    return Sent(
        customer_id=member.customer_id,
        sink=Sink.PINPOINT.value,
        traits_hash=traits_hash(member.traits),
        message_id=message_id,
        run=part.run,
        as_of=part.as_of,
        at=now.isoformat(timespec="seconds"),
    )


def _failed(pending: Mapping[str, str], job: Mapping[str, Any], pinpoint: Pinpoint) -> set[str]:
    """Those of the files that the job did not take: named in its failures (100 at most), or found missing."""
    if job["JobStatus"] == FAILED:
        return set(pending)
    named = _named(pending, job.get("Failures", ()))
    if job.get("TotalFailures", 0) <= len(named) and not job.get("FailedPieces", 0):
        return named
    unnamed = ((customer_id, name) for customer_id, name in pending.items() if customer_id not in named)
    return named | {customer_id for customer_id, name in unnamed if not _holds(customer_id, name, pinpoint)}


def _named(pending: Mapping[str, str], failures: Iterable[str]) -> set[str]:
    by_word = {word: customer_id for customer_id in pending for word in (customer_id, pinpoint_files.endpoint_id(customer_id))}
    return {by_word[word] for failure in failures for word in _WORD.findall(failure) if word in by_word}


def _holds(customer_id: str, message_id: str, pinpoint: Pinpoint) -> bool:
    """Whether the customer's endpoint is registered with this very delivery."""
    try:
        answer = pinpoint.client.get_endpoint(ApplicationId=pinpoint.application_id, EndpointId=pinpoint_files.endpoint_id(customer_id))
    except ClientError as refused:
        if refused.response["Error"]["Code"] == "NotFoundException":
            return False
        raise
    attributes = answer["EndpointResponse"].get("Attributes", {})
    return bool(attributes.get(pinpoint_files.MESSAGE_ID) == [message_id])


def _file(part: Part) -> str:
    return f"{zones.messaging_files(part.run, Sink.PINPOINT)}{part.name}.json"
