"""Filters: expressions as they are written in requests, evaluated for one user over the group's items and interactions."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from omnichannel.recommendations.filter_expressions import Clause, Condition, UnreadableFilter, parse
from sandbox.twins.personalize.live import LiveEvents
from sandbox.twins.personalize.model import Model
from sandbox.twins.personalize.resources import ACTIVE, Document, Resources
from sandbox.twins.personalize.schemas import invalid, parsed
from sandbox.twins.personalize.training import Training
from sandbox.twins.store import Store

LAST_INTERACTIONS = 100
"""Of a user and an event type, as many are looked at."""
EVENT_TYPE = "EVENT_TYPE"


class Filtering:
    """Reads and evaluates filters. Items are those imported, with what was put since; interactions those imported and live ones."""

    def __init__(self, resources: Resources, training: Training, live: LiveEvents, store: Store) -> None:
        self._resources = resources
        self._training = training
        self._live = live
        self._store = store

    def check(self, group: str, expression: str) -> None:
        """Refuses an expression that the twin cannot evaluate, by what it is that it cannot."""
        clauses = _parsed(expression)
        for each in (condition for clause in clauses for condition in clause.conditions):
            if each.dataset == "Interactions" and each.field != EVENT_TYPE:
                raise invalid(f"the twin filters interactions by {EVENT_TYPE} alone, not by {each.field}; see docs/fidelity.md")
            if each.dataset == "Items" and each.field not in self._item_fields(group):
                raise invalid(f"the group's Items have no field {each.field}")

    def left_out(self, filter_arn: str, group: str, model: Model, user: str, values: Mapping[str, str]) -> set[int]:
        """Positions of the items that the filter does not let through, for this user and these values of its parameters."""
        held = self._resources.get("filter", filter_arn)
        if held["status"] != ACTIVE:
            raise invalid(f"{filter_arn} is {held['status']}; it must be ACTIVE")
        if held["datasetGroupArn"] != group:
            raise invalid(f"{filter_arn} is of another dataset group")
        out: set[int] = set()
        for clause in _parsed(held["filterExpression"]):
            matching = self._matching(clause, group, model, user, values)
            out |= set(range(len(model.item_ids))) - matching if clause.include else matching
        return out

    def _matching(self, clause: Clause, group: str, model: Model, user: str, values: Mapping[str, str]) -> set[int]:
        found = [self._holds(each, group, model, user, _given(each, values)) for each in clause.conditions]
        return set.intersection(*found)

    def _holds(self, condition: Condition, group: str, model: Model, user: str, wanted: frozenset[str]) -> set[int]:
        if condition.dataset == "Interactions":
            seen = self._interacted(group, model, user, wanted)
            return set(range(len(model.item_ids))) - seen if condition.negated else seen
        values = self._values(group, condition.field)
        return {
            n
            for n, item in enumerate(model.item_ids)
            if item in values and bool(wanted & set(values[item].split("|"))) != condition.negated
        }

    def _interacted(self, group: str, model: Model, user: str, kinds: Iterable[str]) -> set[int]:
        wanted = set(kinds)
        live = [(at, kind, item) for item, kind, at in self._live.of_user(group, user) if kind in wanted] if user else []
        newest = sorted(live, reverse=True)[:LAST_INTERACTIONS]
        positions = {model.positions[item] for _, _, item in newest if item in model.positions}
        return positions | model.interacted(user, wanted, LAST_INTERACTIONS)

    def _values(self, group: str, field: str) -> dict[str, str]:
        """The field's value by item."""
        dataset = self._items(group)
        table = self._training.table(dataset) if dataset else None
        found: dict[str, str] = {}
        if dataset is None:
            return found
        if table is not None and field in table.column_names:
            rows = zip(table["ITEM_ID"].to_pylist(), table[field].to_pylist(), strict=True)
            found = {item: str(value) for item, value in rows if value is not None}
        for put in self._store.all(f"ITEMS {dataset['datasetArn']}"):
            properties: dict[str, Any] = json.loads(put.get("properties") or "{}")
            if (value := properties.get(_camel(field))) is not None:
                found[put["itemId"]] = str(value)
        return found

    def _items(self, group: str) -> Document | None:
        return next(iter(self._resources.all("dataset", datasetGroupArn=group, datasetType="ITEMS")), None)

    def _item_fields(self, group: str) -> Iterable[str]:
        dataset = self._items(group)
        return parsed(self._resources.get("schema", dataset["schemaArn"])["schema"]) if dataset else ()


def _parsed(expression: str) -> tuple[Clause, ...]:
    try:
        return parse(expression)
    except UnreadableFilter as wrong:
        raise invalid(f"filterExpression: {wrong}") from wrong


def _given(condition: Condition, values: Mapping[str, str]) -> frozenset[str]:
    """The values meant; a parameter's come in quotes, with commas between them."""
    if missing := [each for each in condition.parameters if each not in values]:
        raise invalid(f"filterValues lack {', '.join(missing)}")
    listed = [part for each in condition.parameters for part in re.findall(r'"([^"]*)"', values[each])]
    return frozenset((*condition.values, *listed))


def _camel(field: str) -> str:
    first, *rest = field.lower().split("_")
    return first + "".join(part.capitalize() for part in rest)
