"""A lake in a folder: a generated shop checked, trusted and resolved in one process, by the rules that the functions run.

What it leaves out is what stands around those rules: queues, the history, the one committer. A notebook needs the tables only.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog import Catalog
from pyiceberg.catalog.sql import SqlCatalog

from omnichannel.contracts.datasets import DATASETS, Dataset
from omnichannel.identity.store import settle
from omnichannel.onboarding.examine import GOOD, Content, dataset_name, examine
from omnichannel.onboarding.migrate import PROPERTIES
from omnichannel.onboarding.schema import TABLES, arrow_schema, iceberg_schema, stored_name
from omnichannel.transform.lake import Lake
from omnichannel.trusted.write import add, data_files
from sandbox.shop.generate import generate

DATABASE = "trusted"
DONE = "done"
"""The file that a finished lake has."""


def folder_lake(folder: Path, *, customers: int, as_of: date, seed: int = 7) -> Catalog:
    """The catalog of a generated shop's trusted tables under `folder`; they are made when they are not there yet.

    What a broken-off attempt left is made anew. Everything in the shop happened before `as_of`.
    """
    wanted = f"{customers} customers as of {as_of}, seed {seed}"
    done = folder / DONE
    if not done.exists() or done.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        generate(folder / "landing", customers=customers, as_of=as_of, seed=seed)
        onboard(folder / "landing", folder, as_of)
        done.write_text(wanted)
    return _catalog(folder)


def onboard(landing: Path, folder: Path, as_of: date) -> Catalog:
    """The catalog, under `folder`, of what a landing folder holds: checked on that day, trusted, and given to customers."""
    folder.mkdir(parents=True, exist_ok=True)
    catalog = _catalog(folder)
    catalog.create_namespace(DATABASE)
    for name, columns in TABLES.items():
        catalog.create_table((DATABASE, name), iceberg_schema(columns), properties=PROPERTIES)
    with tempfile.TemporaryDirectory() as scratch:
        _trust(landing, catalog, datetime.combine(as_of, time(), UTC), Path(scratch))
    return catalog


def _catalog(folder: Path) -> SqlCatalog:
    return SqlCatalog("folder", uri=f"sqlite:///{folder}/catalog.db", warehouse=folder.as_uri())


def _trust(landing: Path, catalog: Catalog, now: datetime, scratch: Path) -> None:
    """Stage A on every file, one snapshot a table, then who is who."""
    staged = _stage(landing, scratch, now)
    for dataset in DATASETS:
        table = catalog.load_table((DATABASE, dataset.table))
        add(table, data_files(table, _rows(dataset, staged.get(dataset.name, []))), {})
    lake = Lake(catalog, DATABASE, scratch / "identity", as_of=now)
    settle(catalog, DATABASE, lake, at=now)
    lake.close()


def _stage(landing: Path, scratch: Path, now: datetime) -> dict[str, list[Path]]:
    """The good rows of every landed content that can be trusted, as Parquet files by data set."""
    staged: dict[str, list[Path]] = {}
    seen: set[str] = set()
    for number, path in enumerate(sorted(p for p in landing.rglob("*") if p.is_file())):
        content = _content(path, path.relative_to(landing).as_posix(), received=now + timedelta(hours=1))
        if content.content_id in seen:
            continue
        seen.add(content.content_id)
        work = scratch / str(number)
        work.mkdir()
        landed = Path(shutil.copy(path, work / "landed"))  # the check may rewrite it
        result = examine(landed, content, work, now=now)
        if result.rows_staged:
            staged.setdefault(result.dataset, []).append(work / GOOD)
    return staged


def _content(path: Path, key: str, received: datetime) -> Content:
    digest = hashlib.sha256(path.read_bytes() + dataset_name(key).encode())
    return Content(content_id=digest.hexdigest()[:40], key=key, received=received)


def _rows(dataset: Dataset, files: list[Path]) -> Iterator[pa.RecordBatch]:
    """The trusted columns of the staged files; one that a file lacks is null."""
    schema = arrow_schema(dataset.trusted_columns)
    for file in files:
        for batch in pq.ParquetFile(file).iter_batches():
            stored = {c.name: stored_name(c, batch.schema.names) for c in dataset.trusted_columns}
            columns = [batch[name].cast(f.type) if (name := stored[f.name]) else pa.nulls(batch.num_rows, f.type) for f in schema]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)
