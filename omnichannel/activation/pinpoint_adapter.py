"""Messaging adapter `pinpoint`: an import file a part, one import job a run, delivered is what the job took.

`send` writes a part's file and everyone who is not in it into the ledger; `start` begins the job; `poll` tells its
status and, once it has ended, gives those in the files their outcome. Each may be run again.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.activation import attributes, clearing, contacts, merged, messaging, pinpoint_files, pinpoint_notes, sent, underway
from omnichannel.activation.attributes import MESSAGE_ID, Catalog
from omnichannel.activation.messaging import Gates, Recipient
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.parts import Member, Part
from omnichannel.activation.pinpoint_notes import Note, Pending
from omnichannel.activation.sent import Sent
from omnichannel.activation.state import State
from omnichannel.aws import s3 as objects
from omnichannel.aws.dynamodb import batches as in_lots
from omnichannel.contracts import zones
from omnichannel.contracts.decisions import Decision
from omnichannel.contracts.ledger import Sink
from omnichannel.contracts.reasons import Reason
from omnichannel.ledger.parts import read_part

COMPLETED, FAILED = "COMPLETED", "FAILED"
NO_JOB = {"status": COMPLETED, "job_id": ""}
"""Nobody is to be imported: there is nothing to start or to wait for."""
LINES = "application/json"
READ = ("profile",)
"""Of a customer's item, what an endpoint is written with besides its address."""
LOT = 2_000
"""Customers whose lines are written together: what is read of them is held no longer."""
ENDPOINTS_AT_ONCE = 100
"""Of UpdateEndpointsBatch (Pinpoint's quotas)."""

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


def send(
    members: Sequence[Member], outcomes: Outcomes, state: State, gates: Gates, catalog: Catalog, pinpoint: Pinpoint, lake: Lake
) -> int:
    """Writes the part's import file, the note of who is in it, and the ledger of those outside; returns how many are in the file.

    Of those outside whom a gate refuses, an action that Pinpoint holds is taken back.
    """
    part, lines = outcomes.part, bytearray()
    noted: list[Pending] = []
    for lot in in_lots(members, LOT):
        reached = list(messaging.recipients(lot, outcomes, state, gates, READ))
        messaging.remember([each for each in reached if each.held], outcomes, state)
        pending = list(possible([each for each in reached if not each.held], outcomes, state))
        lines += pinpoint_files.as_lines(pending, attributes.names(pending, catalog))
        noted += map(Pending.of, pending)
        # Noted after what was cleared: the record of the new channel forgets an action on another one.
        clear(lot, pending, outcomes, state, pinpoint)
        underway.announce(pending, outcomes, state)
    key = f"{pinpoint_notes.folder(part.run, part.name)}{part.name}.json"
    if noted or objects.exists(lake.s3, lake.bucket, key):
        objects.put(lake.s3, lake.bucket, key, bytes(lines), LINES)
        Note(run=part.run, as_of=part.as_of, part=part.key, order=part.order, pending=tuple(noted)).write(lake.s3, lake.bucket)
    outcomes.write(lake.s3, lake.bucket)
    return len(noted)


