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
from omnichannel.contracts.tracking_plan import PLAN, Planned
from sandbox.docs_examples import EXAMPLES, OTHERWISE, UNUSED_BY_A_VIEW

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
TILL_FILES, EXPORT_FILES, FEED_FILES = "{file}.jsonl.gz", "{file}.jsonl.gz", "{file}.{csv,jsonl}"


def page() -> str:
    """The whole page as Markdown."""
    sections = [line for dataset in DATASETS for line in _section(dataset)]
    return "\n".join([INTRODUCTION, *_overview(), "", *sections, *_plan(), "", *_reasons()]) + "\n"


INTRODUCTION = """<!-- Generated from omnichannel/contracts by `python -m sandbox.docs_data_sets`; change the contracts, not this page. -->

# Data sets

What may land, where, and what a row must look like. A file is taken when it stands under one of the prefixes below; it is checked row
by row, good rows go into the trusted Iceberg table, every other row goes to quarantine with one reason. Only `sales/orders` must be
there for models to be trained; every other data set that is missing is simply missing.

- Text is UTF-8. CSV has commas and a header; JSON lines have one object a line; text files may be gzipped.
- Times are ISO 8601, taken as UTC where they name no zone. Money is decimal, its currency in a column beside it.
- A decimal may have a power of ten, with one digit before its point (`1e-05`, `2.5E+3`). An open end is empty: the time 9999-12-31, which
  stands for it in some databases, is out of range (`NULLIF` in the export helps).
- A column of type JSON holds an object or a list; text, a number or a word in its place is `wrong-type`.
- A Parquet file's floats in a text column are read as data frames mean them: `17.0` is `17`, NaN is nothing.
- The order of columns is free. Columns that are not listed are kept as they are in staging and reported, not refused.
- A required time lies after 1990 and at most a day after the file was received.
- A file that is replaced before it was read is read all the same, by its version, and so is the one in its place.
- The same content landed twice is committed once. The same key twice in one file: the first row stays, the later ones are refused.
- `dms/` files carry `Op` (I, U, D; absent in a full load, which means I) and `source_ts`, the source database's own time of the change.
  Every version is kept; what is current, or was current on a date, is the newest version of a key by `source_ts`. A delete needs its
  key and `source_ts` only. What a till sends under `pos/` is the same: `source_ts` is the till's own time of the sale, `Op` may be absent.
- A file with more bad rows than its data set tolerates (5 % unless said otherwise, and always at least one) fails as a whole.
- `omni validate FILE` says before a file is sent what onboarding would refuse, row by row, and what would work.

Marks: **!** required, **\\*** part of the key, **@** personal data with its kind (never in logs, errors, metrics or quarantine records).
"""


def _overview() -> list[str]:
    rows = [f"| [`{d.name}`](#{_anchor(d)}) | {_listed(d.prefixes)} | {_formats(d)} | `{d.table}` | {_listed(d.keys)} |" for d in DATASETS]
    return ["| data set | prefix | formats | trusted table | key |", "|---|---|---|---|---|", *rows]


def _section(dataset: Dataset) -> list[str]:
    parts = [f"## {dataset.name}", ""]
    if dataset.meaning:
        parts += [f"{dataset.meaning[0].upper()}{dataset.meaning[1:]}.", ""]
    parts += [f"Lands as `{dataset.prefix}{_file_names(dataset)}`{_also(dataset)}.", ""]
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


def _plan() -> list[str]:
    return [
        "## Tracking plan",
        "",
        "What a `track` message of each name must carry to be of use. A message that is not in the plan, or lacks something, is trusted",
        "like any other; `omni validate` and the quality report tell. Properties are named by the columns of `events`.",
        "",
        "| event | must carry | should carry | |",
        "|---|---|---|---|",
        *(_planned(planned) for planned in PLAN.values()),
    ]


def _planned(planned: Planned) -> str:
    needed = [f"`{column}`" for column in planned.required]
    needed += [f"`products[].{name}`" for name in planned.of_products]
    if planned.one_of:
        needed.append(" or ".join(f"`{column}`" for column in planned.one_of))
    notes = [planned.meaning] if planned.meaning else []
    notes += [f"once {old}" for old in planned.formerly]
    return f"| {planned.name} | {', '.join(needed)} | {_listed(planned.expected)} | {'; '.join(notes)} |"


def _formats(dataset: Dataset) -> str:
    return ", ".join(FORMATS[f] for f in dataset.formats)


def _anchor(dataset: Dataset) -> str:
    return dataset.name.replace("/", "")


def _file_names(dataset: Dataset) -> str:
    if dataset.changing:
        return f"{LOADS}` and `{dataset.prefix}{CHANGES}"
    if dataset is EVENTS:
        return EVENT_FILES
    return EXPORT_FILES if dataset.formats == (Format.JSON_LINES,) else FEED_FILES


def _also(dataset: Dataset) -> str:
    return "".join(f", and from tills as `{prefix}{TILL_FILES}`" for prefix in dataset.also)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _marks(column: Column) -> str:
    marks = "".join(mark for mark, on in (("\\*", column.key), ("!", column.required), ("@", column.personal)) if on)
    return f"{marks} {column.pii.replace('_', ' ')}" if column.pii else marks


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
    if column.was:
        said.append(f"was {_listed(column.was)}")
    if column.name == dataset.ordered_by:
        said.append("orders the rows in time")
    return "; ".join(said)


def _value(dataset: Dataset, column: Column) -> Any:
    key = dataset.name, column.name
    if key not in OTHERWISE and column.name not in EXAMPLES:
        raise LookupError(f"no example of {column.name} in {dataset.name}; sandbox/docs_examples.py holds one for every column")
    return OTHERWISE[key] if key in OTHERWISE else EXAMPLES[column.name]


def _example(dataset: Dataset) -> list[str]:
    unused = UNUSED_BY_A_VIEW if dataset is EVENTS else frozenset()
    values = {c: _value(dataset, c) for c in dataset.landed_columns if c.name not in unused}
    if dataset.formats == (Format.JSON_LINES,):
        message: dict[str, Any] = {}
        for column, value in values.items():
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
