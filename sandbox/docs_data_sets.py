"""Writes docs/data-sets.md from the contracts: `python -m sandbox.docs_data_sets` (`--check` only compares)."""

import argparse
import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from omnichannel.contracts.datasets import CHANGE_COLUMNS, DATASETS, EVENTS, LINEAGE_COLUMNS, Column, Dataset, Format, Type
from omnichannel.contracts.reasons import Reason

PAGE = Path(__file__).resolve().parents[1] / "docs" / "data-sets.md"

TYPES = {
    Type.STRING: "text",
    Type.INTEGER: "whole number",
    Type.DECIMAL: "decimal, 4 places",
    Type.BOOLEAN: "true or false",
    Type.DATE: "date",
    Type.TIMESTAMP: "time, ISO 8601 UTC",
    Type.JSON: "JSON",
}
FORMATS = {Format.CSV: "CSV", Format.JSON_LINES: "JSON lines", Format.PARQUET: "Parquet"}
EVENT_FILES = "{source}/{received day as unix time}/{file}.gz"
LOADS, CHANGES = "LOAD*.{csv,parquet}", "{yyyymmdd-hhmmssmmm}.{csv,parquet}"
FEED_FILES = "{file}.{csv,jsonl}"
EXAMPLES: dict[str, Any] = {
    "op": "I",
    "source_ts": "2026-10-03T08:15:00Z",
    "message_id": "ajs-0cfe61f85a4da18b",
    "type": "track",
    "event": "Product Viewed",
    "user_id": "C100042",
    "anonymous_id": "device-000042-1",
    "timestamp": "2026-10-03T08:14:58.120Z",
    "received_at": "2026-10-03T08:14:59.004Z",
    "session_id": "00002a-1791015240",
    "device": "mobile",
    "channel": "web",
    "product_id": "P00017",
    "category": "Kitchen",
    "query": "copper pan",
    "order_id": "O1004711",
    "quantity": 2,
    "price": "34.95",
    "value": "69.9",
    "currency": "EUR",
    "products": [{"product_id": "P00017", "quantity": 2, "price": 34.95}],
    "campaign": "newsletter",
    "consent": {"categoryPreferences": {"analytics": True}},
    "traits": {"email": "ada.adler@mail.example"},
    "email": "ada.adler@mail.example",
    "customer_ref": "C100042",
    "phone": "+49 1555 0000042",
    "loyalty_card": "L70000294",
    "first_name": "Ada",
    "last_name": "Adler",
    "birth_date": "1984-05-17",
    "country": "DE",
    "region": "BE",
    "timezone": "Europe/Berlin",
    "language": "de",
    "created_at": "2025-11-20T10:00:00Z",
    "ordered_at": "2026-10-03T08:15:00Z",
    "store_id": "",
    "status": "completed",
    "total": "69.9",
    "discount": "0",
    "line": 1,
    "unit_price": "34.95",
    "return_id": "R500017",
    "returned_at": "2026-10-12T09:30:00Z",
    "amount": "34.95",
    "reason": "damaged",
    "subscription_id": "S300007",
    "plan": "box-monthly",
    "started_at": "2026-03-01T12:00:00Z",
    "renews_at": "2026-11-01T12:00:00Z",
    "ends_at": "",
    "name": "Copper Pan No. 17",
    "category_l1": "Kitchen",
    "category_l2": "Cookware",
    "brand": "Alder & Hale",
    "image_url": "https://images.shop.example/P00017.jpg",
    "min_age": "",
    "active": "true",
    "location_id": "warehouse",
    "updated_at": "2026-10-03T08:15:00Z",
    "ticket_id": "T200003",
    "opened_at": "2026-10-13T07:00:00Z",
    "closed_at": "2026-10-13T15:20:00Z",
    "csat": 2,
    "topic": "quality",
    "consent_id": "K400001",
    "purpose": "marketing",
    "granted": "true",
    "recorded_at": "2025-11-20T10:05:00Z",
    "source": "checkout",
    "event_id": "F600001",
    "sink": "pinpoint",
    "run": "mailing-1",
    "customer_id": "",
    "address": "ada.adler@mail.example",
    "at": "2026-10-04T06:00:00Z",
}
OTHERWISE = {
    ("sales/subscriptions", "status"): "active",
    ("support/tickets", "channel"): "chat",
    ("consents", "channel"): "email",
    ("consents", "anonymous_id"): "",
    ("consents", "email"): "",
    ("messaging-feedback", "type"): "open",
    ("events", "channel"): "mobile",
    ("events", "price"): 34.95,
    ("sales/returns", "source_ts"): "2026-10-12T09:30:00Z",
    ("sales/returns", "quantity"): 1,
    ("sales/subscriptions", "price"): "19.9",
    ("inventory/stock_levels", "quantity"): 40,
}
UNUSED_BY_A_VIEW = frozenset({"query", "order_id", "value", "products", "traits", "email", "quantity"})
"""Columns that the example event, a product view, does not carry."""


def page() -> str:
    """The whole page as Markdown."""
    return "\n".join([INTRODUCTION, *_overview(), "", *(line for dataset in DATASETS for line in _section(dataset)), *_reasons()]) + "\n"


