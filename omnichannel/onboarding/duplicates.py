"""Rows of one file that repeat the key of another: found share by share of the keys, so that memory does not grow with the file."""
# ruff: noqa: S608 - names and literals in the SQL go through `rules.identifier`

import duckdb

from omnichannel.contracts.datasets import Dataset
from omnichannel.onboarding.numbered import HASH_LENGTH
from omnichannel.onboarding.rules import duplicate_key, identifier

KEYS_AT_ONCE = 1_000_000
"""About so many keys are held in memory at a time."""


def find_duplicates(connection: duckdb.DuckDBPyConnection, dataset: Dataset, rows: int, *, prefer_unwanted: bool = False) -> None:
    """Fills the table `duplicates` with line and key hash of the rows of `typed` that repeat an earlier row's key.

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
    connection.execute(
        f"""
        INSERT INTO duplicates
        WITH rows AS (SELECT {key}, _line, {place} AS place FROM typed WHERE {_within(dataset, share, shares)})
        SELECT _line, {hashed} FROM rows JOIN (
            SELECT {key}, min(place) AS first FROM rows GROUP BY {key} HAVING count(*) > 1
        ) USING ({key}) WHERE place > first
        """
    )


def _within(dataset: Dataset, share: int, shares: int) -> str:
    return "true" if shares == 1 else f"{_hash(dataset)} % {shares} = {share}"


def _hash(dataset: Dataset) -> str:
    return f"hash({', '.join(map(identifier, duplicate_key(dataset)))})"
