"""Checks one file set-based in DuckDB: good rows typed into a staged Parquet file, bad rows with a reason each.

The fast path types every row in one streamed pass and proves with a few comparisons that it is good. Only rows without that proof are
looked at again, exactly and check by check. No table holds the file: memory is bounded by what DuckDB may take, whatever landed.
"""
# ruff: noqa: S608 - names and literals in the SQL go through `rules.identifier` and `rules.literal`

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from omnichannel.contracts.datasets import SEQUENCE_COLUMN, Column, Dataset
from omnichannel.contracts.reasons import Reason
from omnichannel.onboarding.duplicates import find_duplicates
from omnichannel.onboarding.numbered import HASH_LENGTH
from omnichannel.onboarding.proof import proof
from omnichannel.onboarding.recognise import NO_SPACE, FileRefused
from omnichannel.onboarding.rules import checks, identifier, literal, sql_type, typed, typed_quickly
from omnichannel.onboarding.sources import Source

FETCH = 10_000
_OF_THE_FILE = (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException, duckdb.Error)
"""How DuckDB says that a file is broken inside; the last one, without a kind of its own, comes from what decodes Parquet."""


@dataclass(frozen=True)
class BadRow:
    """One refused row; `value_hash` is empty where nothing stood in the column."""

    line: int
    column: str
    reason: Reason
    value_hash: str


@dataclass(frozen=True)
class Checked:
    """What became of the rows of a file that were asked about: `good` and `bad` add up to all of them."""

    good: int
    bad: int


