"""Writes a landing folder for a whole retailer: people, catalogue, sales, behaviour, service, consent; and, unless told not to, dirt.

The same seed and sizes give the same bytes. What drives churn and repurchase stands in `sandbox.shop.behaviour`.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import chain
from pathlib import Path

from sandbox.shop import landing, told
from sandbox.shop.dirt import add_bad_files, spoil_records
from sandbox.shop.landing import Sheet
from sandbox.shop.simulate import simulate
from sandbox.shop.truth import FILE_NAME, Truth

DAYS_A_MONTH = 30.4375


def generate(
    directory: Path,
    *,
    customers: int = 10_000,
    events: int | None = None,
    seed: int = 7,
    as_of: date = date(2026, 11, 1),
    months: int = 18,
    dirt: bool = True,
) -> Truth:
    """Fills the (new or empty) `directory` and writes `truth.json` beside it.

    `events` is roughly how many Segment messages to write, 100 a customer when not given. Everything happened before `as_of`.
    Raises `ValueError` for sizes that make no shop and `FileExistsError` when there is something in the way.
    """
    if customers < 50 or months < 6:
        raise ValueError(f"{customers} customers over {months} months make no shop; at least 50 customers and 6 months do")
    if directory.exists() and any(directory.iterdir()):
        raise FileExistsError(f"{directory} is not empty; give a new folder, or remove this one")
    directory.mkdir(parents=True, exist_ok=True)
    truth = Truth(seed=seed, as_of=as_of.isoformat(), customers=customers)
    _fill(directory, truth, customers * 100 if events is None else events, int(months * DAYS_A_MONTH) // 7, with_dirt=dirt)
    truth.bad.sort()
    truth.write(directory.parent / FILE_NAME)
    return truth


def _fill(directory: Path, truth: Truth, events: int, weeks: int, *, with_dirt: bool) -> None:
    shop = simulate(truth.seed, truth.customers, date.fromisoformat(truth.as_of), weeks)
    truth.identity = shop.identity
    sheets = []
    for made in told.databases(shop):
        if isinstance(made, Sheet):
            sheets.append(made)
        else:  # a Parquet file has no lines to spoil
            dataset, load = made
            landing.write(directory, f"{dataset.prefix}{landing.FULL_LOAD}.parquet", landing.parquet_load(dataset, load))
            truth.count(dataset.name, landed=len(load), good=len(load))
            truth.files += 1
    feeds, feedback, chosen = told.feeds(shop)
    behind = told.web_events(shop, chosen, events)
    sheets += [*feeds, next(behind)]
    if with_dirt:
        spoil_records(next(shop.streams), sheets, truth)
    sheets += told.other_sources(shop, feedback, chosen)
    with ThreadPoolExecutor(1) as writer:  # compressing lets go of the interpreter: the next file is made meanwhile
        written = writer.submit(lambda: None)
        for sheet in chain(sheets, behind):
            written.result()
            written = writer.submit(_write, directory, sheet, truth)
        written.result()
    if with_dirt:
        add_bad_files(directory, sheets, truth)


def _write(directory: Path, sheet: Sheet, truth: Truth) -> None:
    landing.write(directory, sheet.key, sheet.content)
    truth.count(sheet.dataset.name, landed=len(sheet.records), good=len(sheet.records) - len(sheet.spoiled))
    truth.files += 1
