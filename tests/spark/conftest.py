"""One Spark for all tests of the suite, and the rows of both engines."""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from omnichannel.transform.lake import Lake, manifest
from tests.spark.rows import AS_OF, trusted

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Results = Mapping[str, pa.Table]

SMALL = {
    "spark.master": "local[2]",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    # Of a few hundred rows compiling costs more than it saves.
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator["SparkSession"]:
    if shutil.which("java") is None:
        assert not os.environ.get("REQUIRE_SPARK"), "REQUIRE_SPARK is set and there is no Java on the PATH"
        pytest.skip("there is no Java on the PATH, which Spark needs (17; Debian: openjdk-17-jre-headless)")
    from pipelines.spark import session

    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    found = session(**SMALL, **{"spark.local.dir": str(tmp_path_factory.mktemp("spark"))})
    found.sparkContext.setLogLevel("ERROR")
    yield found
    found.stop()


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """The trusted tables that both engines read."""
    return trusted(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="session")
def on_duckdb(tables: Results, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Every transformation, by its compiled SQL."""
    lake = Lake(None, "trusted", tmp_path_factory.mktemp("lake"), as_of=AS_OF)
    for name, rows in tables.items():
        lake.put(name, rows)
    lake.build(*manifest())
    results = {name: lake.arrow(name) for name in manifest()}
    lake.close()
    return results


@pytest.fixture(scope="session")
def on_spark(spark: "SparkSession", tables: Results, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Every transformation, by its expression."""
    from pipelines.spark import run

    folder = tmp_path_factory.mktemp("results")
    given = {name: spark.read.parquet(_parquet(rows, folder / f"{name}.parquet")) for name, rows in tables.items()}
    run(spark, given, tuple(manifest()), AS_OF, str(folder))
    return {name: pq.read_table(folder / name) for name in manifest()}


def _parquet(rows: pa.Table, path: Path) -> str:
    pq.write_table(rows, path)
    return str(path)