INTRODUCTION = """<!-- Generated from omnichannel/contracts by `python -m sandbox.docs_data_sets`; change the contracts, not this page. -->

# Data sets

What may land, where, and what a row must look like. A file is taken when it stands under one of the prefixes below; it is checked row
by row, good rows go into the trusted Iceberg table, every other row goes to quarantine with one reason. Only `sales/orders` must be
there for models to be trained; every other data set that is missing is simply missing.

- Text is UTF-8. CSV has commas and a header; JSON lines have one object a line; text files may be gzipped.
- Times are ISO 8601, taken as UTC where they name no zone. Money is decimal, its currency in a column beside it.
- The order of columns is free. Columns that are not listed are kept as they are in staging and reported, not refused.
- A required time lies after 1990 and at most a day after the file was received.
- The same content landed twice is committed once. The same key twice in one file: the first row stays, the later ones are refused.
- `dms/` files carry `Op` (I, U, D; absent in a full load, which means I) and `source_ts`, the source database's own time of the change.
  Every version is kept; what is current, or was current on a date, is the newest version of a key by `source_ts`. A delete needs its
  key and `source_ts` only.

Marks: **!** required, **\\*** part of the key, **@** personal data (never in logs, errors, metrics or quarantine records).
"""


def _overview() -> list[str]:
    rows = [f"| [`{d.name}`](#{_anchor(d)}) | `{d.prefix}` | {_formats(d)} | `{d.table}` | {_listed(d.keys)} |" for d in DATASETS]
    return ["| data set | prefix | formats | trusted table | key |", "|---|---|---|---|---|", *rows]


def _section(dataset: Dataset) -> list[str]:
    parts = [f"## {dataset.name}", ""]
    if dataset.meaning:
        parts += [f"{dataset.meaning[0].upper()}{dataset.meaning[1:]}.", ""]
    parts += [f"Lands as `{dataset.prefix}{_file_names(dataset)}`.", ""]
    if dataset.one_of:
        parts += [f"A row needs at least one of {_listed(dataset.one_of)}.", ""]
    if dataset.changing:
        parts += [f"Every row also has {_listed(c.source for c in CHANGE_COLUMNS)}.", ""]
    json_only = dataset.formats == (Format.JSON_LINES,)
    where = " in the message |" if json_only else ""
    parts += [f"| column |{where} | type | checks and meaning |", "|---|---|---|---|---|" if json_only else "|---|---|---|---|"]
    for column in dataset.columns:
        where = f" `{column.source}` |" if json_only else ""
        parts.append(f"| `{column.name}` |{where} {_marks(column)} | {TYPES[column.type]} | {_checks(dataset, column)} |")
    return [*parts, "", "```json" if json_only else "```csv", *_example(dataset), "```", ""]


def _reasons() -> list[str]:
    at_landing = list(Reason)[: list(Reason).index(Reason.NO_CONSENT)]
    lineage = _listed(c.name for c in LINEAGE_COLUMNS)
    return [
        "## Why something is refused",
        "",
        f"One closed list of reasons serves every flow. At landing these can occur: {_listed(at_landing)}.",
        "",
        "A quarantine record has the data set, the file, the line (counted from 1 without the header; 0 is the whole file), the column,",
        f"the reason and a hash of the value, never the value. A trusted row tells where it came from in {lineage}.",
    ]


def _formats(dataset: Dataset) -> str:
    return ", ".join(FORMATS[f] for f in dataset.formats)


def _anchor(dataset: Dataset) -> str:
    return dataset.name.replace("/", "")


def _file_names(dataset: Dataset) -> str:
    if dataset.changing:
        return f"{LOADS}` and `{dataset.prefix}{CHANGES}"
    return EVENT_FILES if dataset is EVENTS else FEED_FILES


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _marks(column: Column) -> str:
    return "".join(mark for mark, on in (("\\*", column.key), ("!", column.required), ("@", column.personal)) if on)


def _checks(dataset: Dataset, column: Column) -> str:
    said = [column.meaning] if column.meaning else []
    if column.values:
        said.append("one of " + ", ".join(column.values))
    if column.minimum is not None and column.maximum is not None:
        said.append(f"{column.minimum} to {column.maximum}")
    elif column.minimum is not None:
        said.append(f"at least {column.minimum}")
    if column.exclusive_minimum is not None:
        said.append(f"more than {column.exclusive_minimum}")
    if column.name == dataset.ordered_by:
        said.append("orders the rows in time")
    return "; ".join(said)


def _value(dataset: Dataset, column: Column) -> Any:
    return OTHERWISE.get((dataset.name, column.name), EXAMPLES[column.name])


def _example(dataset: Dataset) -> list[str]:
    values = {c: _value(dataset, c) for c in dataset.landed_columns}
    if dataset is EVENTS:
        message: dict[str, Any] = {}
        for column, value in values.items():
            if column.name not in UNUSED_BY_A_VIEW:
                _put(message, column.source, value)
        return [json.dumps(message)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([[c.source for c in values], list(values.values())])
    return text.getvalue().splitlines()


def _put(message: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for part in parents:
        message = message.setdefault(part, {})
    message[last] = value


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the page, or with `--check` says whether it is up to date."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.docs_data_sets", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the page differs")
    if parser.parse_args(argv).check:
        return int(PAGE.read_text() != page())
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
