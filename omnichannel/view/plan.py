"""What has to change for the store to hold the view: the difference of `wanted` and `stored`, found by DuckDB, told in batches."""
# ruff: noqa: S608 - the queries are put together from our own words

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from omnichannel.consent.state import newest
from omnichannel.transform.lake import Lake
from omnichannel.view.consents import decoded, encoded

ROWS = 1_000
Consents = dict[str, dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One customer item to be written. `body` is None where only the customer's going is to be noted: `survivor` says whose redirect
    the item becomes, None that it goes.

    `seen` says that there was an item, `version` which one (None: an item that no rebuild has written). `consents` are those of the
    lake and of merged customers; what the store holds beside them is `held`.
    """

    customer_id: str
    body: str | None
    digest: str | None
    consents: Consents
    held: Consents
    seen: bool
    version: int | None
    survivor: str | None = None

    @property
    def merged(self) -> Consents:
        """The consents that the item gets: of each the newer one."""
        return newest(self.consents, self.held)


_OUR_ITEMS = "(SELECT * FROM stored WHERE customer IS NULL)"
_CARRIED = f"""
SELECT r.survivor AS customer_id, string_agg(s.consents, ',') AS consents
FROM redirects r JOIN {_OUR_ITEMS} s ON s.customer_id = r.customer_id WHERE s.consents <> '' GROUP BY r.survivor
"""
_WRITES = f"""
SELECT w.customer_id, w.body, w.digest, w.consents, c.consents AS carried,
       s.customer_id IS NOT NULL AS seen, s.version, s.consents AS held, s.digest IS DISTINCT FROM w.digest AS differs
FROM wanted w LEFT JOIN {_OUR_ITEMS} s USING (customer_id) LEFT JOIN ({_CARRIED}) c USING (customer_id)
WHERE (s.digest IS DISTINCT FROM w.digest OR s.consents IS DISTINCT FROM w.consents OR c.consents IS NOT NULL)
  AND (s.updated_at IS NULL OR s.updated_at <= ?)
"""
_GOING = f"""
SELECT s.customer_id, s.version, r.survivor FROM {_OUR_ITEMS} s
LEFT JOIN redirects r USING (customer_id) ANTI JOIN wanted w ON w.customer_id = s.customer_id
WHERE s.updated_at <= ?
"""
_LINKS = """
SELECT key, customer FROM wanted_links w
ANTI JOIN stored s ON s.customer_id = w.key AND s.customer = w.customer
ANTI JOIN stored i ON i.customer_id = w.key AND i.customer IS NULL
"""
_ENDED = """
SELECT s.customer_id AS key FROM (SELECT * FROM stored WHERE customer IS NOT NULL) s
ANTI JOIN wanted_links w ON w.key = s.customer_id WHERE s.updated_at <= ?
"""


def writes(lake: Lake, as_of: datetime) -> Iterator[Change]:
    """Customers whose item is missing, says something else or lacks a consent; items written by a later rebuild are left alone."""
    for row in _rows(lake, _WRITES, as_of):
        held, told = decoded(row["held"] or ""), newest(decoded(row["consents"]), _carried(row["carried"]))
        if row["differs"] or encoded(newest(told, held)) != row["held"]:
            yield Change(
                customer_id=row["customer_id"], body=row["body"], digest=row["digest"], consents=told, held=held,
                seen=row["seen"], version=row["version"],
            )  # fmt: skip


def going(lake: Lake, as_of: datetime) -> Iterator[Change]:
    """Items of customers of whom nothing is known any more; a merged one's becomes a redirect. Without any customer: none."""
    if not lake.rows("SELECT 1 FROM wanted LIMIT 1"):
        return
    for row in _rows(lake, _GOING, as_of):
        yield Change(
            customer_id=row["customer_id"], body=None, digest=None, consents={}, held={}, seen=True,
            version=row["version"], survivor=row["survivor"],
        )  # fmt: skip


def merges(lake: Lake, as_of: datetime) -> list[tuple[str, str]]:
    """Customers whose item becomes a redirect, each with its survivor."""
    return [(row["customer_id"], row["survivor"]) for row in _rows(lake, _GOING, as_of) if row["survivor"] is not None]


def new_links(lake: Lake) -> Iterator[tuple[str, str]]:
    """Redirects that are missing or lead elsewhere: key and customer."""
    return ((row["key"], row["customer"]) for row in _rows(lake, _LINKS))


def ended_links(lake: Lake, as_of: datetime) -> Iterator[str]:
    """Keys of redirects that lead to nobody any more."""
    return (row["key"] for row in _rows(lake, _ENDED, as_of))


def _carried(text: str | None) -> Consents:
    found: Consents = {}
    for part in (text or "").split(","):
        found = newest(found, decoded(part))
    return found


def _rows(lake: Lake, sql: str, *given: object) -> Iterator[dict[str, Any]]:
    # A cursor of its own: the caller asks for other things between two batches.
    with lake.connection.cursor() as cursor:
        for batch in cursor.sql(sql, params=list(given)).to_arrow_reader(ROWS):
            yield from batch.to_pylist()
