"""`playbook/campaigns.yaml`: what each campaign is for, how it is measured, and how its audience is split, checked."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from omnichannel.contracts.decisions import Goal
from omnichannel.playbook.document import FOLDER, UnusablePlaybook, filled, mapping, read, within
from omnichannel.playbook.experiments import CONTROL, Metric

NAME = "campaigns"
LONGEST_WINDOW = 365
DEAREST = 10_000
_NAME = re.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*")
_CURRENCY = re.compile("[A-Z]{3}")

E = TypeVar("E", bound=StrEnum)


class AudienceKind(StrEnum):
    """Whom a campaign speaks to: customers by messages, or people like them on display networks."""

    MESSAGING = "messaging"
    LOOKALIKES = "look-alikes"


class DisplayList(StrEnum):
    """Which list of a look-alikes run a network gets: those who are resembled, or those who resemble them."""

    SEED = "seed"
    EXPANSION = "expansion"


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A share of the price in percent, or an amount of money."""

    percent: float = 0.0
    amount: float = 0.0
    currency: str = ""


@dataclass(frozen=True, kw_only=True)
class Subgroup:
    """A part of a campaign's audience; without a `share` it is an arm of the campaign's experiment."""

    name: str
    share: float | None = None
    offer: Offer | None = None


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """One campaign; `display` is the list that networks get, None for messages."""

    name: str
    goal: Goal
    kpi: Metric
    owner: str
    window_days: int
    audience: AudienceKind
    offer: Offer | None = None
    subgroups: Mapping[str, Subgroup]
    display: DisplayList | None = None

    def offer_for(self, subgroup: str) -> Offer | None:
        """What the subgroup is offered: its own, else the campaign's, else nothing."""
        own = self.subgroups.get(subgroup)
        return own.offer if own and own.offer else self.offer

    @property
    def shares(self) -> dict[str, float]:
        """The shares of subgroups that are no arms of an experiment."""
        return {name: each.share for name, each in self.subgroups.items() if each.share is not None}


def parsed(content: Mapping[str, Any]) -> dict[str, Campaign]:
    """From the file's content, by name; raises `UnusablePlaybook`."""
    return {name: _campaign(name, value) for name, value in content.items()}


def load(folder: Path = FOLDER) -> dict[str, Campaign]:
    """The file in a folder; raises `UnusablePlaybook`."""
    return parsed(read(NAME, folder))


@cache
def campaigns_playbook() -> dict[str, Campaign]:
    """This app's own file."""
    return load()


@dataclass(frozen=True, kw_only=True)
class _Head:
    goal: str
    kpi: str
    owner: str
    window_days: int
    audience: str
    list: str = ""


def _campaign(name: str, value: Any) -> Campaign:
    if len(name) > 40 or not _NAME.fullmatch(name):
        raise UnusablePlaybook(f"{NAME}.yaml has the campaign {name!r}; expected small letters, digits and dashes, such as win-back")
    given = mapping(value, name)
    offer = _offer(given.pop("offer", None), f"{name}.offer")
    subgroups = _subgroups(given.pop("subgroups", {}), f"{name}.subgroups")
    head = filled(_Head, given, name)
    if not head.owner.strip():
        raise UnusablePlaybook(f"{name}.owner is empty; expected who answers for it")
    within(head.window_days, 1, LONGEST_WINDOW, f"{name}.window_days")
    audience = _one_of(AudienceKind, head.audience, f"{name}.audience")
    return Campaign(
        name=name, goal=_one_of(Goal, head.goal, f"{name}.goal"), kpi=_one_of(Metric, head.kpi, f"{name}.kpi"), owner=head.owner,
        window_days=head.window_days, audience=audience, offer=offer, subgroups=subgroups,
        display=_display(audience, head.list, bool(offer or subgroups), name),
    )  # fmt: skip


def _display(audience: AudienceKind, listed: str, says: bool, place: str) -> DisplayList | None:
    if audience is AudienceKind.LOOKALIKES:
        if says:
            raise UnusablePlaybook(
                f"{place} is for display networks and has an offer or subgroups; expected neither: nothing is said to anybody"
            )
        return _one_of(DisplayList, listed, f"{place}.list")
    if listed:
        raise UnusablePlaybook(f"{place}.list is {listed!r}; expected it only where audience is {AudienceKind.LOOKALIKES}")
    return None


def _subgroups(value: Any, place: str) -> dict[str, Subgroup]:
    found = {name: _subgroup(name, each, f"{place}.{name}") for name, each in mapping(value, place).items()}
    shares = [each.share for each in found.values() if each.share is not None]
    if shares and (len(shares) < len(found) or not math.isclose(sum(shares), 1, abs_tol=1e-9)):
        raise UnusablePlaybook(f"{place} have shares for {len(shares)} of {len(found)} that add up to {sum(shares):g}; expected 1 over all")
    return found


def _subgroup(name: str, value: Any, place: str) -> Subgroup:
    if name == CONTROL or not _NAME.fullmatch(name):
        raise UnusablePlaybook(f"{place} is no name for a subgroup; expected small letters, digits and dashes, and not {CONTROL}")
    given = mapping(value, place)
    offer = _offer(given.pop("offer", None), f"{place}.offer")
    if not given:
        return Subgroup(name=name, offer=offer)
    share = filled(_Share, given, place).share
    within(share, 0.001, 1, f"{place}.share")
    return Subgroup(name=name, share=share, offer=offer)


@dataclass(frozen=True, kw_only=True)
class _Share:
    share: float


def _offer(value: Any, place: str) -> Offer | None:
    if value is None:
        return None
    offer = filled(Offer, value, place)
    if bool(offer.percent) is bool(offer.amount) or bool(offer.amount) is not bool(offer.currency):
        raise UnusablePlaybook(f"{place} is {value!r}; expected {{percent: 10}} or {{amount: 5, currency: EUR}}")
    if offer.percent:
        within(offer.percent, 0.1, 100, f"{place}.percent")
    else:
        within(offer.amount, 0.01, DEAREST, f"{place}.amount")
        if not _CURRENCY.fullmatch(offer.currency):
            raise UnusablePlaybook(f"{place}.currency is {offer.currency!r}; expected three capital letters, such as EUR")
    return offer


def _one_of(kind: type[E], value: str, place: str) -> E:
    try:
        return kind(value)
    except ValueError:
        raise UnusablePlaybook(f"{place} is {value!r}; expected one of {', '.join(kind)}") from None
