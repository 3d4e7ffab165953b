"""Pinpoint's journeys: every member of a segment walks through the activities, and what would be sent is written down.

All of a walk is done when the journey becomes due; a wait only moves the time of what comes after it.
"""

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sandbox.twins.errors import ServiceError
from sandbox.twins.pinpoint import sending
from sandbox.twins.pinpoint.campaigns import Body, CampaignOperations
from sandbox.twins.pinpoint.endpoints import Endpoint
from sandbox.twins.pinpoint.segments import matches

MAX_STEPS = 100
_MESSAGES = {"EMAIL": {"EMAIL"}, "SMS": {"SMS"}, "PUSH": set(sending.PUSH), "CUSTOM": {"CUSTOM"}}
_MOVES = {"DRAFT": {"ACTIVE", "CANCELLED"}, "ACTIVE": {"PAUSED", "CANCELLED"}, "PAUSED": {"ACTIVE", "CANCELLED"}}
_SPLIT = "RandomSplit"


class JourneyOperations(CampaignOperations):
    """Journeys of an app."""

    def create_journey(self, request: Body) -> Body:
        """CreateJourney, as a draft or at once active."""
        app, key = self._app(request)["Id"], uuid.uuid4().hex
        fixed = {"Id": key, "ApplicationId": app, "CreationDate": self._stamp()}
        return self._keep_journey(app, {"State": "DRAFT", **request["WriteJourneyRequest"], **fixed})

    def update_journey(self, request: Body) -> Body:
        """UpdateJourney, while it is a draft."""
        app = self._app(request)["Id"]
        held = self._journey(app, request["JourneyId"])
        if held["State"] != "DRAFT":
            raise ServiceError("ConflictException", f"the journey is {held['State']}; only a DRAFT can be changed")
        return self._keep_journey(app, {**held, **request["WriteJourneyRequest"]})

    def update_journey_state(self, request: Body) -> Body:
        """UpdateJourneyState: start, pause, resume or cancel."""
        app, state = self._app(request)["Id"], request["JourneyStateRequest"]["State"]
        held = self._journey(app, request["JourneyId"])
        if state not in _MOVES.get(held["State"], ()):
            raise ServiceError("BadRequestException", f"a journey that is {held['State']} cannot become {state}")
        return self._keep_journey(app, {**held, "State": state})

    def get_journey(self, request: Body) -> Body:
        """GetJourney."""
        app = self._app(request)["Id"]
        self._walk_due(app)
        return {"JourneyResponse": _shown(self._journey(app, request["JourneyId"]))}

    def list_journeys(self, request: Body) -> Body:
        """ListJourneys, all on one page."""
        app = self._app(request)["Id"]
        return {"JourneysResponse": {"Item": [_shown(each) for each in self._store.all(f"journey/{app}")]}}

    def delete_journey(self, request: Body) -> Body:
        """DeleteJourney; what is not yet sent never will be."""
        app = self._app(request)["Id"]
        held = self._journey(app, request["JourneyId"])
        self._store.delete(f"journey/{app}", held["Id"])
        return {"JourneyResponse": _shown(held)}

    def sends(self, app: str) -> list[Body]:
        """Every message of the app's campaigns and journeys, as it stands now: sent, planned, held or cancelled."""
        self._run_due(app)
        self._walk_due(app)
        now = self._context.now()
        states = {each["Id"]: each["State"] for each in self._store.all(f"journey/{app}")}
        return [{**each, "state": _standing(each, states, now)} for each in self._store.all(f"send/{app}")]

    def _keep_journey(self, app: str, journey: Body) -> Body:
        if journey["State"] not in ("DRAFT", "CANCELLED"):
            self._check_journey(app, journey)
        self._store.put(f"journey/{app}", journey["Id"], {**journey, "LastModifiedDate": self._stamp()})
        self._walk_due(app)
        return {"JourneyResponse": _shown(self._journey(app, journey["Id"]))}

    def _journey(self, app: str, key: str) -> Body:
        return self._found(f"journey/{app}", key, "journey")

    def _check_journey(self, app: str, journey: Body) -> None:
        """Refuses a journey that could not be walked."""
        activities = journey.get("Activities") or {}
        unknown = {each for activity in activities.values() for each in _followers(activity)} - activities.keys()
        start = (journey.get("StartCondition") or {}).get("SegmentStartCondition")
        shares = [[branch["Percentage"] for branch in each[_SPLIT]["Branches"]] for each in activities.values() if _SPLIT in each]
        holdouts = [each["Holdout"]["Percentage"] for each in activities.values() if "Holdout" in each]
        rules = (
            (journey.get("StartActivity") not in activities, "StartActivity is none of the Activities"),
            (bool(unknown), f"no activity {', '.join(sorted(unknown))}"),
            (start is None, "the sandbox starts journeys from a segment; give SegmentStartCondition"),
            (any(sum(each) != 100 for each in shares), "the branches of a RandomSplit add up to 100"),
            (any(not 0 <= each <= 100 for each in holdouts), "a Holdout is between 0 and 100 percent"),
        )
        if reason := next((reason for broken, reason in rules if broken), ""):
            raise ServiceError("BadRequestException", reason)
        self._segment(app, journey["StartCondition"]["SegmentStartCondition"]["SegmentId"])
        for kind, activity in ((kind, each[kind]) for each in activities.values() for kind in ("EMAIL", "SMS", "PUSH") if kind in each):
            self.require_template(kind, activity.get("TemplateName", ""))

    def _walk_due(self, app: str) -> None:
        """Walks every active journey whose time has come and that nobody has walked yet."""
        now = self._context.now()
        with self._lock:
            for journey in self._store.all(f"journey/{app}"):
                starts = (journey.get("Schedule") or {}).get("StartTime", now)
                if journey["State"] == "ACTIVE" and not journey.get("Walked") and starts <= now:
                    self._store.put(f"journey/{app}", journey["Id"], {**journey, "Walked": self._stamp()})
                    self._walk_all(app, journey, now)

    def _walk_all(self, app: str, journey: Body, now: datetime) -> None:
        endpoints = self._of(app)
        segment = self._segment(app, journey["StartCondition"]["SegmentStartCondition"]["SegmentId"])
        for key in sorted(self._members(app, segment) & endpoints.keys()):
            for activity, kind, at in self._steps(app, journey, endpoints[key], now):
                self._message(app, journey, activity, kind, endpoints[key], at)

    def _steps(self, app: str, journey: Body, endpoint: Endpoint, at: datetime) -> Iterator[tuple[str, str, datetime]]:
        """(activity, kind, when) of each message activity on the endpoint's way."""
        name: str | None = journey["StartActivity"]
        for _ in range(MAX_STEPS):
            activity = journey["Activities"].get(name)
            if activity is None or name is None:
                return
            kind = next(each for each in activity if each != "Description")
            if kind in _MESSAGES:
                yield name, kind, at
            if kind == "Wait":
                at = sending.waited(activity[kind].get("WaitTime") or {}, at)
            name = self._following(app, kind, activity[kind], endpoint, f"{journey['Id']} {name}")

    def _following(self, app: str, kind: str, activity: Mapping[str, Any], endpoint: Endpoint, draw: str) -> str | None:
        position = sending.share(draw, endpoint["Id"])
        match kind:
            case "Holdout":
                return None if position < activity["Percentage"] else activity.get("NextActivity")
            case "RandomSplit":
                branch = sending.chosen([each["Percentage"] for each in activity["Branches"]], position)
                return None if branch is None else activity["Branches"][branch].get("NextActivity")
            case "ConditionalSplit":
                held = [self._holds(app, each, endpoint) for each in activity["Condition"]["Conditions"]]
                true = all(held) if activity["Condition"].get("Operator", "ALL") == "ALL" else any(held)
                return activity.get("TrueActivity" if true else "FalseActivity")
            case "MultiCondition":
                branches = (each for each in activity["Branches"] if self._holds(app, each["Condition"], endpoint))
                return next((each["NextActivity"] for each in branches), activity.get("DefaultActivity"))
        return activity.get("NextActivity")

    def _holds(self, app: str, condition: Mapping[str, Any], endpoint: Endpoint) -> bool:
        """Segment conditions only: nothing here opens or clicks, so a condition on events does not hold."""
        if "SegmentCondition" in condition:
            return endpoint["Id"] in self._members(app, self._segment(app, condition["SegmentCondition"]["SegmentId"]))
        return "SegmentDimensions" in condition and matches(condition["SegmentDimensions"], endpoint)

    def _message(self, app: str, journey: Body, activity: str, kind: str, endpoint: Endpoint, at: datetime) -> None:
        if endpoint["ChannelType"] not in _MESSAGES[kind] or not sending.reachable(endpoint):
            return
        if sending.quiet(journey.get("QuietTime"), endpoint, at):
            if not journey.get("WaitForQuietTime"):
                return
            at = sending.awake(journey["QuietTime"], endpoint, at)
        template = journey["Activities"][activity][kind].get("TemplateName")
        self._send(app, endpoint, at, journey=journey["Id"], name=journey["Name"], activity=activity, template=template)


def _followers(activity: Mapping[str, Any]) -> Iterator[str]:
    """Names of the activities that may follow, at any depth."""
    for name, value in activity.items():
        if name in ("NextActivity", "TrueActivity", "FalseActivity", "DefaultActivity"):
            yield value
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, Mapping):
                yield from _followers(each)


def _standing(message: Mapping[str, Any], journeys: Mapping[str, str], now: datetime) -> str:
    if message["at"] <= now:
        return "sent"
    state = journeys.get(message.get("journey", ""), "CANCELLED")
    return {"ACTIVE": "planned", "PAUSED": "held"}.get(state, "cancelled")


def _shown(journey: Body) -> Body:
    return {name: value for name, value in journey.items() if name != "Walked"}
