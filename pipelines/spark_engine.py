"""Spark as an engine of features: the same queries in its dialect, over the data files of the same Iceberg snapshots.

pyspark is imported when a session is there: it comes with the image, not with our wheels.
"""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.table import Table

from omnichannel.contracts.datasets import Column
from omnichannel.transform.files import EVERY_ROW
from pipelines import spark

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

ROWS_AT_ONCE = 50_000


class Spark:
    """A session's tables; `work` is a folder of this machine."""

    def __init__(self, session: "SparkSession", work: Path) -> None:
        self._session = session
        self._work = work
        # Its options exist once the backend is loaded, and without them floats have no SQL.
        self.dialect = str(ibis.pyspark.name)

    def attach(self, name: str, table: Table | None, columns: Sequence[Column], rows: str = EVERY_ROW) -> None:
        """The table's data files, read by field id; Spark leaves out by itself what the rows' filter would."""
        del rows
        spark.rows_of(self._session, table, tuple(columns), self._work / name).createOrReplaceTempView(name)

    def keep(self, name: str, query: str) -> None:
        """Computed now: what replaces a table may have read it."""
        spark.kept(self._session.sql(query)).createOrReplaceTempView(name)

    def rows(self, query: str) -> pa.Table:
        """The answer, by way of this process's memory."""
        frame = self._session.sql(query)
        found: list[dict[str, Any]] = [row.asDict() for row in frame.collect()]
        return pa.table({name: [row[name] for row in found] for name in frame.columns})

    def write(self, query: str, folder: Path) -> None:
        """As many files as Spark makes; from a cluster, whose disks are not this machine's, one that is filled by and by."""
        frame = self._session.sql(query)
        if spark.on_one_machine(self._session):
            frame.write.mode("overwrite").parquet(folder.resolve().as_uri())
        else:
            _gather(frame, folder / "part-000.parquet")

    def close(self) -> None:
        """Ends the session."""
        self._session.stop()


def _gather(frame: "DataFrame", path: Path) -> None:
    from pyspark.sql.pandas.types import to_arrow_schema

    path.parent.mkdir(parents=True, exist_ok=True)
    schema, rows = to_arrow_schema(frame.schema), frame.toLocalIterator(prefetchPartitions=True)
    with pq.ParquetWriter(path, schema) as file:
        while some := [row.asDict() for row in islice(rows, ROWS_AT_ONCE)]:
            file.write_table(pa.Table.from_pylist(some, schema=schema))
