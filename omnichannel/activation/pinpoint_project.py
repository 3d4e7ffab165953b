"""The Pinpoint project as the playbook wants it: its audiences as segments, and after an import what is sent to those of it.

Everything is looked for by its name before it is made, so that a step that ends half-way goes on where it ended. Calls must not be
repeated unseen: a campaign that is made twice writes to everybody twice (`omnichannel.aws.clients.client_once`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.activation import pinpoint_sendings as sendings
from omnichannel.activation.pinpoint_adapter import Pinpoint
from omnichannel.activation.pinpoint_sendings import JOURNEY, OURS, Planned, Quiet, Request
from omnichannel.contracts.consent import Channel
from omnichannel.playbook.audiences import Audiences
from omnichannel.playbook.campaigns import Campaign
from omnichannel.playbook.choices import Playbook

PAGE = "100"
_UNFINISHED = ("SCHEDULED", "PENDING_NEXT_RUN", "PAUSED", "EXECUTING")
_OPEN = ("DRAFT", "ACTIVE", "PAUSED")
_LISTS = {
    "segments": ("get_segments", "SegmentsResponse"),
    "campaigns": ("get_campaigns", "CampaignsResponse"),
    "journeys": ("list_journeys", "JourneysResponse"),
}


class NoImport(LookupError):
    """A finished import job without the segment that it was to define."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """All that the playbook asks of the project."""

    audiences: tuple[Request, ...]
    sendings: tuple[Planned, ...]

    @property
    def stems(self) -> frozenset[str]:
        """The sendings' names without their imports."""
        return frozenset(each.stem for each in self.sendings)


def wanted(audiences: Audiences, campaigns: Mapping[str, Campaign], playbook: Playbook, application_id: str) -> Wanted:
    """What the playbook asks of one project."""
    email = playbook.channels.get(Channel.EMAIL.value)
    quiet = Quiet(hours=email.quiet if email else None, timezone=playbook.timezone)
    return Wanted(
        audiences=tuple(map(sendings.of_audience, audiences.audiences)),
        sendings=tuple(
            sendings.planned(name, each, campaigns[each.campaign], audiences.mails, quiet, application_id)
            for name, each in audiences.sendings.items()
        ),
    )


def arrange(what: Wanted, job_id: str, pinpoint: Pinpoint, now: datetime) -> dict[str, int]:
    """Stops what the playbook no longer has, makes what is missing, and counts both. Without a job (nobody was imported) nothing is sent.

    An earlier import's sendings go on: those whom they write to are not in this one.
    """
    project = _Project(pinpoint)
    project.stop(what)
    for request in what.audiences:
        project.segment(request)
    if job_id and what.sendings:
        imported = _imported(pinpoint, job_id)
        for plan in what.sendings:
            project.send(plan, imported, now)
    project.tidy(what)
    return dict(project.done)


