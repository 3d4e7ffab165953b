"""Trusted tables for both engines: a generated shop, and beside it rows with everything that engines like to differ about."""
# ruff: noqa: S608 - names come from contracts

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from omnichannel.contracts.consent import PREFERENCE_EVENT, REFUSING_EVENTS
from omnichannel.contracts.datasets import CUSTOMERS, DATASETS, EVENTS, Column, Dataset, Type, sequence_of
from omnichannel.contracts.events import EventName
from omnichannel.contracts.identity import LINK_COLUMNS, LINKS_TABLE
from omnichannel.contracts.store import IdType
from omnichannel.onboarding.rules import identifier, literal, sql_type, typed
from omnichannel.onboarding.schema import arrow_schema
from sandbox.shop.generate import generate

AS_OF = datetime(2026, 9, 1, 3, 30, tzinfo=UTC)
"""Before the shop's last day, so that the future has to be left out, and not at midnight."""

STRANGE = (
    "",
    " ",
    "a",
    "A",
    "Ä",
    "ä",
    "a\u0308",
    "ß",
    "İ",
    "日本語",
    "🛒",
    "O'Neill",
    'say "hi"',
    "back\\slash",
    "tab\there",
    "%_",
    "null",
    "0",
)
_KEYS = (*STRANGE[2:12], *(f"k{n}" for n in range(40)))
TIMES = tuple(AS_OF + timedelta(microseconds=d) for d in (-3_600_000_000 * 24 * 400, -90_000_000, -1_000_000, -999_999, -1, 0, 1, 10**12))


def shop(folder: Path) -> dict[str, pa.Table]:
    """The rows that a small generated shop lands, by trusted table."""
    landing = folder / "landing"
    generate(landing, customers=250, events=6_000, dirt=False)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return {dataset.table: _landed(connection, dataset, landing) for dataset in DATASETS}


def _landed(connection: duckdb.DuckDBPyConnection, dataset: Dataset, landing: Path) -> pa.Table:
    schema = arrow_schema(dataset.trusted_columns)
    paths = sorted(path for prefix in dataset.prefixes for path in (landing / prefix).rglob("*") if path.is_file())
    tables = [connection.sql(_query(dataset, path, landing)).to_arrow_table().cast(schema) for path in paths]
    return pa.concat_tables([schema.empty_table(), *tables])


def _query(dataset: Dataset, path: Path, landing: Path) -> str:
    """SQL of one file's rows in the trusted columns."""
    file = literal(str(path))
    if path.suffix in (".gz", ".jsonl"):
        source = f"(SELECT row_number() OVER () AS _line, json FROM read_json_objects({file}, format='newline_delimited'))"
        texts = {c.name: f"json->>{literal('$.' + c.source)}" for c in dataset.landed_columns}
    else:
        read = f"read_csv({file}, header=true, all_varchar=true)" if path.suffix == ".csv" else f"read_parquet({file})"
        present = [c for c in dataset.landed_columns if not (c.name == "op" and "LOAD" in path.name)]
        source = f"(SELECT row_number() OVER () AS _line, * FROM {read})"
        texts = {c.name: f"nullif(CAST({identifier(c.source)} AS VARCHAR), '')" for c in present}
    values = [
        f"CAST({typed(c, texts[c.name])} AS {sql_type(c)}) AS {identifier(c.name)}" if c.name in texts else f"'I' AS {c.name}"
        for c in dataset.landed_columns
    ]
    lineage = [f"{literal(path.stem)} AS _content_id", "_line"]
    lineage += [f"CAST({sequence_of(path.relative_to(landing).as_posix())} AS BIGINT) AS _sequence"] if dataset.changing else []
    return f"SELECT {', '.join([*values, *lineage])} FROM {source}"


def edges(dataset: Dataset, rows: int = 150, seed: int = 5) -> pa.Table:
    """Rows of few keys and few times, so that there are ties everywhere; nulls, Unicode, extremes."""
    chance = random.Random(f"{dataset.name}{seed}")
    columns = dataset.trusted_columns
    made = [{c.name: _value(chance, c) for c in columns} | {"_line": line} for line in range(1, rows + 1)]
    return pa.Table.from_pylist(made, schema=arrow_schema(columns))


