"""Turns the UCI "Online Retail" file into a landing folder that `omni demo --landing` takes.

The file holds one row an invoice line: InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country
(the names of its successor, "Online Retail II", work too). It comes as Parquet or CSV and stays where it is.

  python -m examples.online_retail.convert --source online_retail.parquet --landing landing --consent all
  omni demo --landing landing --as-of 2011-12-10 --out out

The file says nothing about consent, and without consent nothing is sent to anybody. --consent is where you say what to assume:
all customers, none of them (the default), or a share of them.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from examples.online_retail.tables import consents, tables
from omnichannel.contracts.datasets import CONSENTS, CUSTOMERS, ORDER_LINES, ORDERS, PRODUCTS, RETURNS, Dataset

COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
ALSO_CALLED = {"Invoice": "InvoiceNo", "Price": "UnitPrice", "Customer ID": "CustomerID"}
ROWS_A_FILE = 200_000
DEFAULT_SHARE = 0.8
CHURN_WINDOW = timedelta(days=92)


class SourceError(ValueError):
    """The source is not the file that this converts."""


def read(source: Path) -> pd.DataFrame:
    """The invoice lines of a Parquet or CSV file; raises `SourceError` when columns are missing."""
    if not source.is_file():
        raise SourceError(f"no file {source}; give the Online Retail file as Parquet or CSV")
    try:
        table = pyarrow.parquet.read_table(source) if source.suffix == ".parquet" else pyarrow.csv.read_csv(source)
    except pa.ArrowInvalid as broken:
        raise SourceError(f"{source} cannot be read as {source.suffix or 'CSV'}: {broken}") from broken
    lines: pd.DataFrame = table.to_pandas().rename(columns=ALSO_CALLED)
    missing = [name for name in COLUMNS if name not in lines.columns]
    if missing:
        raise SourceError(f"{source} lacks the columns {', '.join(missing)}; it has {', '.join(lines.columns)}")
    return lines[list(COLUMNS)]


def convert(lines: pd.DataFrame, landing: Path, consent_share: float) -> dict[str, int]:
    """Writes the landing folder (new or empty) and returns how many rows each data set got."""
    if landing.exists() and any(landing.iterdir()):
        raise FileExistsError(f"{landing} is not empty; give a new folder, or remove this one")
    made = tables(lines)
    frames = {
        CUSTOMERS: made.customers,
        ORDERS: made.orders,
        ORDER_LINES: made.order_lines,
        RETURNS: made.returns,
        PRODUCTS: made.products,
        CONSENTS: consents(made.customers, consent_share),
    }
    return {dataset.name: write(dataset, frame, landing) for dataset, frame in frames.items() if len(frame)}


def write(dataset: Dataset, frame: pd.DataFrame, landing: Path) -> int:
    """A data set's frame as full-load files of at most `ROWS_A_FILE` rows; returns the rows written."""
    folder = landing / dataset.prefix
    folder.mkdir(parents=True, exist_ok=True)
    name = "LOAD{:08d}.csv" if dataset.changing else "consents-{:d}.csv"
    named = {c.name for c in dataset.landed_columns}
    unknown = [column for column in frame.columns if column not in named]
    if unknown:
        raise LookupError(f"{dataset.name} has no columns {', '.join(unknown)}")
    for number, start in enumerate(range(0, len(frame), ROWS_A_FILE), start=1):
        pyarrow.csv.write_csv(_texts(frame.iloc[start : start + ROWS_A_FILE]), folder / name.format(number))
    return len(frame)


def _texts(frame: pd.DataFrame) -> pa.Table:
    """Times as ISO 8601 UTC; everything else as it is."""
    times = frame.select_dtypes("datetime").columns
    return pa.Table.from_pandas(frame.assign(**{t: frame[t].dt.strftime("%Y-%m-%dT%H:%M:%SZ") for t in times}), preserve_index=False)


def share_of(text: str) -> float:
    """What `--consent` says, as a share of the customers."""
    named = {"all": 1.0, "none": 0.0, "share": DEFAULT_SHARE}
    try:
        share = named[text] if text in named else float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is none of all, none, share, or a number from 0 to 1")
    return share


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.online_retail.convert", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", type=Path, required=True, metavar="FILE", help="the Online Retail file, .parquet or .csv")
    parser.add_argument("--landing", type=Path, required=True, metavar="DIR", help="the landing folder to write; must be new or empty")
    parser.add_argument(
        "--consent",
        type=share_of,
        default="none",
        metavar="WHO",
        help=f"who has consented: all, none (default), share ({DEFAULT_SHARE} of them) or a number from 0 to 1",
    )
    args = parser.parse_args(argv)
    try:
        lines = read(args.source)
        rows = convert(lines, args.landing, args.consent)
    except (SourceError, FileExistsError) as refused:
        sys.stderr.write(f"error: {refused}\n")
        return 2
    sys.stdout.write(summary(lines, rows, args.landing, args.consent) + "\n")
    return 0


def summary(lines: pd.DataFrame, rows: dict[str, int], landing: Path, consent_share: float) -> str:
    """What was written, and the as-of dates that make sense: after the last invoice, or a churn window earlier."""
    after = pd.to_datetime(lines["InvoiceDate"]).max().date() + timedelta(days=1)
    return "\n".join(
        [
            f"{len(lines):,} invoice lines -> {landing}",
            *(f"  {name:<18} {count:>9,} rows" for name, count in rows.items()),
            *([] if consent_share else ["No consents written: every customer will be withheld with the reason no-consent. See --consent."]),
            f"Score the newest state with              --as-of {after}",
            f"Keep a churn window to compare with, by  --as-of {after - CHURN_WINDOW}",
        ]
    )


if __name__ == "__main__":
    raise SystemExit(main())
