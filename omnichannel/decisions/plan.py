"""A playbook laid out for columns: what several actions ask is asked once, and each action knows which answers are its own."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, TypeVar

import numpy as np

from omnichannel.contracts.decisions import Rule
from omnichannel.decisions.openings import Schedule
from omnichannel.experiments.assignment import key_of
from omnichannel.playbook.choices import Action, Items, Outcome, Places, Playbook, Worth
from omnichannel.playbook.conditions import Condition, Operator
from omnichannel.playbook.experiments import CONTROL, Experiment
from omnichannel.playbook.facts import LIVE_SEGMENTS

BIT = {rule: np.uint16(1 << place) for place, rule in enumerate(Rule)}
"""Rules in one number an action and customer: bit n is the n-th rule."""
AGE = "age"
EXPLORATION = "exploration"

T = TypeVar("T", bound=Hashable)
Places_ = np.ndarray[Any, np.dtype[np.intp]]


@dataclass(frozen=True, kw_only=True)
class Test:
    """A condition, and the rule that fires where it does not hold."""

    condition: Condition
    rule: Rule


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """Where an action's items come from, and how many pieces of one there must be."""

    items: Items
    floor: int


class Plan:
    """Everything of a playbook that does not depend on customers. `…_of` has an action's place in the list of its name."""

    def __init__(self, playbook: Playbook) -> None:
        self.playbook = playbook
        self.actions = playbook.actions
        self.names = tuple(action.name for action in self.actions)
        self.channels = tuple(playbook.channels.values())
        self.channel_of = np.array([list(playbook.channels).index(action.channel) for action in self.actions])
        self.experiments: tuple[Experiment, ...] = tuple(playbook.experiments.of_campaign(name) for name in playbook.campaigns)
        self.groups, self.group_of = _distinct((playbook.campaigns.index(a.campaign), self._arm(a)) for a in self.actions)
        self.schedules, self.schedule_of = _distinct(
            Schedule(quiet=playbook.channels[action.channel].quiet, window=action.window) for action in self.actions
        )
        self.shelves, self.shelf_of = _distinct(Shelf(items=action.items, floor=action.stock_floor) for action in self.actions)
        self.chances, self.chance_of = _distinct((a.probability.model, a.probability.of == Outcome.EVENT) for a in self.actions)
        self.worths, self.worth_of = _distinct(
            (a.value.of, shelf if a.value.of == Worth.ITEM_PRICE else 0) for a, shelf in zip(self.actions, self.shelf_of, strict=True)
        )
        self._lay_out_tests()

    def _lay_out_tests(self) -> None:
        """All tests once; `tests_of` has those of every action behind each other, an action's beginning at its `starts`."""
        of_actions = [_tests(action) for action in self.actions]
        self.tests, flat = _distinct(test for tests in of_actions for test in tests)
        # Place len(tests) is a test that everybody passes: an action has at least that one.
        passed, lengths = len(self.tests), [len(tests) + 1 for tests in of_actions]
        own = iter(flat.tolist())
        self.tests_of = np.array([place for tests in of_actions for place in (*(next(own) for _ in tests), passed)])
        self.starts = np.concatenate(([0], np.cumsum(lengths[:-1]))).astype(np.intp)

    def _arm(self, action: Action) -> int:
        arms = list(self.playbook.experiments.of_campaign(action.campaign).arms)
        return arms.index(action.arm) if action.arm else -1

    @cached_property
    def arms(self) -> tuple[tuple[str, ...], ...]:
        """The names of each experiment's arms."""
        return tuple(tuple(experiment.arms) for experiment in self.experiments)

    @cached_property
    def controls(self) -> tuple[int, ...]:
        """The place of the control arm in each experiment."""
        return tuple(arms.index(CONTROL) for arms in self.arms)

    @cached_property
    def edges(self) -> tuple[Any, ...]:
        """Where in [0, 1) each experiment's arms end, added up as `arm_at` does."""
        return tuple(np.cumsum(list(experiment.arms.values())) for experiment in self.experiments)

    @cached_property
    def salts(self) -> Any:
        """The key of each experiment's salt, as a column."""
        return np.array([[key_of(experiment.salt)] for experiment in self.experiments], np.uint64)

    @cached_property
    def holdout_salt(self) -> int:
        """The key of the holdout's salt."""
        return key_of(self.playbook.experiments.salt)

    @cached_property
    def factors(self) -> Any:
        """By action, as a column."""
        return np.array([[action.probability.factor] for action in self.actions])

    @cached_property
    def times(self) -> Any:
        """By action, as a column."""
        return np.array([[action.value.times] for action in self.actions])

    @cached_property
    def costs(self) -> Any:
        """By action, as a column."""
        return np.array([[action.cost] for action in self.actions])

    @cached_property
    def weights(self) -> Any:
        """By action, as a column."""
        return np.array([[action.weight] for action in self.actions])

    @cached_property
    def cool_downs(self) -> Any:
        """Seconds by action."""
        return np.array([action.cool_down_days * 86_400.0 for action in self.actions])

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """The facts that are asked for."""
        return tuple(dict.fromkeys(test.condition.fact for test in self.tests if test.condition.fact != AGE))


@cache
def plan_of(playbook: Playbook) -> Plan:
    """The playbook's plan, made once."""
    return Plan(playbook)


def _distinct(found: Iterable[T]) -> tuple[tuple[T, ...], Places_]:
    places: dict[T, int] = {}
    of = [places.setdefault(each, len(places)) for each in found]
    return tuple(places), np.array(of, dtype=np.intp)


def _tests(action: Action) -> list[Test]:
    """The action's conditions, and those rules that are conditions too."""
    tests = [Test(condition=condition, rule=Rule.NOT_ELIGIBLE) for condition in action.eligible]
    for fact, places in (("country", action.countries), ("region", action.regions)):
        if places:
            tests.append(Test(condition=_where(fact, places), rule=Rule.REGION))
    if action.minimum_age:
        old_enough = Condition(fact=AGE, operator=Operator.AT_LEAST, number=float(action.minimum_age))
        tests.append(Test(condition=old_enough, rule=Rule.UNDER_AGE))
    if action.suppressed_by:
        clear = Condition(fact=LIVE_SEGMENTS, operator=Operator.NONE_OF, names=action.suppressed_by)
        tests.append(Test(condition=clear, rule=Rule.SUPPRESSED))
    return tests


def _where(fact: str, places: Places) -> Condition:
    operator, names = (Operator.IN, places.only) if places.only else (Operator.NOT_IN, places.never)
    return Condition(fact=fact, operator=operator, names=tuple(sorted(names)))
