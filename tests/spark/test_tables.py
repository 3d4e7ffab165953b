"""Spark reads trusted tables from Iceberg's own files, by field id, without a jar; and the step runs on it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from pyiceberg.catalog import Catalog

from omnichannel.contracts.datasets import STOCK_LEVELS
from pipelines.steps import transform
from tests.integration.transform.conftest import AS_OF, DATABASE, catalog, change, rows, stock

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["catalog", "stock"]


def test_files_from_before_a_rename_and_rows_rewritten_away(spark: "SparkSession", catalog: Catalog, stock: Any, tmp_path: Path):
    from pipelines.spark import trusted

    with stock.update_schema() as old:
        old.rename_column("quantity", "amount")
        old.delete_column("_sequence")
    stock.append(rows(change("a", 7, 2), change("b", 1, 2)).rename_columns({"quantity": "amount"}).drop_columns(["_sequence"]))
    with stock.update_schema() as new:
        new.rename_column("amount", "quantity")
    stock.append(rows(change("c", 8, 2)).drop_columns(["_sequence"]))
    stock.delete("product_id = 'b'")

    found = trusted(spark, catalog, DATABASE, STOCK_LEVELS.table, tmp_path)

    assert found.columns == [c.name for c in STOCK_LEVELS.trusted_columns]
    assert not [field.name for field in found.schema if "parquet.field.id" in field.metadata]
    assert {(row.product_id, row.quantity, row["_sequence"]) for row in found.collect()} == {("a", 7, None), ("c", 8, None)}


def test_a_table_that_does_not_exist_is_empty(spark: "SparkSession", catalog: Catalog, tmp_path: Path):
    from pipelines.spark import trusted

    assert trusted(spark, catalog, DATABASE, "orders_changes", tmp_path).count() == 0


def test_the_step_says_the_same_on_both_engines(
    spark: "SparkSession", catalog: Catalog, stock: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    stock.append(rows(change("a", 1, 2), change("a", 4, 3), change("ä", 2, 3)))
    monkeypatch.setattr("omnichannel.aws.iceberg.catalog", lambda: catalog)
    monkeypatch.setattr("pipelines.spark.session", lambda **_: spark)
    monkeypatch.setattr(type(spark), "stop", lambda _: None)

    for engine in ("duckdb", "spark"):
        given = ["--engine", engine, "--glue-database", DATABASE, "--as-of", AS_OF.isoformat()]
        transform.main([*given, "--tables", "product_stock,stock_levels", "--output", str(tmp_path / engine)])

    both = [pq.read_table(tmp_path / engine / "product_stock").sort_by("product_id").to_pylist() for engine in ("duckdb", "spark")]
    assert both == [[{"product_id": "a", "stock": 4}, {"product_id": "ä", "stock": 2}]] * 2