class _Project:
    """What there is, read once, and changed with every call."""

    def __init__(self, pinpoint: Pinpoint) -> None:
        self._client, self._app = pinpoint.client, {"ApplicationId": pinpoint.application_id}
        self._segments, self._campaigns, self._journeys = (list(_listed(pinpoint, what)) for what in _LISTS)
        self.done = Counter(made=0, stopped=0, removed=0)

    def stop(self, what: Wanted) -> None:
        """Ours that the playbook has otherwise by now: campaigns not yet over are deleted, open journeys are cancelled."""
        for campaign in [each for each in self._campaigns if _outdated(each, what) and _status(each) in _UNFINISHED]:
            self._client.delete_campaign(**self._app, CampaignId=campaign["Id"])
            self._campaigns.remove(campaign)
            self.done["stopped"] += 1
        for journey in [each for each in self._journeys if _outdated(each, what) and each["State"] in _OPEN]:
            self._client.update_journey_state(**self._app, JourneyId=journey["Id"], JourneyStateRequest={"State": "CANCELLED"})
            self._journeys.remove(journey)
            self.done["stopped"] += 1

    def segment(self, request: Request) -> str:
        """The id of the segment of that name."""
        if found := _by_name(self._segments, request["Name"]):
            return str(found["Id"])
        made = self._client.create_segment(**self._app, WriteSegmentRequest=request)["SegmentResponse"]
        self._segments.append(made)
        self.done["made"] += 1
        return str(made["Id"])

    def send(self, plan: Planned, imported: str, now: datetime) -> None:
        """The sending to those of the import, unless it stands already."""
        held = self._journeys if plan.sending.kind == JOURNEY else self._campaigns
        if _by_name(held, plan.named(imported)):
            return
        segment = self.segment(sendings.segment(plan, imported))
        for name, mail in plan.mails.items():
            self._template(name, sendings.template(mail))
        held.append(
            self._journey(plan, imported, segment, now) if plan.sending.kind == JOURNEY else self._campaign(plan, imported, segment, now)
        )
        self.done["made"] += 1

    def tidy(self, what: Wanted) -> None:
        """Deletes segments of ours that the playbook does not have and nothing is built on."""
        names = {request["Name"] for request in what.audiences}
        used = set(self._used())
        for each in self._segments:
            if each.get("Name", "").startswith(OURS) and each["Name"] not in names and each["Id"] not in used:
                self._client.delete_segment(**self._app, SegmentId=each["Id"])
                self.done["removed"] += 1

    def _campaign(self, plan: Planned, imported: str, segment: str, now: datetime) -> Request:
        request = sendings.campaign(plan, imported, segment, now)
        made: Request = self._client.create_campaign(**self._app, WriteCampaignRequest=request)["CampaignResponse"]
        return made

    def _journey(self, plan: Planned, imported: str, segment: str, now: datetime) -> Request:
        request = sendings.journey(plan, imported, segment, now)
        made: Request = self._client.create_journey(**self._app, WriteJourneyRequest=request)["JourneyResponse"]
        return made

    def _template(self, name: str, request: Request) -> None:
        try:
            self._client.get_email_template(TemplateName=name)
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "NotFoundException":
                raise
            self._client.create_email_template(TemplateName=name, EmailTemplateRequest=request)
            self.done["made"] += 1

    def _used(self) -> Iterator[str]:
        for campaign in self._campaigns:
            yield campaign.get("SegmentId", "")
        for journey in self._journeys:
            yield ((journey.get("StartCondition") or {}).get("SegmentStartCondition") or {}).get("SegmentId", "")
        for segment in self._segments:
            groups = (segment.get("SegmentGroups") or {}).get("Groups", ())
            yield from (source["Id"] for group in groups for source in group.get("SourceSegments", ()))


def _imported(pinpoint: Pinpoint, job_id: str) -> str:
    """The segment that the job has made of its endpoints; raises `NoImport`."""
    job = pinpoint.client.get_import_job(ApplicationId=pinpoint.application_id, JobId=job_id)["ImportJobResponse"]
    segment = job["Definition"].get("SegmentId")
    if not segment:
        raise NoImport(f"import job {job_id} is {job['JobStatus']} and names no segment; expected one that is COMPLETED and defines one")
    return str(segment)


def _listed(pinpoint: Pinpoint, what: str) -> Iterator[Request]:
    operation, member = _LISTS[what]
    more: dict[str, str] = {}
    while True:
        answer = getattr(pinpoint.client, operation)(ApplicationId=pinpoint.application_id, PageSize=PAGE, **more)[member]
        yield from answer.get("Item", ())
        if not answer.get("NextToken"):
            return
        more = {"Token": answer["NextToken"]}


def _outdated(held: Mapping[str, Any], what: Wanted) -> bool:
    stem = sendings.stem_of(held.get("Name", ""))
    return stem is not None and stem not in what.stems


def _by_name(held: list[Request], name: str) -> Request | None:
    return next((each for each in held if each.get("Name") == name), None)


def _status(campaign: Mapping[str, Any]) -> str:
    return str((campaign.get("State") or {}).get("CampaignStatus", ""))
