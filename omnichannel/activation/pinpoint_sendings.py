"""What stands in the Pinpoint project after an import, as requests: segments, e-mail templates, campaigns, journeys. Values in, values out.

Every name begins with `playbook-` and ends with digests of what it means, so that the same thing is found again and another meaning is
another thing. What is sent after an import goes to those of that import alone, and has its digest as well.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from omnichannel.activation.attributes import CAMPAIGN, SUBGROUP
from omnichannel.playbook.audiences import Audience, Sending, digest
from omnichannel.playbook.campaigns import Campaign
from omnichannel.playbook.hours import Hours
from omnichannel.playbook.mails import Mail, of_subgroup

Request = dict[str, Any]

OURS = "playbook-"
JOURNEY = "journey"
JOURNEY_DAYS = 7
"""How long a journey stays open for those whose quiet hours it waits for."""
_STEM = re.compile(rf"({OURS}[a-z0-9-]+-[0-9a-f]{{8}})-[0-9a-f]{{8}}")


@dataclass(frozen=True, kw_only=True)
class Quiet:
    """When no e-mail goes out, and by which clock where a customer's own is not known."""

    hours: Hours | None
    timezone: str

    def over(self, now: datetime) -> datetime | None:
        """When quiet hours that hold at the moment end (UTC); None when they do not hold."""
        local = now.astimezone(ZoneInfo(self.timezone))
        if self.hours is None or not self.hours.holds(local.hour * 60 + local.minute):
            return None
        end = local.replace(hour=self.hours.end // 60, minute=self.hours.end % 60, second=0, microsecond=0)
        return (end if end > local else end + timedelta(days=1)).astimezone(UTC)

    @property
    def time(self) -> Request:
        """The members of a schedule or a journey that say it of the customer's own time zone."""
        if self.hours is None:
            return {}
        start, end = (f"{minute // 60:02d}:{minute % 60:02d}" for minute in (self.hours.start, self.hours.end))
        return {"QuietTime": {"Start": start, "End": end}}


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One sending of the playbook with all that belongs to it; `mails` are those that it uses, by their names in Pinpoint."""

    name: str
    sending: Sending
    subgroups: tuple[str, ...]
    mails: Mapping[str, Mail]
    templates: Mapping[str, str]
    quiet: Quiet

    @property
    def stem(self) -> str:
        """Its name without the import that it is for."""
        quiet = [self.quiet.time, self.quiet.timezone]
        return f"{OURS}{self.name}-{digest([asdict(self.sending), list(self.subgroups), sorted(self.mails), quiet])}"

    def named(self, segment_id: str) -> str:
        """Its name for the import that made the segment."""
        return f"{self.stem}-{digest(segment_id)}"


def planned(name: str, sending: Sending, campaign: Campaign, mails: Mapping[str, Mail], quiet: Quiet, application_id: str) -> Planned:
    """The sending, with the e-mails of its campaign's subgroups where it is a journey. Templates belong to an account, so they have
    the project in their names.
    """
    subgroups = tuple(campaign.subgroups) if sending.kind == JOURNEY else ()
    files = {part: of_subgroup(mails, sending.template, part) for part in subgroups or ("",)}
    templates = {part: template_name(file, mails[file], application_id) for part, file in files.items()}
    used = {templates[part]: mails[file] for part, file in files.items()}
    return Planned(name=name, sending=sending, subgroups=subgroups, mails=used, templates=templates, quiet=quiet)


def template_name(file: str, mail: Mail, application_id: str) -> str:
    """The name of an e-mail template."""
    return f"{OURS}{application_id}-{file.replace('.', '-')}-{digest(asdict(mail))}"


def stem_of(name: str) -> str | None:
    """The stem of something that we have made for an import; None for everybody else's."""
    found = _STEM.fullmatch(name)
    return found[1] if found else None


def of_audience(audience: Audience) -> Request:
    """An audience as a segment: every attribute with one of its words."""
    return {"Name": f"{OURS}{audience.versioned}", "Dimensions": _words(audience.where)}


def segment(plan: Planned, segment_id: str) -> Request:
    """Those of the import who are in the sending's campaign."""
    wanted = {"SourceSegments": [{"Id": segment_id}], "SourceType": "ALL", "Dimensions": [_words({CAMPAIGN: (plan.sending.campaign,)})]}
    return {"Name": plan.named(segment_id), "SegmentGroups": {"Include": "ALL", "Groups": [{**wanted, "Type": "ALL"}]}}


def template(mail: Mail) -> Request:
    """An e-mail template."""
    return {"Subject": mail.subject, "TextPart": mail.body}


def campaign(plan: Planned, imported: str, segment_id: str, now: datetime) -> Request:
    """One e-mail to the segment, less Pinpoint's holdout, once quiet hours are over."""
    start = plan.quiet.over(now)
    return {
        "Name": plan.named(imported),
        "SegmentId": segment_id,
        "HoldoutPercent": plan.sending.holdout_percent,
        "Schedule": {"StartTime": start.isoformat() if start else "IMMEDIATE", "Frequency": "ONCE", **plan.quiet.time},
        "TemplateConfiguration": {"EmailTemplate": {"Name": plan.templates[""]}},
    }


def journey(plan: Planned, imported: str, segment_id: str, now: datetime) -> Request:
    """From the segment through Pinpoint's holdout to each subgroup's e-mail; it waits where quiet hours hold."""
    start = plan.quiet.over(now)
    schedule = {**({"StartTime": start} if start else {}), "EndTime": (start or now) + timedelta(days=JOURNEY_DAYS)}
    return {
        "Name": plan.named(imported),
        "State": "ACTIVE",
        "StartCondition": {"SegmentStartCondition": {"SegmentId": segment_id}},
        "StartActivity": "holdout",
        "Activities": dict(_activities(plan)),
        "Schedule": schedule,
        **({**plan.quiet.time, "WaitForQuietTime": True} if plan.quiet.time else {}),
    }


def _activities(plan: Planned) -> Iterator[tuple[str, Request]]:
    """Pinpoint's ids of activities are letters and digits. Who is in no subgroup leaves after the last split."""
    first = "split0" if plan.subgroups else "mail0"
    yield "holdout", {"Holdout": {"NextActivity": first, "Percentage": plan.sending.holdout_percent}}
    for number, name in enumerate(plan.subgroups):
        yield f"split{number}", {"ConditionalSplit": _split(name, number, len(plan.subgroups))}
    for number, name in enumerate(plan.templates.values()):
        yield f"mail{number}", {"EMAIL": {"TemplateName": name}}


def _split(subgroup: str, number: int, count: int) -> Request:
    condition = {"Conditions": [{"SegmentDimensions": _words({SUBGROUP: (subgroup,)})}], "Operator": "ALL"}
    otherwise = {"FalseActivity": f"split{number + 1}"} if number + 1 < count else {}
    return {"Condition": condition, "TrueActivity": f"mail{number}", **otherwise}


def _words(where: Mapping[str, Sequence[str]]) -> Request:
    return {"Attributes": {name: {"AttributeType": "INCLUSIVE", "Values": list(words)} for name, words in where.items()}}
