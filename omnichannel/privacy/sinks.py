"""The sinks: each is told to forget the person, and asked until it has."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from omnichannel.aws import s3 as objects
from omnichannel.contracts.ledger import Sink
from omnichannel.privacy import profiles
from omnichannel.privacy.fields import Kind
from omnichannel.privacy.regulations import FINAL, MOST_SUBJECTS, Regulations, SinkBusy, SinkRefused
from omnichannel.privacy.stores import Desk
from omnichannel.privacy.subject import Subject

_T = TypeVar("_T")

PERSONALIZE = "personalize"
NOTE = "sinks.json"
PATIENCE = timedelta(hours=1)
"""How long Segment is waited for; it promises 30 days, and the certificate names the regulation to ask for."""
_BUSY = ("LimitExceededException", "TooManyRequestsException", "ThrottlingException", "InternalServerErrorException")


@dataclass(frozen=True, kw_only=True)
class Sinks:
    """What the deployment sends to; a sink that is off is empty."""

    regulations: Callable[[], Regulations] | None = None
    personalize: Any = field(default=None, repr=False)
    dataset_group_arn: str = ""
    deletion_role_arn: str = ""
    pinpoint: Any = field(default=None, repr=False)
    application_id: str = ""
    profiles: Any = field(default=None, repr=False)
    profiles_domain: str = ""


Told = dict[str, Any]
"""`settled`, `status` (the sink's own word) and whatever a later look needs."""


def tell(desk: Desk, subject: Subject, sinks: Sinks, at: datetime) -> dict[str, Any]:
    """Tells every sink that has not been told; gives how they stand. Raises `SinkBusy` (come back) or `SinkRefused`."""
    told: dict[str, Told] = desk.kept(NOTE) or {}
    for name, ask in (
        (Sink.SEGMENT.value, _suppress if sinks.regulations else None),
        (PERSONALIZE, _delete_users if sinks.dataset_group_arn else None),
        (Sink.PINPOINT.value, _delete_endpoints if sinks.application_id else None),
        (Sink.CONNECT.value, _delete_profiles if sinks.profiles_domain else None),
    ):
        if ask is not None and name not in told:
            told[name] = {"asked_at": at.isoformat(), **ask(desk, subject, sinks, at)}
            # Noted one by one: a sink that was told is not told again when the next one is busy.
            desk.keep(NOTE, told)
    return look(desk, sinks, at)


def look(desk: Desk, sinks: Sinks, at: datetime) -> dict[str, Any]:
    """How the sinks stand: `{"settled": every one has done it or promised it, "sinks": {name: status}}`."""
    told: dict[str, Told] = desk.kept(NOTE) or {}
    for name, found in list(told.items()):
        if found["settled"]:
            continue
        try:
            found |= _LATER[name](desk, found, sinks, at)
        except SinkRefused:
            # It is told anew when the request is taken up again.
            desk.keep(NOTE, {each: kept for each, kept in told.items() if each != name})
            raise
    desk.keep(NOTE, told)
    return {"settled": all(found["settled"] for found in told.values()), "sinks": {name: found["status"] for name, found in told.items()}}


def _suppress(desk: Desk, subject: Subject, sinks: Sinks, at: datetime) -> Told:
    users = sorted(subject.of(Kind.CUSTOMER_REF))
    if not users:
        return {"settled": True, "status": "no user id"}
    assert sinks.regulations is not None  # noqa: S101 - asked by `tell`
    regulations = sinks.regulations()
    made = [regulations.create(users[start : start + MOST_SUBJECTS]) for start in range(0, len(users), MOST_SUBJECTS)]
    return {"settled": False, "status": "INITIALIZED", "regulations": made, "users": len(users)}


def _regulated(desk: Desk, told: Told, sinks: Sinks, at: datetime) -> Told:
    assert sinks.regulations is not None  # noqa: S101 - it was told before
    regulations = sinks.regulations()
    found = [regulations.status(each) for each in told["regulations"]]
    waited = at - datetime.fromisoformat(told["asked_at"]) > PATIENCE
    return {"settled": waited or all(status in FINAL for status in found), "status": ", ".join(sorted(set(found)))}


def _delete_users(desk: Desk, subject: Subject, sinks: Sinks, at: datetime) -> Told:
    """A CSV with one column, as `CreateDataDeletionJob` asks for, and the job, named after the request."""
    key = desk.note("personalize/users.csv")
    lines = "".join(f"{customer_id}\n" for customer_id in ("USER_ID", *subject.customer_ids))
    objects.put(desk.s3, desk.lake, key, lines.encode(), "text/csv; charset=utf-8")
    try:
        job = sinks.personalize.create_data_deletion_job(
            # A job of its own each time: one that failed keeps its name.
            jobName=f"erase-{desk.request}-{at:%Y%m%d%H%M%S}",
            datasetGroupArn=sinks.dataset_group_arn,
            dataSource={"dataLocation": f"s3://{desk.lake}/{key}"},
            roleArn=sinks.deletion_role_arn,
        )
    except ClientError as refused:
        if (code := refused.response["Error"]["Code"]) not in _BUSY:
            raise
        raise SinkBusy(f"Personalize: {code}") from refused
    return {"settled": False, "status": "PENDING", "job": job["dataDeletionJobArn"]}


def _deleted(desk: Desk, told: Told, sinks: Sinks, at: datetime) -> Told:
    job = sinks.personalize.describe_data_deletion_job(dataDeletionJobArn=told["job"])["dataDeletionJob"]
    if job["status"] == "FAILED":
        raise SinkRefused(f"Personalize's data deletion job failed: {job.get('failureReason', 'no reason given')}")
    return {"settled": job["status"] == "COMPLETED", "status": job["status"], "deleted": job.get("numDeleted", 0)}


def _delete_endpoints(desk: Desk, subject: Subject, sinks: Sinks, at: datetime) -> Told:
    deleted = sum(_endpoints(sinks, customer_id) for customer_id in subject.customer_ids)
    return {"settled": True, "status": "deleted", "deleted": deleted}


def _endpoints(sinks: Sinks, customer_id: str) -> int:
    try:
        answer = sinks.pinpoint.delete_user_endpoints(ApplicationId=sinks.application_id, UserId=customer_id)
    except ClientError as refused:
        code = refused.response["Error"]["Code"]
        if code in _BUSY:
            raise SinkBusy(f"Pinpoint: {code}") from refused
        if code != "NotFoundException":
            raise
        return 0
    return len(answer["EndpointsResponse"]["Item"])


def _delete_profiles(desk: Desk, subject: Subject, sinks: Sinks, at: datetime) -> Told:
    """At once; where a file is being read that may hold the person, a second time after that.

    A load asks for consent after its job was created, and consent was withdrawn before the jobs are looked at: what is created later
    cannot hold the person.
    """
    jobs = _at_profiles(lambda: profiles.uploading(sinks.profiles, sinks.profiles_domain, at))
    return {**_without(subject, sinks), "settled": not jobs, "status": _WAITS if jobs else _GONE, "jobs": jobs}


def _uploaded(desk: Desk, told: Told, sinks: Sinks, at: datetime) -> Told:
    """The jobs that were at work when the person was deleted are over: what they brought back goes too."""
    running = {*_at_profiles(lambda: profiles.uploading(sinks.profiles, sinks.profiles_domain, at))}
    if left := [job for job in told["jobs"] if job in running]:
        return {"settled": False, "status": _WAITS, "jobs": left}
    again = _without(desk.subject(), sinks)
    return {"settled": True, "status": _GONE, "jobs": [], "deleted": told["deleted"] + again["deleted"]}


def _without(subject: Subject, sinks: Sinks) -> Told:
    return {"deleted": _at_profiles(lambda: profiles.delete(sinks.profiles, sinks.profiles_domain, subject.customer_ids))}


def _at_profiles(call: Callable[[], _T]) -> _T:
    try:
        return call()
    except ClientError as refused:
        code = refused.response["Error"]["Code"]
        if code in _BUSY or code == "InternalServerException":
            raise SinkBusy(f"Customer Profiles: {code}") from refused
        raise


_GONE, _WAITS = "deleted", "deleted; an upload job is at work, and it is deleted again after that"
_LATER: dict[str, Callable[[Desk, Told, Sinks, datetime], Told]] = {
    Sink.SEGMENT.value: _regulated, PERSONALIZE: _deleted, Sink.CONNECT.value: _uploaded,
}  # fmt: skip
