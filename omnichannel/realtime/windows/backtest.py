"""A rule over history, in SQL: who would have entered its segment, when, and what they did next.

The same memberships as the live state's (`state.spells`), found the other way round: from all events at once.
"""
# ruff: noqa: S608 - what stands in the queries are whole numbers and names of ours

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from omnichannel.decisions.openings import zone_or
from omnichannel.onboarding.rules import literal
from omnichannel.playbook.triggers import Kind, Trigger, Triggers
from omnichannel.realtime.windows.counting import Spell
from omnichannel.realtime.windows.others import closes, micros, time_of
from omnichannel.transform.lake import Lake

READS = ("events_of_customers", "products", "bought", "clock")
MEMBERS = "members"
_STEP = 60_000_000
_DAY = timedelta(days=1)

SIGHTINGS = """
CREATE OR REPLACE TABLE sightings AS
SELECT customer_id AS who, epoch_us("timestamp") AS moment, message_id AS message, event AS name, coalesce(session_id, '') AS session,
       list_distinct(list_filter(
           list_concat([product_id], CASE WHEN json_valid(products) THEN json_extract_string(products, '$[*].product_id') ELSE [] END),
           lambda each: each IS NOT NULL AND each <> '')) AS products
FROM events_of_customers WHERE event IS NOT NULL
"""


@dataclass(frozen=True, kw_only=True)
class Next:
    """Those who entered between two moments: `customers`, their `spells`, how many `by_day` (UTC), and what they bought within `days`."""

    customers: int
    spells: int
    of_customers: int
    by_day: Mapping[str, int]
    days: int
    ordered: int
    orders: int
    median_hours: float | None


def backtest(lake: Lake, rule: Trigger, of: Triggers, since: datetime, until: datetime, days: int) -> Next:
    """Replays the rule over the lake's events up to the lake's own moment; entries in [since, until) count."""
    lake.build("events_of_customers", "bought", "products")
    lake.connection.execute(SIGHTINGS)
    members(lake.connection, rule, of.timezone)
    first, last = micros(since), micros(until)
    db = lake.connection
    db.execute(f"CREATE OR REPLACE TABLE entered AS SELECT * FROM {MEMBERS} WHERE since >= {first} AND since < {last}")
    customers, spells = _row(db, "SELECT count(DISTINCT who), count(*) FROM entered")
    seen = _row(db, f"SELECT count(DISTINCT who) FROM sightings WHERE moment >= {first} AND moment < {last}")[0]
    by_day = db.execute(
        "SELECT strftime(make_timestamp(since), '%Y-%m-%d') AS day, count(*) FROM entered GROUP BY day ORDER BY day"
    ).fetchall()
    ordered, orders, hours = _row(
        db,
        f"""SELECT count(DISTINCT who), count(DISTINCT order_id), median(after) FROM (
            SELECT who, since, order_id, (epoch_us(ordered_at) - since) / 3.6e9 AS after FROM entered JOIN bought ON customer_id = who
            WHERE epoch_us(ordered_at) >= since AND epoch_us(ordered_at) < since + {days * 86_400_000_000})""",
    )
    return Next(
        customers=customers, spells=spells, of_customers=seen, by_day=dict(by_day), days=days, ordered=ordered, orders=orders,
        median_hours=None if hours is None else round(hours, 2),
    )  # fmt: skip


def members(db: duckdb.DuckDBPyConnection, rule: Trigger, timezone: str, zones: Mapping[str, str] | None = None) -> None:
    """Fills the table `members` (who, since, until: microseconds since 1970) from `sightings`.

    Those are rows of who, moment (microseconds since 1970), message, name, session and products.

    A category of `products` (product_id, category_l1) is what co_view compares within. `zones` are time zones by `who`; others are in
    `timezone`. Spells that have begun but not ended count as if nothing came after the last sighting.
    """
    if rule.kind is Kind.CALENDAR:
        _openings(db, rule, timezone, zones or {})
        query = _CALENDAR
    elif rule.kind is Kind.ABANDONED_CART:
        query = _cart(rule)
    else:
        query = _counted(rule)
    db.execute(f"CREATE OR REPLACE TABLE {MEMBERS} AS {query}")


def spells(db: duckdb.DuckDBPyConnection, who: str) -> list[Spell]:
    """The memberships of one in `members`, in order."""
    found = db.execute(f"SELECT since, until FROM {MEMBERS} WHERE who = ? ORDER BY since", [who]).fetchall()
    return [Spell(*each) for each in found]


