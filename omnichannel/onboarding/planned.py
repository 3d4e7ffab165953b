"""Track messages against the tracking plan: what leaves it, counted over any table with the columns of `EVENTS`."""
# ruff: noqa: S608 - names and literals in the SQL go through `rules.identifier` and `rules.literal`

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from omnichannel.contracts.tracking_plan import FORMERLY, PLAN, Gap, Planned
from omnichannel.onboarding.advice import meant
from omnichannel.onboarding.rules import identifier, literal


@dataclass(frozen=True)
class Left:
    """How many messages of an event name leave the plan in one way; `column` is what they lack, `meant` the planned name."""

    event: str
    gap: Gap
    column: str
    messages: int
    of: int
    meant: str = ""


def left_the_plan(connection: duckdb.DuckDBPyConnection, relation: str) -> list[Left]:
    """Every gap with its number of messages; `relation` is SQL after FROM."""
    counted = connection.execute(
        f"SELECT event, count(*) FROM {relation} WHERE type = 'track' AND event IS NOT NULL GROUP BY event ORDER BY event"
    ).fetchall()
    return [gap for event, messages in counted for gap in _gaps(connection, relation, event, messages)]


def _gaps(connection: duckdb.DuckDBPyConnection, relation: str, event: str, messages: int) -> Iterator[Left]:
    planned = PLAN.get(event)
    if planned is None:
        yield Left(event, Gap.UNPLANNED_EVENT, "", messages, messages, FORMERLY.get(event) or meant(event, PLAN))
        return
    lacking = list(_lacking(planned))
    if not lacking:
        return
    counts = ", ".join(f"count(*) FILTER (WHERE {condition})" for _, _, condition in lacking)
    found = connection.execute(f"SELECT {counts} FROM {relation} WHERE type = 'track' AND event = {literal(event)}").fetchall()[0]
    for (gap, column, _), number in zip(lacking, found, strict=True):
        if number:
            yield Left(event, gap, column, number, messages)


def _lacking(planned: Planned) -> Iterator[tuple[Gap, str, str]]:
    """Every gap that the event can have, with SQL that is true where a message has it."""
    for gap, columns in planned.gaps(()):
        yield gap, columns, " AND ".join(f"{identifier(column)} IS NULL" for column in columns.split(" or "))
    for name in planned.of_products:
        named = f"list_filter(json_extract_string(products, {literal(f'$[*].{name}')}), lambda v: v <> '')"
        yield (
            Gap.MISSING_PROPERTY,
            f"products[].{name}",
            f"products IS NOT NULL AND len({named}) < greatest(1, json_array_length(products))",
        )
