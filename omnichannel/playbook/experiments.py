"""`playbook/experiments.yaml`: the global holdout, each campaign's control group, and the experiments, checked."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from omnichannel.experiments.assignment import arm_at, held_out, position
from omnichannel.playbook.document import FOLDER, UnusablePlaybook, filled, mapping, read, refuse_unknown, within

NAME = "experiments"
HOLDOUT = "holdout"
"""The global holdout's name among a customer's arms."""
IN, OUT = "in", "out"
"""Its arms: `out` hears nothing."""
CONTROL, TREATMENT = "control", "treatment"
"""The arm that does not get the campaign, and the other one of a campaign without an experiment of its own."""
CONTROL_SUFFIX = "-control"
LARGEST_HOLDOUT, LARGEST_CONTROL = 0.5, 0.9


class Metric(StrEnum):
    """What an experiment changes: the share that orders, money a customer, the share that opens or clicks, the share that stays."""

    CONVERSION = "conversion"
    ORDER_VALUE = "order_value"
    ENGAGEMENT = "engagement"
    RETENTION = "retention"


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One campaign's arms: shares that add up to 1, `control` among them.

    `window_days` is how long after the decision outcomes count, `minimum_effect` the difference that matters in the metric's unit.
    """

    name: str
    campaign: str
    salt: str
    arms: Mapping[str, float]
    metric: Metric = Metric.CONVERSION
    window_days: int = 28
    minimum_effect: float = 0.02
    alpha: float = 0.05
    power: float = 0.8

    def arm(self, customer_id: str) -> str:
        """The customer's arm, the same every time."""
        return arm_at(position(self.salt, customer_id), self.arms)


@dataclass(frozen=True, kw_only=True)
class ExperimentsPlaybook:
    """All of the file. `experiments` are by name; `control` is the share of campaigns that `controls` does not name."""

    salt: str
    holdout_share: float
    control: float
    controls: Mapping[str, float] = field(default_factory=dict)
    experiments: Mapping[str, Experiment] = field(default_factory=dict)

    def of_campaign(self, campaign: str) -> Experiment:
        """The campaign's experiment, or its control group as one: `<campaign>-control` with the arms `control` and `treatment`."""
        own = next((each for each in self.experiments.values() if each.campaign == campaign), None)
        if own:
            return own
        name, share = f"{campaign}{CONTROL_SUFFIX}", self.controls.get(campaign, self.control)
        arms = {CONTROL: share, TREATMENT: 1 - share}
        return Experiment(name=name, campaign=campaign, salt=salt_of(self.salt, name), arms=arms)

    def held_out(self, customer_id: str) -> bool:
        """Whether the customer hears nothing at all."""
        return held_out(self.salt, self.holdout_share, customer_id)

    def arms(self, customer_id: str, campaigns: tuple[str, ...]) -> dict[str, str]:
        """The customer's arm in the holdout and in each campaign's experiment, by the experiment's name."""
        experiments = [self.of_campaign(campaign) for campaign in dict.fromkeys(campaigns)]
        return {HOLDOUT: OUT if self.held_out(customer_id) else IN, **{each.name: each.arm(customer_id) for each in experiments}}

    def holdout_json(self) -> str:
        """What a bridge's environment says of the holdout: `salt` and `share`."""
        return json.dumps({"salt": self.salt, "share": self.holdout_share})


def salt_of(salt: str, experiment: str) -> str:
    """An experiment's own salt: positions in two experiments have nothing to do with each other."""
    return f"{salt}/{experiment}"


def parsed(content: Mapping[str, Any]) -> ExperimentsPlaybook:
    """From the file's content; raises `UnusablePlaybook`."""
    refuse_unknown(content, ("salt", "holdout", "control", "controls", "experiments"), f"{NAME}.yaml")
    head = filled(_Head, {name: content[name] for name in ("salt", "control") if name in content}, f"{NAME}.yaml")
    if not head.salt.strip():
        raise UnusablePlaybook("salt is empty; expected a text that draws the groups, such as the month in which they were drawn")
    share = filled(_Holdout, content.get("holdout"), "holdout").share
    within(share, 0, LARGEST_HOLDOUT, "holdout.share")
    within(head.control, 0, LARGEST_CONTROL, "control")
    experiments = _experiments(content.get("experiments", {}), head.salt)
    controls = _controls(content.get("controls", {}), {each.campaign for each in experiments.values()})
    return ExperimentsPlaybook(salt=head.salt, holdout_share=share, control=head.control, controls=controls, experiments=experiments)


