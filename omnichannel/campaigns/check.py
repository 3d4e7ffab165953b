"""Whether the files that a campaign is made of fit together: campaigns, templates, tokens, actions, experiments."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omnichannel.campaigns import templates, tokens, values
from omnichannel.campaigns.shelf import Shown
from omnichannel.campaigns.templates import Key
from omnichannel.campaigns.tokens import Language, Token, Tokens
from omnichannel.playbook import campaigns, experiments
from omnichannel.playbook.campaigns import AudienceKind, Campaign
from omnichannel.playbook.document import FOLDER, UnusablePlaybook, mapping, read
from omnichannel.playbook.experiments import CONTROL, ExperimentsPlaybook

ACTIONS = "actions"


@dataclass(frozen=True, kw_only=True)
class Said:
    """One action as campaigns see it: `message` names its template."""

    action: str
    campaign: str
    channel: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What was found in order."""

    campaigns: int
    templates: int
    actions: int


def check(folder: Path = FOLDER) -> Checked:
    """Raises `UnusablePlaybook`, with the place and what would work."""
    known, words, plan = campaigns.load(folder), tokens.load(folder), experiments.load(folder)
    texts, listed = templates.load(folder, words), said(folder)
    for campaign in known.values():
        _check_split(campaign, plan)
    for place, named in _named(plan):
        _refuse_missing(place, named, known)
    _check_actions(listed, known, texts, words)
    for key, text in texts.items():
        for who, context in extremes(key, words, known, listed):
            templates.check(text, key.channel, context, who)
    return Checked(campaigns=len(known), templates=len(texts), actions=len(listed))


def said(folder: Path = FOLDER) -> list[Said]:
    """What the playbook's actions say; raises `UnusablePlaybook`."""
    found = mapping(read(ACTIONS, folder).get("actions"), f"{ACTIONS}.yaml actions")
    return [_said(name, mapping(value, f"actions.{name}")) for name, value in found.items()]


def extremes(key: Key, words: Tokens, known: Mapping[str, Campaign], listed: list[Said]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The customers of whom least and most is known, with every number of products, as contexts of a template."""
    language = words.languages[key.language]
    speaking = [known[each.campaign] for each in listed if (each.message, each.channel) == (key.message, key.channel)]
    groups = sorted({name for campaign in speaking for name in campaign.subgroups}) or [""]
    surroundings = templates.surroundings(key.channel, language, words)
    for group in groups:
        nobody = dict(language.fallbacks) | surroundings | {"items": [], "subgroup": group}
        offers = [values.offered(campaign.offer_for(group), words, language) for campaign in speaking]
        yield f"somebody unknown{_in(group)}", nobody
        for count in range(words.items_shown + 1):
            yield (
                f"the longest words and {count} products{_in(group)}",
                nobody | _longest(language, max(offers, key=len, default=""), count),
            )


def _longest(language: Language, offer: str, count: int) -> dict[str, Any]:
    """The isolates around letters written from the right count as well."""
    month = max(language.months, key=len)
    dearest = max((language.money.format(amount="999.999.999,99", symbol="XXX "), language.fallbacks[Token.PRICE]), key=len)
    shown = Shown("p", "W" * (values.LONGEST_PRODUCT + 2), dearest, "https://" + "w" * (values.LONGEST_URL - 8))
    return {
        Token.FIRST_NAME.value: "W" * (values.LONGEST_NAME + 2),
        Token.RENEWAL_DATE.value: language.date.format(day=30, month=month, year=2030),
        **({Token.OFFER.value: offer} if offer else {}),
        Token.ITEMS.value: [shown] * count,
    }


def _check_split(campaign: Campaign, plan: ExperimentsPlaybook) -> None:
    tried = plan.of_campaign(campaign.name)
    if tried.name not in plan.experiments:
        if campaign.subgroups and not campaign.shares:
            raise UnusablePlaybook(f"{campaign.name}.subgroups have no shares; expected share: … in each, or the arms of an experiment")
        return
    arms = {arm for arm in tried.arms if arm != CONTROL}
    if campaign.shares or set(campaign.subgroups) != arms:
        raise UnusablePlaybook(
            f"{campaign.name}.subgroups are {', '.join(campaign.subgroups) or 'none'}; "
            f"expected the arms of experiments.{tried.name}, without shares: {', '.join(sorted(arms))}"
        )
    for field, ours, theirs in (("kpi", campaign.kpi, tried.metric), ("window_days", campaign.window_days, tried.window_days)):
        if ours != theirs:
            raise UnusablePlaybook(f"{campaign.name}.{field} is {ours}; expected {theirs}, as experiments.{tried.name} measures it")


def _named(plan: ExperimentsPlaybook) -> Iterator[tuple[str, str]]:
    yield from ((f"experiments.{name}.campaign", each.campaign) for name, each in plan.experiments.items())
    yield from ((f"experiments.yaml controls.{name}", name) for name in plan.controls)


def _refuse_missing(place: str, named: str, known: Mapping[str, Campaign]) -> None:
    if named not in known:
        raise UnusablePlaybook(f"{place} is {named!r}, which campaigns.yaml has not; expected one of {', '.join(sorted(known))}")


def _check_actions(listed: list[Said], known: Mapping[str, Campaign], texts: Mapping[Key, object], words: Tokens) -> None:
    for each in listed:
        _refuse_missing(f"actions.{each.action}.campaign", each.campaign, known)
        if known[each.campaign].audience is not AudienceKind.MESSAGING:
            raise UnusablePlaybook(f"actions.{each.action}.campaign is {each.campaign}, which sends no messages; expected one that does")
        if Key(each.message, each.channel, words.language) not in texts:
            raise UnusablePlaybook(f"actions.{each.action} asks for {each.message}.{each.channel}.j2, which {templates.FOLDER}/ has not")
    silent = {name for name, each in known.items() if each.audience is AudienceKind.MESSAGING} - {each.campaign for each in listed}
    if silent:
        raise UnusablePlaybook(f"{', '.join(sorted(silent))}: no action of actions.yaml is of the campaign; expected at least one")


def _said(name: str, value: Mapping[str, Any]) -> Said:
    for field in ("campaign", "channel", "message"):
        if not isinstance(value.get(field), str):
            raise UnusablePlaybook(f"actions.{name}.{field} is {value.get(field)!r}; expected a name")
    return Said(action=name, campaign=value["campaign"], channel=value["channel"], message=value["message"])


def _in(group: str) -> str:
    return f" in {group}" if group else ""
