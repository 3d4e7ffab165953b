"""`playbook/actions.yaml`: channels with their quiet hours and caps, and the actions that a decision chooses from, checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from omnichannel.contracts.consent import Channel as ConsentChannel
from omnichannel.contracts.consent import Purpose
from omnichannel.contracts.scores import Model
from omnichannel.playbook.choices import Action, Cap, Channel, Items, Outcome, Places, Playbook, Probability, Value, Window, Worth
from omnichannel.playbook.conditions import conditions, names
from omnichannel.playbook.digest import digest
from omnichannel.playbook.document import FOLDER, UnusablePlaybook, filled, mapping, read, refuse_unknown, within
from omnichannel.playbook.experiments import ExperimentsPlaybook
from omnichannel.playbook.experiments import load as load_experiments
from omnichannel.playbook.hours import days, hours, zone

NAME = "actions"
CHANNELS = (ConsentChannel.EMAIL.value, ConsentChannel.SMS.value, ConsentChannel.PUSH.value)
KEPT_DAYS = 60
"""Contacts are remembered for so long: caps and cool-downs cannot reach further back."""
MOST_ACTIONS, MOST_MONEY = 100, 100_000


def load(folder: Path = FOLDER) -> Playbook:
    """The files in a folder; raises `UnusablePlaybook`."""
    return parsed(read(NAME, folder), load_experiments(folder), digest(folder))


@cache
def playbook() -> Playbook:
    """This app's own files."""
    return load()


@dataclass(frozen=True, kw_only=True)
class _Head:
    currency: str
    timezone: str
    exploration: float = 0.0
    stock_floor: int = 1


@dataclass(frozen=True, kw_only=True)
class _Plain:
    """The fields of an action that are a number or a text."""

    campaign: str
    channel: str
    message: str
    arm: str = ""
    cost: float = 0.0
    weight: float = 1.0
    minimum_age: int = 0
    items: str = Items.NONE.value
    stock_floor: int = 0
    cool_down_days: int = 0


_HEAD = tuple(_Head.__annotations__)
_MADE = ("probability", "value", "eligible", "countries", "regions", "window", "suppressed_by")


def parsed(content: Mapping[str, Any], experiments: ExperimentsPlaybook, digest: str = "") -> Playbook:
    """From the file's content; raises `UnusablePlaybook`."""
    refuse_unknown(content, (*_HEAD, "caps", "told_segments", "channels", "actions"), f"{NAME}.yaml")
    head = filled(_Head, {name: content[name] for name in _HEAD if name in content}, f"{NAME}.yaml")
    zone(head.timezone, "timezone")
    within(head.exploration, 0, 0.5, "exploration")
    within(head.stock_floor, 0, 1e6, "stock_floor")
    if not (len(head.currency) == 3 and head.currency.isupper()):
        raise UnusablePlaybook(f"currency is {head.currency!r}; expected three capitals, such as EUR")
    channels = {name: _channel(name, each) for name, each in mapping(content.get("channels"), "channels").items()}
    listed = mapping(content.get("actions"), "actions")
    if not 1 <= len(listed) <= MOST_ACTIONS:
        raise UnusablePlaybook(f"actions are {len(listed)}; expected 1 to {MOST_ACTIONS}")
    return Playbook(
        currency=head.currency, timezone=head.timezone, exploration=head.exploration, stock_floor=head.stock_floor, digest=digest,
        caps=_caps(content.get("caps", []), "caps"), channels=channels,
        told_segments=names(content["told_segments"], "told_segments") if "told_segments" in content else (),
        actions=tuple(_action(name, each, head.stock_floor, channels, experiments) for name, each in listed.items()),
        experiments=_tried(experiments, listed),
    )  # fmt: skip


def _tried(experiments: ExperimentsPlaybook, listed: Mapping[str, Any]) -> ExperimentsPlaybook:
    """Raises `UnusablePlaybook` for an experiment or a control group of a campaign without actions."""
    campaigns = {each.get("campaign") for each in listed.values() if isinstance(each, Mapping)}
    places = {f"experiments.{each.name}.campaign": each.campaign for each in experiments.experiments.values()}
    for place, campaign in (places | {f"controls.{each}": each for each in experiments.controls}).items():
        if campaign not in campaigns:
            raise UnusablePlaybook(f"{place} is about {campaign!r}, which no action belongs to; expected one of {_and(campaigns)}")
    return experiments


def _channel(name: str, value: Any) -> Channel:
    place = f"channels.{name}"
    given = mapping(value, place)
    if name not in CHANNELS:
        raise UnusablePlaybook(f"{place} is no channel; expected some of {', '.join(CHANNELS)}")
    refuse_unknown(given, ("purpose", "quiet_hours", "caps"), place)
    purpose = given.get("purpose", Purpose.MARKETING.value)
    if not isinstance(purpose, str) or purpose not in set(Purpose):
        raise UnusablePlaybook(f"{place}.purpose is {purpose!r}; expected one of {', '.join(Purpose)}")
    quiet = given.get("quiet_hours", "none")
    silent = None if quiet == "none" else hours(quiet, f"{place}.quiet_hours")
    return Channel(name=name, purpose=purpose, quiet=silent, caps=_caps(given.get("caps", []), f"{place}.caps"))


