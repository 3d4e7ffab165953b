"""What is kept of one person for one rule, and who is in a segment by it: pure functions of state and event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self
from zoneinfo import ZoneInfo

import orjson

from omnichannel.playbook.triggers import Kind, Trigger
from omnichannel.realtime.windows.counting import Group, Spell
from omnichannel.realtime.windows.others import Calendar, Cart

MOST_CATEGORIES = 64
"""Of somebody who looks at more categories than this within a window, those of longest ago are forgotten."""
MOST_PRODUCTS = 20


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """What rules see of an event. `at` is in microseconds since 1970; `categories` are those of `products`, place by place."""

    at: int
    message: str
    name: str
    session: str = ""
    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class State:
    """One of the three is used, by the rule's kind; `groups` are by category for co_view, else one without a name."""

    groups: Mapping[str, Group] = field(default_factory=dict)
    cart: Cart = field(default_factory=Cart)
    calendar: Calendar = field(default_factory=Calendar)

    @property
    def products(self) -> tuple[str, ...]:
        """What the segment is about: what is in the cart, or the compared products, the newest first."""
        viewed = sorted((each for category, group in self.groups.items() if category for each in group.seen), reverse=True)
        return tuple(dict.fromkeys((*reversed(self.cart.products), *(key for _, key in viewed))))[:MOST_PRODUCTS]

    @property
    def newest(self) -> int:
        """The newest moment that it knows of, -1 for none."""
        counted = (each.newest for each in self.groups.values())
        return max((-1, self.cart.filled, self.cart.ended, *counted, *self.calendar.first))

    def to_json(self) -> str:
        """As it lies in the table."""
        groups = {name: group.to_plain() for name, group in sorted(self.groups.items())}
        return orjson.dumps([groups, self.cart.to_plain(), self.calendar.to_plain()]).decode()

    @classmethod
    def of_json(cls, text: str) -> Self:
        """From `to_json`."""
        groups, cart, calendar = orjson.loads(text)
        return cls(
            groups={name: Group.of_plain(each) for name, each in groups.items()},
            cart=Cart.of_plain(cart),
            calendar=Calendar.of_plain(calendar),
        )


def add(state: State, rule: Trigger, seen: Sighting, zone: ZoneInfo) -> State:
    """With one more event, in whatever order and however often it comes; the same state when it changes nothing."""
    if seen.name not in rule.names:
        return state
    if rule.kind is Kind.ABANDONED_CART:
        ended = seen.name in rule.without
        cart = state.cart.end(seen.at) if ended else state.cart.fill(seen.at, seen.message, seen.products[:MOST_PRODUCTS])
        return state if cart == state.cart else replace(state, cart=cart)
    if rule.kind is Kind.CALENDAR and rule.window:
        calendar = state.calendar.add(seen.at, rule.window, zone)
        return state if calendar is state.calendar else replace(state, calendar=calendar)
    for category, key in keys(rule, seen):
        state = _counted(state, rule, category, seen.at, key)
    return state


def keys(rule: Trigger, seen: Sighting) -> Sequence[tuple[str, str]]:
    """What the event counts as: category (none but for co_view) and key."""
    if rule.kind is Kind.CO_VIEW:
        return [(category, product) for product, category in zip(seen.products, seen.categories, strict=True) if category]
    if rule.kind is Kind.VISITS_WITHIN:
        return [("", seen.session)] if seen.session else []
    return [("", seen.message)]


def joined(one: State, other: State, rule: Trigger, zone: ZoneInfo) -> State:
    """What both states know together: those of a visitor before and after the login, or of two customers who are one.

    The calendar of the other one, which may have been kept by another clock, is read anew by that of the first one's `zone`.
    """
    names = sorted(one.groups.keys() | other.groups.keys())
    empty = Group()
    groups = {name: one.groups.get(name, empty).joined(other.groups.get(name, empty), rule.at_least, rule.within) for name in names}
    calendar = one.calendar.joined(other.calendar, rule.window, zone) if rule.window else one.calendar
    return State(groups=groups, cart=one.cart.joined(other.cart), calendar=calendar)


def forgetting(state: State, rule: Trigger, horizon: int) -> State:
    """Without what no event from `horizon` (microseconds since 1970) on can bring back; no spell that lasts then is changed."""
    kept = {name: group.forgetting(horizon, rule.within, rule.stays) for name, group in state.groups.items()}
    groups = {name: group for name, group in kept.items() if group.seen or group.held}
    calendar = state.calendar.forgetting(horizon)
    same = calendar is state.calendar and len(groups) == len(state.groups) and all(groups[n] is state.groups[n] for n in groups)
    return state if same else replace(state, groups=groups, calendar=calendar)


def spells(state: State, rule: Trigger) -> list[Spell]:
    """The memberships that are known, ordered and apart; a cart has its newest alone."""
    if rule.kind is Kind.ABANDONED_CART:
        return state.cart.spells(rule.within, rule.stays)
    if rule.kind is Kind.CALENDAR:
        return state.calendar.spells()
    return together(each for group in state.groups.values() for each in group.spells(rule.stays))


def together(found: Any) -> list[Spell]:
    """Spells that overlap or touch, as one."""
    apart: list[Spell] = []
    for each in sorted(found):
        if apart and each.since <= apart[-1].until:
            apart[-1] = Spell(apart[-1].since, max(apart[-1].until, each.until))
        else:
            apart.append(each)
    return apart


def membership(state: State, rule: Trigger, now: int) -> Spell | None:
    """The spell that holds at a moment (microseconds since 1970); None when none does."""
    return next((each for each in spells(state, rule) if each.since <= now < each.until), None)


def due(state: State, rule: Trigger, now: int) -> int | None:
    """When the membership changes next, if nothing else happens; None when it does not."""
    return min((moment for each in spells(state, rule) for moment in each if moment > now), default=None)


def expires(state: State, rule: Trigger, late: int) -> int:
    """When nothing of the state matters any more: microseconds since 1970."""
    return state.newest + rule.within + rule.stays + late


def _counted(state: State, rule: Trigger, category: str, at: int, key: str) -> State:
    before = state.groups.get(category, Group())
    after = before.add(at, key, rule.at_least, rule.within)
    if after is before:
        return state
    groups = {**state.groups, category: after}
    if len(groups) > MOST_CATEGORIES:
        del groups[min(groups, key=lambda name: (groups[name].newest, name))]
    return replace(state, groups=groups)