def load(folder: Path = FOLDER) -> ExperimentsPlaybook:
    """The file in a folder; raises `UnusablePlaybook`."""
    return parsed(read(NAME, folder))


@cache
def experiments_playbook() -> ExperimentsPlaybook:
    """This app's own file."""
    return load()


def holdout() -> str:
    """This app's holdout as a bridge's environment has it: `{"salt", "share"}` as JSON."""
    return experiments_playbook().holdout_json()


@dataclass(frozen=True, kw_only=True)
class _Head:
    salt: str
    control: float


@dataclass(frozen=True, kw_only=True)
class _Holdout:
    share: float


@dataclass(frozen=True, kw_only=True)
class _Plan:
    campaign: str
    metric: str
    window_days: int
    minimum_effect: float
    alpha: float
    power: float


def _experiments(value: Any, salt: str) -> dict[str, Experiment]:
    found: dict[str, Experiment] = {}
    for name, each in mapping(value, "experiments").items():
        experiment = _experiment(name, each, salt)
        earlier = next((one for one in found.values() if one.campaign == experiment.campaign), None)
        if earlier:
            raise UnusablePlaybook(
                f"experiments.{name}.campaign is {experiment.campaign}, which {earlier.name} tries already; expected one a campaign"
            )
        found[name] = experiment
    return found


def _experiment(name: str, value: Any, salt: str) -> Experiment:
    place = f"experiments.{name}"
    given = mapping(value, place)
    if name == HOLDOUT or name.endswith(CONTROL_SUFFIX):
        raise UnusablePlaybook(f"{place} has a name that is taken; expected another than {HOLDOUT} and <campaign>{CONTROL_SUFFIX}")
    arms = _arms(given.pop("arms", None), f"{place}.arms")
    plan = filled(_Plan, given, place)
    if plan.metric not in {each.value for each in Metric}:
        raise UnusablePlaybook(f"{place}.metric is {plan.metric!r}; expected one of {', '.join(Metric)}")
    within(plan.window_days, 1, 365, f"{place}.window_days")
    within(plan.minimum_effect, 1e-6, 1e6, f"{place}.minimum_effect")
    within(plan.alpha, 0.001, 0.2, f"{place}.alpha")
    within(plan.power, 0.5, 0.99, f"{place}.power")
    return Experiment(
        name=name, campaign=plan.campaign, salt=salt_of(salt, name), arms=arms, metric=Metric(plan.metric),
        window_days=plan.window_days, minimum_effect=plan.minimum_effect, alpha=plan.alpha, power=plan.power,
    )  # fmt: skip


def _arms(value: Any, place: str) -> dict[str, float]:
    arms = shares(value, place)
    if CONTROL not in arms or len(arms) < 2:
        raise UnusablePlaybook(f"{place} has {', '.join(arms) or 'nothing'}; expected {CONTROL} and at least one more")
    if not math.isclose(sum(arms.values()), 1, abs_tol=1e-9):
        raise UnusablePlaybook(f"{place} add up to {sum(arms.values()):g}; expected 1")
    return arms


def _controls(value: Any, tried: set[str]) -> dict[str, float]:
    controls = shares(value, "controls")
    for campaign, share in controls.items():
        within(share, 0, LARGEST_CONTROL, f"controls.{campaign}")
        if campaign in tried:
            raise UnusablePlaybook(f"controls.{campaign}: the campaign has an experiment, whose arms say it; expected one of the two")
    return controls


def shares(value: Any, place: str) -> dict[str, float]:
    """Names with shares of 0 to 1; raises `UnusablePlaybook`."""
    found = mapping(value, place)
    for name, share in found.items():
        if isinstance(share, bool) or not isinstance(share, int | float):
            raise UnusablePlaybook(f"{place}.{name} is {share!r}; expected a share of 0 to 1")
        within(share, 0, 1, f"{place}.{name}")
    return {name: float(share) for name, share in found.items()}