def _caps(value: Any, place: str) -> tuple[Cap, ...]:
    if not isinstance(value, list):
        raise UnusablePlaybook(f"{place} is {value!r:.60}; expected a list such as [{{days: 7, most: 3}}]")
    caps = tuple(filled(Cap, each, f"{place}[{n}]") for n, each in enumerate(value))
    for n, cap in enumerate(caps):
        within(cap.days, 1, KEPT_DAYS, f"{place}[{n}].days")
        within(cap.most, 0, 50, f"{place}[{n}].most")
    return caps


def _action(name: str, value: Any, floor: int, channels: Mapping[str, Channel], experiments: ExperimentsPlaybook) -> Action:
    place = f"actions.{name}"
    given = mapping(value, place)
    refuse_unknown(given, (*_Plain.__annotations__, *_MADE), place)
    plain = filled(_Plain, {key: each for key, each in given.items() if key not in _MADE}, place)
    _check(name, plain, given, place, channels, experiments)
    worth = _value(given.get("value"), f"{place}.value")
    if worth.of == Worth.ITEM_PRICE and plain.items == Items.NONE:
        raise UnusablePlaybook(f"{place}.value is of item_price, but items is none; expected recommended, complement, again or event")
    return Action(
        name=name, campaign=plain.campaign, channel=plain.channel, message=plain.message, arm=plain.arm,
        probability=_probability(given.get("probability"), f"{place}.probability"), value=worth,
        cost=plain.cost, weight=plain.weight, eligible=conditions(given.get("eligible", {}), f"{place}.eligible"),
        minimum_age=plain.minimum_age, items=Items(plain.items), stock_floor=plain.stock_floor if "stock_floor" in given else floor,
        countries=_places(given.get("countries"), f"{place}.countries"), regions=_places(given.get("regions"), f"{place}.regions"),
        cool_down_days=plain.cool_down_days, window=_window(given.get("window"), f"{place}.window"),
        suppressed_by=names(given["suppressed_by"], f"{place}.suppressed_by") if "suppressed_by" in given else (),
    )  # fmt: skip


def _check(
    name: str, plain: _Plain, given: Mapping[str, Any], place: str, channels: Mapping[str, Channel], experiments: ExperimentsPlaybook
) -> None:
    if not name.strip() or name == "none":
        raise UnusablePlaybook(f"actions has one called {name!r}, which means that there is none; expected another name")
    if plain.channel not in channels:
        raise UnusablePlaybook(f"{place}.channel is {plain.channel!r}; expected one of {', '.join(channels)}")
    if plain.items not in set(Items):
        raise UnusablePlaybook(f"{place}.items is {plain.items!r}; expected one of {', '.join(Items)}")
    experiment = experiments.of_campaign(plain.campaign)
    if "arm" in given and (plain.arm not in experiment.arms or plain.arm == "control"):
        others = [arm for arm in experiment.arms if arm != "control"]
        raise UnusablePlaybook(f"{place}.arm is {plain.arm!r}; expected one of {', '.join(others)}, the arms of {experiment.name}")
    for field in ("campaign", "message"):
        if not getattr(plain, field).strip():
            raise UnusablePlaybook(f"{place}.{field} is empty; expected a name")
    within(plain.cost, 0, MOST_MONEY, f"{place}.cost")
    within(plain.weight, 0, 1000, f"{place}.weight")
    within(plain.minimum_age, 0, 65, f"{place}.minimum_age")
    within(plain.stock_floor, 0, 1e6, f"{place}.stock_floor")
    within(plain.cool_down_days, 0, KEPT_DAYS, f"{place}.cool_down_days")


def _probability(value: Any, place: str) -> Probability:
    found = filled(Probability, value, place)
    for name, given, known in (("model", found.model, Model), ("of", found.of, Outcome)):
        if given not in {str(each) for each in known}:
            raise UnusablePlaybook(f"{place}.{name} is {given!r}; expected one of {', '.join(map(str, known))}")
    within(found.factor, 0, 10, f"{place}.factor")
    return found


def _value(value: Any, place: str) -> Value:
    money = isinstance(value, int | float) and not isinstance(value, bool)
    found = Value(of="", times=float(value)) if money else filled(Value, value, place)
    if not money and found.of not in set(Worth):
        raise UnusablePlaybook(f"{place}.of is {found.of!r}; expected one of {', '.join(Worth)}, or money")
    within(found.times, 0, MOST_MONEY, place if money else f"{place}.times")
    return found


def _places(value: Any, place: str) -> Places | None:
    if value is None:
        return None
    given = mapping(value, place)
    refuse_unknown(given, ("only", "not"), place)
    if len(given) != 1:
        raise UnusablePlaybook(f"{place} has {', '.join(given) or 'nothing'}; expected one of only and not")
    (kind, listed), *_ = given.items()
    found = frozenset(names(listed, f"{place}.{kind}"))
    return Places(only=found) if kind == "only" else Places(never=found)


def _window(value: Any, place: str) -> Window | None:
    if value is None:
        return None
    given = mapping(value, place)
    refuse_unknown(given, ("days", "from", "until"), place)
    times = {name: given[name] for name in ("from", "until") if name in given}
    return Window(days=days(given.get("days"), f"{place}.days"), hours=hours(times, place) if times else None)


def _and(found: set[Any]) -> str:
    return ", ".join(sorted(str(each) for each in found))
