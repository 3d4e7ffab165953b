"""What was sent to scoring and what came back, joined by customer within a bounded memory.

Both sides are put into the same parts of customers by a hash of their ids, on disk; one part after the other is then small enough to
be compared, joined and written. Row order means nothing, and a customer's part depends on the id and the number of customers alone.
"""
# ruff: noqa: S608 - names are features' and paths are the step's own

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from omnichannel.onboarding.rules import literal
from omnichannel.scoring.stored import HASH_DIGITS

ROWS_A_PART = 250_000
ROWS_A_BUCKET = 5_000
# Parts and buckets that a hash fills differ in size; with so much room none is fuller than allowed.
_ROOM = 0.95
MEMORY_MB = 512
DECILES = 10


class IdsDifferError(Exception):
    """Other customers came back from scoring than were sent."""


class UnusableScoresError(Exception):
    """What came back are no scores between 0 and 1."""


class UnusableFeaturesError(Exception):
    """What was sent is not what the model reads."""


@dataclass(frozen=True, kw_only=True)
class Returned:
    """Both sides in parts below `folder`; `rows` came back, and each part holds `buckets` / `parts` buckets."""

    connection: duckdb.DuckDBPyConnection
    folder: Path
    features: Sequence[str]
    sent: int
    rows: int
    parts: int
    buckets: int

    def table(self, part: int) -> pa.Table:
        """One part's customers: `customer_id`, `bucket`, the features (null where unknown) and `score`, ordered by customer."""
        names = ", ".join(f'"{name}"' for name in self.features)
        query = f"""
            SELECT customer_id, bucket, {names}, score
            FROM {self.side("sent", part)} JOIN {self.side("scored", part, "customer_id, score")} USING (customer_id)
            ORDER BY customer_id
        """
        return self.connection.sql(query).to_arrow_table()

    def side(self, name: str, part: int, columns: str = "*") -> str:
        """One part of what was `sent` or `scored`, or of whatever else was put there, as SQL's words."""
        files = sorted((self.folder / name / f"part={part}").glob("*.parquet"))
        if not files:
            return f"(SELECT {columns} FROM {name}_columns)"
        return f"(SELECT {columns} FROM read_parquet([{', '.join(literal(str(file)) for file in files)}]))"


def opened(folder: Path) -> duckdb.DuckDBPyConnection:
    """DuckDB with little memory; what does not fit goes below the folder."""
    connection = duckdb.connect(
        config={
            "memory_limit": f"{MEMORY_MB}MB",
            "threads": 2,
            "temp_directory": str(folder / "spill"),
            "preserve_insertion_order": False,
            "python_enable_replacements": False,
        }
    )
    connection.execute("SET enable_progress_bar = false")
    return connection


