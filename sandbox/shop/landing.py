"""Frames and lines as files of the landing zone: CSV, JSON lines, Parquet, full loads and change files."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from omnichannel.contracts.datasets import Column, Dataset, Type

FULL_LOAD = "LOAD00000001"


@dataclass
class Sheet:
    """One text file before it is written: its key below the landing folder, its data set, header (CSV only) and records."""

    key: str
    dataset: Dataset
    records: list[str]
    header: str = ""
    spoiled: list[int] = field(default_factory=list)

    @property
    def content(self) -> bytes:
        """The file's bytes, gzipped when its name says so (without a time, so that equal content is equal bytes)."""
        lines = ([self.header] if self.header else []) + self.records
        plain = ("\n".join(lines) + "\n").encode()
        return gzipped(plain) if self.key.endswith(".gz") else plain


def gzipped(plain: bytes) -> bytes:
    """Fast and reproducible."""
    packer = zlib.compressobj(1, wbits=31)
    return packer.compress(plain) + packer.flush()


def write(directory: Path, key: str, content: bytes) -> None:
    """Writes one landed file, folders included."""
    path = directory / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def table(dataset: Dataset, frame: pd.DataFrame, *, full_load: bool = False, text: bool = True) -> pa.Table:
    """The frame's rows in the contract's columns and order: times as ISO 8601 text (`text`) or as UTC timestamps (Parquet)."""
    columns = [c for c in dataset.landed_columns if not (full_load and c.name == "op")]
    return pa.table({c.source: _values(c, frame[c.name], text) for c in columns})


def _values(column: Column, values: pd.Series, text: bool) -> pa.Array:
    if column.type is Type.TIMESTAMP:
        seconds = values.to_numpy(dtype=np.int64, na_value=-1)
        mask = seconds < 0
        if not text:
            return pa.array(seconds * 1_000_000, mask=mask).cast(pa.timestamp("us", "UTC"))
        return pa.array(np.datetime_as_string(seconds.astype("datetime64[s]"), timezone="UTC").tolist(), mask=mask, type=pa.string())
    if column.type is Type.INTEGER:
        return pa.array(values, type=pa.int64(), from_pandas=True)
    if column.type is Type.BOOLEAN:
        return pa.array(values.to_numpy(dtype=bool))
    if column.type is Type.DECIMAL:
        return pa.array(values.to_numpy(dtype=np.float64), type=pa.float64()) if text else _decimals(values)
    strings = values.astype(object).to_numpy()
    return pa.array(strings.tolist(), type=pa.string(), mask=np.array([not s for s in strings], dtype=bool))


def _decimals(values: pd.Series) -> pa.Array:
    return pa.array(values.to_numpy(dtype=np.float64)).cast(pa.decimal128(18, 4), safe=False)


def csv_sheet(key: str, dataset: Dataset, rows: pa.Table) -> Sheet:
    """A CSV file: header, one line a record, quotes where needed."""
    try:
        text = _csv_text(rows, "none")
    except pa.ArrowInvalid:  # some value holds a comma or a quote; this style then quotes every text
        text = _csv_text(rows, "needed")
    return Sheet(key, dataset, text.splitlines(), ",".join(rows.column_names))


def _csv_text(rows: pa.Table, quoting: str) -> str:
    sink = pa.BufferOutputStream()
    pa.csv.write_csv(rows, sink, pa.csv.WriteOptions(include_header=False, quoting_style=quoting))
    return str(sink.getvalue().to_pybytes(), "utf-8")


def iso(second: int) -> str:
    """A second since 1970 as the contracts write times."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def json_sheet(key: str, dataset: Dataset, rows: pa.Table) -> Sheet:
    """A file of JSON lines: an object a record, without what is empty."""
    records = ({name: value for name, value in row.items() if value is not None} for row in rows.to_pylist())
    return Sheet(key, dataset, [orjson.dumps(record).decode() for record in records])


def stamp(second: int) -> str:
    """The name of the change file that closes at that second: yyyymmdd-hhmmssmmm."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y%m%d-%H%M%S") + "000"


def loaded(dataset: Dataset, versions: pd.DataFrame, load_at: int) -> pd.DataFrame:
    """What a full load at `load_at` finds: the newest version of each key before it, deleted ones left out."""
    before = versions[versions["source_ts"] < load_at].drop_duplicates(list(dataset.keys), keep="last")
    return before[before["op"] != "D"]


def csv_load(dataset: Dataset, load: pd.DataFrame) -> Sheet:
    """A full load as CSV."""
    return csv_sheet(f"{dataset.prefix}{FULL_LOAD}.csv", dataset, table(dataset, load, full_load=True))


def parquet_load(dataset: Dataset, load: pd.DataFrame) -> bytes:
    """A full load as the bytes of a Parquet file."""
    sink = pa.BufferOutputStream()
    pa.parquet.write_table(table(dataset, load, full_load=True, text=False), sink, compression="zstd")
    return bytes(sink.getvalue())


def changes(dataset: Dataset, versions: pd.DataFrame, load_at: int, cuts: list[int]) -> Iterator[Sheet]:
    """One change file up to each cut, with the versions since the cut before it; none where nothing changed."""
    for opens, closes in pairwise([load_at, *cuts]):
        part = versions[(versions["source_ts"] >= opens) & (versions["source_ts"] < closes)]
        if len(part):
            yield csv_sheet(f"{dataset.prefix}{stamp(closes)}.csv", dataset, table(dataset, part))


def feed(dataset: Dataset, frame: pd.DataFrame, names: list[str]) -> list[Sheet]:
    """A CSV file for each name, holding equal shares of the frame in its order."""
    parts = np.array_split(np.arange(len(frame)), len(names))
    shares = zip(names, parts, strict=True)
    return [csv_sheet(f"{dataset.prefix}{name}.csv", dataset, table(dataset, frame.iloc[part])) for name, part in shares]
