"""Pinpoint's campaigns: one message to a segment, less its holdout, by treatment."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.twins.errors import ServiceError
from sandbox.twins.pinpoint import sending
from sandbox.twins.pinpoint.endpoints import Endpoint
from sandbox.twins.pinpoint.templates import TemplateOperations

Body = dict[str, Any]
_ONCE, _BY_EVENT = "ONCE", ("EVENT", "IN_APP_EVENT")


class CampaignOperations(TemplateOperations):
    """Campaigns run when they are due and next asked about; a recurring one runs once."""

    def create_campaign(self, request: Body) -> Body:
        """CreateCampaign; without a schedule it never runs."""
        app, wanted = self._app(request)["Id"], request["WriteCampaignRequest"]
        key, now = uuid.uuid4().hex, self._stamp()
        campaign = {
            "HoldoutPercent": 0,
            "IsPaused": False,
            **wanted,
            "Id": key,
            "Arn": self._context.arn("mobiletargeting", f"apps/{app}/campaigns/{key}"),
            "ApplicationId": app,
            "CreationDate": now,
        }
        return self._keep_campaign(app, campaign, version=1)

    def update_campaign(self, request: Body) -> Body:
        """UpdateCampaign: members that are named; a new schedule makes it run again."""
        app, wanted = self._app(request)["Id"], request["WriteCampaignRequest"]
        held = self._campaign(app, request["CampaignId"])
        done = {} if "Schedule" in wanted else {"Ran": held.get("Ran")}
        return self._keep_campaign(app, {**held, "Ran": None, **done, **wanted}, version=held["Version"] + 1)

    def get_campaign(self, request: Body) -> Body:
        """GetCampaign."""
        app = self._app(request)["Id"]
        self._run_due(app)
        return {"CampaignResponse": _shown(self._campaign(app, request["CampaignId"]))}

    def get_campaigns(self, request: Body) -> Body:
        """GetCampaigns, all on one page."""
        app = self._app(request)["Id"]
        self._run_due(app)
        return {"CampaignsResponse": {"Item": [_shown(each) for each in self._store.all(f"campaign/{app}")]}}

    def delete_campaign(self, request: Body) -> Body:
        """DeleteCampaign; what it sent stays sent."""
        app = self._app(request)["Id"]
        campaign = self._campaign(app, request["CampaignId"])
        self._store.delete(f"campaign/{app}", campaign["Id"])
        return {"CampaignResponse": {**_shown(campaign), "State": {"CampaignStatus": "DELETED"}}}

    def _keep_campaign(self, app: str, campaign: Body, version: int) -> Body:
        self._check_campaign(app, campaign)
        treatments = [{"Id": uuid.uuid4().hex, **each} for each in campaign.get("AdditionalTreatments", ())]
        segment = self._segment(app, campaign["SegmentId"])
        kept = {**campaign, "SegmentVersion": campaign.get("SegmentVersion", segment["Version"]), "AdditionalTreatments": treatments}
        self._store.put(f"campaign/{app}", campaign["Id"], {**kept, "Version": version, "LastModifiedDate": self._stamp()})
        self._run_due(app)
        return {"CampaignResponse": _shown(self._campaign(app, campaign["Id"]))}

    def _check_campaign(self, app: str, campaign: Body) -> None:
        treatments = campaign.get("AdditionalTreatments", ())
        shares = [campaign.get("HoldoutPercent", 0), *(each["SizePercent"] for each in treatments)]
        schedule = campaign.get("Schedule")
        rules = (
            ("SegmentId" not in campaign, "a campaign needs a SegmentId"),
            (any(not 0 <= each <= 100 for each in shares) or sum(shares) > 100, "HoldoutPercent and SizePercent add up to at most 100"),
            (
                not all(map(sending.channels_of, (campaign, *treatments))),
                "a campaign needs a MessageConfiguration or TemplateConfiguration",
            ),
        )
        if reason := next((reason for broken, reason in rules if broken), ""):
            raise ServiceError("BadRequestException", reason)
        segment = self._segment(app, campaign["SegmentId"])
        if schedule:
            sending.start_of(schedule, self._context.now())
            if schedule.get("Frequency") in _BY_EVENT and segment["SegmentType"] == "IMPORT":
                raise ServiceError("BadRequestException", "an imported segment cannot be used with an event-based campaign")
        for treatment in (campaign, *treatments):
            self.check_templates(treatment.get("TemplateConfiguration") or {})

    def _campaign(self, app: str, key: str) -> Body:
        return self._found(f"campaign/{app}", key, "campaign")

    def _run_due(self, app: str) -> None:
        """Runs every campaign whose time has come and that has not run yet."""
        now = self._context.now()
        with self._lock:
            for campaign in self._store.all(f"campaign/{app}"):
                if _due(campaign, now):
                    self._store.put(f"campaign/{app}", campaign["Id"], {**campaign, "Ran": self._stamp()})
                    self._run_campaign(app, campaign, now)

    def _run_campaign(self, app: str, campaign: Body, now: datetime) -> None:
        endpoints = self._of(app)
        for key in sorted(self._members(app, self._segment(app, campaign["SegmentId"])) & endpoints.keys()):
            self._send_campaign(app, campaign, endpoints[key], now)

    def _send_campaign(self, app: str, campaign: Body, endpoint: Endpoint, now: datetime) -> None:
        treatments = campaign.get("AdditionalTreatments", [])
        holdout = campaign.get("HoldoutPercent", 0)
        drawn = sending.chosen([holdout, *(each["SizePercent"] for each in treatments)], sending.share(campaign["Id"], endpoint["Id"]))
        if (drawn == 0 and holdout) or not sending.reachable(endpoint):
            return
        treatment = treatments[drawn - 1] if drawn else campaign
        schedule = treatment.get("Schedule") or campaign["Schedule"]
        if endpoint["ChannelType"] in sending.channels_of(treatment) and not sending.quiet(schedule.get("QuietTime"), endpoint, now):
            template = sending.template_for(treatment, endpoint["ChannelType"])
            self._send(app, endpoint, now, campaign=campaign["Id"], name=campaign.get("Name"), treatment=treatment["Id"], template=template)

    def _send(self, app: str, endpoint: Endpoint, at: datetime, **of: Any) -> None:
        key = uuid.uuid4().hex
        user = (endpoint.get("User") or {}).get("UserId")
        message = {"id": key, "endpoint": endpoint["Id"], "user": user, "channel": endpoint["ChannelType"], "at": at, **of}
        self._store.put(f"send/{app}", key, message)


def _due(campaign: Mapping[str, Any], now: datetime) -> bool:
    schedule = campaign.get("Schedule")
    if not schedule or campaign.get("Ran") or campaign.get("IsPaused") or schedule.get("Frequency") in _BY_EVENT:
        return False
    return sending.start_of(schedule, now) <= now


def _shown(campaign: Body) -> Body:
    again = (campaign.get("Schedule") or {}).get("Frequency", _ONCE) != _ONCE
    status = "PENDING_NEXT_RUN" if again else "COMPLETED"
    if not campaign.get("Ran"):
        status = "PAUSED" if campaign.get("IsPaused") else "SCHEDULED"
    return {name: value for name, value in campaign.items() if name != "Ran"} | {"State": {"CampaignStatus": status}}
