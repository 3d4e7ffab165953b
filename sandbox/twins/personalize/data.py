"""Imported interactions: CSV files from S3 as columns, kept as Parquet."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.twins.personalize.schemas import missing_columns

MIN_INTERACTIONS = 1000
MAX_ID = 256
MAX_DELETION_BYTES = 100_000_000
_ARROW = {
    "string": pa.string(),
    "long": pa.int64(),
    "int": pa.int32(),
    "float": pa.float32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
}


class ImportFailedError(Exception):
    """What an import job says when it failed."""


def read(s3: Any, location: str, fields: dict[str, list[str]], dataset_type: str) -> pa.Table:
    """The rows of all CSV files under `location`, with the schema's columns; raises `ImportFailedError`."""
    try:
        tables = [_parse(key, body, fields) for key, body in _files(s3, location)]
    except (ClientError, BotoCoreError) as error:
        raise ImportFailedError(f"S3 or the role refused {location}: {error}") from error
    if not tables:
        raise ImportFailedError(f"no CSV file at {location}")
    table = pa.concat_tables(tables)
    for name in sorted({"USER_ID", "ITEM_ID"} & set(fields)):
        _check_ids(table, name)
    if dataset_type == "INTERACTIONS" and table.num_rows < MIN_INTERACTIONS:
        raise ImportFailedError(f"{table.num_rows} interactions; an import job needs at least {MIN_INTERACTIONS}")
    return table


def joined(held: pa.Table, more: pa.Table) -> pa.Table:
    """Both tables' rows: what an incremental import leaves behind."""
    return pa.concat_tables([held, more.select(held.column_names)])


def without(table: pa.Table, column: str, values: set[str]) -> pa.Table:
    """The rows whose column holds none of the values."""
    return table.filter(pc.invert(pc.is_in(table[column], value_set=pa.array(sorted(values), table[column].type))))


def users_in(s3: Any, location: str) -> set[str]:
    """The ids in the CSV files of a deletion job; raises `ImportFailedError`."""
    try:
        files = _files(s3, location)
    except (ClientError, BotoCoreError) as error:
        raise ImportFailedError(f"S3 or the role refused {location}: {error}") from error
    if not files:
        raise ImportFailedError(f"no CSV file at {location}")
    if sum(len(body) for _, body in files) > MAX_DELETION_BYTES:
        raise ImportFailedError("more than 100 MB of users")
    return {user for key, body in files for user in _parse(key, body, {"USER_ID": ["string"]})["USER_ID"].to_pylist()}


def write(path: Path, table: pa.Table) -> None:
    """Keeps the table, whole or not at all."""
    half = path.with_suffix(".half")
    pq.write_table(table, half, compression="zstd")
    half.replace(path)


def load(path: Path) -> pa.Table | None:
    """The table that was kept, if any."""
    return pq.read_table(path) if path.exists() else None


def _files(s3: Any, location: str) -> list[tuple[str, bytes]]:
    parts = urlsplit(location)
    bucket, prefix = parts.netloc, parts.path.lstrip("/")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [each["Key"] for page in pages for each in page.get("Contents", ()) if each["Size"]]
    wanted = [key for key in keys if key == prefix or (prefix.endswith("/") and key.endswith(".csv"))]
    return [(key, s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in wanted]


def _parse(key: str, body: bytes, fields: dict[str, list[str]]) -> pa.Table:
    name = key.rsplit("/", 1)[-1]
    try:
        header = body.split(b"\n", 1)[0].decode("utf-8-sig").strip().replace('"', "").split(",")
    except UnicodeDecodeError:
        raise ImportFailedError(f"{name}: not UTF-8 text") from None
    if missing := missing_columns(fields, header):
        raise ImportFailedError(f"{name}: the input CSV is missing the columns {', '.join(missing)}")
    types = {field: _arrow(kinds) for field, kinds in fields.items()}
    options = pyarrow.csv.ConvertOptions(column_types=types, include_columns=list(fields), strings_can_be_null=True, null_values=[""])
    try:
        table = pyarrow.csv.read_csv(pa.py_buffer(body), convert_options=options)
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise ImportFailedError(f"{name}: {error}") from error
    for field, kinds in fields.items():
        if "null" not in kinds and table[field].null_count:
            raise ImportFailedError(f"{name}: {table[field].null_count} rows without {field}")
    return table


def _check_ids(table: pa.Table, name: str) -> None:
    longest = pc.max(pc.utf8_length(table[name])).as_py() or 0
    if longest > MAX_ID:
        raise ImportFailedError(f"{name} of {longest} characters; at most {MAX_ID}")


def _arrow(kinds: Sequence[str]) -> pa.DataType:
    return _ARROW[next(kind for kind in kinds if kind != "null")]
