"""What the features step leaves behind, from the Parquet that an engine wrote: sorted, in the forms that training and transform read.

One DuckDB sorts within its memory limit, whichever engine made the rows, and customers are written a file's worth at a time.
"""
# ruff: noqa: S608 - names are ours

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from omnichannel.onboarding.rules import literal
from pipelines.engine import DuckDb

ROWS_OF_A_FILE = 250_000
"""About 100 MB of CSV, what one instance of a transform job takes in at a time."""

CUSTOMERS = "customers"
ORDER = "cut_off, customer_id"


def table(duck: DuckDb, folders: Sequence[Path], path: Path) -> int:
    """One Parquet file of all rows in the folders, by cut-off and customer; gives how many there are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    copied = duck.connection.execute(f"COPY (SELECT * FROM {_files(folders)} ORDER BY {ORDER}) TO {literal(str(path))} (FORMAT parquet)")
    return int(copied.fetchall()[0][0])


def empty_like(path: Path, like: Path) -> int:
    """A Parquet file with the columns of another and no rows; gives 0."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pq.read_schema(like).empty_table(), path)
    return 0


def lines(duck: DuckDb, customers: Path, columns: Sequence[str], folder: Path) -> int:
    """CSV as batch transform reads it: no header, `nan` where a feature is unknown; gives the number of rows.

    `customers.csv`, or `customers-000.csv`, … of `ROWS_OF_A_FILE` rows each.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = pq.ParquetFile(customers)
    one = file.metadata.num_rows <= ROWS_OF_A_FILE
    for number, batch in enumerate(file.iter_batches(ROWS_OF_A_FILE, columns=list(columns))):
        to = folder / (f"{CUSTOMERS}.csv" if one else f"{CUSTOMERS}-{number:03d}.csv")
        duck.connection.register("_lines", batch)
        named = ", ".join(f'"{name}"' for name in columns)
        duck.connection.execute(f"COPY (SELECT {named} FROM _lines) TO {literal(str(to))} (FORMAT csv, HEADER false, NULLSTR 'nan')")
        duck.connection.unregister("_lines")
    return int(file.metadata.num_rows)


def described(duck: DuckDb, path: Path, features: Sequence[str]) -> list[dict[str, Any]]:
    """Of each feature in a Parquet file: the share of rows in which it is unknown, its least and greatest value, whether it is constant."""
    asked = ", ".join(f'count("{f}"), min("{f}"), max("{f}")' for f in features)
    rows, *found = duck.connection.execute(f"SELECT count(*), {asked} FROM {_files([path.parent])}").fetchall()[0]
    told = zip(features, found[::3], found[1::3], found[2::3], strict=True)
    return [
        {"name": f, "unknown": 1 - known / rows if rows else None, "least": low, "greatest": high, "constant": low == high}
        for f, known, low, high in told
    ]


def _files(folders: Sequence[Path]) -> str:
    paths = ", ".join(literal(f"{folder}/*.parquet") for folder in folders)
    return f"read_parquet([{paths}])"
