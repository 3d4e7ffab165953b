"""`playbook/personalize.yaml`: what Amazon Personalize makes where it is on, checked."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from omnichannel.contracts.recommendations import INTERACTIONS, ITEMS, Custom, Placement, Recommender
from omnichannel.playbook.document import FOLDER, UnusablePlaybook, filled, mapping, names, read, refuse_unknown, within
from omnichannel.recommendations.filter_expressions import UnreadableFilter, fields, parse
from omnichannel.recommendations.lifecycle.things import Email, Trained, Wanted

FILE = "personalize"
MOST_FILTERS, MOST_FILTERED_FIELDS = 30, 20
"""Personalize's limits for a dataset group: filters, and distinct fields over all of them."""
MOST_TPS, MOST_ITEMS = 500, 20
"""Requests a second that Personalize grants a campaign without being asked; as many items as a customer's list holds."""
METRICS = (
    "coverage",
    "mean_reciprocal_rank_at_25",
    *(f"normalized_discounted_cumulative_gain_at_{n}" for n in (5, 10, 25)),
    *(f"precision_at_{n}" for n in (5, 10, 25)),
)
"""What GetSolutionMetrics answers for the recipes that are used here."""
_SAYS = ("recommenders", "solutions", "filters", "placements", "email", "retrain")
ANYBODY = (Placement.PRODUCT, Placement.CART)
"""Where visitors are answered too, whose id Personalize does not hear."""
_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")


def load(folder: Path = FOLDER) -> Wanted:
    """The file in a folder; raises `UnusablePlaybook`."""
    return parsed(read(FILE, folder))


@cache
def wanted() -> Wanted:
    """This app's own file, read once a process."""
    return load()


def parsed(content: Mapping[str, Any]) -> Wanted:
    """From the file's content; raises `UnusablePlaybook` with the place and what would work."""
    refuse_unknown(content, _SAYS, f"{FILE}.yaml")
    if missing := [each for each in _SAYS if each not in content]:
        raise UnusablePlaybook(f"{FILE}.yaml lacks {', '.join(missing)}")
    read = Wanted(
        recommenders=_recommenders(content["recommenders"]),
        solutions=_solutions(content["solutions"]),
        filters=_filters(content["filters"]),
        placements=_placements(content["placements"]),
        email=_email(content["email"]),
        retrain=_text(content["retrain"], f"{FILE}.retrain"),
    )
    _check_together(read)
    return read


def _recommenders(value: Any) -> tuple[Recommender, ...]:
    place = f"{FILE}.recommenders"
    listed = names(value, place) if value != [] else ()
    if unknown := [each for each in listed if each not in set(Recommender)]:
        raise UnusablePlaybook(f"{place} has {', '.join(unknown)}; expected some of {', '.join(Recommender)}")
    return tuple(map(Recommender, listed))


def _solutions(value: Any) -> dict[Custom, Trained]:
    given = mapping(value, f"{FILE}.solutions")
    refuse_unknown(given, tuple(Custom), f"{FILE}.solutions")
    return {Custom(name): _trained(each, f"{FILE}.solutions.{name}") for name, each in given.items()}


def _trained(value: Any, place: str) -> Trained:
    found = filled(Trained, value, place)
    within(found.least_tps, 1, MOST_TPS, f"{place}.least_tps")
    within(found.tolerance, 0, 1, f"{place}.tolerance")
    if found.metric not in METRICS:
        raise UnusablePlaybook(f"{place}.metric is {found.metric!r:.60}; expected one of {', '.join(METRICS)}")
    if found.campaign and not found.made:
        raise UnusablePlaybook(f"{place}.campaign is true, and made is false; expected made: true, since a campaign serves a solution")
    return found


def _filters(value: Any) -> dict[str, str]:
    place = f"{FILE}.filters"
    given = mapping(value, place)
    expressions = {name: _expression(name, each, f"{place}.{name}") for name, each in given.items()}
    read = {field for each in expressions.values() for field in fields(parse(each))}
    within(len(expressions), 0, MOST_FILTERS, place)
    within(len(read), 0, MOST_FILTERED_FIELDS, f"fields of {place}")
    return expressions


def _expression(name: str, value: Any, place: str) -> str:
    if not _NAME.fullmatch(name):
        raise UnusablePlaybook(f"{place}: expected a name of small letters, digits and hyphens, at most 30")
    text = _text(value, place)
    try:
        found = fields(parse(text))
    except UnreadableFilter as wrong:
        raise UnusablePlaybook(f"{place}: {wrong}") from wrong
    known = {data.kind: data.names for data in (INTERACTIONS, ITEMS)}
    if unknown := sorted(f"{data}.{field}" for data, field in found if field not in known[data]):
        raise UnusablePlaybook(f"{place} has {', '.join(unknown)}; expected fields of the schemas, such as Items.{ITEMS.names[1]}")
    return text


def _placements(value: Any) -> dict[Placement, str]:
    place, possible = f"{FILE}.placements", tuple(each for each in Placement if each.recommender)
    given = mapping(value, place)
    refuse_unknown(given, possible, place)
    return {Placement(name): _text(each, f"{place}.{name}") for name, each in given.items()}


def _email(value: Any) -> Email:
    found = filled(Email, value, f"{FILE}.email")
    within(found.items, 1, MOST_ITEMS, f"{FILE}.email.items")
    return replace(found, filter=found.filter.strip())


def _check_together(read: Wanted) -> None:
    if read.email.filter:
        _check_filter(read, read.email.filter, f"{FILE}.email.filter")
    for placement, name in read.placements.items():
        _check_filter(read, name, f"{FILE}.placements.{placement}", anybody=placement in ANYBODY)
    if read.email.made and Custom.FOR_USERS not in read.trains():
        raise UnusablePlaybook(
            f"{FILE}.email.made is true; expected {FILE}.solutions.{Custom.FOR_USERS}.made: true, which recommends for it"
        )


def _check_filter(read: Wanted, name: str, place: str, *, anybody: bool = False) -> None:
    if name not in read.filters:
        raise UnusablePlaybook(f"{place} is {name!r:.60}; expected one of {', '.join(read.filters) or 'no filters'}")
    if "$" in read.filters[name]:
        raise UnusablePlaybook(f"{place} is {name}, which asks for a value; expected one that asks for none")
    if anybody and any(data == INTERACTIONS.kind for data, _ in fields(parse(read.filters[name]))):
        raise UnusablePlaybook(f"{place} is {name}, which reads what somebody did; expected one of Items alone: visitors are shown it too")


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise UnusablePlaybook(f"{place} is {value!r:.60}; expected a text")
    return value.strip()
