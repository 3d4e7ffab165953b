"""What a source database does, in plain Python: changes one after the other, in the order in which they were made."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

START = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = ("a", "b", "ç")


@dataclass(frozen=True)
class Change:
    """One change of a row, as the source's log has it: `tick` is the commit time, `quantity` the whole rest of the row."""

    op: str
    key: str
    tick: int
    quantity: int | None

    @property
    def source_ts(self) -> datetime:
        return START + timedelta(milliseconds=self.tick)


def state(changes: Iterable[Change], before: int) -> dict[str, int | None]:
    """The table after the changes that were committed before a tick."""
    rows: dict[str, int | None] = {}
    for change in changes:
        if change.tick < before and change.op == "D":
            rows.pop(change.key, None)
        elif change.tick < before:
            rows[change.key] = change.quantity
    return rows


@st.composite
def logs(draw: Callable[..., Any]) -> list[Change]:
    """A database's log: commit times never go back; several changes of one transaction share theirs, also of one key."""
    steps = st.tuples(st.sampled_from("IUUD"), st.sampled_from(KEYS), st.sampled_from((0, 0, 1, 3)), st.none() | st.integers(0, 9))
    tick, log = 0, []
    for op, key, later, quantity in draw(st.lists(steps, max_size=24)):
        tick += later
        log.append(Change(op, key, tick, None if op == "D" else quantity))
    return log


@dataclass(frozen=True)
class File:
    """A landed file: its key's `_sequence`, its content's id, and its lines."""

    sequence: int
    content_id: str
    changes: tuple[Change, ...]

    def rows(self) -> list[dict[str, Any]]:
        """Its trusted rows."""
        return [
            {
                "op": change.op,
                "source_ts": change.source_ts,
                "product_id": change.key,
                "location_id": "L",
                "quantity": change.quantity,
                "updated_at": None if change.op == "D" else change.source_ts,
                "_content_id": self.content_id,
                "_line": line,
                "_sequence": self.sequence,
            }
            for line, change in enumerate(self.changes, start=1)
        ]


@st.composite
def landed(draw: Callable[..., Any], log: list[Change]) -> list[File]:
    """The files that DMS makes of a log, in the order in which they land: any order.

    The log is cut into change files anywhere, also within a transaction; a restart sends a piece of it again, cut otherwise, in a
    file of a later name; and any number of full loads tell the table as it was before a tick, at the time of that tick's last
    change before it or later.
    """
    files = list(_cut(draw, log, first=1))
    if log and draw(st.booleans()):
        start = draw(st.integers(0, len(log) - 1))
        files += _cut(draw, log[start:], first=100)
    for number in range(draw(st.integers(0, 2))):
        files.append(_full_load(log, draw(st.integers(0, 30)), number))
    ids = draw(st.permutations(range(len(files))))
    named = [File(file.sequence, f"content-{ids[n]}", file.changes) for n, file in enumerate(files)]
    return list(draw(st.permutations(named)))


def _cut(draw: Callable[..., Any], log: list[Change], first: int) -> Iterable[File]:
    cuts = sorted(draw(st.lists(st.integers(0, len(log)), max_size=4)))
    for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(log)], strict=True)):
        if start < end:
            yield File(first + number, "", tuple(log[start:end]))


def _full_load(log: list[Change], before: int, number: int) -> File:
    rows = state(log, before)
    return File(0, "", tuple(Change("I", key, before - 1, quantity) for key, quantity in sorted(rows.items())))
