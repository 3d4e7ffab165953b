"""The lake reads what Iceberg says is there, whatever happened to the table, and the job's step does the same."""

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.types import StringType

from lambdas import transform_job
from omnichannel.contracts.datasets import CUSTOMERS, STOCK_LEVELS
from omnichannel.contracts.environment.customers import TransformJobEnv
from omnichannel.onboarding.schema import arrow_schema
from omnichannel.transform import files, job
from omnichannel.transform.lake import Lake
from pipelines.steps import transform
from tests.integration.transform.conftest import AS_OF, DATABASE, change, rows


def quantities(catalog: Catalog, work: Path) -> dict[str, int | None]:
    work.mkdir(exist_ok=True)
    lake = Lake(catalog, DATABASE, work, as_of=AS_OF)
    lake.build("stock_levels")
    found = {row["product_id"]: row["quantity"] for row in lake.rows("SELECT * FROM stock_levels")}
    lake.close()
    return found


def test_rows_of_several_commits_are_one_state(catalog: Catalog, stock: Any, tmp_path: Path):
    stock.append(rows(change("a", 1, 2), change("b", 5, 2)))
    stock.append(rows(change("a", 3, 4), change("b", None, 5, op="D")))
    stock.append(rows(change("a", 2, 3)))

    assert quantities(catalog, tmp_path / "work") == {"a": 3}


def test_a_table_that_does_not_exist_or_has_no_rows_is_empty(catalog: Catalog, stock: Any, tmp_path: Path):
    lake = Lake(catalog, DATABASE, tmp_path, as_of=AS_OF)

    lake.build("stock_levels", "customers")

    assert lake.arrow("stock_levels").equals(arrow_schema(STOCK_LEVELS.trusted_columns).empty_table())
    assert lake.arrow("customers").equals(arrow_schema(CUSTOMERS.trusted_columns).empty_table())


def test_files_from_before_a_column_was_renamed_or_added_are_read_by_its_id(catalog: Catalog, stock: Any, tmp_path: Path):
    with stock.update_schema() as old:
        old.rename_column("quantity", "amount")
        old.delete_column("_sequence")
    before = rows(change("a", 7, 2)).rename_columns({"quantity": "amount"}).drop_columns(["_sequence"])
    stock.append(before)
    with stock.update_schema() as new:
        new.rename_column("amount", "quantity")
    stock.append(rows(change("b", 8, 2)).drop_columns(["_sequence"]))
    with stock.update_schema() as more:
        more.add_column("unheard_of", StringType())

    assert quantities(catalog, tmp_path / "work") == {"a": 7, "b": 8}


def test_rows_that_were_rewritten_away_are_gone(catalog: Catalog, stock: Any, tmp_path: Path):
    stock.append(rows(change("a", 1, 2), change("b", 5, 2)))
    stock.delete("product_id = 'a'")

    assert quantities(catalog, tmp_path / "work") == {"b": 5}


