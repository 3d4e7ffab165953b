"""The transformations on Spark: the same expressions as DuckDB runs, over the data files of the same Iceberg snapshots.

pyiceberg plans which files hold a table and Spark reads them by field id, so renamed columns are found and no jar of Iceberg is
needed. pyspark is imported when a session is there: it comes with the image, not with our wheels.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import ibis
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table

from omnichannel.contracts.datasets import Column, Type
from omnichannel.onboarding.schema import TABLES
from omnichannel.transform.files import data_files, fetch, field_ids
from omnichannel.transform.identity_values import SPARK_FUNCTIONS
from omnichannel.transform.registry import CLOCK, Transformation, in_order, load

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    # Iceberg's data files name their columns by id; a file from before a rename has the old name and the same id.
    "spark.sql.parquet.fieldId.read.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}

ONE_MACHINE = {"spark.sql.shuffle.partitions": str(os.cpu_count() or 1), "spark.ui.enabled": "false"}
"""For a session that is no cluster: Spark's own default are 200 shares of whatever there is."""

_TYPES: dict[Type, str] = {
    Type.STRING: "string",
    Type.JSON: "string",
    Type.INTEGER: "bigint",
    Type.DECIMAL: "decimal(18,4)",
    Type.BOOLEAN: "boolean",
    Type.DATE: "date",
    Type.TIMESTAMP: "timestamp",
}


def session(**more: str) -> "SparkSession":
    """The session of this process, with what the transformations rely on. Functions in Python find our code by this process's path."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("transform").config("spark.executorEnv.PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    for name, value in {**SETTINGS, **more}.items():
        builder = builder.config(name, value)
    spark: SparkSession = builder.getOrCreate()
    for name, function in SPARK_FUNCTIONS.items():
        spark.udf.register(name, function, "string")
    return spark


def on_one_machine(spark: "SparkSession") -> bool:
    """Whether Spark runs in this process alone; it then has no file system but this machine's."""
    return str(spark.sparkContext.master).startswith("local")


def trusted(spark: "SparkSession", catalog: Catalog, database: str, name: str, work: Path) -> "DataFrame":
    """A trusted table as it is now, in the contract's columns and types; empty when it does not exist yet.

    A cluster reads the files where they are; a single machine gets them into `work` first.
    """
    try:
        table = catalog.load_table((database, name))
    except NoSuchTableError:
        table = None
    return rows_of(spark, table, TABLES[name], work / name)


def rows_of(spark: "SparkSession", table: Table | None, columns: tuple[Column, ...], work: Path) -> "DataFrame":
    """Some columns of a loaded table; no rows without one."""
    if table is None:
        return spark.createDataFrame([], ", ".join(f"`{c.name}` {_TYPES[c.type]}" for c in columns))
    files = [str(path) for path in fetch(table, work)] if on_one_machine(spark) else list(data_files(table))
    return _read(spark, table, files, columns)


def _read(spark: "SparkSession", table: Table, files: Sequence[str], columns: tuple[Column, ...]) -> "DataFrame":
    from pyspark.sql import functions as f
    from pyspark.sql.types import StructField, StructType, _parse_datatype_string

    ids = field_ids(table, columns)
    fields = [StructField(c.name, _parse_datatype_string(_TYPES[c.type]), metadata={"parquet.field.id": n}) for c, n in ids.items() if n]
    rows = spark.read.schema(StructType(fields)).parquet(*files) if files else spark.createDataFrame([], StructType(fields))
    # The ids are those of the table's files; what is made of a column has none, so a comment takes the id's place.
    values = {c: f.col(f"`{c.name}`") if n else f.lit(None).cast(_TYPES[c.type]) for c, n in ids.items()}
    return rows.select(*(value.alias(c.name, metadata={"comment": c.meaning or c.name}) for c, value in values.items()))


def run(spark: "SparkSession", tables: Mapping[str, "DataFrame"], names: tuple[str, ...], as_of: datetime, output: str) -> None:
    """Writes the transformations of those names as Parquet to `output/<name>/`.

    `tables` are frames by name, of trusted tables and of what was computed elsewhere; the latter is not made again.
    """
    every = load()
    moment = as_of.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    spark.sql(f"SELECT TIMESTAMP '{moment}+00:00' AS as_of").createOrReplaceTempView(CLOCK)
    for name, frame in tables.items():
        frame.createOrReplaceTempView(name)
    order = [every[name] for name in in_order(names) if name not in tables]
    readers = Counter(read for each in order for read in each.reads)
    for each in order:
        frame = spark.sql(sql(each))
        if each.name in names:
            frame.write.mode("overwrite").parquet(f"{output}/{each.name}")
            frame = spark.read.schema(frame.schema).parquet(f"{output}/{each.name}")
        elif readers[each.name] > 1:
            frame = kept(frame)
        frame.createOrReplaceTempView(each.name)


def kept(frame: "DataFrame") -> "DataFrame":
    """The rows, computed once. Under new aliases: a checkpoint keeps its columns' ids, and a self-join then takes one for the other."""
    return frame.select(*(frame[name].alias(name) for name in frame.columns)).localCheckpoint()


def sql(of: Transformation) -> str:
    """The query in Spark's dialect."""
    # Its options exist once the backend is loaded, and without them floats have no SQL.
    compiler = ibis.pyspark
    return str(ibis.to_sql(of.expression, dialect=compiler.name))


def read_by(names: tuple[str, ...], given: Iterable[str] = ()) -> list[str]:
    """The trusted tables that those transformations are made from."""
    every, known = load(), set(given)
    reads = {read for name in in_order(names) if name not in known for read in every[name].reads}
    return sorted((reads & TABLES.keys()) - known)
