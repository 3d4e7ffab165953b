"""The rules of the contracts in the language of AWS Glue Data Quality (DQDL), one ruleset a trusted table.

Glue looks at a table as it lies there: of changes every version. So rules that only hold of the current state (keys once, references)
stay with the app's own check, and deleted rows, which have nothing but their keys, are left out of the others.
"""

# ruff: noqa: S608 - names in these rules are those of the contracts

from collections.abc import Iterator

from omnichannel.contracts.datasets import DATASETS, Column, Dataset
from omnichannel.contracts.sources import SOURCES

NOT_DELETED = " where \"op <> 'D'\""
LONGEST = 65_536
"""Characters that Glue takes."""


def rulesets() -> dict[str, str]:
    """By trusted table, its ruleset."""
    return {dataset.table: ruleset(dataset) for dataset in DATASETS}


def ruleset(dataset: Dataset) -> str:
    """The ruleset of one data set."""
    text = "Rules = [\n    " + ",\n    ".join(_rules(dataset)) + "\n]"
    if len(text) > LONGEST:
        raise ValueError(f"the ruleset of {dataset.table} has {len(text)} characters; Glue takes {LONGEST}")
    return text


def _rules(dataset: Dataset) -> Iterator[str]:
    yield "RowCount > 0"
    where = NOT_DELETED if dataset.changing else ""
    for key in dataset.keys:
        yield f'IsComplete "{key}"'
    for column in dataset.columns:
        if column.required and not column.key:
            yield f'IsComplete "{column.name}"{where}'
        yield from _values(column, where)
    hours = min((s.hours for s in SOURCES.values() if dataset in s.datasets), default=None)
    if hours is not None:
        # DataFreshness asks it of every row, and a table keeps old ones.
        time = "source_ts" if dataset.changing else dataset.ordered_by
        yield f'CustomSql "select count(*) from primary where {time} >= current_timestamp() - INTERVAL {hours} HOURS" > 0'


def _values(column: Column, where: str) -> Iterator[str]:
    """Bounds and enumerations. Glue lets a missing value break them, so where one may be missing that is said."""
    name = f'ColumnValues "{column.name}"'
    if column.values:
        missing = "" if column.required else "NULL, "
        yield f"{name} in [{missing}{', '.join(_quoted(value) for value in column.values)}]{where}"
    for operator, bound in ((">=", column.minimum), ("<=", column.maximum), (">", column.exclusive_minimum)):
        if bound is not None:
            rule = f"{name} {operator} {bound}{where}"
            yield rule if column.required else f"({rule}) OR ({name} = NULL{where})"


def _quoted(value: str) -> str:
    return '"' + value + '"'
