"""Bad records and bad files of every kind that the contracts catch, each written down in the truth.

A bad record is a new one (its key is its own), wrong in exactly one way, put between the good records of its data set's
fullest text file; so everything that was good stays good.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
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
    Type.JSON: "not, a, list",
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


@dataclass(frozen=True)
class _Bad:
    """One bad record to be put before the good record at `position`."""

    position: int
    text: str
    column: str
    reason: Reason


def spoil_records(rng: np.random.Generator, sheets: list[Sheet], truth: Truth) -> None:
    """Puts every fault once into the files of each data set and form, the fullest first, change files before full loads.

    Never more into a file than its data set tolerates; so a small shop has fewer faults, but one of each reason first.
    """
    for name in sorted({sheet.dataset.name for sheet in sheets}):
        for tabular in (True, False):
            group = [sheet for sheet in sheets if sheet.dataset.name == name and bool(sheet.header) is tabular]
            left = list(_rarest_first(planned(group[0]))) if group else []
            for sheet in sorted(group, key=lambda s: (s.header.startswith("Op"), len(s.records)), reverse=True):
                left = _spoil(rng, sheet, left, truth)


def tolerated(good: int, share: float) -> int:
    """How many bad records may stand beside so many good ones: at least one, and less than the share of all of them."""
    bad = 1
    while bad + 1 < share * (good + bad + 1):
        bad += 1
    return bad


def planned(sheet: Sheet) -> list[Fault]:
    """Every fault of the sheet's data set in its form; those of whole records have no column and change nothing."""
    broken = Reason.MALFORMED_ROW if sheet.header else Reason.MALFORMED_JSON
    repeated: Fault = (sheet.dataset.keys[0], Reason.DUPLICATE_KEY, {})
    return [*faults(sheet.dataset), *(("", broken, {"how": how}) for how in range(2)), repeated]


def _rarest_first(every: list[Fault]) -> Iterator[Fault]:
    """One fault of each reason, then a second one of each, and so on."""
    seen: Counter[Reason] = Counter()
    rounds = []
    for number, fault in enumerate(every):
        rounds.append((seen[fault[1]], number))
        seen[fault[1]] += 1
    return (every[number] for _, number in sorted(rounds))


def _spoil(rng: np.random.Generator, sheet: Sheet, left: list[Fault], truth: Truth) -> list[Fault]:
    """Puts as many of the faults into the sheet as it may hold and has columns for, none into an empty one; gives the others."""
    if not sheet.records:
        return left
    room = tolerated(len(sheet.records), sheet.dataset.tolerated_share)
    mine = [fault for fault in left if _applies(sheet, fault)][:room]
    added = sorted((_bad(rng, sheet, fault) for fault in mine), key=lambda bad: bad.position)
    records: list[str] = []
    taken = 0
    for bad in added:
        records += sheet.records[taken : bad.position]
        taken = bad.position
        records.append(bad.text)
        sheet.spoiled.append(len(records))
        truth.bad.append(BadRecord(sheet.key, len(records), bad.column, bad.reason))
    sheet.records = records + sheet.records[taken:]
    return [fault for fault in left if fault not in mine]


def _applies(sheet: Sheet, fault: Fault) -> bool:
    """A full load has no `Op` to be wrong; a column may be absent from a CSV file."""
    column, reason, change = fault
    return not sheet.header or reason in (Reason.MALFORMED_ROW, Reason.DUPLICATE_KEY) or {column, *change} <= set(_names(sheet))


def _bad(rng: np.random.Generator, sheet: Sheet, fault: Fault) -> _Bad:
    column, reason, change = fault
    good = len(sheet.records)
    if reason is Reason.DUPLICATE_KEY:
        twice = int(rng.integers(0, good))
        return _Bad(int(rng.integers(twice + 1, good + 1)), sheet.records[twice], column, reason)
    model = _fields(sheet)
    if "how" in change:
        return _Bad(int(rng.integers(0, good + 1)), _malformed(sheet, model)[change["how"]], column, reason)
    own = {sheet.dataset.keys[0]: f"BAD-{int(rng.integers(0, 10**12))}"}
    changing = {"op": "I"} if sheet.dataset.changing else {}
    return _Bad(int(rng.integers(0, good + 1)), _text(sheet, {**model, **changing, **own, **change}), column, reason)


def _malformed(sheet: Sheet, model: dict[str, Any]) -> tuple[str, str]:
    good = _text(sheet, model)
    if not sheet.header:
        return good[:-9], '["not", "an", "object"]'
    return good + ",one,too,many", good.rsplit(",", 1)[0]


