"""Sightings as numbers, in DuckDB: every identifier a node, every pair an edge, in the order in which they are decided."""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa

from omnichannel.contracts.datasets import Type
from omnichannel.contracts.identity import SIGHTING_COLUMNS, Trait
from omnichannel.identity.rules import Rules

UTC_MICROS = pa.timestamp("us", tz="UTC")
_ARROW = {Type.STRING: pa.string(), Type.INTEGER: pa.int64(), Type.TIMESTAMP: UTC_MICROS}
SIGHTINGS_SCHEMA = pa.schema([(c.name, _ARROW[c.type]) for c in SIGHTING_COLUMNS])

# Nodes are numbered by rank, then value: comparing numbers compares sureness, and the same identifiers get the same order.
_NODES = """
CREATE TABLE nodes AS
WITH named AS (
    SELECT left_type AS id_type, left_value AS id_value, first_seen FROM seen
    UNION ALL SELECT right_type, right_value, first_seen FROM seen WHERE right_type IS NOT NULL
), once AS (SELECT id_type, id_value, epoch_us(min(first_seen)) AS first_seen FROM named GROUP BY ALL)
SELECT CAST(row_number() OVER (ORDER BY rank, id_value) - 1 AS INTEGER) AS node, rank, id_type, id_value, first_seen
FROM once JOIN kinds USING (id_type)"""

_EDGES = """
CREATE TABLE edges AS
SELECT greatest(l.node, r.node) AS v, least(l.node, r.node) AS u, bool_or(source IN (SELECT source FROM declared)) AS declared,
    epoch_us(min(s.first_seen)) AS first_seen, epoch_us(max(s.last_seen)) AS last_seen, sum(s.seen) AS seen
FROM seen AS s
JOIN nodes AS l ON s.left_type = l.id_type AND s.left_value = l.id_value
JOIN nodes AS r ON s.right_type = r.id_type AND s.right_value = r.id_value
WHERE l.node <> r.node GROUP BY 1, 2"""

_SHARED = """
CREATE TABLE shared AS
WITH both_ways AS (SELECT v AS node, u AS other FROM edges UNION ALL SELECT u, v FROM edges),
neighbours AS (
    SELECT b.node, count(*) AS n FROM both_ways AS b JOIN nodes AS o ON b.other = o.node JOIN kinds AS k ON o.rank = k.rank
    WHERE k.customer GROUP BY b.node, o.rank
)
SELECT node, max(n) AS customers FROM neighbours JOIN nodes USING (node) JOIN kinds USING (rank) WHERE n > most_customers GROUP BY node"""

# A joining value is decided by what is declared and oldest, an attached one by what is newest.
_ORDERED = """
WITH open_edges AS (SELECT * FROM edges ANTI JOIN shared ON v = node), kept AS (SELECT * FROM open_edges ANTI JOIN shared ON u = node)
SELECT v, u, CAST(declared AS INTEGER) AS declared
FROM kept JOIN nodes AS n ON v = n.node JOIN kinds AS k ON n.rank = k.rank JOIN nodes AS m ON u = m.node
ORDER BY n.rank, n.rank = m.rank,
    CASE WHEN k.joins THEN NOT bool_or(declared) OVER (PARTITION BY v) ELSE false END,
    CASE WHEN k.joins THEN min(kept.first_seen) OVER (PARTITION BY v) ELSE -max(kept.last_seen) OVER (PARTITION BY v) END,
    v,
    CASE WHEN k.joins THEN NOT declared ELSE false END,
    CASE WHEN k.joins THEN kept.first_seen ELSE -kept.last_seen END,
    kept.seen DESC, u"""

_TRAITS = """
SELECT node, right_type AS trait, CAST(dense_rank() OVER (PARTITION BY right_type ORDER BY right_value) AS INTEGER) AS code
FROM (SELECT left_type, left_value, right_type, max(right_value) AS right_value FROM seen WHERE right_type IN {traits} GROUP BY ALL)
JOIN nodes ON left_type = id_type AND left_value = id_value"""


class Workspace:
    """A DuckDB of its own with `seen`, `kinds`, `nodes`, `edges` and `shared`; what does not fit goes to disk. Times are microseconds."""

    def __init__(self, rules: Rules, *, memory_mb: int = 700, threads: int = 2, work: Path | None = None) -> None:
        self._folder = TemporaryDirectory(dir=work, ignore_cleanup_errors=True)
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": f"{memory_mb}MB",
            "threads": threads,
            "temp_directory": self._folder.name,
        }
        self.con = duckdb.connect(config=config)
        self.con.execute("CREATE TABLE kinds (id_type VARCHAR, rank INTEGER, customer BOOLEAN, joins BOOLEAN, most_customers INTEGER)")
        kinds = [[str(r.id_type), n, r.customer, r.joins, r.most_customers] for n, r in enumerate(rules.types)]
        self.con.executemany("INSERT INTO kinds VALUES (?, ?, ?, ?, ?)", kinds)
        self.con.execute("CREATE TABLE declared (source VARCHAR)")
        self.con.executemany("INSERT INTO declared VALUES (?)", [[source] for source in sorted(rules.declared)])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.con.close()
        self._folder.cleanup()

    def load(self, sightings: Iterable[pa.RecordBatch] | pa.Table) -> None:
        """Makes nodes and edges of the sightings; raises KeyError when a column of the contract is missing."""
        batches = sightings.to_batches() if isinstance(sightings, pa.Table) else sightings
        reader = pa.RecordBatchReader.from_batches(SIGHTINGS_SCHEMA, (conform(b, SIGHTINGS_SCHEMA) for b in batches))
        self.con.register("incoming", reader)
        self.con.execute("CREATE TABLE seen AS SELECT * FROM incoming")
        self.con.unregister("incoming")
        for statement in (_NODES, _EDGES, _SHARED):
            self.con.execute(statement)

    def ordered_edges(self) -> pa.Table:
        """`v`, `u`, `declared` (int32): `u` is the surer one; edges of one `v` stand together. Shared values have none."""
        return self.con.sql(_ORDERED).to_arrow_table()

    def traits(self) -> pa.Table:
        """`node`, `trait`, `code`: equal codes are equal values."""
        return self.con.sql(_TRAITS.format(traits=tuple(map(str, Trait)))).to_arrow_table()

    def put(self, name: str, columns: dict[str, pa.Array]) -> None:
        """A table of computed columns."""
        computed = pa.table(columns)
        self.con.register("computed", computed)
        self.con.execute(f'CREATE OR REPLACE TABLE "{name}" AS SELECT * FROM computed')  # noqa: S608 - names are written here
        self.con.unregister("computed")


def conform(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The schema's columns of a batch, cast to its types."""
    return pa.RecordBatch.from_arrays([batch.column(f.name).cast(f.type) for f in schema], schema=schema)
