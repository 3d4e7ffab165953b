"""Brings what the lake knows of messages to where it is asked for: suppressions, contacts, and the outcomes of campaigns.

Every write is conditional or adds what is not there: run again, or beside live events, it changes nothing that is newer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omnichannel.activation import contacts
from omnichannel.activation.contacts import Contact
from omnichannel.activation.suppression import ATTRIBUTE, Suppression, is_newer, suppress
from omnichannel.aws.dynamodb import batch_get, batches
from omnichannel.contracts import zones
from omnichannel.contracts.feedback import FeedbackType
from omnichannel.feedback.live import WHY
from omnichannel.transform.lake import Lake
from omnichannel.view.claim import Claim

OUTCOMES = "outcomes"
"""The transformation that is exported, and the table over its file."""
READS = ("suppressions", "contacts_made", OUTCOMES)
LOT = 1_000

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Store:
    """The tables that are written to, and the claim that a later rebuild or an erasure takes away."""

    dynamodb: Any = field(repr=False)
    customers: str
    sent: str
    claim: Claim

    def known(self, rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
        """The items of the rows' customers, as far as there are any, with what is closed for them."""
        keys = ({"customer_id": customer_id} for customer_id in dict.fromkeys(row["customer_id"] for row in rows))
        return {item["customer_id"]: item for item in batch_get(self.dynamodb, self.customers, keys, ("customer_id", ATTRIBUTE))}


def apply(lake: Lake, store: Store) -> dict[str, int]:
    """Gives how many channels were closed and how many customers got contacts.

    Raises `NewerRebuild` when an erasure or a later rebuild has begun. It claims nothing itself: the rebuild before it has.
    """
    lake.build(*READS)
    closed = sum(_close(store, lot) for lot in _lots(lake, "suppressions", store))
    reached = sum(_reach(store, lot) for lot in _lots(lake, "contacts_made", store))
    return {"channels_closed": closed, "contacts_added": reached}


def export(lake: Lake, store: Store, s3: Any, bucket: str, work: Path) -> int:
    """Writes the outcomes as one Parquet file that replaces the one before; gives how many there are. Raises `NewerRebuild` too."""
    file, key = work / f"{OUTCOMES}.parquet", f"{zones.view_export(OUTCOMES)}part-000.parquet"
    lake.build(OUTCOMES)
    lake.connection.execute(f"COPY (FROM {OUTCOMES} ORDER BY customer_id, campaign, run) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")
    store.claim.check()
    s3.upload_file(str(file), bucket, key)
    return int(lake.rows(f"SELECT count(*) AS n FROM {OUTCOMES}")[0]["n"])  # noqa: S608 - our own name


def _lots(lake: Lake, table: str, store: Store) -> Iterator[list[Row]]:
    rows = (row for batch in lake.batches(table) for row in batch.to_pylist())
    for lot in batches(rows, LOT):
        store.claim.check()
        yield lot


def _close(store: Store, rows: Sequence[Row]) -> int:
    known, closed = store.known(rows), 0
    for row in (each for each in rows if each["customer_id"] in known):
        wanted = Suppression(channel=row["channel"], why=WHY[FeedbackType(row["type"])], at=row["at"])
        if is_newer(known[row["customer_id"]], wanted):
            closed += suppress(store.dynamodb, store.customers, row["customer_id"], wanted)
    return closed


def _reach(store: Store, rows: Sequence[Row]) -> int:
    known = store.known(rows)
    theirs = ((row["customer_id"], _contact(row)) for row in rows if row["customer_id"] in known)
    return contacts.record(store.dynamodb, store.sent, theirs)


def _contact(row: Row) -> Contact:
    told = {name: row[name] for name in ("campaign", "channel", "at", "run", "message_id")}
    return Contact(action="", **told)
