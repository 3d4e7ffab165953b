"""Conditions as data: `{fact: {operator: value}}` over a customer's facts, checked against what each fact can be."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from omnichannel.playbook.document import UnusablePlaybook, mapping, within
from omnichannel.playbook.document import names as names
from omnichannel.playbook.facts import FACTS, Fact, Kind


class Operator(StrEnum):
    """How a fact is compared. Of several on one fact all must hold; a fact that is not known satisfies none of them."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    EQUALS = "equals"
    IN = "in"
    NOT_IN = "not_in"
    ANY_OF = "any_of"
    NONE_OF = "none_of"


_NUMBERS = (Operator.AT_LEAST, Operator.AT_MOST, Operator.EQUALS)
OPERATORS: Mapping[Kind, tuple[Operator, ...]] = {
    Kind.NUMBER: _NUMBERS,
    Kind.SINCE: _NUMBERS[:2],
    Kind.UNTIL: _NUMBERS[:2],
    Kind.TEXT: (Operator.IN, Operator.NOT_IN),
    Kind.NAMES: (Operator.ANY_OF, Operator.NONE_OF),
}


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One comparison: `number` for numbers and days, `names` for texts and names."""

    fact: str
    operator: Operator
    number: float = 0.0
    names: tuple[str, ...] = ()


def conditions(value: Any, place: str) -> tuple[Condition, ...]:
    """Every condition under a place; raises `UnusablePlaybook` for a fact, operator or value that cannot be."""
    found = []
    for name, compared in mapping(value, place).items():
        fact = _fact(name, place)
        operators = mapping(compared, f"{place}.{name}")
        if not operators:
            raise UnusablePlaybook(f"{place}.{name} is empty; expected {_expected(fact)}")
        found += [_condition(name, fact, each, operand, f"{place}.{name}") for each, operand in operators.items()]
        _check_range(operators, f"{place}.{name}")
    return tuple(found)


def _fact(name: str, place: str) -> Fact:
    if name not in FACTS:
        near = get_close_matches(name, FACTS) or list(FACTS)[:3]
        raise UnusablePlaybook(f"{place} asks for {name!r}, which is no fact; expected one such as {', '.join(near)} (docs/decisions.md)")
    return FACTS[name]


def _condition(name: str, fact: Fact, operator: str, operand: Any, place: str) -> Condition:
    if operator not in OPERATORS[fact.kind]:
        raise UnusablePlaybook(f"{place}.{operator} is no comparison of it; expected {_expected(fact)}")
    place = f"{place}.{operator}"
    if fact.kind in (Kind.TEXT, Kind.NAMES):
        return Condition(fact=name, operator=Operator(operator), names=_known(names(operand, place), fact, place))
    if isinstance(operand, bool) or not isinstance(operand, int | float):
        raise UnusablePlaybook(f"{place} is {operand!r:.60}; expected a number")
    within(operand, fact.low, fact.high, place)
    return Condition(fact=name, operator=Operator(operator), number=float(operand))


def _known(values: tuple[str, ...], fact: Fact, place: str) -> tuple[str, ...]:
    unknown = [value for value in values if fact.values and value not in fact.values]
    if unknown:
        raise UnusablePlaybook(f"{place} has {', '.join(unknown)}; expected some of {', '.join(fact.values)}")
    return values


def _check_range(operators: Mapping[str, Any], place: str) -> None:
    least, most = operators.get(Operator.AT_LEAST), operators.get(Operator.AT_MOST)
    if least is not None and most is not None and least > most:
        raise UnusablePlaybook(f"{place}: at_least {least:g} is above at_most {most:g}; nobody is in between")


def _expected(fact: Fact) -> str:
    return " or ".join(OPERATORS[fact.kind])
