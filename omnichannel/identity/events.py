"""What happened and why, as rows of `identity_events`: made by SQL over the tables of `ids`, without one plain value."""

import duckdb
import pyarrow as pa

from omnichannel.identity.components import REFUSALS

# `mark` tells two events of the same parties apart. It is a time from the links, never the time of the run: a run that is repeated
# because it died between its two writes finds the same events under the same ids.
_FOUND = """
CREATE OR REPLACE TABLE found AS
WITH named AS (SELECT n.*, o.customer_id FROM nodes AS n LEFT JOIN members AS m USING (node) LEFT JOIN owners AS o USING (root)),
merges AS (
    SELECT k.customer_id AS survivor, e.customer_id AS ended, greatest(k.since, e.since) AS mark,
        CASE WHEN e.since >= k.since THEN e.via ELSE k.via END AS via
    FROM claims AS e JOIN claims AS k USING (root) WHERE k.keeps AND NOT e.keeps
), splits AS (
    SELECT DISTINCT ON (old_id, new_id) old_id, new_id, id_type, id_value, old_from FROM changes
    WHERE fresh AND old_lives AND old_id <> new_id ORDER BY old_id, new_id, rank, old_from, id_value
), refusals AS (
    SELECT r.v, r.rule AS rule_place, v.id_type, v.id_value, v.customer_id AS holder, u.customer_id AS other
    FROM refused AS r JOIN named AS v ON r.v = v.node JOIN named AS u ON r.u = u.node
    WHERE v.customer_id IS DISTINCT FROM u.customer_id
)
SELECT 'minted' AS kind, m.customer_id, NULL AS other, n.id_type, n.id_value, NULL AS rule, 0 AS mark
FROM minted AS m JOIN nodes AS n USING (node)
UNION ALL SELECT 'merged', survivor, ended, id_type, id_value, NULL, mark FROM merges LEFT JOIN nodes ON merges.via = node
UNION ALL SELECT 'split', old_id, new_id, id_type, id_value, NULL, old_from FROM splits
UNION ALL SELECT 'moved', old_id, new_id, id_type, id_value, NULL, old_from FROM changes
    WHERE old_id <> new_id AND old_lives AND NOT fresh
UNION ALL SELECT 'ended', old_id, NULL, id_type, id_value, NULL, old_from FROM changes WHERE new_id IS NULL
UNION ALL SELECT DISTINCT 'refused', holder, other, id_type, id_value, rules.rule, 0 FROM refusals JOIN rules USING (rule_place)
UNION ALL SELECT 'shared', NULL, NULL, id_type, id_value, 'shared-by-too-many', 0 FROM shared JOIN nodes USING (node)
"""

_EVENTS = """
SELECT left(sha256(concat_ws('|', kind, coalesce(customer_id, '-'), coalesce(other, '-'), id_type, id_value, coalesce(rule, '-'), mark)),
        32) AS event_id, customer_id, kind, other AS other_customer_id, id_type, sha256(id_type || ':' || id_value) AS id_value_hash, rule
FROM found ORDER BY kind, customer_id, other, id_type, id_value, rule"""


def explain(con: duckdb.DuckDBPyConnection, refused: list[tuple[int, int, int]]) -> pa.Table:
    """The rows of `identity_events` but for their time; also makes the table `found`."""
    columns = list(zip(*refused, strict=True)) or [(), (), ()]
    listed = pa.table(dict(zip(("v", "u", "rule"), (pa.array(c, pa.int32()) for c in columns), strict=True)))
    rules = pa.table({"rule_place": pa.array(range(len(REFUSALS)), pa.int32()), "rule": list(map(str, REFUSALS))})
    for name, table in (("refused", listed), ("rules", rules)):
        con.register(name, table)
    con.execute(_FOUND)
    return con.sql(_EVENTS).to_arrow_table()