def test_a_disk_that_cannot_hold_the_table_is_named(catalog: Catalog, stock: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    stock.append(rows(change("a", 1, 2)))
    monkeypatch.setattr(files.shutil, "disk_usage", lambda _: SimpleNamespace(free=10))

    with pytest.raises(files.NoRoom, match="give the function more storage, or run it as a job"):
        quantities(catalog, tmp_path / "work")


def test_a_later_build_that_needs_more_columns_gets_them(catalog: Catalog, stock: Any, tmp_path: Path):
    stock.append(rows(change("a", 1, 2)))
    lake = Lake(catalog, DATABASE, tmp_path, as_of=AS_OF)

    lake.build("product_stock")
    few = lake.arrow("stock_levels").schema.names
    lake.build("stock_levels")

    assert (few, lake.arrow("stock_levels").schema.names) == (["product_id", "quantity"], [c.name for c in STOCK_LEVELS.trusted_columns])


def test_what_is_put_into_the_lake_is_built_upon(tmp_path: Path):
    lake = Lake(None, DATABASE, tmp_path, as_of=AS_OF)
    lake.put("stock_levels", pa.table({"product_id": ["a", "a"], "quantity": [1, 2]}))

    lake.build("product_stock")

    assert lake.rows("SELECT * FROM product_stock") == [{"product_id": "a", "stock": 3}]


def test_what_was_put_without_a_column_that_is_used_is_named(tmp_path: Path):
    lake = Lake(None, DATABASE, tmp_path, as_of=AS_OF)
    lake.put("stock_levels", pa.table({"product_id": ["a"]}))

    with pytest.raises(LookupError, match="stock_levels was put here without the columns quantity"):
        lake.build("product_stock")


@pytest.fixture
def opened(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    """The same catalog for whoever opens the environment's."""
    monkeypatch.setattr("omnichannel.aws.iceberg.catalog", lambda: catalog)
    monkeypatch.setattr(transform_job, "catalog", lambda: catalog)
    return catalog


def step(output: Path, engine: str, names: Sequence[str]) -> None:
    given = {"--engine": engine, "--glue-database": DATABASE, "--as-of": AS_OF.isoformat(), "--tables": ",".join(names), "--output": output}
    transform.main([str(part) for pair in given.items() for part in pair])


def test_the_step_writes_each_table_as_parquet(opened: Catalog, stock: Any, tmp_path: Path):
    stock.append(rows(change("a", 1, 2), change("a", 4, 3)))

    step(tmp_path / "out", "duckdb", ["stock_levels", "product_stock"])

    assert pq.read_table(tmp_path / "out" / "product_stock").to_pylist() == [{"product_id": "a", "stock": 4}]
    assert pq.read_table(tmp_path / "out" / "stock_levels")["quantity"].to_pylist() == [4]


def test_a_moment_without_a_zone_is_no_argument(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        transform.main(["--engine", "duckdb", "--glue-database", "x", "--as-of", "2026-11-01", "--tables", "orders", "--output", "out"])

    assert "has no time zone; expected e.g. 2026-11-01T00:00:00+00:00" in capsys.readouterr().err


class Objects:
    """An S3 client over a folder: keys are paths."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get_paginator(self, _: str) -> Any:
        def pages(Prefix: str, **_: Any) -> list[dict[str, Any]]:  # noqa: N803 - boto3's name
            found = sorted(str(p.relative_to(self.folder)) for p in self.folder.rglob("*") if p.is_file())
            return [{"Contents": [{"Key": key} for key in found if key.startswith(Prefix)]}]

        return SimpleNamespace(paginate=pages)

    def download_file(self, _: str, key: str, to: str) -> None:
        Path(to).write_bytes((self.folder / key).read_bytes())


def test_a_function_builds_on_what_a_job_has_made(opened: Catalog, stock: Any, tmp_path: Path):
    stock.append(rows(change("a", 1, 2)))
    bucket, work = tmp_path / "bucket", tmp_path / "work"
    work.mkdir()
    step(bucket / "pipelines/transform/j1", "duckdb", ["stock_levels"])
    lake = Lake(None, DATABASE, work, as_of=AS_OF)

    taken = job.take(lake, Objects(bucket), "lake", "j1")
    lake.build("product_stock")

    assert taken == ["stock_levels"]
    assert lake.rows("SELECT * FROM product_stock") == [{"product_id": "a", "stock": 1}]


def test_a_job_that_left_nothing_is_named(tmp_path: Path):
    lake = Lake(None, DATABASE, tmp_path, as_of=AS_OF)

    with pytest.raises(LookupError, match="job j2 left nothing"):
        job.take(lake, Objects(tmp_path), "lake", "j2")


def test_tables_are_measured_by_what_their_snapshots_tell(opened: Catalog, stock: Any, monkeypatch: pytest.MonkeyPatch):
    stock.append(rows(change("a", 1, 2)))
    size = sum(files.data_files(stock).values())
    answers = []

    for threshold in (size - 1, size):
        env = TransformJobEnv(glue_database=DATABASE, threshold_bytes=str(threshold), request="{}")
        for name, value in env.variables().items():
            monkeypatch.setenv(name, value)
        answers.append(transform_job.handler({"action": "measure", "names": ["product_cards"]}, None))

    assert answers == [{"bytes": size, "large": True}, {"bytes": size, "large": False}]


def test_a_request_names_job_moment_and_tables():
    template = json.dumps(
        {"AppSpecification": {"ContainerArguments": ["--as-of", job.AS_OF, "--tables", job.TABLES, f"s3://lake/{job.JOB}/"]}}
    )

    request = job.request_of(template, "j1", ["orders", "customers"], "2026-11-01T00:00:00Z")

    assert request["ProcessingJobName"] == "j1"
    assert request["AppSpecification"]["ContainerArguments"][1:] == [
        "2026-11-01T00:00:00Z",
        "--tables",
        "orders,customers",
        "s3://lake/j1/",
    ]