def start(run: str, as_of: str, pinpoint: Pinpoint, lake: Lake) -> dict[str, str]:
    """Starts the run's import job, or finds the one that was started for the same files; returns `status` and `job_id`."""
    notes = pinpoint_notes.together(pinpoint_notes.read(lake.s3, lake.bucket, run))
    if not notes:
        return dict(NO_JOB)
    files = [found for found in objects.objects(lake.s3, lake.bucket, notes[0].folder) if found["Size"]]
    digest = hashlib.sha256("".join(f"{found['Key']} {found['ETag']}\n" for found in files).encode()).hexdigest()
    if known := _known_job(run, digest, pinpoint, lake):
        return known
    job = pinpoint.client.create_import_job(
        ApplicationId=pinpoint.application_id,
        ImportJobRequest={
            "Format": "JSON",
            "S3Url": f"s3://{lake.bucket}/{notes[0].folder}",
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
        notes = pinpoint_notes.together(pinpoint_notes.read(lake.s3, lake.bucket, run))
        failed = _failed([each for note in notes for each in note.pending], job, pinpoint)
        reason = Reason.SINK_UNAVAILABLE if job["JobStatus"] == FAILED else Reason.REFUSED_BY_SINK
        for note in notes:
            _settle(note, failed, reason, pinpoint, state, lake, now)
    return {"status": job["JobStatus"], "job_id": job_id}


def clear(lot: Sequence[Member], pending: Sequence[Recipient], outcomes: Outcomes, state: State, pinpoint: Pinpoint) -> None:
    """Clears the endpoints with an action of those whom a gate refuses, and of those whom another endpoint is to reach now."""
    refused = [held for held in clearing.stale(lot, outcomes, state) if held.channel in pinpoint_files.CHANNEL_TYPES]
    left = [each.before for each in pending if each.before and clearing.moved(each.before, each.channel)]
    # An update of an endpoint that is not there is refused with all others. A job may still bring it: its record stays, and is asked again.
    refused, left = ([held for held in some if _is_there(held, pinpoint)] for some in (refused, left))
    _close([*refused, *left], pinpoint)
    clearing.remember(refused, outcomes, state)


def possible(found: Iterable[Recipient], outcomes: Outcomes, state: State) -> Iterable[Recipient]:
    """Those of the recipients on a channel for which an endpoint can be made; the others are withheld."""
    for each in found:
        if each.channel in pinpoint_files.CHANNEL_TYPES:
            yield each
        else:
            outcomes.withhold(each.member.customer_id, Reason.NO_ADDRESS)
            messaging.give_back([each], state)


def _close(found: Iterable[Sent], pinpoint: Pinpoint, *, shut: bool = True) -> None:
    """Takes back what the endpoints on the records' channels say; unless they are to stay open, they are shut."""
    for some in in_lots(found, ENDPOINTS_AT_ONCE):
        items = [pinpoint_files.clearing_item(held, shut=shut) for held in some]
        pinpoint.client.update_endpoints_batch(ApplicationId=pinpoint.application_id, EndpointBatchRequest={"Item": items})


def _known_job(run: str, digest: str, pinpoint: Pinpoint, lake: Lake) -> dict[str, str] | None:
    key = zones.import_job(run, Sink.PINPOINT)
    if not objects.exists(lake.s3, lake.bucket, key):
        return None
    record = json.loads(objects.get(lake.s3, lake.bucket, key))
    if record["digest"] != digest:
        return None
    job = pinpoint.client.get_import_job(ApplicationId=pinpoint.application_id, JobId=record["job_id"])["ImportJobResponse"]
    return None if job["JobStatus"] == FAILED else {"status": job["JobStatus"], "job_id": record["job_id"]}


def _settle(note: Note, failed: set[str], reason: Reason, pinpoint: Pinpoint, state: State, lake: Lake, now: datetime) -> None:
    """Gives everyone in the part's file an outcome and writes the part's ledger anew, whole; then the note is done with.

    After a job that failed as a whole it stays, so that starting again imports the same files.
    """
    outcomes = Outcomes(part=Part(run=note.run, as_of=note.as_of, key=note.part, order=note.order), sink=Sink.PINPOINT, now=lambda: now)
    outcomes.restore(read_part(lake.s3, lake.bucket, flow=Sink.PINPOINT.flow, run=note.run, sink=Sink.PINPOINT, part=note.name))
    taken = [each for each in note.pending if each.customer_id not in failed]
    overtaken = messaging.acknowledge([(_sent(each, outcomes.part, now), _decision(each)) for each in taken], state, now)
    _close_late([each for each in taken if each.customer_id in overtaken and each.decision], pinpoint, state)
    merged.note_late(state, Sink.PINPOINT, (each.customer_id for each in taken if each.decision))
    for each in note.pending:
        if each.customer_id in failed:
            outcomes.reject(each.customer_id, reason, each.message_id)
        else:
            outcomes.deliver(each.customer_id, each.message_id)
    outcomes.write(lake.s3, lake.bucket)
    if reason is not Reason.SINK_UNAVAILABLE:
        refused = {each.customer_id: each.message_id for each in note.pending if each.customer_id in failed and each.decision}
        contacts.withdraw(state.dynamodb, state.sent_table, refused)
        Note(run=note.run, as_of=note.as_of, part=note.part, pending=()).write(lake.s3, lake.bucket)


def _close_late(taken: Sequence[Pending], pinpoint: Pinpoint, state: State) -> None:
    """Takes back the actions that a job has brought too late: newer scores have reached the customers, and their action is not there.

    Where it is, the record has lost its hash, and the next run sends over what the job has brought. A channel is shut only where the newer
    run left it shut, or works on another: on its own channel it has not, and its file would not open what is shut here. Whoever was erased
    meanwhile has neither a record nor an endpoint.
    """
    records = sent.read(state.dynamodb, state.sent_table, Sink.PINPOINT, [each.customer_id for each in taken])
    found = [(each.channel, records[each.customer_id]) for each in taken if each.customer_id in records]
    late = [(channel, held) for channel, held in found if not held.action or held.channel != channel]
    there = [(channel, held) for channel, held in late if _registered(held.customer_id, channel, pinpoint) is not None]
    shut = [(channel, held) for channel, held in there if held.channel != channel or channel in held.cleared.split()]
    open_still = [(channel, held) for channel, held in there if (channel, held) not in shut]
    _close((replace(held, channel=channel) for channel, held in shut), pinpoint)
    _close((replace(held, channel=channel) for channel, held in open_still), pinpoint, shut=False)
    closed = (replace(held, cleared=" ".join(sorted({*held.cleared.split(), channel}))) for channel, held in shut)
    sent.write(state.dynamodb, state.sent_table, closed)


def _decision(pending: Pending) -> Decision | None:
    return Decision.of(pending.decision) if pending.decision else None


def _sent(pending: Pending, part: Part, now: datetime) -> Sent:
    made = partial(Sent.by, part, Sink.PINPOINT, at=now)
    found = made(customer_id=pending.customer_id, traits_hash=pending.traits_hash, message_id=pending.message_id)
    action = str((pending.decision or {}).get("action", ""))
    return replace(found, action=action, channel=pending.channel, cleared=pending.cleared)


def _failed(pending: Sequence[Pending], job: Mapping[str, Any], pinpoint: Pinpoint) -> set[str]:
    """Those of the files that the job did not take, nor one before it: named in its failures (100 at most), or else found missing."""
    if job["JobStatus"] == FAILED:
        return {each.customer_id for each in pending}
    named = _named(pending, job.get("Failures", ()))
    all_named = job.get("TotalFailures", 0) <= len(named) and not job.get("FailedPieces", 0)
    doubtful = (each for each in pending if each.customer_id in named or not all_named)
    return {each.customer_id for each in doubtful if not _holds(each, pinpoint)}


def _named(pending: Sequence[Pending], failures: Iterable[str]) -> set[str]:
    by_word = {word: each.customer_id for each in pending for word in (each.customer_id, _endpoint(each))}
    return {by_word[word] for failure in failures for word in _WORD.findall(failure) if word in by_word}


def _holds(pending: Pending, pinpoint: Pinpoint) -> bool:
    """Whether the customer's endpoint is registered with this very delivery."""
    found = _registered(pending.customer_id, pending.channel, pinpoint) or {}
    return bool(found.get("Attributes", {}).get(MESSAGE_ID) == [pending.message_id])


def _is_there(held: Sent, pinpoint: Pinpoint) -> bool:
    """Whether there is the endpoint of a record; one that was not acknowledged is looked for."""
    return bool(held.traits_hash) or _registered(held.customer_id, held.channel, pinpoint) is not None


def _registered(customer_id: str, channel: str, pinpoint: Pinpoint) -> Mapping[str, Any] | None:
    """The customer's endpoint on the channel, if there is one."""
    try:
        answer = pinpoint.client.get_endpoint(
            ApplicationId=pinpoint.application_id, EndpointId=pinpoint_files.endpoint_id(customer_id, channel)
        )
    except ClientError as refused:
        if refused.response["Error"]["Code"] == "NotFoundException":
            return None
        raise
    found: Mapping[str, Any] = answer["EndpointResponse"]
    return found


def _endpoint(pending: Pending) -> str:
    return pinpoint_files.endpoint_id(pending.customer_id, pending.channel)
