"""Identity in the trusted zone: links and events from the last time, and those of now.

One writer, the rebuild of the customer view. Events go first: a run that dies between the two tables finds the same events again, under
the same ids, and appends none of them twice.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table

from omnichannel.contracts.identity import EVENTS_TABLE, LINKS_TABLE, SIGHTINGS
from omnichannel.identity.resolve import EVENTS_SCHEMA, LINKS_SCHEMA, resolve
from omnichannel.identity.rules import RULES, Rules
from omnichannel.transform.lake import Lake

log = logging.getLogger(__name__)

ORDER = [(name, "ascending") for name in ("id_type", "id_value", "valid_from", "valid_to", "customer_id")]


@dataclass(frozen=True)
class Settled:
    """Who is who now: every row of `identity_links`, where ended ids lead, what to report, and whether the links are new ones."""

    links: pa.Table
    redirects: Mapping[str, str]
    report: dict[str, Any]
    changed: bool


def settle(catalog: Catalog, database: str, lake: Lake, *, at: datetime, rules: Rules = RULES, work: Path | None = None) -> Settled:
    """Resolves what the lake has seen, going on from the stored links, and stores links and events; nothing new is no commit.

    Builds `identity_sightings` in the lake and puts the new links there as `identity_links`. Raises `NoSuchTableError` before the
    tables are migrated, and pyiceberg's `CommitFailedException` when somebody else wrote meanwhile: resolve again then.
    """
    links = catalog.load_table((database, LINKS_TABLE))
    before = stored(links, LINKS_SCHEMA)
    lake.build(SIGHTINGS)
    found = resolve(lake.batches(SIGHTINGS), before, at=at, rules=rules, work=work)
    told = _append(catalog.load_table((database, EVENTS_TABLE)), found.events)
    changed = not before.equals(found.links)
    if changed:
        _replace(links, before, found.links)
    lake.put(LINKS_TABLE, found.links)
    log.info("identity settled", extra={"customers": found.report["customers"], "events": told, "changed": changed})
    return Settled(found.links, found.redirects, found.report, changed)


def links_of(catalog: Catalog, database: str) -> pa.Table:
    """All rows of `identity_links`, in one order; none before the table is made."""
    return _stored_or_empty(catalog, (database, LINKS_TABLE), LINKS_SCHEMA)


def events_of(catalog: Catalog, database: str) -> pa.Table:
    """All rows of `identity_events`; none before the table is made."""
    return _stored_or_empty(catalog, (database, EVENTS_TABLE), EVENTS_SCHEMA)


def stored(table: Table, schema: pa.Schema) -> pa.Table:
    """The rows of a table in the schema's columns; links in the order in which they are compared."""
    rows = table.scan(selected_fields=tuple(schema.names)).to_arrow().select(schema.names).cast(schema)
    return rows.sort_by(ORDER).combine_chunks() if schema is LINKS_SCHEMA else rows


def _stored_or_empty(catalog: Catalog, name: tuple[str, str], schema: pa.Schema) -> pa.Table:
    try:
        return stored(catalog.load_table(name), schema)
    except NoSuchTableError:
        return schema.empty_table()


def _append(table: Table, events: pa.Table) -> int:
    known = table.scan(selected_fields=("event_id",)).to_arrow()["event_id"]
    new = events.filter(pc.invert(pc.is_in(events["event_id"], value_set=known.cast(pa.string()))))
    if new.num_rows:
        table.append(new)
    return int(new.num_rows)


def _replace(table: Table, before: pa.Table, links: pa.Table) -> None:
    if before.num_rows:
        table.overwrite(links)
    else:
        table.append(links)
