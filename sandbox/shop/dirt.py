"""Bad records and bad files of every kind that the contracts catch, each written down in the truth.

A bad record is a new one (its key is its own), wrong in exactly one way, put between the good records of its data set's
fullest text file; so everything that was good stays good.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from omnichannel.contracts.datasets import CONSENTS, CUSTOMERS, EVENTS, ORDERS, RETURNS, TICKETS, Column, Dataset, Type
from omnichannel.contracts.reasons import Reason
from sandbox.shop.landing import Sheet, gzipped, write
from sandbox.shop.truth import BadRecord, Truth

WRONG = {
    Type.INTEGER: "a dozen",
    Type.DECIMAL: "12,50 EUR",
    Type.BOOLEAN: "perhaps",
    Type.DATE: "31/12/1990",
    Type.TIMESTAMP: "yesterday noon",
}
FAR_TIMES = ("1901-01-01T00:00:00Z", "2199-01-01T00:00:00Z")

_TWO_REFS = b"Op,source_ts,customer_ref,customer_ref,created_at\nI,2020-01-01T00:00:00Z,C1,C1,2020-01-01T00:00:00Z\n"

Fault = tuple[str, Reason, dict[str, Any]]
"""The column, the reason, and what to put into a good record's columns to make it so."""


def faults(dataset: Dataset) -> Iterator[Fault]:
    """Every way in which one record of the data set can break its contract, malformed and duplicate ones aside."""
    for column in dataset.landed_columns:
        yield from _column_faults(column)
    if dataset.one_of:
        yield dataset.one_of[0], Reason.MISSING_IDENTITY, dict.fromkeys(dataset.one_of, "")
    if dataset is EVENTS:
        yield "event", Reason.MISSING_EVENT_NAME, {"event": ""}


def _column_faults(column: Column) -> Iterator[Fault]:
    if column.required:
        yield column.name, Reason.MISSING_VALUE, {column.name: ""}
    if column.type in WRONG:
        yield column.name, Reason.WRONG_TYPE, {column.name: WRONG[column.type]}
    if column.values:
        yield column.name, Reason.UNKNOWN_VALUE, {column.name: "something-else"}
    if column.minimum is not None:
        yield column.name, Reason.OUT_OF_RANGE, {column.name: column.minimum - 1}
    if column.maximum is not None:
        yield column.name, Reason.OUT_OF_RANGE, {column.name: column.maximum + 1}
    if column.exclusive_minimum is not None:
        yield column.name, Reason.OUT_OF_RANGE, {column.name: column.exclusive_minimum}
    if column.type is Type.TIMESTAMP and column.required:
        yield from ((column.name, Reason.TIME_OUT_OF_RANGE, {column.name: far}) for far in FAR_TIMES)


def spoil_records(rng: np.random.Generator, sheets: list[Sheet], truth: Truth) -> None:
    """Puts every fault once into the fullest file of each data set, change files before full loads."""
    for name in sorted({sheet.dataset.name for sheet in sheets}):
        mine = [sheet for sheet in sheets if sheet.dataset.name == name]
        fullest = max(mine, key=lambda s: (s.header.startswith("Op"), len(s.records)))
        _spoil(rng, fullest, truth)


def _spoil(rng: np.random.Generator, sheet: Sheet, truth: Truth) -> None:
    dataset, good = sheet.dataset, len(sheet.records)
    model = _fields(sheet)
    added: list[tuple[int, str, str, Reason]] = []
    for number, (column, reason, change) in enumerate(faults(dataset)):
        record = {**model, "op": "I", dataset.keys[0]: f"BAD-{number}", **change}
        added.append((int(rng.integers(0, good + 1)), _text(sheet, record), column, reason))
    added.extend((int(rng.integers(0, good + 1)), text, "", reason) for text, reason in _malformed(sheet, model))
    twice = int(rng.integers(0, good))
    added.append((int(rng.integers(twice + 1, good + 1)), sheet.records[twice], dataset.keys[0], Reason.DUPLICATE_KEY))
    added.sort(key=lambda item: item[0])
    records: list[str] = []
    taken = 0
    for position, text, column, reason in added:
        records += sheet.records[taken:position]
        taken = position
        records.append(text)
        sheet.spoiled.append(len(records))
        truth.bad.append(BadRecord(sheet.key, len(records), column, reason))
    sheet.records = records + sheet.records[taken:]


