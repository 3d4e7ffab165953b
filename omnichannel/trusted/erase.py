"""Which rows name a person, and tables without them."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan
from pyiceberg.manifest import DataFile
from pyiceberg.table import FileScanTask, Table
from pyiceberg.types import StringType

from omnichannel.contracts.trusted import REQUEST, REQUEST_FILES, REQUEST_ROWS
from omnichannel.onboarding.schema import TABLES
from omnichannel.trusted.write import data_files, replace

SHORTEST_MENTION = 5
RESERVE_SECONDS = 60.0
"""What is left of a function's time for the commit, and for sweeping up."""

TimeLeft = Callable[[], float]
"""Seconds until the function is ended."""


class NotAllErased(Exception):
    """The time ran out; what was rewritten is committed, and the same request goes on from there."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Rows to erase: any of these columns holds any of its values to the letter, or any text mentions one of `mentions`.

    A mention is found in any spelling of upper and lower case, and only as a whole: `ann@x.de` is not in `joann@x.de`.
    """

    columns: Mapping[str, Sequence[str]]
    mentions: Sequence[str] = ()

    @classmethod
    def of(cls, body: bytes) -> Self:
        """From `{"columns": {"customer_ref": ["R1"]}, "mentions": ["ann@x.de"]}`. Raises ValueError, which repeats no value."""
        found = json.loads(body)
        wanted = cls(columns=found.get("columns", {}), mentions=found.get("mentions", ()))
        known = {column.name for columns in TABLES.values() for column in columns}
        if unknown := sorted(wanted.columns.keys() - known):
            raise ValueError(f"no trusted table has the columns {', '.join(unknown)}")
        if any(len(mention) < SHORTEST_MENTION for mention in wanted.mentions):
            raise ValueError(f"a mention is shorter than {SHORTEST_MENTION} characters and would be found in strangers' rows")
        return wanted

    def columns_in(self, table: Table) -> tuple[str, ...]:
        """The columns that must be looked at: the identifiers that the table has, and every text when there are mentions."""
        texts = [field.name for field in table.schema().fields if isinstance(field.field_type, StringType)]
        return tuple(name for name in texts if self.mentions or name in self.columns)

    def rows(self, rows: pa.Table) -> pa.ChunkedArray:
        """True where a row is to be erased, never null."""
        found = pa.chunked_array([pa.repeat(False, rows.num_rows)])
        for name in rows.column_names:
            if name in self.columns:
                found = pc.or_(found, pc.is_in(rows[name], pa.array(self.columns[name], pa.string())))
            if self.mentions:
                found = pc.or_(found, pc.fill_null(pc.match_substring_regex(rows[name], self._pattern), False))
        return found

    @cached_property
    def _pattern(self) -> str:
        outside = r"[^\pL\pN_.@+%-]"
        mentioned = "|".join(re.escape(mention) for mention in sorted(self.mentions))
        # A full stop ends a sentence, unless an address goes on behind it.
        return rf"(?i)(?:^|{outside})(?:{mentioned})(?:$|{outside}|\.(?:$|[^\pL\pN]))"


@dataclass(frozen=True)
class Changed:
    """What a request did to the rows: how many it was about, and how many data files it replaced."""

    rows: int = 0
    files: int = 0


def erase(table: Table, wanted: Wanted, request: str, time_left: TimeLeft) -> Changed:
    """The table without these rows, in a commit that carries the request's id; gives what all commits of that id did.

    Nothing personal is left in the table's current snapshot, in older ones it still is. Raises `NotAllErased`.
    """
    before = changed_by(table, request)
    rows, ended = 0, True
    replaced: list[DataFile] = []
    written: list[DataFile] = []
    for task in table.scan().plan_files():
        if time_left() < RESERVE_SECONDS:
            ended = False
            break
        kept, gone = _without(table, task, wanted)
        if gone:
            rows += gone
            replaced.append(task.file)
            written += kept
    if table.current_snapshot():
        said = {REQUEST: request, REQUEST_ROWS: str(before.rows + rows), REQUEST_FILES: str(before.files + len(replaced))}
        replace(table, replaced, written, said)
    if not ended:
        raise NotAllErased(
            f"{before.rows + rows} rows are erased so far from {table.name()[-1]}; the request goes on when it is tried again"
        )
    return Changed(before.rows + rows, before.files + len(replaced))


def changed_by(table: Table, request: str) -> Changed:
    """What the commits that carry the request's id did; each says the sum of all before it and its own."""
    found = Changed()
    for snapshot in table.metadata.snapshots:
        said = snapshot.summary.additional_properties if snapshot.summary else {}
        if said.get(REQUEST) == request:
            found = max(found, Changed(int(said[REQUEST_ROWS]), int(said[REQUEST_FILES])), key=lambda c: (c.rows, c.files))
    return found


def rows_of(table: Table, tasks: Sequence[FileScanTask], columns: tuple[str, ...] = ("*",)) -> pa.Table:
    """The rows of these data files, in memory, in the table's present columns."""
    wanted = table.schema() if columns == ("*",) else table.schema().select(*columns)
    return ArrowScan(table.metadata, table.io, wanted, AlwaysTrue()).to_table(tasks)


def _without(table: Table, task: FileScanTask, wanted: Wanted) -> tuple[list[DataFile], int]:
    """Data files with the rows that stay, and how many go; nothing is written where none goes."""
    columns = wanted.columns_in(table)
    if not columns:
        return [], 0
    doomed = wanted.rows(rows_of(table, [task], columns))
    gone = pc.sum(doomed).as_py() or 0
    if not gone:
        return [], 0
    kept = rows_of(table, [task]).filter(pc.invert(doomed))
    return list(data_files(table, kept.to_batches())), gone
