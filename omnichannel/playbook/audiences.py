"""`playbook/audiences.yaml`: the segments that marketing finds in the messaging channel, and what Pinpoint sends to them, checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from json import dumps
from pathlib import Path
from typing import Any

from omnichannel.contracts.scores import Band, Trait
from omnichannel.playbook import mails as mail_files
from omnichannel.playbook.actions import NAME as ACTIONS
from omnichannel.playbook.campaigns import AudienceKind
from omnichannel.playbook.campaigns import load as load_campaigns
from omnichannel.playbook.document import FOLDER, UnusablePlaybook, filled, mapping, read, refuse_unknown, within
from omnichannel.playbook.mails import Mail

NAME = "audiences"
CAMPAIGN = "campaign"
"""The attribute with the campaign of a customer's next action, and what the names of campaigns' audiences begin with."""
DIGEST_CHARS = 8
LONGEST_NAME = 50
MOST_WORDS = 50
"""Of one condition: both Customer Profiles and Pinpoint take no more."""
MOST_AUDIENCES = 100
_BANDS = frozenset(Band)
_KNOWN: Mapping[str, frozenset[str] | None] = {
    Trait.CHURN_BAND.value: _BANDS,
    Trait.REPURCHASE_BAND.value: _BANDS,
    Trait.CUSTOMER_SEGMENT.value: None,
    Trait.NEXT_BEST_ACTION.value: None,
    CAMPAIGN: None,
}
_NAME = re.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*")
KINDS = ("campaign", "journey")


@dataclass(frozen=True, kw_only=True)
class Audience:
    """Everybody whose attributes have one of the words each."""

    name: str
    description: str
    where: Mapping[str, tuple[str, ...]]

    @property
    def versioned(self) -> str:
        """The name with a digest of what it means: segments cannot be changed, so another meaning is another segment."""
        return f"{self.name}-{digest({name: list(words) for name, words in sorted(self.where.items())})}"


@dataclass(frozen=True, kw_only=True)
class Sending:
    """What Pinpoint sends after an import to those of it who are in a campaign, as a campaign or a journey of its own.

    `template` names an e-mail of `playbook/pinpoint/`; a journey has one for each subgroup, where there is a file for it.
    """

    campaign: str
    kind: str
    template: str
    holdout_percent: int = 0


@dataclass(frozen=True, kw_only=True)
class Audiences:
    """All of the file, with an audience for each messaging campaign and the e-mails of `playbook/pinpoint/`."""

    audiences: tuple[Audience, ...]
    sendings: Mapping[str, Sending]
    mails: Mapping[str, Mail]


def digest(content: object) -> str:
    """A few characters that change with the content."""
    return sha256(dumps(content, sort_keys=True).encode()).hexdigest()[:DIGEST_CHARS]


def of_campaign(name: str) -> Audience:
    """Those whose next action belongs to the campaign."""
    return Audience(name=f"{CAMPAIGN}-{name}", description=f"Next action belongs to the campaign {name}", where={CAMPAIGN: (name,)})


def load(folder: Path = FOLDER) -> Audiences:
    """The file in a folder; raises `UnusablePlaybook`."""
    campaigns = [each.name for each in load_campaigns(folder).values() if each.audience is AudienceKind.MESSAGING]
    actions = frozenset(mapping(read(ACTIONS, folder).get("actions"), "actions"))
    return parsed(read(NAME, folder), campaigns, actions, mail_files.load(folder))


@cache
def audiences_playbook() -> Audiences:
    """This app's own file."""
    return load()


def parsed(content: Mapping[str, Any], campaigns: list[str], actions: frozenset[str], mails: Mapping[str, Mail]) -> Audiences:
    """From the file's content, the messaging campaigns and the actions that there are; raises `UnusablePlaybook`."""
    refuse_unknown(content, ("audiences", "pinpoint"), f"{NAME}.yaml")
    known = {**_KNOWN, CAMPAIGN: frozenset(campaigns), Trait.NEXT_BEST_ACTION.value: actions}
    found = [_audience(name, each, known) for name, each in mapping(content.get("audiences"), "audiences").items()]
    if len(found) + len(campaigns) > MOST_AUDIENCES:
        raise UnusablePlaybook(f"audiences are {len(found)} with {len(campaigns)} campaigns; expected at most {MOST_AUDIENCES} together")
    asked = mapping(content.get("pinpoint", {}), "pinpoint")
    sendings = {name: _sending(name, each, campaigns, mails) for name, each in asked.items()}
    return Audiences(audiences=(*found, *map(of_campaign, campaigns)), sendings=sendings, mails=mails)


def _audience(name: str, value: Any, known: Mapping[str, frozenset[str] | None]) -> Audience:
    place = f"audiences.{name}"
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name) or name.startswith(f"{CAMPAIGN}-"):
        raise UnusablePlaybook(f"{place} is no name; expected small letters, digits and dashes, and not {CAMPAIGN}-…, which campaigns have")
    given = mapping(value, place)
    refuse_unknown(given, ("description", "where"), place)
    where = mapping(given.get("where"), f"{place}.where")
    if not where:
        raise UnusablePlaybook(f"{place}.where is empty; expected some of {', '.join(known)}, or everybody would be meant")
    refuse_unknown(where, dict(known), f"{place}.where")
    words = {attribute: _words(each, known[attribute], f"{place}.where.{attribute}") for attribute, each in where.items()}
    return Audience(name=name, description=str(given.get("description") or name), where=words)


def _words(value: Any, known: frozenset[str] | None, place: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value) or not 1 <= len(value) <= MOST_WORDS:
        raise UnusablePlaybook(f"{place} is {value!r:.60}; expected a list of 1 to {MOST_WORDS} words")
    unknown = sorted(set(value) - known) if known is not None else []
    if unknown:
        raise UnusablePlaybook(f"{place} has {', '.join(unknown)}; expected some of {', '.join(sorted(known or ()))}")
    return tuple(dict.fromkeys(value))


def _sending(name: str, value: Any, campaigns: list[str], mails: Mapping[str, Mail]) -> Sending:
    place = f"pinpoint.{name}"
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise UnusablePlaybook(f"{place} is no name; expected small letters, digits and dashes")
    found = filled(Sending, value, place)
    checks = (("campaign", found.campaign, campaigns), ("kind", found.kind, KINDS), ("template", found.template, list(mails)))
    for what, given, possible in checks:
        if given not in possible:
            raise UnusablePlaybook(f"{place}.{what} is {given!r}; expected one of {', '.join(possible)}")
    within(found.holdout_percent, 0, 50, f"{place}.holdout_percent")
    return found