def gather(sent: Path, scored: Path, features: Sequence[str], folder: Path) -> Returned:
    """Reads both folders of CSV files without headers into parts below `folder`.

    Raises `IdsDifferError`, `UnusableScoresError` and `UnusableFeaturesError`; none of them says whom it is about.
    """
    folder.mkdir(parents=True, exist_ok=True)
    connection = opened(folder)
    back, wanted = _files(scored), _files(sent)
    rows = _count(connection, back)
    parts = max(1, -(-rows // int(ROWS_A_PART * _ROOM)))
    buckets = parts * max(1, -(-rows // int(parts * ROWS_A_BUCKET * _ROOM)))
    columns = {"customer_id": "VARCHAR", **dict.fromkeys(features, "DOUBLE")}
    _put(connection, folder, "sent", wanted, columns, parts, buckets, UnusableFeaturesError)
    _put(connection, folder, "scored", back, {"customer_id": "VARCHAR", "score": "DOUBLE"}, parts, buckets, UnusableScoresError)
    found = Returned(
        connection=connection,
        folder=folder,
        features=features,
        sent=_rows(connection, folder, "sent"),
        rows=rows,
        parts=parts,
        buckets=buckets,
    )
    _check_ids(found)
    _check_scores(found)
    return found


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.stat().st_size)


def _csv(files: Sequence[Path], columns: dict[str, str]) -> str:
    paths = ", ".join(literal(str(file)) for file in files)
    types = ", ".join(f"{literal(name)}: '{kind}'" for name, kind in columns.items())
    return (
        f"read_csv([{paths}], header = false, auto_detect = false, delim = ',', quote = '\"', columns = {{{types}}}, nullstr = ['nan', ''])"
    )


def _count(connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> int:
    if not files:
        return 0
    text = "header = false, auto_detect = false, delim = '\\0', quote = '', columns = {'line': 'VARCHAR'}"
    lines = f"read_csv([{', '.join(literal(str(file)) for file in files)}], {text})"
    return _one(connection, f"SELECT count(*) FROM {lines}")


def _put(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    name: str,
    files: Sequence[Path],
    columns: dict[str, str],
    parts: int,
    buckets: int,
    error: type[Exception],
) -> None:
    """Writes the lines of CSV files into parts."""
    empty = ", ".join(f'CAST(NULL AS {kind}) AS "{column}"' for column, kind in {**columns, "bucket": "BIGINT"}.items())
    connection.execute(f"CREATE VIEW {name}_columns AS SELECT {empty} WHERE false")
    if not files:
        return
    try:
        split(connection, _csv(files, columns), folder / name, parts, buckets)
    except (duckdb.ConversionException, duckdb.InvalidInputException) as unreadable:
        # Not its words: they quote the line, which names a customer.
        expected = f"customer_id and {len(columns) - 1} numbers ({', '.join(list(columns)[1:4])}{', …' if len(columns) > 4 else ''})"
        raise error(f"{name}: not CSV lines of {expected}; DuckDB says {type(unreadable).__name__}") from None


def split(connection: duckdb.DuckDBPyConnection, rows: str, folder: Path, parts: int, buckets: int) -> None:
    """Writes rows that have a `customer_id` into the parts that their customers belong to, as Parquet files with a `bucket`."""
    digits = f"CAST('0x' || left(sha256(customer_id), {HASH_DIGITS}) AS BIGINT)"
    placed = f"SELECT *, {digits} % {buckets} AS bucket FROM {rows}"
    connection.execute(
        f"COPY (SELECT *, bucket // {buckets // parts} AS part FROM ({placed})) "
        f"TO {literal(str(folder))} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (part))"
    )


def _rows(connection: duckdb.DuckDBPyConnection, folder: Path, name: str) -> int:
    if not (folder / name).exists():
        return 0
    return _one(connection, f"SELECT count(*) FROM read_parquet({literal(str(folder / name / '*' / '*.parquet'))})")


def _check_ids(found: Returned) -> None:
    for name, said in (("sent", "sent to scoring"), ("scored", "scored")):
        twice = _total(found, partial(_twice, found, name))
        if twice:
            raise IdsDifferError(f"{twice} customers were {said} twice")
    lost, extra = (_total(found, partial(_missing, found, *sides)) for sides in (("sent", "scored"), ("scored", "sent")))
    if lost or extra:
        raise IdsDifferError(f"{found.sent} customers were sent to scoring: {lost} did not come back, {extra} others did")


def _twice(found: Returned, name: str, part: int) -> str:
    return f"SELECT count(*) - count(DISTINCT customer_id) FROM {found.side(name, part)}"


def _missing(found: Returned, here: str, there: str, part: int) -> str:
    return f"SELECT count(*) FROM {found.side(here, part)} ANTI JOIN {found.side(there, part)} USING (customer_id)"


def _check_scores(found: Returned) -> None:
    bad = "score IS NULL OR isnan(score) OR score < 0 OR score > 1"
    outside = _total(found, lambda part: f"SELECT count(*) FILTER ({bad}) FROM {found.side('scored', part)}")
    if outside:
        raise UnusableScoresError(f"{outside} of {found.rows} scores are not between 0 and 1")


def decile_starts(found: Returned) -> list[tuple[int, float]]:
    """(decile, the lowest score in it), ascending, over all customers: the tenth with the highest scores is 10, equal scores share one.

    A score's place is the mean of the places that its equals take.
    """
    sides = " UNION ALL ".join(f"SELECT score FROM {found.side('scored', part)}" for part in range(found.parts))
    query = f"""
        WITH counted AS (SELECT score, count(*) AS n FROM ({sides}) GROUP BY score),
        placed AS (SELECT score, n, sum(n) OVER (ORDER BY score) AS upto FROM counted)
        SELECT CAST(ceil((upto - n + (n + 1) / 2) * {DECILES} / {found.rows}) AS INTEGER) AS decile, min(score)
        FROM placed GROUP BY decile ORDER BY decile
    """
    return [(int(decile), float(start)) for decile, start in found.connection.execute(query).fetchall()]


def _total(found: Returned, query: Callable[[int], str]) -> int:
    return sum(_one(found.connection, query(part)) for part in range(found.parts))


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    (row,) = connection.execute(query).fetchall()
    return int(row[0])
