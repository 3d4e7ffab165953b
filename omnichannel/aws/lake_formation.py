"""Lake Formation's tags on the columns of trusted tables, which exist only after the stacks do."""

from collections.abc import Mapping
from typing import Any

from omnichannel.contracts.catalog import EXPOSURE_TAG, Exposure, exposure
from omnichannel.contracts.datasets import Column


def tag_columns(lakeformation: Any, database: str, tables: Mapping[str, tuple[Column, ...]]) -> int:
    """Says of every column of these tables what it shows of a person; gives how many columns that were. Doing it again changes nothing.

    Raises `TagsRefused` when a column could not be tagged.
    """
    count = 0
    for table, columns in tables.items():
        for level in Exposure:
            names = [c.name for c in columns if exposure(c) is level]
            if names:
                _assign(lakeformation, database, table, names, level)
                count += len(names)
    return count


class TagsRefused(Exception):
    """Lake Formation did not take a tag: the table, and its own words."""


def _assign(lakeformation: Any, database: str, table: str, columns: list[str], level: Exposure) -> None:
    answer = lakeformation.add_lf_tags_to_resource(
        Resource={"TableWithColumns": {"DatabaseName": database, "Name": table, "ColumnNames": columns}},
        LFTags=[{"TagKey": EXPOSURE_TAG, "TagValues": [level.value]}],
    )
    failures = answer.get("Failures", [])
    if failures:
        error = failures[0].get("Error", {})
        raise TagsRefused(f"{table}: {error.get('ErrorCode')} {error.get('ErrorMessage')}")
