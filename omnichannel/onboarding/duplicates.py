"""Rows of one file that repeat another: found share by share of the keys, so that memory does not grow with the file.

A row of a feed repeats one with its key. Of a changing data set, several changes of a key at one moment are a transaction's, each with
its own effect; only one that says what the change before it said is a repetition, and leaving it out changes nothing.
"""
# ruff: noqa: S608 - names and literals in the SQL go through `rules.identifier`

import duckdb

from omnichannel.contracts.datasets import Dataset
from omnichannel.onboarding.numbered import HASH_LENGTH
from omnichannel.onboarding.rules import duplicate_key, identifier

KEYS_AT_ONCE = 1_000_000
"""About so many keys are held in memory at a time."""


def find_duplicates(connection: duckdb.DuckDBPyConnection, dataset: Dataset, rows: int, *, prefer_unwanted: bool = False) -> None:
    """Fills the table `duplicates` with line and key hash of the rows of `typed` that repeat an earlier row.

    With `prefer_unwanted`, rows whose line is not in the table `wanted` count as earlier than all that are.
    """
    connection.execute("CREATE TABLE duplicates (line BIGINT, hash VARCHAR)")
    shares = -(-rows // KEYS_AT_ONCE)
    for share in range(shares):
        if _repeats(connection, dataset, share, shares):
            _collect(connection, dataset, share, shares, prefer_unwanted=prefer_unwanted)


def _repeats(connection: duckdb.DuckDBPyConnection, dataset: Dataset, share: int, shares: int) -> bool:
    """Whether two rows of a share may have one key: their hashes are equal."""
    hashes = f"SELECT {_hash(dataset)} AS h FROM typed WHERE {_within(dataset, share, shares)}"
    found = connection.execute(f"SELECT count(*) > count(DISTINCT h) FROM ({hashes})").fetchall()
    return bool(found[0][0])


def _collect(connection: duckdb.DuckDBPyConnection, dataset: Dataset, share: int, shares: int, *, prefer_unwanted: bool) -> None:
    key = ", ".join(map(identifier, duplicate_key(dataset)))
    hashed = f"substr(sha256(CAST({identifier(dataset.keys[0])} AS VARCHAR)), 1, {HASH_LENGTH})"
    place = "struct_pack(late := _line IN (SELECT line FROM wanted), line := _line)" if prefer_unwanted else "_line"
    says = ", ".join(f"c{n} := {identifier(c.name)}" for n, c in enumerate(dataset.landed_columns)) if dataset.changing else ""
    within = _within(dataset, share, shares)
    connection.execute(
        f"""
        INSERT INTO duplicates
        SELECT _line, {hashed} FROM (
            SELECT *, lag(said) OVER (PARTITION BY {key} ORDER BY place) AS before
            FROM (
                SELECT {key}, _line, {place} AS place, {f"struct_pack({says})" if says else "true"} AS said FROM typed SEMI JOIN (
                    SELECT {key} FROM typed WHERE {within} GROUP BY {key} HAVING count(*) > 1
                ) USING ({key}) WHERE {within}
            )
        ) WHERE before IS NOT NULL AND said IS NOT DISTINCT FROM before
        """
    )


def _within(dataset: Dataset, share: int, shares: int) -> str:
    return "true" if shares == 1 else f"{_hash(dataset)} % {shares} = {share}"


def _hash(dataset: Dataset) -> str:
    return f"hash({', '.join(map(identifier, duplicate_key(dataset)))})"
