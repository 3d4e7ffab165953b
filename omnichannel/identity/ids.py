"""Stable customer ids: which component goes on under which id, and what changed since the links of last time.

A component keeps the oldest id among its members; the ids that it does not keep end and are followed to it. Where an id's identifiers
fall into several components, the one with the surest, then oldest of them keeps it. All of it is SQL over the tables of a `Workspace`,
`placed` (node, root, customer, since, via) and `before`.
"""

import duckdb

from omnichannel.identity.rules import RULES

_MEMBERS = """
CREATE OR REPLACE TABLE members AS
SELECT n.node, n.rank, n.id_type, n.id_value, p.root, p.since, p.via
FROM placed AS p JOIN nodes AS n USING (node) ANTI JOIN shared AS s ON s.node = p.node WHERE p.customer = 1"""

_CLAIMS = """
CREATE OR REPLACE TABLE claims AS
WITH born AS (SELECT customer_id, min(valid_from) AS born FROM before GROUP BY ALL),
held AS (
    SELECT DISTINCT ON (b.customer_id) b.customer_id, m.root, m.node, m.since, m.via
    FROM before AS b JOIN members AS m USING (id_type, id_value) WHERE b.valid_to IS NULL
    ORDER BY b.customer_id, m.rank, b.valid_from, m.id_value
)
SELECT held.*, row_number() OVER (PARTITION BY root ORDER BY born, customer_id) = 1 AS keeps FROM held JOIN born USING (customer_id)"""

_MINTED = """
CREATE OR REPLACE TABLE minted AS
SELECT root, node, text, 'c_' || left(sha256(text), 24) AS customer_id, 1 AS attempt FROM (
    SELECT DISTINCT ON (root) root, node, id_type || ':' || id_value AS text FROM members
    WHERE root NOT IN (SELECT root FROM claims WHERE keeps) ORDER BY root, rank, since, id_value
)"""

# An id that another part of a split has kept is taken: the next one is made from the same identifier and a number.
_TAKEN = """
UPDATE minted SET attempt = attempt + 1, customer_id = 'c_' || left(sha256(text || '#' || (attempt + 1)), 24)
WHERE customer_id IN (SELECT customer_id FROM claims WHERE keeps)"""

_OWNERS = """
CREATE OR REPLACE TABLE owners AS
SELECT root, customer_id, false AS fresh FROM claims WHERE keeps UNION ALL SELECT root, customer_id, true FROM minted"""

_CHANGES = """
CREATE OR REPLACE TABLE changes AS
WITH present AS (SELECT m.*, o.customer_id, o.fresh FROM members AS m JOIN owners AS o USING (root)),
former AS (SELECT * FROM before WHERE valid_to IS NULL)
SELECT coalesce(f.id_type, p.id_type) AS id_type, coalesce(f.id_value, p.id_value) AS id_value, k.rank,
    f.customer_id AS old_id, f.valid_from AS old_from, p.customer_id AS new_id, p.since, p.node,
    f.customer_id IN (SELECT customer_id FROM owners) AS old_lives, coalesce(p.fresh, false) AS fresh
FROM former AS f FULL JOIN present AS p USING (id_type, id_value) LEFT JOIN kinds AS k ON k.id_type = coalesce(f.id_type, p.id_type)"""

# Times are microseconds. A link that ends for want of evidence, or by a split, ends when that was found: no sighting tells when.
_LINKS = """
CREATE OR REPLACE TABLE links AS
SELECT customer_id, id_type, id_value, valid_from, valid_to FROM before WHERE valid_to IS NOT NULL
UNION ALL
SELECT old_id, id_type, id_value, old_from, greatest(old_from, CASE WHEN new_id IS NULL OR (fresh AND old_lives) THEN $at ELSE since END)
FROM changes WHERE old_id IS NOT NULL AND old_id IS DISTINCT FROM new_id
UNION ALL
SELECT new_id, id_type, id_value, CASE WHEN old_id = new_id THEN least(old_from, since) ELSE since END, NULL
FROM changes WHERE new_id IS NOT NULL"""

_REDIRECTS = """
SELECT DISTINCT ON (ended.customer_id) ended.customer_id, heir.customer_id AS survivor
FROM {links} AS ended JOIN {links} AS heir USING (id_type, id_value)
WHERE heir.valid_to IS NULL AND ended.customer_id NOT IN (SELECT customer_id FROM {links} WHERE valid_to IS NULL)
ORDER BY ended.customer_id, list_position($types, id_type), ended.valid_from, id_value"""


def give_ids(con: duckdb.DuckDBPyConnection, at: int) -> None:
    """Makes `members`, `claims`, `minted`, `owners`, `changes` and `links`; `at` (microseconds) is when this is found."""
    for statement in (_MEMBERS, _CLAIMS, _MINTED):
        con.execute(statement)
    while _count(con.execute(_TAKEN)):
        pass
    con.execute(_OWNERS)
    con.execute(_CHANGES)
    con.execute(_LINKS, {"at": at})


def former_owners(con: duckdb.DuckDBPyConnection, links: str) -> dict[str, str]:
    """By id that ended, who has the surest and oldest of its identifiers now; ids of whom nothing is left are absent.

    `links` is a table or view with the rows of `identity_links`.
    """
    types = [str(rule.id_type) for rule in RULES.types]
    return dict(con.execute(_REDIRECTS.format(links=links), {"types": types}).fetchall())


def _count(done: duckdb.DuckDBPyConnection) -> int:
    row = done.fetchone()
    return int(row[0]) if row else 0
