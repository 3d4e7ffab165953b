"""Who is who: sightings of identifiers become customers, with ids that stay, links with a history, and a reason for everything."""

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from omnichannel.contracts.identity import EVENT_COLUMNS, LINK_COLUMNS
from omnichannel.identity.components import Components, ints
from omnichannel.identity.encode import UTC_MICROS, Workspace
from omnichannel.identity.events import explain
from omnichannel.identity.ids import former_owners, give_ids
from omnichannel.identity.report import report
from omnichannel.identity.rules import RULES, Rules
from omnichannel.identity.since import joined_since

_TIMES = ("valid_from", "valid_to", "at")
LINKS_SCHEMA = pa.schema([(c.name, UTC_MICROS if c.name in _TIMES else pa.string()) for c in LINK_COLUMNS])
EVENTS_SCHEMA = pa.schema([(c.name, UTC_MICROS if c.name in _TIMES else pa.string()) for c in EVENT_COLUMNS])
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_TOGETHER = """
SELECT v, u, e.first_seen FROM edges AS e JOIN grouped AS a ON v = a.node JOIN grouped AS b ON u = b.node
ANTI JOIN shared AS s ON v = s.node ANTI JOIN shared AS t ON u = t.node
WHERE a.customer = 1 AND a.root = b.root ORDER BY e.first_seen, v, u"""
_NAMING = """
SELECT CAST(customer AND s.node IS NULL AS INTEGER) AS naming FROM nodes AS n
JOIN kinds USING (id_type) LEFT JOIN shared AS s ON n.node = s.node ORDER BY n.node"""
_LINKS = "SELECT * FROM links ORDER BY id_type, id_value, valid_from, valid_to NULLS LAST, customer_id"


@dataclass(frozen=True)
class Resolution:
    """`links` are all rows of `identity_links`, ended ones too, in one order; `events` are this time's rows of `identity_events`.

    `redirects` leads from every id that ended to the one that goes on. `report` has the counts, by names that a report can print.
    """

    links: pa.Table
    events: pa.Table
    redirects: Mapping[str, str]
    report: dict[str, Any]


def resolve(
    sightings: Iterable[pa.RecordBatch] | pa.Table,
    before: pa.Table,
    *,
    at: datetime,
    rules: Rules = RULES,
    work: Path | None = None,
    memory_mb: int = 700,
) -> Resolution:
    """Customers of `sightings` (columns of `SIGHTING_COLUMNS`, in any order of rows) that go on from the links of `before`.

    The result depends on the rows, not on their order; the same again changes nothing. DuckDB takes at most `memory_mb` and puts the rest
    under `work`. Raises KeyError when a column of a contract is missing.
    """
    with Workspace(rules, memory_mb=memory_mb, work=work) as space:
        space.load(sightings)
        space.put("before", _micros(before.select(LINKS_SCHEMA.names).cast(LINKS_SCHEMA)))
        refused = _group(space, rules)
        _date(space)
        give_ids(space.con, _micro(at))
        found = explain(space.con, refused)
        events = found.append_column("at", pa.array([at] * found.num_rows, UTC_MICROS)).cast(EVENTS_SCHEMA)
        links = space.con.sql(_LINKS).to_arrow_table().cast(LINKS_SCHEMA)
        return Resolution(links, events, former_owners(space.con, "links"), report(space.con))


def _group(space: Workspace, rules: Rules) -> list[tuple[int, int, int]]:
    """Makes the table `grouped` (node, root, customer); gives the refused edges."""
    ranks = ints(space.con.sql("SELECT rank FROM nodes ORDER BY node").to_arrow_table()["rank"])
    together = Components(ranks, space.traits(), rules)
    edges = space.ordered_edges()
    together.decide(*(ints(edges[name]) for name in ("v", "u", "declared")))
    roots = together.roots()
    customer = array("i", iter(together.customers(roots)))
    space.put("grouped", {"node": _array(array("i", range(len(ranks)))), "root": _array(roots), "customer": _array(customer)})
    return together.refused


def _date(space: Workspace) -> None:
    """Makes the table `placed`: `grouped` with `since` and `via`."""
    first_seen = ints(space.con.sql("SELECT first_seen FROM nodes ORDER BY node").to_arrow_table()["first_seen"], "q")
    naming = bytes(iter(ints(space.con.sql(_NAMING).to_arrow_table()["naming"])))
    edges = space.con.sql(_TOGETHER).to_arrow_table()
    pairs = zip(ints(edges["v"]), ints(edges["u"]), ints(edges["first_seen"], "q"), strict=True)
    since, via = joined_since(first_seen, naming, pairs)
    space.put("dated", {"node": _array(array("i", range(len(since)))), "since": _array(since), "via": _array(via)})
    space.con.execute("CREATE TABLE placed AS SELECT * FROM grouped JOIN dated USING (node)")


def _array(values: "array[int]") -> pa.Array:
    kind = pa.int32() if values.typecode == "i" else pa.int64()
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


def _micros(links: pa.Table) -> dict[str, pa.Array]:
    return {name: links[name].cast(pa.int64()) if name in _TIMES else links[name] for name in links.column_names}


def _micro(at: datetime) -> int:
    apart = at - _EPOCH
    return (apart.days * 86_400 + apart.seconds) * 1_000_000 + apart.microseconds
