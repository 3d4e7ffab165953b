"""Customers and their features as the features step left them: Parquet that is never held whole."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.segmenting.space import Matrix

ID = "customer_id"
ROWS_AT_ONCE = 50_000


class NobodyError(Exception):
    """There are no customers to look at; the message says what would work."""


class UnusableCustomersError(Exception):
    """The features step left something that cannot be worked with; the message says what."""


@dataclass(frozen=True, kw_only=True)
class Customers:
    """`features` are descriptions with `name`, `family` and `unit`, each a column of the files beside `customer_id`."""

    files: tuple[Path, ...]
    features: Sequence[dict[str, Any]]
    snapshot: str

    @classmethod
    def read(cls, folder: Path, meta: Path) -> "Customers":
        """The folders `customers` and `meta` of the features step; raises `NobodyError`, `UnusableCustomersError`."""
        paths = tuple(sorted(folder.rglob("*.parquet")))
        if not paths:
            raise UnusableCustomersError(f"no Parquet file in {folder}; expected what pipelines.steps.features --purpose audience writes")
        found = cls(
            files=paths,
            features=json.loads((meta / "features.json").read_text()),
            snapshot=json.loads((meta / "snapshot.json").read_text())["digest"],
        )
        found.check()
        return found

    def check(self) -> None:
        """Raises `NobodyError` without customers, `UnusableCustomersError` for a missing column and a customer twice."""
        self.need(ID, *self.names)
        ids = self.column(ID)
        if not len(ids):
            raise NobodyError("no customer is known; build the customer view, or take an as-of date after the first orders")
        twice = len(ids) - pc.count_distinct(ids).as_py()
        if twice:
            raise UnusableCustomersError(f"{twice} of {len(ids)} rows are customers who are there twice")

    def need(self, *names: str) -> None:
        """Raises `UnusableCustomersError` when a file lacks one of those columns."""
        there = set.intersection(*(set(pq.read_schema(path).names) for path in self.files))
        missing = [name for name in names if name not in there]
        if missing:
            raise UnusableCustomersError(f"the customers' file lacks the columns {', '.join(missing)}")

    @property
    def names(self) -> list[str]:
        """The features' names, in order."""
        return [f["name"] for f in self.features]

    @property
    def families(self) -> dict[str, str]:
        """The family of each feature."""
        return {f["name"]: f["family"] for f in self.features}

    @property
    def rows(self) -> int:
        """How many customers there are."""
        return sum(pq.read_metadata(path).num_rows for path in self.files)

    def column(self, name: str) -> pa.ChunkedArray:
        """One column, in the files' order."""
        return pa.chunked_array([chunk for path in self.files for chunk in pq.read_table(path, columns=[name]).column(name).chunks])

    def numbers(self, name: str) -> Matrix:
        """A column as floats; unknown is nan."""
        return _floats(self.column(name))

    def batches(self, names: Sequence[str]) -> Iterator[tuple[pa.Array, Matrix]]:
        """Ids and a matrix of those features, some customers at a time, in the files' order."""
        for path in self.files:
            # Not a dataset: that reads whole files ahead.
            with pq.ParquetFile(path, pre_buffer=False) as file:
                for batch in file.iter_batches(ROWS_AT_ONCE, columns=[ID, *names]):
                    yield batch.column(ID), matrix(batch, names)

    def sample(self, size: int) -> Matrix:
        """Features of at most so many customers, picked and ordered by the hash of their id: whatever order the files have."""
        ids = np.asarray(self.column(ID).to_pandas(), dtype=object)
        # The hash that splits features into buckets of customers would do as well; this one takes all ids at once.
        hashes = pd.util.hash_array(ids, categorize=False)
        last = np.sort(hashes)[min(size, len(hashes)) - 1]
        rows, theirs, start = [], [], 0
        for batch_ids, values in self.batches(self.names):
            here = hashes[start : start + len(batch_ids)]
            rows.append(values[here <= last])
            theirs.append(here[here <= last])
            start += len(batch_ids)
        order = np.argsort(np.concatenate(theirs), kind="stable")
        return np.concatenate(rows)[order][:size]


def matrix(batch: pa.RecordBatch | pa.Table, names: Sequence[str]) -> Matrix:
    """(rows, names) floats; unknown is nan."""
    return np.column_stack([_floats(batch.column(name)) for name in names]) if names else np.empty((batch.num_rows, 0))


def _floats(column: pa.Array | pa.ChunkedArray) -> Matrix:
    found: Matrix = pc.fill_null(column.cast(pa.float64()), float("nan")).to_numpy()
    return found
