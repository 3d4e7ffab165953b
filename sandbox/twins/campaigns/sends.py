"""What campaigns would send: one document a message, planned for the first open hour."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sandbox.twins.campaigns import hours, rules
from sandbox.twins.store import Store

Body = dict[str, Any]
PLANNED, SENT, HELD, WITHHELD = "planned", "sent", "held", "withheld"


class Sends:
    """Messages by id; a planned one is sent once its time has come."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self, now: datetime, **equal: str) -> list[Body]:
        """Every message as it stands now, oldest first, with the fields that are asked for."""
        shown = [_shown(each, now) for each in self._store.all("send")]
        return [each for each in shown if all(each.get(name) == value for name, value in equal.items())]

    def add(self, campaign: Mapping[str, Any], profile: Mapping[str, Any], now: datetime, until: datetime | None = None) -> str:
        """Plans one message to a profile of the campaign's `domain`, or writes down why there is none; its id."""
        channel = rules.channel_for(campaign, profile)
        message = {
            "id": uuid.uuid4().hex,
            "campaign": campaign["id"],
            "name": campaign["name"],
            "instance": campaign["connectInstanceId"],
            "domain": campaign["domain"],
            "profile": profile["ProfileId"],
            "channel": channel,
            "entered": now,
            "until": until,
        }
        self._store.put("send", message["id"], {**message, **self._planned(campaign, message, now)})
        return str(message["id"])

    def hold(self, campaign: str, now: datetime) -> None:
        """Keeps what is not yet sent from being sent."""
        for message in self.all(now, campaign=campaign, state=PLANNED):
            self._store.put("send", message["id"], {**message, "state": HELD})

    def release(self, campaign: Mapping[str, Any], now: datetime) -> None:
        """Plans anew what was held."""
        for message in self.all(now, campaign=campaign["id"], state=HELD):
            self._store.put("send", message["id"], {**message, **self._planned(campaign, message, now)})

    def end(self, campaign: str, now: datetime) -> None:
        """What is not yet sent never will be."""
        for message in self.all(now, campaign=campaign):
            if message["state"] in (PLANNED, HELD):
                self._store.put("send", message["id"], {**message, "state": WITHHELD, "reason": "campaign stopped", "at": None})

    def _planned(self, campaign: Mapping[str, Any], message: Mapping[str, Any], now: datetime) -> Body:
        schedule = campaign.get("schedule") or {}
        begins = max(now, schedule.get("startTime", now))
        at = hours.next_open(campaign.get("communicationTimeConfig") or {}, message["channel"], begins) if message["channel"] else None
        ends = min((each for each in (schedule.get("endTime"), message["until"]) if each), default=None)
        reasons = (
            (not message["channel"], "no address"),
            (message["channel"] and at is None, "never open"),
            (at is not None and ends is not None and at > ends, "not open before the end"),
            (at is not None and self._limited(campaign, message, at), "communication limit"),
        )
        reason = next((text for broken, text in reasons if broken), None)
        return {"state": WITHHELD if reason else PLANNED, "reason": reason, "at": None if reason else at}

    def _limited(self, campaign: Mapping[str, Any], message: Mapping[str, Any], at: datetime) -> bool:
        """Whether the recipient has had as many messages of the instance as the campaign's limits allow."""
        wanted = (campaign.get("communicationLimitsOverride") or {}).get("allChannelSubtypes") or {}
        limits = wanted.get("communicationLimitsList", ())
        times = self._times(message) if limits else []
        return any(
            sum(at - timedelta(days=each["frequency"]) < time <= at for time in times) >= each["maxCountPerRecipient"] for each in limits
        )

    def _times(self, message: Mapping[str, Any]) -> list[datetime]:
        """When the instance's other messages reach the same profile."""
        others = [each for each in self._store.all("send") if each["id"] != message["id"] and each["at"]]
        return [each["at"] for each in others if all(each[name] == message[name] for name in ("profile", "instance"))]


def _shown(message: Body, now: datetime) -> Body:
    sent = message["state"] == PLANNED and message["at"] <= now
    return {**message, "state": SENT} if sent else message
