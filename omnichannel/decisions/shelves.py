"""Which products a message would show: of those that are meant for a customer, the ones that are in stock and for their age."""

from typing import Any

import numpy as np

from omnichannel.contracts.decisions import Rule
from omnichannel.decisions.chance import Floats
from omnichannel.decisions.columns import NONE, Bools, Columns, Ints
from omnichannel.decisions.plan import AGE, Plan
from omnichannel.decisions.rules import Bits, bits
from omnichannel.playbook.choices import Items

SHOWN = 5
"""Products that a message shows at most."""


class Stocked:
    """The shelves of a plan, filled for customers: which items are `there`, and the one that leads, a shelf a row."""

    def __init__(self, facts: Columns, plan: Plan) -> None:
        self._facts, self._plan = facts, plan
        age = np.nan_to_num(facts.numbers[AGE], nan=NONE)[:, None]
        self._there: list[Bools | None] = [
            None if shelf.items is Items.NONE else _sellable(facts, shelf.items, shelf.floor, age) for shelf in plan.shelves
        ]
        self.leading = np.full((len(plan.shelves), len(facts)), NONE, np.int32)
        for row, (shelf, there) in enumerate(zip(plan.shelves, self._there, strict=True)):
            if there is not None:
                first = there.argmax(axis=1)
                rows = np.arange(len(facts))
                self.leading[row] = np.where(there[rows, first], facts.items[shelf.items][rows, first], NONE)

    @property
    def empty(self) -> Bits:
        """Whose message would lead with nothing, by action."""
        needs = np.array([there is not None for there in self._there])[:, None]
        return bits((self.leading == NONE) & needs, Rule.LOW_STOCK)[self._plan.shelf_of]

    def price(self, shelf: int) -> Floats:
        """Of the leading item."""
        return np.asarray(self._facts.products.price[self.leading[shelf]])

    def shown(self, chosen: Ints) -> Ints:
        """The items of each customer's chosen action, the leading one first: N x 5 places, `NONE` where there are fewer."""
        found = np.full((len(self._facts), SHOWN), NONE, np.int32)
        shelf_of = np.where(chosen >= 0, self._plan.shelf_of[chosen], NONE)
        for row, (shelf, there) in enumerate(zip(self._plan.shelves, self._there, strict=True)):
            rows = np.flatnonzero(shelf_of == row)
            if there is not None and len(rows):
                found[rows] = first_of(self._facts.items[shelf.items][rows], there[rows])
        return found


def recommended(facts: Columns, floor: int) -> Ints:
    """What is recommended to each customer, whatever is said to them: N x 5 places of products that are there."""
    age = np.nan_to_num(facts.numbers[AGE], nan=NONE)[:, None]
    return first_of(facts.items[Items.RECOMMENDED], _sellable(facts, Items.RECOMMENDED, floor, age))


def first_of(items: Ints, there: Bools) -> Ints:
    """The first items of each row that are there, in their order."""
    order = np.argsort(~there, axis=1, kind="stable")[:, :SHOWN]
    kept = np.where(np.take_along_axis(there, order, axis=1), np.take_along_axis(items, order, axis=1), NONE)
    return np.asarray(np.pad(kept, ((0, 0), (0, SHOWN - kept.shape[1])), constant_values=NONE))


def _sellable(facts: Columns, kind: Items, floor: int, age: Any) -> Bools:
    places = facts.items[kind]
    enough = (facts.products.stock >= floor) & (facts.products.stock >= 0)
    enough[NONE] = False
    return np.asarray(enough[places] & (facts.products.min_age[places] <= age))