class RowsNotConserved(RuntimeError):
    """A file has another number of rows after it was typed than before: a defect of ours, nothing of it may be staged."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(f"{before} rows were counted and {after} typed; report the file's format and size, it stays in the landing zone")


def connect(work: Path, *, memory_mb: int, threads: int) -> duckdb.DuckDBPyConnection:
    """A DuckDB of its own that keeps to that much memory, spills into `work` and reaches for nothing outside."""
    connection = duckdb.connect(
        config={
            "memory_limit": f"{memory_mb}MB",
            "threads": threads,
            "temp_directory": str(work / "spill"),
            "home_directory": str(work),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": False,
        }
    )
    connection.execute("SET TimeZone = 'UTC'")
    return connection


class Checking:
    """One file under check. `only` limits it to those lines: all others were dealt with before, and win where keys are equal.

    `sequence` is the file's place among the change files of its data set.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, dataset: Dataset, source: Source, *,
        received: datetime, content_id: str, work: Path, only: Set[int] | None = None, sequence: int = 0,
    ) -> None:  # fmt: skip
        self._connection = connection
        self._dataset = dataset
        self._source = source
        self._checks = (*source.checks, *checks(dataset, source.texts, received))
        self._proof = proof(dataset, source, received)
        self._content_id = content_id
        self._sequence = sequence
        self._typed = work / "typed.parquet"
        self._only = only

    def run(self) -> Checked:
        """Types and checks every row. Raises `FileRefused` when the file is broken inside, DuckDB's own error when the disk is full."""
        if self._only is not None:
            self._connection.execute("CREATE TABLE wanted (line BIGINT)")
            self._connection.executemany("INSERT INTO wanted VALUES (?)", [[line] for line in sorted(self._only)])
        try:
            self._type()
            self._judge()
        except duckdb.Error as broken:
            if type(broken) not in _OF_THE_FILE or NO_SPACE in str(broken):
                raise
            wrong = Reason.WRONG_ENCODING if "encoding" in str(broken) else Reason.UNREADABLE_FILE
            raise FileRefused(wrong, rows=max(1, self._source.records + self._source.malformed_records)) from broken
        find_duplicates(self._connection, self._dataset, self._source.records, prefer_unwanted=self._only is not None)
        bad = self._count(self._bad())
        return Checked(self._count(self._good()), bad)

    def write_good(self, to: Path) -> None:
        """The good rows, in the data set's trusted columns and types with the extra columns after them, as Parquet."""
        if self._only is None and not self._count("judged") and not self._count("duplicates"):
            self._typed.rename(to)
        else:
            self._connection.execute(f"COPY (SELECT * FROM {self._good()}) TO {literal(str(to))} (FORMAT parquet, COMPRESSION zstd)")

    def bad_rows(self) -> Iterator[BadRow]:
        """Every refused row by line, exactly one record each."""
        names: dict[int, tuple[str, Reason]] = {-2: ("", self._source.malformed_reason)}
        names[-1] = (self._dataset.keys[0], Reason.DUPLICATE_KEY)
        names |= {n: (c.column, c.reason) for n, c in enumerate(self._checks, start=1)}
        cursor = self._connection.execute(f"SELECT line, failure, coalesce(hash, '') FROM {self._bad()} ORDER BY line")
        while rows := cursor.fetchmany(FETCH):
            yield from (BadRow(line, *names[failure], hashed) for line, failure, hashed in rows)

    def _type(self) -> None:
        """Writes every row typed; a row without proof gets its line as a negative number."""
        rows = self._rows(self._source.every_row(), typed_quickly)
        query = f"SELECT {self._columns(f'CASE WHEN {self._proof} THEN _line ELSE -_line END')} FROM ({rows})"
        counted = self._connection.execute(f"COPY ({query}) TO {literal(str(self._typed))} (FORMAT parquet, COMPRESSION zstd)").fetchall()
        if counted[0][0] != self._source.records:
            raise RowsNotConserved(self._source.records, counted[0][0])

    def _judge(self) -> None:
        """Fills the table `judged` with the rows that lack the proof: the position (from 1) of the check that each failed, or 0.

        The view `typed` has the good rows, whichever way they were found to be good.
        """
        written = f"read_parquet({literal(str(self._typed))})"
        self._connection.execute(f"CREATE TABLE unproven AS SELECT -_line AS line FROM {written} WHERE _line < 0")
        if not self._count("unproven"):
            self._connection.execute("CREATE TABLE judged (line BIGINT, failure INTEGER, hash VARCHAR)")
            self._connection.execute(f"CREATE VIEW typed AS SELECT * FROM {written}")
            return
        failure = " ".join(f"WHEN {c.condition} THEN {n}" for n, c in enumerate(self._checks, start=1))
        value = " ".join(f"WHEN {n} THEN {c.value}" for n, c in enumerate(self._checks, start=1))
        hashed = f"CASE WHEN failure > 0 THEN substr(sha256(CASE failure {value} END), 1, {HASH_LENGTH}) END"
        rows = self._rows(self._source.these_rows(f"{self._source.line} IN (SELECT line FROM unproven)"), typed)
        self._connection.execute(
            f"CREATE TABLE judged AS SELECT _line AS line, failure, {hashed} AS hash, {self._columns('_line')} "
            f"FROM (SELECT *, CASE {failure} ELSE 0 END AS failure FROM ({rows}))"
        )
        self._connection.execute(
            f"CREATE VIEW typed AS SELECT * FROM {written} WHERE _line > 0 "
            "UNION ALL SELECT * EXCLUDE (line, failure, hash) FROM judged WHERE failure = 0"
        )

    def _columns(self, line: str) -> str:
        """The columns of a staged file."""
        columns = [f"CAST({identifier(c.name)} AS {sql_type(c)}) AS {identifier(c.name)}" for c in self._dataset.landed_columns]
        columns += [f"{literal(self._content_id)} AS _content_id", f"{line} AS _line"]
        columns += [f"CAST({self._sequence} AS BIGINT) AS {SEQUENCE_COLUMN.name}"] if self._dataset.changing else []
        return ", ".join([*columns, *(f"x{n} AS {identifier(name)}" for n, name in enumerate(self._source.extras))])

    def _rows(self, relation: str, value: Callable[[Column, str], str]) -> str:
        """SQL of rows with everything that proof and checks read: `raw_`, `nested_` and `absent_` columns, typed ones, extras `x<n>`."""
        read = [f"{self._source.line} AS _line", *self._source.carried]
        made = []
        for text in self._source.texts:
            name = text.column.name
            read.append(f"{text.value} AS {identifier(f'raw_{name}')}")
            if text.nested:
                read.append(f"{text.nested} AS {identifier(f'nested_{name}')}")
            if text.native:
                read += [f"{text.native} AS {identifier(name)}", f"{text.absent} AS {identifier(f'absent_{name}')}"]
            else:
                made.append(f"{value(text.column, identifier(f'raw_{name}'))} AS {identifier(name)}")
        read += [f"{sql} AS x{n}" for n, sql in enumerate(self._source.extras.values())]
        return f"SELECT {', '.join(('*', *made))} FROM (SELECT {', '.join(read)} FROM {relation})"

    def _good(self) -> str:
        wanted = "" if self._only is None else " AND _line IN (SELECT line FROM wanted)"
        return f"(SELECT * FROM typed WHERE _line NOT IN (SELECT line FROM duplicates){wanted})"

    def _bad(self) -> str:
        parts = ["SELECT line, failure, hash FROM judged WHERE failure > 0", "SELECT line, -1, hash FROM duplicates"]
        if self._source.malformed is not None and self._source.malformed_records:
            options = "auto_detect=false, header=false, columns={'line': 'BIGINT', 'hash': 'VARCHAR'}"
            parts.append(f"SELECT line, -2, hash FROM read_csv({literal(str(self._source.malformed))}, {options})")
        wanted = "" if self._only is None else " WHERE line IN (SELECT line FROM wanted)"
        return f"(SELECT * FROM ({' UNION ALL '.join(parts)}){wanted})"

    def _count(self, relation: str) -> int:
        return int(self._connection.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0])
