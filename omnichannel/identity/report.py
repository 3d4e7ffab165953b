"""The numbers of a resolution: how many, how large, what was refused."""

from typing import Any

import duckdb

_SIZES = ((1, "1"), (2, "2"), (3, "3"), (4, "4"), (9, "5-9"), (19, "10-19"), (49, "20-49"))

_IDENTIFIERS = """
SELECT n.id_type, count(*) FILTER (m.node IS NOT NULL), count(*) FILTER (m.node IS NULL AND s.node IS NULL),
    count(*) FILTER (s.node IS NOT NULL)
FROM nodes AS n LEFT JOIN members AS m USING (node) LEFT JOIN shared AS s USING (node) GROUP BY n.id_type, n.rank ORDER BY n.rank"""
_LARGE = "SELECT size, count(*) FROM (SELECT count(*) AS size FROM members GROUP BY root) GROUP BY size ORDER BY size"
_VISITORS = "SELECT count(DISTINCT root) FROM placed ANTI JOIN shared USING (node) WHERE customer = 0"
_HAPPENED = "SELECT kind, coalesce(rule, ''), count(*) FROM found GROUP BY ALL ORDER BY ALL"


def report(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """`customers`, `visitors`, `identifiers` by type (linked, unlinked, shared), `sizes` (identifiers a customer), `refusals` by rule,
    and how many were `minted`, `merged`, `split`, `moved`, `ended` this time."""
    sizes = con.execute(_LARGE).fetchall()
    happened = con.execute(_HAPPENED).fetchall()
    visitors = con.execute(_VISITORS).fetchone()
    return {
        "customers": sum(n for _, n in sizes),
        "visitors": visitors[0] if visitors else 0,
        "identifiers": {t: {"linked": a, "unlinked": b, "shared": c} for t, a, b, c in con.execute(_IDENTIFIERS).fetchall()},
        "sizes": _histogram(sizes),
        "refusals": {rule: n for _, rule, n in happened if rule},
        **{kind: sum(n for k, _, n in happened if k == kind) for kind in ("minted", "merged", "split", "moved", "ended")},
    }


def _histogram(sizes: list[tuple[int, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for size, n in sizes:
        label = next((name for most, name in _SIZES if size <= most), "50+")
        found[label] = found.get(label, 0) + n
    return found