def _counted(rule: Trigger) -> str:
    """C holds from each event until the oldest of the keys that it needs leaves the window; stretches `stays` apart are one spell."""
    source = {
        Kind.CO_VIEW: """SELECT seen.who, seen.moment, seen.name, p.category_l1 AS category, p.product_id AS key
            FROM (SELECT who, moment, name, unnest(products) AS product FROM sightings) AS seen JOIN products AS p ON p.product_id = product
            WHERE p.category_l1 IS NOT NULL AND p.category_l1 <> ''""",
        Kind.VISITS_WITHIN: "SELECT who, moment, name, '' AS category, session AS key FROM sightings WHERE session <> ''",
    }.get(rule.kind, "SELECT who, moment, name, '' AS category, message AS key FROM sightings")
    return f"""
    WITH counted AS (SELECT DISTINCT who, category, moment, key FROM ({source}) WHERE name IN ({_listed(rule.events)})),
    latest AS (
        SELECT one.who, one.category, one.moment, other.key, max(other.moment) AS last
        FROM (SELECT DISTINCT who, category, moment FROM counted) AS one JOIN counted AS other USING (who, category)
        WHERE other.moment > one.moment - {rule.within} AND other.moment <= one.moment GROUP BY ALL),
    ranked AS (SELECT *, row_number() OVER (PARTITION BY who, category, moment ORDER BY last DESC) AS place FROM latest),
    holding AS (
        SELECT who, category, moment AS since, last + {rule.within + rule.stays} AS until FROM ranked WHERE place = {rule.at_least}),
    of_category AS ({_islands("holding", "who, category")})
    {_islands("of_category", "who")}"""


def _islands(table: str, by: str) -> str:
    """Spells that overlap or touch, as one."""
    return f"""SELECT {by}, min(since) AS since, max(until) AS until FROM (
        SELECT *, sum(apart) OVER (PARTITION BY {by} ORDER BY since, until) AS island FROM (
            SELECT *, CAST(since > max(until) OVER (PARTITION BY {by} ORDER BY since, until
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS INT) AS apart FROM {table}))
        GROUP BY {by}, coalesce(island, 0)"""


def _cart(rule: Trigger) -> str:
    """From `within` after each filling, until it is filled again, ended, or old."""
    return f"""
    WITH marks AS (
        SELECT who, moment, bool_or(name IN ({_listed(rule.events)})) AS filled, bool_or(name IN ({_listed(rule.without)})) AS ended
        FROM sightings WHERE name IN ({_listed((*rule.events, *rule.without))}) GROUP BY who, moment),
    following AS (
        SELECT *, min(moment) FILTER (filled) OVER (later ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS again,
            min(moment) FILTER (ended) OVER (later ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS done
        FROM marks WINDOW later AS (PARTITION BY who ORDER BY moment))
    SELECT who, since, until FROM (
        SELECT who, moment + {rule.within} AS since, least(moment + {rule.within + rule.stays}, again, done) AS until
        FROM following WHERE filled)
    WHERE until > since"""


_CALENDAR = """
SELECT who, min(moment) AS since, until
FROM sightings JOIN zones_of USING (who) JOIN openings USING (zone)
WHERE moment >= opens AND moment < until AND name IN (SELECT name FROM calendar_events) GROUP BY who, until
"""


def _openings(db: duckdb.DuckDBPyConnection, rule: Trigger, timezone: str, zones: Mapping[str, str]) -> None:
    first, last = _row(db, "SELECT coalesce(min(moment), 0), coalesce(max(moment), 0) FROM sightings")
    rows = [
        (zone, opens, until)
        for zone in sorted({timezone, *zones.values()})
        for opens, until in _open_between(rule, zone, timezone, time_of(first).date() - _DAY, time_of(last).date() + 2 * _DAY)
    ]
    _table(db, "openings", rows, {"zone": pa.string(), "opens": pa.int64(), "until": pa.int64()})
    people = [(who, zones.get(who, timezone)) for (who,) in db.execute("SELECT DISTINCT who FROM sightings").fetchall()]
    _table(db, "zones_of", people, {"who": pa.string(), "zone": pa.string()})
    _table(db, "calendar_events", [(name,) for name in rule.events], {"name": pa.string()})


def _open_between(rule: Trigger, zone: str, timezone: str, first: date, last: date) -> Iterable[Spell]:
    """Stretches during which the window is open: looked for minute by minute, which is all that the playbook can say."""
    if rule.window is None:
        return
    at, end, here = _midnight(first), _midnight(last), zone_or(zone, timezone)
    while at < end:
        until = closes(at, rule.window, here)
        if until is None:
            at += _STEP
        else:
            yield Spell(at, until)
            at = until


def _midnight(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 86_400_000_000


def _table(db: duckdb.DuckDBPyConnection, name: str, rows: list[tuple[Any, ...]], types: Mapping[str, pa.DataType]) -> None:
    columns = list(zip(*rows, strict=True)) or [()] * len(types)
    arrow = pa.table({column: pa.array(values, kind) for (column, kind), values in zip(types.items(), columns, strict=True)})
    db.register("_incoming", arrow)
    db.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM _incoming")
    db.unregister("_incoming")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(literal(name) for name in names)


def _row(db: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    [found] = db.execute(sql).fetchall()
    return tuple(found)
