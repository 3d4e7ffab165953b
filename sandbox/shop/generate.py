"""Writes a landing folder for a whole retailer: people, catalogue, sales, behaviour, service, consent; and, unless told not to, dirt.

The same seed and sizes give the same bytes. What drives churn and repurchase stands in `sandbox.shop.behaviour`.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import orjson
import pandas as pd

from omnichannel.contracts.datasets import (
    CONSENTS,
    CUSTOMERS,
    EVENTS,
    MESSAGING_FEEDBACK,
    ORDER_LINES,
    ORDERS,
    PRODUCTS,
    RETURNS,
    STOCK_LEVELS,
    SUBSCRIPTIONS,
    TICKETS,
)
from sandbox.shop import behaviour, catalogue, landing, people, sales, service, web
from sandbox.shop.dirt import add_bad_files, spoil_records
from sandbox.shop.landing import Sheet
from sandbox.shop.people import DAY
from sandbox.shop.truth import FILE_NAME, Truth

DAYS_A_MONTH = 30.4375
LOAD_AFTER_DAYS = 56
CHANGE_FILES = 4
EVENT_FILES = 40


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


@dataclass(frozen=True)
class _Shop:
    """A simulated retailer from `start` to `end` (seconds since 1970), and the streams of chance that are left."""

    streams: Iterator[np.random.Generator]
    start: int
    end: int
    products: catalogue.Catalogue
    who: behaviour.Character
    lived: behaviour.History
    crowd: people.People
    sold: sales.Sales

    @property
    def load_at(self) -> int:
        """When the full loads were taken."""
        return self.start + LOAD_AFTER_DAYS * DAY


def _simulate(seed: int, customers: int, as_of: date, weeks: int) -> _Shop:
    # A stream of its own for each part: a change in one part leaves the others as they were.
    streams = iter(np.random.default_rng(seed).spawn(16))
    end = int(datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC).timestamp())
    start = end - weeks * sales.WEEK
    products = catalogue.catalogue(next(streams), int(np.clip(customers // 10, 120, 5_000)))
    who = behaviour.characters(next(streams), customers, weeks)
    lived = behaviour.live(next(streams), who, weeks, datetime.fromtimestamp(start, UTC).timetuple().tm_yday // 7)
    crowd = people.people(next(streams), who, start, len(products.by_category))
    sold = sales.sales(next(streams), who, lived, crowd, products, start)
    return _Shop(streams, start, end, products, who, lived, crowd, sold)


def _fill(directory: Path, truth: Truth, events: int, weeks: int, *, with_dirt: bool) -> None:
    shop = _simulate(truth.seed, truth.customers, date.fromisoformat(truth.as_of), weeks)
    sheets = [*_databases(directory, shop, truth), *_feeds(shop)]
    messages = web.Writer(next(shop.streams), shop.crowd, shop.products, shop.sold)
    visits = web.sessions(next(shop.streams), shop.lived, shop.crowd, shop.sold, shop.start, events)
    behind = _event_sheets(messages, visits, shop.start, shop.end)
    first = next(behind)
    if with_dirt:
        spoil_records(next(shop.streams), [*sheets, first], truth)
    with ThreadPoolExecutor(1) as writer:  # compressing lets go of the interpreter: the next file is made meanwhile
        written = writer.submit(lambda: None)
        for sheet in chain([*sheets, first], behind):
            written.result()
            written = writer.submit(_write, directory, sheet, truth)
        written.result()
    if with_dirt:
        add_bad_files(directory, [*sheets, first], truth)


def _databases(directory: Path, shop: _Shop, truth: Truth) -> Iterator[Sheet]:
    """The text files of every table of the source databases; stock's full load is Parquet and is written at once."""
    cuts = np.linspace(shop.load_at, shop.end, CHANGE_FILES + 1)[1:].astype(np.int64).tolist()
    streams, load_at, end = shop.streams, shop.load_at, shop.end
    versions = {
        CUSTOMERS: service.crm_versions(next(streams), shop.crowd, load_at, end),
        ORDERS: shop.sold.orders.sort_values("source_ts", kind="stable"),
        ORDER_LINES: shop.sold.order_lines,
        RETURNS: shop.sold.returns,
        SUBSCRIPTIONS: sales.subscriptions(next(streams), shop.who, shop.lived, shop.crowd, shop.start, end),
        PRODUCTS: service.product_versions(next(streams), shop.products, shop.start, load_at, end),
        STOCK_LEVELS: service.stock_versions(next(streams), shop.products, load_at, end),
    }
    for dataset, rows in versions.items():
        seldom = dataset in (PRODUCTS, STOCK_LEVELS)
        load = landing.loaded(dataset, rows, load_at)
        if dataset is STOCK_LEVELS:
            landing.write(directory, f"{dataset.prefix}{landing.FULL_LOAD}.parquet", landing.parquet_load(dataset, load))
            truth.count(dataset.name, landed=len(load), good=len(load))
            truth.files += 1
        else:
            yield landing.csv_load(dataset, load)
        yield from landing.changes(dataset, rows, load_at, cuts[1::2] if seldom else cuts)


def _feeds(shop: _Shop) -> list[Sheet]:
    streams = shop.streams
    tickets = service.tickets(next(streams), shop.lived, shop.crowd, shop.start)
    consents = service.consents(next(streams), shop.crowd, shop.start, shop.end)
    feedback = service.feedback(next(streams), shop.lived, shop.crowd, shop.end)
    return [
        *landing.feed(TICKETS, tickets, ["tickets-1", "tickets-2"]),
        *landing.feed(CONSENTS, consents, ["consents-1", "consents-2"]),
        _feedback(feedback),
    ]


def _write(directory: Path, sheet: Sheet, truth: Truth) -> None:
    landing.write(directory, sheet.key, sheet.content)
    truth.count(sheet.dataset.name, landed=len(sheet.records), good=len(sheet.records) - len(sheet.spoiled))
    truth.files += 1


def _feedback(frame: pd.DataFrame) -> Sheet:
    texts = frame.assign(at=np.datetime_as_string(frame["at"].to_numpy().astype("datetime64[s]"), timezone="UTC"))
    lines = [orjson.dumps(row).decode() for row in texts.to_dict("records")]
    return Sheet(f"{MESSAGING_FEEDBACK.prefix}pinpoint-1.jsonl", MESSAGING_FEEDBACK, lines)


def _event_sheets(messages: web.Writer, visits: web.Sessions, start: int, end: int) -> Iterator[Sheet]:
    """One file a fortnight or so, in the folder of the day on which it was received: its last one."""
    edges = np.unique((np.linspace(start, end, EVENT_FILES + 1) // DAY * DAY).astype(np.int64))
    at = np.searchsorted(visits.start, edges)
    for number, (first, last) in enumerate(pairwise(at.tolist())):
        if last > first:
            day = int(edges[number + 1]) - DAY
            key = f"{EVENTS.prefix}web-source/{day * 1000}/part-{number:03d}.gz"
            yield Sheet(key, EVENTS, messages.lines(visits.of(slice(first, last))))
