"""Writes a landing folder for a whole retailer: people, catalogue, sales, behaviour, service, consent; and, unless told not to, dirt.

The same seed and sizes give the same bytes. What drives churn and repurchase stands in `sandbox.shop.behaviour`.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import pairwise
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


def generate(directory: Path, *, customers: int = 10_000, events: int | None = None, seed: int = 7,
             as_of: date = date(2026, 11, 1), months: int = 18, dirt: bool = True) -> Truth:
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
    streams = iter(np.random.default_rng(truth.seed).spawn(16))
    end_day = date.fromisoformat(truth.as_of)
    end = int(datetime(end_day.year, end_day.month, end_day.day, tzinfo=UTC).timestamp())
    start = end - weeks * sales.WEEK
    products = catalogue.catalogue(next(streams), int(np.clip(truth.customers // 10, 120, 5_000)))
    who = behaviour.characters(next(streams), truth.customers, weeks)
    lived = behaviour.live(next(streams), who, weeks, datetime.fromtimestamp(start, UTC).timetuple().tm_yday // 7)
    crowd = people.people(next(streams), who, start, len(products.by_category))
    sold = sales.sales(next(streams), who, lived, crowd, products, start)
    load_at = start + LOAD_AFTER_DAYS * DAY
    cuts = np.linspace(load_at, end, CHANGE_FILES + 1)[1:].astype(np.int64).tolist()
    sheets: list[Sheet] = []
    for dataset, versions, rarely in (
        (CUSTOMERS, service.crm_versions(next(streams), crowd, load_at, end), False),
        (ORDERS, sold.orders.sort_values("source_ts", kind="stable"), False),
        (ORDER_LINES, sold.order_lines, False),
        (RETURNS, sold.returns, False),
        (SUBSCRIPTIONS, sales.subscriptions(next(streams), who, lived, crowd, start, end), False),
        (PRODUCTS, service.product_versions(next(streams), products, start, load_at, end), True),
        (STOCK_LEVELS, service.stock_versions(next(streams), products, load_at, end), True),
    ):
        text, binary, rows = landing.load_and_changes(dataset, versions, load_at, cuts[1::2] if rarely else cuts,
                                                      parquet_load=dataset is STOCK_LEVELS)
        sheets += text
        for key, content in binary.items():
            landing.write(directory, key, content)
            truth.count(dataset.name, landed=rows, good=rows)
            truth.files += 1
    sheets += landing.feed(TICKETS, service.tickets(next(streams), lived, crowd, start), ["tickets-1", "tickets-2"])
    sheets += landing.feed(CONSENTS, service.consents(next(streams), crowd, start, end), ["consents-1", "consents-2"])
    sheets.append(_feedback(service.feedback(next(streams), lived, crowd, end)))
    messages = web.Writer(next(streams), crowd, products, sold)
    visits = web.sessions(next(streams), lived, crowd, sold, start, events)
    noise = next(streams)
    if with_dirt:
        spoil_records(noise, sheets, truth)
    for sheet in sheets:
        _write(directory, sheet, truth)
    first: Sheet | None = None
    for sheet in _event_sheets(messages, visits, start, end):
        if first is None:
            first = sheet
            if with_dirt:
                spoil_records(noise, [sheet], truth)
        _write(directory, sheet, truth)
    if with_dirt and first is not None:
        add_bad_files(directory, [*sheets, first], truth)


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