def _value(chance: random.Random, column: Column) -> Any:
    if not (column.required or column.key) and chance.random() < 0.3:
        return None
    if column.values:
        return chance.choice(column.values)
    if column.key and column.type is Type.STRING and column.name != "customer_id":
        return chance.choice(_KEYS)
    if column.name == "_sequence":
        return chance.choice((0, 20260101000000001, 20260101000000002))
    return chance.choice(_POOLS[column.name] if column.name in _POOLS else _VALUES[column.type])


_VALUES: dict[Type, tuple[Any, ...]] = {
    Type.STRING: STRANGE,
    Type.INTEGER: (0, 1, 2, 5, -1, 2**40),
    Type.DECIMAL: tuple(map(Decimal, ("0", "0.0001", "0.005", "-12.5", "19.99", "99999999999999.9999"))),
    Type.BOOLEAN: (True, False),
    Type.DATE: (date(1970, 1, 1), date(2000, 2, 29), date(2026, 8, 31), date(2026, 9, 1)),
    Type.TIMESTAMP: TIMES,
    Type.JSON: ("{}", "[]", "null", '{"a": {"b": "ä"}}', '[{"product_id": "a", "price": 1.5}, {"product_id": "b"}, {}]'),
}
_REFS = ("a", " a ", "A", "Ä", "a\u0308", "000", "unknown", "guest")
_POOLS: dict[str, tuple[Any, ...]] = {
    "customer_ref": _REFS,
    "user_id": _REFS,
    "anonymous_id": (*_REFS, "v1", "v2"),
    "email": ("a@example.com", " A@Example.COM", "ä@example.com", "a\u0308@example.com", "no-reply@example.com", "nonsense", ""),
    "phone": ("+49 170 1234567", "0170-1234567", "0049170/1234567", "123", "+000000000"),
    "loyalty_card": ("L-1", "l1", "0000", " L 1 "),
    "country": ("DE", "de", "US", "XX", ""),
    "campaign": ("win-back", "ä", "no longer there"),
    "customer_id": ("c_a", "c_A", "c_ä", "nobody"),
    "event": (*map(str, EventName), *[str(EventName.ORDER_COMPLETED)] * 4, PREFERENCE_EVENT, *REFUSING_EVENTS),
    "_content_id": ("x", "y", "z"),
    "consent": (
        '{"categoryPreferences": {"Advertising": true, "analytics": false}}',
        '{"categoryPreferences": {"marketing": false}}',
        '{"categoryPreferences": {}}',
        "null",
    ),
    "products": ('[{"product_id": "a", "quantity": 2}, {"product_id": "Ä"}]', "[]", '[{"name": "x"}]', "{}"),
}


def links(tables: dict[str, pa.Table]) -> pa.Table:
    """Who is who: the CRM's references and cards, visitors whom an event names, and links that have ended or overlap."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for kind, value, ref, at in _identifiers(tables):
        link = {"customer_id": f"c_{ref.strip().lower()}", "id_type": kind.value, "id_value": value, "valid_from": at, "valid_to": None}
        rows.setdefault((kind, value), link)
    ended = [{**row, "customer_id": "c_before", "valid_to": row["valid_from"]} for row in list(rows.values())[::7]]
    return pa.Table.from_pylist([*rows.values(), *ended], schema=arrow_schema(LINK_COLUMNS))


def _identifiers(tables: dict[str, pa.Table]) -> Iterator[tuple[IdType, str, str, datetime]]:
    for row in tables[CUSTOMERS.table].select(["customer_ref", "loyalty_card", "source_ts"]).to_pylist():
        yield IdType.CUSTOMER_REF, row["customer_ref"], row["customer_ref"], row["source_ts"]
        if row["loyalty_card"]:
            yield IdType.LOYALTY_CARD, row["loyalty_card"], row["customer_ref"], row["source_ts"]
    for row in tables[EVENTS.table].select(["anonymous_id", "user_id", "timestamp"]).to_pylist():
        if row["anonymous_id"] and row["user_id"]:
            yield IdType.ANONYMOUS_ID, row["anonymous_id"], row["user_id"], row["timestamp"]


def trusted(folder: Path) -> dict[str, pa.Table]:
    """Every trusted table that transformations read: the shop's rows and the strange ones."""
    landed = shop(folder)
    tables = {dataset.table: pa.concat_tables([landed[dataset.table], edges(dataset)]) for dataset in DATASETS}
    return {**tables, LINKS_TABLE: links(tables)}
