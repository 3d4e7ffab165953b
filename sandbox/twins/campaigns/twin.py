"""Campaigns: made, started, asked to send, stopped."""

import threading
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.twins.campaigns import rules
from sandbox.twins.campaigns.instances import Body, InstanceOperations
from sandbox.twins.campaigns.sends import SENT, Sends
from sandbox.twins.context import TwinContext
from sandbox.twins.errors import ServiceError
from sandbox.twins.faults import Batch

MAX_CAMPAIGNS, MAX_ACTIVE = 500, 50
"""Of one instance (Connect's quotas)."""
_OWN = ("state", "requests")
_FAILURES = ("UnknownError", "ResourceNotFound", "Conflict", "RequestThrottled", "InvalidInput")
_SUMMARY = ("id", "arn", "name", "connectInstanceId", "type", "schedule", "entryLimitsConfig", "connectCampaignFlowArn")


def _failure_of(code: str) -> str:
    return code if code in _FAILURES else _FAILURES[0]


class CampaignsTwin(InstanceOperations):
    """Campaigns over the Customer Profiles twin's segments."""

    PRINCIPAL = "connect-campaigns"
    BATCHES: Mapping[str, Batch] = {
        "PutProfileOutboundRequestBatch": Batch(
            items="profileOutboundRequests",
            failed="failedRequests",
            told=lambda item, fault: {"clientToken": item["clientToken"], "failureCode": _failure_of(fault.code)},
        )
    }

    def __init__(self, context: TwinContext) -> None:
        super().__init__(context)
        self._lock = threading.RLock()
        self._sends = Sends(self.store)

    def resource(self, operation: str, request: Body) -> str:
        """The ARN that IAM decides on."""
        if "id" in request:
            return self._arn(request["id"].rpartition("/")[2])
        return self._arn("*") if operation == "CreateCampaign" else "*"

    def inspect(self, what: str, query: dict[str, str]) -> Any:
        """What the module says."""
        now = self.context.now()
        match what:
            case "sends":
                return [{**each, "account": self._account(each)} for each in self._sends.all(now, **query)]
            case "campaigns":
                sent = [each["campaign"] for each in self._sends.all(now, state=SENT)]
                return [{**each, "state": _state(each, now), "sent": sent.count(each["id"])} for each in self.store.all("campaign")]
            case "instances":
                known = {each["connectInstanceId"] for kind in ("onboarding", "campaign") for each in self.store.all(kind)}
                return {key: self.store.all(f"integration/{key}") for key in sorted(known)}
        raise ValueError(f"unknown {what!r}; expected sends, campaigns or instances")

    def _account(self, message: Body) -> str | None:
        """The account number of whom a message is to; None once the profile is deleted, for nothing of a person is kept here."""
        entry = self.profiles.book(message["domain"]).get(message["profile"])
        return entry["profile"].get("AccountNumber") if entry else None

    def create_campaign(self, request: Body) -> Body:
        """CreateCampaign; its segment must exist."""
        rules.check(request, self.context.now())
        self._check_source(request)
        with self._lock:
            held = [each for each in self.store.all("campaign") if each["connectInstanceId"] == request["connectInstanceId"]]
            if len(held) >= MAX_CAMPAIGNS:
                raise ServiceError("ServiceQuotaExceededException", f"{MAX_CAMPAIGNS} campaigns in the instance")
            key = str(uuid.uuid4())
            campaign = {"type": "MANAGED", **request, "id": key, "arn": self._arn(key), "state": "Initialized", "requests": {}}
            self.store.put("campaign", key, campaign)
        return {"id": key, "arn": campaign["arn"], "tags": request.get("tags")}

    def describe_campaign(self, request: Body) -> Body:
        """DescribeCampaign, by id or ARN."""
        return {"campaign": {name: value for name, value in self._campaign(request).items() if name not in _OWN}}

    def list_campaigns(self, request: Body) -> Body:
        """ListCampaigns of one instance or all."""
        wanted = ((request.get("filters") or {}).get("instanceIdFilter") or {}).get("value")
        listed = [each for each in self.store.all("campaign") if wanted in (None, each["connectInstanceId"])]
        start, size = int(request.get("nextToken", 0)), int(request.get("maxResults", 50))
        following = str(start + size) if start + size < len(listed) else None
        return {"campaignSummaryList": [_summary(each) for each in listed[start : start + size]], "nextToken": following}

    def get_campaign_state(self, request: Body) -> Body:
        """GetCampaignState; one whose schedule is over is Completed."""
        return {"state": _state(self._campaign(request), self.context.now())}

    def get_campaign_state_batch(self, request: Body) -> Body:
        """GetCampaignStateBatch."""
        held = {key: self.store.get("campaign", key.rpartition("/")[2]) for key in request["campaignIds"]}
        now = self.context.now()
        return {
            "successfulRequests": [{"campaignId": key, "state": _state(each, now)} for key, each in held.items() if each],
            "failedRequests": [{"campaignId": key, "failureCode": "ResourceNotFound"} for key, each in held.items() if each is None],
        }

    def start_campaign(self, request: Body) -> Body:
        """StartCampaign: every member of its segment enters at once."""
        with self._lock:
            campaign = self._moved(request, "start", "Running")
            segment = rules.segment_of(campaign)
            if segment is not None:
                self._enter_all({**campaign, "domain": segment[0]}, segment)
        return {}

    def pause_campaign(self, request: Body) -> Body:
        """PauseCampaign: what is not yet sent waits."""
        with self._lock:
            self._sends.hold(self._moved(request, "pause", "Paused")["id"], self.context.now())
        return {}

    def resume_campaign(self, request: Body) -> Body:
        """ResumeCampaign."""
        with self._lock:
            self._sends.release(self._moved(request, "resume", "Running"), self.context.now())
        return {}

    def stop_campaign(self, request: Body) -> Body:
        """StopCampaign, for good."""
        with self._lock:
            self._sends.end(self._moved(request, "stop", "Stopped")["id"], self.context.now())
        return {}

    def delete_campaign(self, request: Body) -> Body:
        """DeleteCampaign; what it sent stays sent."""
        with self._lock:
            key = self._campaign(request)["id"]
            self._sends.end(key, self.context.now())
            self.store.delete("campaign", key)
        return {}

    def put_profile_outbound_request_batch(self, request: Body) -> Body:
        """PutProfileOutboundRequestBatch: a token that was used for the same profile is answered again, and nothing sent twice."""
        done: list[Body] = []
        failed: list[Body] = []
        with self._lock:
            campaign = self._campaign(request)
            rules.require(_state(campaign, self.context.now()), "request")
            for item in request["profileOutboundRequests"]:
                key, failure = self._request(campaign, item)
                token = {"clientToken": item["clientToken"]}
                (failed if failure else done).append({**token, "failureCode": failure} if failure else {**token, "id": key})
            self.store.put("campaign", campaign["id"], campaign)
        return {"successfulRequests": done, "failedRequests": failed}

    def _enter_all(self, campaign: Body, segment: tuple[str, str]) -> None:
        for entry in self.profiles.members(*segment):
            self._sends.add(campaign, entry["profile"], self.context.now())

    def _request(self, campaign: Body, item: Body) -> tuple[str, str]:
        """The id of a request that is taken, or why it is not."""
        known = campaign["requests"].get(item["clientToken"])
        if known is not None:
            return (known["id"], "") if known["profile"] == item["profileId"] else ("", "Conflict")
        now, until = self.context.now(), item.get("expirationTime")
        domain = self._domain(campaign)
        entry = self.profiles.book(domain).get(item["profileId"])
        if entry is None or (until is not None and until <= now):
            return "", "ResourceNotFound" if entry is None else "InvalidInput"
        key = self._sends.add({**campaign, "domain": domain}, entry["profile"], now, until)
        campaign["requests"][item["clientToken"]] = {"id": key, "profile": item["profileId"]}
        return key, ""

    def _domain(self, campaign: Body) -> str:
        """The domain whose profiles the campaign reaches: its source's, else its instance's."""
        if segment := rules.segment_of(campaign):
            return segment[0]
        trigger = (campaign.get("source") or {}).get("eventTrigger") or {}
        integrations = self.store.all(f"integration/{campaign['connectInstanceId']}")
        linked = [each["customerProfiles"]["domainArn"] for each in integrations if "customerProfiles" in each]
        return rules.domain_in(next(filter(None, [trigger.get("customerProfilesDomainArn"), *linked]), ""))

    def _check_source(self, campaign: Mapping[str, Any]) -> None:
        segment = rules.segment_of(campaign)
        if segment is not None:
            self.profiles.found("segment", *segment)
        trigger = (campaign.get("source") or {}).get("eventTrigger") or {}
        if "customerProfilesDomainArn" in trigger:
            self.profiles.domain({"DomainName": rules.domain_in(trigger["customerProfilesDomainArn"])})

    def _moved(self, request: Body, action: str, state: str) -> Body:
        """The campaign in its next state, where its present one allows that."""
        campaign, now = self._campaign(request), self.context.now()
        rules.require(_state(campaign, now), action)
        if action == "start":
            rules.check(campaign, now)
            self._check_source(campaign)
            self.require_set_up(campaign["connectInstanceId"])
            active = [each for each in self.store.all("campaign") if each["connectInstanceId"] == campaign["connectInstanceId"]]
            if sum(_state(each, now) in ("Running", "Paused") for each in active) >= MAX_ACTIVE:
                raise ServiceError("ConflictException", f"{MAX_ACTIVE} campaigns of the instance are active")
        self.store.put("campaign", campaign["id"], {**campaign, "state": state})
        return campaign

    def _campaign(self, request: Body) -> Body:
        key = request["id"].rpartition("/")[2]
        held = self.store.get("campaign", key)
        if held is None:
            raise ServiceError("ResourceNotFoundException", f"no campaign {key}")
        return held

    def _changed(self, request: Body, *, guarded: bool = True) -> Body:
        """Replaces the members that the request names; in a state that allows it where the service guards the operation."""
        with self._lock:
            campaign, now = self._campaign(request), self.context.now()
            if guarded:
                rules.require(_state(campaign, now), "change")
            changed = {**campaign, **{name: value for name, value in request.items() if name != "id"}}
            rules.check(changed, now)
            self._check_source(changed)
            self.store.put("campaign", campaign["id"], changed)
        return {}

    def update_campaign_name(self, request: Body) -> Body:
        """UpdateCampaignName."""
        return self._changed(request, guarded=False)

    def update_campaign_channel_subtype_config(self, request: Body) -> Body:
        """UpdateCampaignChannelSubtypeConfig."""
        return self._changed(request, guarded=False)

    def update_campaign_schedule(self, request: Body) -> Body:
        """UpdateCampaignSchedule."""
        return self._changed(request)

    def update_campaign_source(self, request: Body) -> Body:
        """UpdateCampaignSource."""
        return self._changed(request)

    def update_campaign_flow_association(self, request: Body) -> Body:
        """UpdateCampaignFlowAssociation."""
        return self._changed(request)

    def update_campaign_communication_time(self, request: Body) -> Body:
        """UpdateCampaignCommunicationTime: for what is planned from now on."""
        return self._changed(request)

    def update_campaign_communication_limits(self, request: Body) -> Body:
        """UpdateCampaignCommunicationLimits: for what is planned from now on."""
        return self._changed(request)

    def _arn(self, key: str) -> str:
        return self.context.arn("connect-campaigns", f"campaign/{key}")


def _state(campaign: Mapping[str, Any], now: datetime) -> str:
    schedule = campaign.get("schedule")
    over = campaign["state"] == "Running" and schedule and schedule["endTime"] <= now
    return "Completed" if over else str(campaign["state"])


def _summary(campaign: Mapping[str, Any]) -> Body:
    shown = {name: campaign[name] for name in _SUMMARY if name in campaign}
    return {**shown, "channelSubtypes": [name.upper() for name in campaign.get("channelSubtypeConfig") or {}]}