def _fields(sheet: Sheet) -> dict[str, Any]:
    """A good record by the contract's column names: one in which every column that a fault needs is filled or free."""
    if sheet.header:
        return dict(zip(_names(sheet), next(csv.reader([sheet.records[0]])), strict=True))
    stored = next(r for r in map(orjson.loads, sheet.records) if sheet.dataset is not EVENTS or r.get("event"))
    return {"": stored} | {c.name: value for c in sheet.dataset.landed_columns if (value := _at(stored, c.source)) is not None}


def _names(sheet: Sheet) -> list[str]:
    spelled = {c.source: c.name for c in sheet.dataset.landed_columns}
    return [spelled[name] for name in sheet.header.split(",")]


def _text(sheet: Sheet, record: dict[str, Any]) -> str:
    if sheet.header:
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow([record[name] for name in _names(sheet)])
        return line.getvalue()
    message = orjson.loads(orjson.dumps(record[""]))
    for column in sheet.dataset.landed_columns:
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
    """Files that are wrong as a whole, and one that landed twice; call it when the good files are written.

    A very small shop may have no ticket and no return to make a wrong file of.
    """
    day = next(sheet for sheet in sheets if sheet.dataset is EVENTS).key.rsplit("/", 1)[0]
    orders = next(sheet for sheet in sheets if sheet.dataset is ORDERS)
    returns = next((sheet for sheet in sheets if sheet.dataset is RETURNS and sheet.records), None)
    # The first change file without a bad record; in a very small shop none may be left, then another file, or none lands twice.
    clean = min((s for s in sheets if s.header and s.records and not s.spoiled), key=lambda s: not s.header.startswith("Op"), default=None)
    tickets = next((sheet for sheet in sheets if sheet.dataset is TICKETS and sheet.records), None)
    lines = "\n".join(next(sheet for sheet in sheets if sheet.dataset is EVENTS).records[:50]) + "\n"
    files: list[tuple[str, bytes, str, Reason]] = [
        ("dms/sales/gift_cards/LOAD00000001.csv", b"gift_card_id,amount\nG1,25.00\n", "", Reason.UNKNOWN_PREFIX),
        (f"{TICKETS.prefix}export.xlsx", b"PK\x03\x04 a spreadsheet, not a feed", "", Reason.UNKNOWN_FORMAT),
        (f"{CONSENTS.prefix}nothing.csv", b"", "", Reason.EMPTY_FILE),
        (f"{day}/cut-short.gz", gzipped(lines.encode())[:-40], "", Reason.TRUNCATED_FILE),
        (f"{ORDERS.prefix}20200101-000000000.csv", _without(orders, "ordered_at"), "ordered_at", Reason.MISSING_COLUMN),
        (f"{CUSTOMERS.prefix}20200101-000000000.csv", _TWO_REFS, "customer_ref", Reason.DUPLICATE_COLUMN),
        (f"{RETURNS.prefix}20200101-000000000.parquet", b"PAR1 this is no Parquet file PAR1", "", Reason.UNREADABLE_FILE),
    ]
    if tickets:
        files.append((f"{TICKETS.prefix}latin-1.csv", _csv(tickets, note="Müller & Sørensen").encode("latin-1"), "", Reason.WRONG_ENCODING))
    for key, content, column, reason in files:
        write(directory, key, content)
        truth.bad.append(BadRecord(key, 0, column, reason))
    if returns:
        truth.bad += _too_many(directory, returns)
    if clean:
        again = f"{clean.dataset.prefix}{Path(clean.key).stem}-again.csv"
        write(directory, again, clean.content)
        truth.duplicates[again] = clean.key
    truth.files += len(files) + bool(clean) + bool(returns)


def _too_many(directory: Path, sheet: Sheet) -> list[BadRecord]:
    """A file in which every fifth row is wrong: more than any data set tolerates, so that its good rows are not trusted either."""
    key, record = f"{RETURNS.prefix}20200102-000000000.csv", _fields(sheet)
    rows = [{**record, "return_id": f"BAD-MANY-{n}", "quantity": 0 if n % 5 == 4 else 1} for n in range(20)]
    write(directory, key, ("\n".join([sheet.header, *(_text(sheet, row) for row in rows)]) + "\n").encode())
    wrong = [BadRecord(key, line, "quantity", Reason.OUT_OF_RANGE) for line in range(5, 21, 5)]
    return [BadRecord(key, 0, "", Reason.TOO_MANY_BAD_ROWS), *wrong]


def _csv(sheet: Sheet, *, note: str) -> str:
    """Two good tickets with a topic that needs more than ASCII."""
    record = _fields(sheet)
    rows = [_text(sheet, {**record, "ticket_id": f"BAD-LATIN-{i}", "topic": note}) for i in range(2)]
    return "\n".join([sheet.header, *rows]) + "\n"


def _without(sheet: Sheet, column: str) -> bytes:
    record, names = _fields(sheet), [name for name in sheet.header.split(",") if name != column]
    return ("\n".join([",".join(names), ",".join(str(record[name]) for name in names)]) + "\n").encode()
