"""Personalize's filter expressions, as far as used here: `INCLUDE|EXCLUDE ItemID WHERE D.F [NOT] IN (…) [AND …]`, joined by bars."""

import re
from dataclasses import dataclass

LONGEST, MOST_FIELDS = 2500, 10
_CLAUSE = re.compile(r"(INCLUDE|EXCLUDE)\s+ItemID\s+WHERE\s+(.+)", re.IGNORECASE | re.DOTALL)
_CONDITION = re.compile(r"(Items|Interactions)\.([A-Z][A-Z0-9_]*)\s+(NOT\s+)?IN\s*\((.+)\)", re.IGNORECASE | re.DOTALL)
_VALUE = re.compile(r'"([^"]*)"|\$([A-Za-z][A-Za-z0-9_]*)')
_OUTSIDE_QUOTES = r'(?=(?:[^"]*"[^"]*")*[^"]*$)'


class UnreadableFilter(ValueError):
    """An expression that is none, or one of a kind that is not used here."""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A field of Items or Interactions whose value is one of `values`, or of what the caller gives for the `parameters`."""

    dataset: str
    field: str
    negated: bool
    values: tuple[str, ...]
    parameters: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Clause:
    """Items that all conditions hold for are included, and no others, or excluded."""

    include: bool
    conditions: tuple[Condition, ...]


def parse(expression: str) -> tuple[Clause, ...]:
    """The clauses, one after the other; raises `UnreadableFilter` with the part that cannot be read."""
    if not 1 <= len(expression) <= LONGEST:
        raise UnreadableFilter(f"{len(expression)} characters; expected 1 to {LONGEST}")
    clauses = tuple(_clause(part.strip()) for part in re.split(r"\|" + _OUTSIDE_QUOTES, expression))
    if len(fields(clauses)) > MOST_FIELDS:
        raise UnreadableFilter(f"{len(fields(clauses))} fields; expected at most {MOST_FIELDS}")
    return clauses


def fields(clauses: tuple[Clause, ...]) -> frozenset[tuple[str, str]]:
    """The fields that the clauses read, with their data sets."""
    return frozenset((each.dataset, each.field) for clause in clauses for each in clause.conditions)


def _clause(text: str) -> Clause:
    found = _CLAUSE.fullmatch(text)
    if not found:
        raise UnreadableFilter(f'{text!r:.80} is no clause; expected such as INCLUDE ItemID WHERE Items.BRAND IN ("one")')
    parts = re.split(r"\s+AND\s+" + _OUTSIDE_QUOTES, found[2].strip(), flags=re.IGNORECASE)
    return Clause(include=found[1].upper() == "INCLUDE", conditions=tuple(map(_condition, parts)))


def _condition(text: str) -> Condition:
    found = _CONDITION.fullmatch(text.strip())
    if not found:
        raise UnreadableFilter(f"{text!r:.80} is no condition that is known here; expected Items or Interactions, a field, [NOT] IN (…)")
    given = [_VALUE.fullmatch(part.strip()) for part in re.split("," + _OUTSIDE_QUOTES, found[4])]
    if not all(given):
        raise UnreadableFilter(f'({found[4]:.60}) is no list of values; expected such as ("one", "other") or ($NAME)')
    values = [each for each in given if each]
    return Condition(
        dataset=found[1].capitalize(),
        field=found[2].upper(),
        negated=bool(found[3]),
        values=tuple(each[1] for each in values if each[1] is not None),
        parameters=tuple(each[2] for each in values if each[2]),
    )
