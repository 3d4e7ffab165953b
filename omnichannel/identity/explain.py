"""Why a customer is one customer: its identifiers, the sightings that join them, what happened to it, and who was not joined.

Nothing plain is told: of an identifier only so much that its owner recognises it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from omnichannel.contracts.identity import SIGHTINGS
from omnichannel.contracts.store import IdType
from omnichannel.identity.ids import former_owners
from omnichannel.identity.named import FORMS, identifiers

HASHED = (IdType.EMAIL_SHA256, IdType.PHONE_SHA256)
Row = Mapping[str, Any]


class UnknownCustomer(LookupError):
    """Nobody is known by that id, reference or address."""


@dataclass(frozen=True)
class Identifier:
    """One identifier of the customer, now or formerly (`until`)."""

    id_type: str
    shown: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class Step:
    """Two identifiers that were seen together: when first and last, how often, and by which sources."""

    left: str
    right: str
    sources: tuple[str, ...]
    first_seen: datetime
    last_seen: datetime
    seen: int


@dataclass(frozen=True)
class Explanation:
    """`joins` are the sightings without which the customer would fall apart, oldest first; `others` counts those that only repeat it.

    `events` are rows of `identity_events`, of this id and of those that were merged into it.
    """

    customer_id: str
    asked_by: str
    merged: tuple[str, ...]
    identifiers: tuple[Identifier, ...]
    joins: tuple[Step, ...]
    others: int
    apart: tuple[Step, ...]
    events: tuple[Row, ...]


def explain(con: duckdb.DuckDBPyConnection, links: pa.Table, events: pa.Table, who: str) -> Explanation:
    """Of a connection with `identity_sightings`: everything about whom these words name (`omnichannel.identity.named`).

    Raises `UnknownCustomer`; its text does not repeat an address.
    """
    con.register("_links", links)
    con.register("_events", events)
    customer, asked_by = _find(con, links, who)
    merged = tuple(sorted(old for old, now in former_owners(con, "_links").items() if now == customer))
    rows = _rows(con, "SELECT * FROM _links WHERE customer_id = $id ORDER BY valid_to NULLS FIRST, valid_from, id_type, id_value", customer)
    steps = _together(con, customer)
    joins = _spanning(steps)
    return Explanation(
        customer_id=customer,
        asked_by=asked_by,
        merged=merged,
        identifiers=tuple(Identifier(r["id_type"], shown(r["id_type"], r["id_value"]), r["valid_from"], r["valid_to"]) for r in rows),
        joins=tuple(_step(row) for row in joins),
        others=len(steps) - len(joins),
        apart=tuple(_step(row) for row in _apart(con, customer)),
        events=tuple(_events(con, [customer, *merged])),
    )


def shown(id_type: str, value: str) -> str:
    """As much of an identifier as tells it from others: the beginning of a hash, the ends of anything else."""
    if id_type in HASHED:
        return f"{value[:8]}…"
    return f"{value[:2]}…{value[-2:]}" if len(value) > 5 else f"{value[:1]}…"


def _find(con: duckdb.DuckDBPyConnection, links: pa.Table, who: str) -> tuple[str, str]:
    """The id that goes on, and by what it was found."""
    ended = former_owners(con, "_links")
    if who in ended:
        return ended[who], "an id that was merged"
    if who in set(links["customer_id"].to_pylist()):
        return who, "its id"
    for id_type, value in identifiers(who):
        query = "SELECT customer_id FROM _links WHERE valid_to IS NULL AND id_type = $type AND id_value = $value"
        found = con.execute(query, {"type": str(id_type), "value": value}).fetchone()
        if found:
            return str(found[0]), str(id_type)
    asked = "that e-mail address" if "@" in who else repr(who)
    raise UnknownCustomer(f"nobody is known by {asked}; expected {FORMS}")


_PAIRS = f"""
WITH mine AS (SELECT id_type, id_value FROM _links WHERE customer_id = $id AND valid_to IS NULL)
SELECT left_type, left_value, right_type, right_value, list_sort(list(DISTINCT source)) AS sources,
    min(first_seen) AS first_seen, max(last_seen) AS last_seen, CAST(sum(seen) AS BIGINT) AS seen
FROM {SIGHTINGS}
{{condition}}
GROUP BY 1, 2, 3, 4 ORDER BY first_seen, left_type, left_value, right_type, right_value"""  # noqa: S608 - our own names
_LEFT = "JOIN mine AS a ON left_type = a.id_type AND left_value = a.id_value"
_RIGHT = "JOIN mine AS b ON right_type = b.id_type AND right_value = b.id_value"


def _together(con: duckdb.DuckDBPyConnection, customer: str) -> list[Row]:
    return _rows(con, _PAIRS.format(condition=f"{_LEFT} {_RIGHT}"), customer)


def _apart(con: duckdb.DuckDBPyConnection, customer: str) -> list[Row]:
    """Sightings with identifiers of others, or of nobody."""
    traits = "right_type IN (SELECT DISTINCT id_type FROM _links) OR right_type IN ('anonymous_id', 'device_id', 'segment_id')"
    one_side = f"LEFT {_LEFT} LEFT {_RIGHT} WHERE (a.id_type IS NULL) <> (b.id_type IS NULL) AND ({traits})"
    return _rows(con, _PAIRS.format(condition=one_side), customer)


def _spanning(steps: Sequence[Row]) -> list[Row]:
    """The oldest steps that together join everything."""
    group: dict[tuple[str, str], tuple[str, str]] = {}

    def root(end: tuple[str, str]) -> tuple[str, str]:
        while group.get(end, end) != end:
            end = group[end]
        return end

    needed = []
    for step in steps:
        left, right = root((step["left_type"], step["left_value"])), root((step["right_type"], step["right_value"]))
        if left != right:
            group[right] = left
            needed.append(step)
    return needed


def _step(row: Row) -> Step:
    left, right = (f"{row[f'{side}_type']} {shown(row[f'{side}_type'], row[f'{side}_value'])}" for side in ("left", "right"))
    return Step(left, right, tuple(row["sources"]), row["first_seen"], row["last_seen"], row["seen"])


def _events(con: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> list[Row]:
    query = """SELECT * FROM _events WHERE list_contains($ids, customer_id) OR list_contains($ids, other_customer_id)
        OR (kind = 'shared' AND id_value_hash IN (
            SELECT sha256(right_type || ':' || right_value) FROM identity_sightings
            JOIN _links ON left_type = id_type AND left_value = id_value WHERE list_contains($ids, customer_id) AND valid_to IS NULL))
        ORDER BY "at", kind, event_id"""
    return list(con.sql(query, params={"ids": list(ids)}).to_arrow_table().to_pylist())


def _rows(con: duckdb.DuckDBPyConnection, query: str, customer: str) -> list[Row]:
    return list(con.sql(query, params={"id": customer}).to_arrow_table().to_pylist())