def _malformed(sheet: Sheet, model: dict[str, Any]) -> list[tuple[str, Reason]]:
    if not sheet.header:
        return [(_text(sheet, model)[:-9], Reason.MALFORMED_JSON), ('["not", "an", "object"]', Reason.MALFORMED_JSON)]
    good = _text(sheet, model)
    return [(good + ",one,too,many", Reason.MALFORMED_ROW), (good.rsplit(",", 1)[0], Reason.MALFORMED_ROW)]


def _fields(sheet: Sheet) -> dict[str, Any]:
    """A good record by the contract's column names: one in which every column that a fault needs is filled or free."""
    if sheet.header:
        return dict(zip(_names(sheet), next(csv.reader([sheet.records[0]])), strict=True))
    stored = next(r for r in map(orjson.loads, sheet.records) if sheet.dataset is not EVENTS or r.get("event"))
    return {"": stored} | {c.name: value for c in sheet.dataset.columns if (value := _at(stored, c.source)) is not None}


def _names(sheet: Sheet) -> list[str]:
    spelled = {c.source: c.name for c in sheet.dataset.landed_columns}
    return [spelled[name] for name in sheet.header.split(",")]


def _text(sheet: Sheet, record: dict[str, Any]) -> str:
    if sheet.header:
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow([record[name] for name in _names(sheet)])
        return line.getvalue()
    message = orjson.loads(orjson.dumps(record[""]))
    for column in sheet.dataset.columns:
        if column.name in record:
            _put(message, column.source, record[column.name])
    return orjson.dumps(message).decode()


def _at(message: dict[str, Any], path: str) -> Any:
    value: Any = message
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _put(message: dict[str, Any], path: str, value: object) -> None:
    *parents, last = path.split(".")
    for part in parents:
        message = message.setdefault(part, {})
    if value == "":
        message.pop(last, None)
    else:
        message[last] = value


def add_bad_files(directory: Path, sheets: list[Sheet], truth: Truth) -> None:
    """Files that are wrong as a whole, and one that landed twice; call it when the good files are written."""
    day = next(sheet for sheet in sheets if sheet.dataset is EVENTS).key.rsplit("/", 1)[0]
    orders = next(sheet for sheet in sheets if sheet.dataset is ORDERS)
    returns = next(sheet for sheet in sheets if sheet.dataset is RETURNS)
    tickets = next(sheet for sheet in sheets if sheet.dataset is TICKETS)
    lines = "\n".join(next(sheet for sheet in sheets if sheet.dataset is EVENTS).records[:50]) + "\n"
    files: list[tuple[str, bytes, str, Reason]] = [
        ("dms/sales/gift_cards/LOAD00000001.csv", b"gift_card_id,amount\nG1,25.00\n", "", Reason.UNKNOWN_PREFIX),
        (f"{TICKETS.prefix}export.xlsx", b"PK\x03\x04 a spreadsheet, not a feed", "", Reason.UNKNOWN_FORMAT),
        (f"{CONSENTS.prefix}nothing.csv", b"", "", Reason.EMPTY_FILE),
        (f"{day}/cut-short.gz", gzipped(lines.encode())[:-40], "", Reason.TRUNCATED_FILE),
        (f"{TICKETS.prefix}latin-1.csv", _csv(tickets, note="Müller & Sørensen").encode("latin-1"), "", Reason.WRONG_ENCODING),
        (f"{ORDERS.prefix}20200101-000000000.csv", _without(orders, "ordered_at"), "ordered_at", Reason.MISSING_COLUMN),
        (f"{CUSTOMERS.prefix}20200101-000000000.csv", _TWO_REFS, "customer_ref", Reason.DUPLICATE_COLUMN),
        (f"{RETURNS.prefix}20200101-000000000.parquet", b"PAR1 this is no Parquet file PAR1", "", Reason.UNREADABLE_FILE),
    ]
    for key, content, column, reason in files:
        write(directory, key, content)
        truth.bad.append(BadRecord(key, 0, column, reason))
    again = f"{RETURNS.prefix}{Path(returns.key).stem}-again.csv"
    write(directory, again, returns.content)
    truth.duplicates[again] = returns.key
    truth.files += len(files) + 1


def _csv(sheet: Sheet, *, note: str) -> str:
    """Two good tickets with a topic that needs more than ASCII."""
    record = _fields(sheet)
    rows = [_text(sheet, {**record, "ticket_id": f"BAD-LATIN-{i}", "topic": note}) for i in range(2)]
    return "\n".join([sheet.header, *rows]) + "\n"


def _without(sheet: Sheet, column: str) -> bytes:
    record, names = _fields(sheet), [name for name in sheet.header.split(",") if name != column]
    return ("\n".join([",".join(names), ",".join(str(record[name]) for name in names)]) + "\n").encode()
