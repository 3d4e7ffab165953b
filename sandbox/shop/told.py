"""What the simulated retailer's systems tell about it: every file of the landing folder, as sheets that can still be spoiled."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
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
    Dataset,
)
from sandbox.shop import banner, landing, profiles, sales, service, touchpoints, web
from sandbox.shop.landing import Sheet
from sandbox.shop.people import DAY
from sandbox.shop.simulate import Shop

CHANGE_FILES = 4
EVENT_FILES = 40
TILL_STORE = "store-02"
"""This shop's tills report by themselves, once the retailer has begun to take full loads."""


def databases(shop: Shop) -> Iterator[Sheet | tuple[Dataset, pd.DataFrame]]:
    """The text files of every table of the source databases, and what the tills sent; stock's full load comes as its rows."""
    cuts = np.linspace(shop.load_at, shop.end, CHANGE_FILES + 1)[1:].astype(np.int64).tolist()
    for dataset, every in _versions(shop).items():
        rows, tills = _by_till(shop, dataset, every)
        load = landing.loaded(dataset, rows, shop.load_at)
        yield (dataset, load) if dataset is STOCK_LEVELS else landing.csv_load(dataset, load)
        seldom = dataset in (PRODUCTS, STOCK_LEVELS)
        yield from landing.changes(dataset, rows, shop.load_at, cuts[1::2] if seldom else cuts)
        yield from _till_sheets(dataset, tills, shop.load_at, cuts[1::2])


def _versions(shop: Shop) -> dict[Dataset, pd.DataFrame]:
    """Every version of every row, in the order of their times."""
    streams, load_at, end = shop.streams, shop.load_at, shop.end
    orders = pd.concat([shop.sold.orders, shop.guests.orders], ignore_index=True)
    lines = pd.concat([shop.sold.order_lines, shop.guests.order_lines], ignore_index=True)
    return {
        CUSTOMERS: service.crm_versions(next(streams), shop.crowd, load_at, end),
        ORDERS: orders.sort_values("source_ts", kind="stable", ignore_index=True),
        ORDER_LINES: lines.sort_values("source_ts", kind="stable", ignore_index=True),
        RETURNS: shop.sold.returns,
        SUBSCRIPTIONS: sales.subscriptions(next(streams), shop.who, shop.lived, shop.crowd, shop.start, end),
        PRODUCTS: service.product_versions(next(streams), shop.products, shop.start, load_at, end),
        STOCK_LEVELS: service.stock_versions(next(streams), shop.products, load_at, end),
    }


def _by_till(shop: Shop, dataset: Dataset, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What the databases know, and what the tills of one store sent themselves."""
    if dataset is ORDERS:
        till = (rows["store_id"] == TILL_STORE) & (rows["ordered_at"] >= shop.load_at)
    elif dataset is ORDER_LINES:
        orders = shop.sold.orders
        sold_there = orders.loc[(orders["store_id"] == TILL_STORE) & (orders["ordered_at"] >= shop.load_at), "order_id"]
        till = rows["order_id"].isin(set(sold_there))
    else:
        return rows, rows.iloc[:0]
    return rows[~till], rows[till]


def _till_sheets(dataset: Dataset, rows: pd.DataFrame, load_at: int, cuts: list[int]) -> Iterator[Sheet]:
    """JSON lines; a till does not say that a sale is an insert."""
    for opens, closes in pairwise([load_at, *cuts]):
        part = rows[(rows["source_ts"] >= opens) & (rows["source_ts"] < closes)]
        if len(part):
            known = landing.table(dataset, part.assign(op=part["op"].replace("I", "")))
            yield landing.json_sheet(f"{dataset.also[0]}{TILL_STORE}/{landing.stamp(closes)}.jsonl.gz", dataset, known)


def feeds(shop: Shop) -> tuple[list[Sheet], pd.DataFrame, banner.Banner]:
    """What comes as files of its own; with it the feedback by customer and the answers to the consent banner."""
    streams = shop.streams
    tickets = service.tickets(next(streams), shop.lived, shop.crowd, shop.start)
    consents, answers = service.consents(next(streams), shop.crowd, shop.start, shop.end)
    feedback = service.feedback(next(streams), shop.lived, shop.crowd, shop.end)
    known = feedback.assign(customer_id="", bounce="")
    sheets = [
        *landing.feed(TICKETS, tickets, ["tickets-1", "tickets-2"]),
        *landing.feed(CONSENTS, consents, ["consents-1", "consents-2"]),
        landing.json_sheet(f"{MESSAGING_FEEDBACK.prefix}pinpoint-1.jsonl", MESSAGING_FEEDBACK, landing.table(MESSAGING_FEEDBACK, known)),
        *profiles.exports(next(shop.later), shop.crowd, shop.sold, shop.start, shop.end),
    ]
    return sheets, feedback, banner.drawn(next(shop.later), answers)


def other_sources(shop: Shop, feedback: pd.DataFrame, chosen: banner.Banner) -> list[Sheet]:
    """Messages of the shop's server, of its tills and of its app, a file each."""
    later, crowd, end = shop.later, shop.crowd, shop.end
    served = [*touchpoints.guest_checkouts(shop.guests), *touchpoints.mailings(feedback, crowd)]
    seen = touchpoints.impressions(next(later), crowd, shop.lived.visits, shop.products, shop.start, chosen)
    every = (("server-source", served), ("store-source", list(touchpoints.till_sign_ins(shop.tablets, crowd))), ("app-source", list(seen)))
    return [touchpoints.sheet(source, next(later), messages, end) for source, messages in every]


def web_events(shop: Shop, chosen: banner.Banner, events: int) -> Iterator[Sheet]:
    """One file a fortnight or so, in the folder of the day on which it was received: its last one."""
    messages = web.Writer(next(shop.streams), shop.crowd, shop.products, shop.sold, chosen)
    visits = web.sessions(next(shop.streams), shop.lived, shop.crowd, shop.sold, shop.start, events)
    edges = np.unique((np.linspace(shop.start, shop.end, EVENT_FILES + 1) // DAY * DAY).astype(np.int64))
    at = np.searchsorted(visits.start, edges)
    for number, (first, last) in enumerate(pairwise(at.tolist())):
        if last > first:
            day = int(edges[number + 1]) - DAY
            key = f"{EVENTS.prefix}web-source/{day * 1000}/part-{number:03d}.gz"
            yield Sheet(key, EVENTS, messages.lines(visits.of(slice(first, last))))
