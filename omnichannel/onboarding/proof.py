"""The quick proof that a row is good: a few cheap comparisons that no bad row passes.

A row that does not pass may still be good; then the checks of `rules` decide, one after the other. Nearly every row passes, so a
clean file is never looked at twice.
"""

from collections.abc import Iterator
from datetime import datetime

from omnichannel.contracts.datasets import EVENTS, Column, Dataset, Type
from omnichannel.onboarding.rules import UNNAMED_TRACK, Text, bounds, deleted, identifier, in_time, one_of, timely
from omnichannel.onboarding.sources import Source


def proof(dataset: Dataset, source: Source, received: datetime) -> str:
    """SQL that is true only for rows that fail no check; it reads what the checks read, and `absent_<column>` of native columns."""
    columns = (_column(dataset, text, received) for text in source.texts)
    return " AND ".join(f"({part})" for part in (*source.proofs, *filter(None, columns), *_row(dataset)))


def _column(dataset: Dataset, text: Text, received: datetime) -> str:
    column = text.column
    raw = identifier(f"raw_{column.name}")
    absent = identifier(f"absent_{column.name}") if text.native else f"{raw} IS NULL"
    fits = " AND ".join(_fits(column, text, raw, received))
    if not column.required:
        return f"{absent} OR ({fits})" if fits else ""
    lacking = f"{absent} AND {deleted(dataset, column)}" if deleted(dataset, column) else ""
    return f"({lacking}) OR ({fits or f'NOT ({absent})'})" if lacking else fits or f"NOT ({absent})"


def _fits(column: Column, text: Text, raw: str, received: datetime) -> Iterator[str]:
    value = identifier(column.name)
    if column.type is Type.TIMESTAMP and column.required:
        yield in_time(column, received)
        return
    if column.values:
        yield one_of(column)
    elif column.type is Type.TIMESTAMP:
        yield timely(value)
    elif column.type is not Type.STRING:
        yield f"{value} IS NOT NULL"
    elif text.nested:
        yield f"ascii({raw}) NOT IN ({ord('{')}, {ord('[')})"
    for sign, bound in bounds(column):
        yield f"NOT {value} {sign} {bound}"


def _row(dataset: Dataset) -> Iterator[str]:
    if dataset.one_of:
        yield " OR ".join(f"{identifier(f'raw_{name}')} IS NOT NULL" for name in dataset.one_of)
    if dataset is EVENTS:
        yield f"NOT ({UNNAMED_TRACK})"
