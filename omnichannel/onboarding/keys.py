"""The keys of JSON messages: which of them the contract does not know, found in one pass and in bounded memory."""
# ruff: noqa: S608 - names and literals in the SQL go through `rules.literal`

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from omnichannel.contracts.datasets import Dataset
from omnichannel.onboarding.rules import literal

LONGEST_NAME = 128
MOST_EXTRA_COLUMNS = 100
"""Unknown columns with longer names, or beyond this many (by name), are not staged: keys may be data."""


@dataclass(frozen=True)
class Keys:
    """Where the unknown keys stand, by their (dotted) names; and whether every line is JSON at all."""

    extra: dict[str, tuple[str, ...]]
    all_valid: bool


def keys_of(connection: duckdb.DuckDBPyConnection, dataset: Dataset, lines: str) -> Keys:
    """The unknown keys at the top, and inside objects of which the contract knows a part; `lines` is SQL with a column `message`."""
    parts, known = _known(dataset)
    keys = f"json_keys(message, [{', '.join(map(literal, ('', *(pointer((part,)) for part in parts))))}])"
    try:
        found, all_valid = connection.execute(_query(dataset, lines, keys, parts, known)).fetchall(), True
    except duckdb.InvalidInputException:  # some line is no JSON
        guarded = f"CASE WHEN json_valid(message) THEN {keys} END"
        found, all_valid = connection.execute(_query(dataset, lines, guarded, parts, known)).fetchall(), False
    return Keys({name: (inside, key) if inside else (key,) for name, inside, key in found}, all_valid)


def _known(dataset: Dataset) -> tuple[list[str], dict[str, set[str]]]:
    """The objects that the contract looks into, and the known keys of each; `""` is the message itself."""
    paths = [c.source.split(".") for c in dataset.landed_columns]
    whole = {path[0] for path in paths if len(path) == 1}
    parts = sorted({path[0] for path in paths if len(path) > 1} - whole)
    inside = {part: {path[1] for path in paths if len(path) > 1 and path[0] == part} for part in parts}
    return parts, {"": whole | set(parts), **inside}


def _query(dataset: Dataset, lines: str, keys: str, parts: list[str], known: dict[str, set[str]]) -> str:
    """Name, object and key of every unknown key. Everything is done inside DuckDB, which spills: each message may have keys of its own."""
    reserved = ", ".join(literal(c.name) for c in dataset.trusted_columns)
    every = " UNION ALL ".join(_unnested(n, part, known[part]) for n, part in enumerate(("", *parts), start=1))
    return f"""
        WITH listed AS MATERIALIZED (SELECT first(keys) AS keys FROM (SELECT {keys} AS keys FROM {lines}) GROUP BY hash(keys)),
        named AS (SELECT DISTINCT inside, key, CASE WHEN inside = '' THEN key ELSE inside || '.' || key END AS name FROM ({every})),
        spelled AS (SELECT CASE WHEN name IN ({reserved}) THEN 'extra_' || name ELSE name END AS name, inside, key FROM named)
        SELECT name, inside, key FROM spelled WHERE length(name) <= {LONGEST_NAME} ORDER BY name, inside LIMIT {MOST_EXTRA_COLUMNS}
    """


def _unnested(position: int, part: str, known: set[str]) -> str:
    listed = ", ".join(map(literal, sorted(known)))
    return (
        f"SELECT {literal(part)} AS inside, key FROM (SELECT unnest(keys[{position}]) AS key FROM listed) "
        f"WHERE key NOT IN ({listed}) AND key <> '' AND NOT contains(key, chr(0))"
    )


def pointer(path: Iterable[str]) -> str:
    """A path of keys as a JSON pointer."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in path)
