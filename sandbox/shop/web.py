"""Behaviour on the web and in the app as Segment spec messages, one JSON line each.

A visit is a session of one device. Three in four are logged in (then `userId` stands beside `anonymousId`, and the first such visit
sends `identify`); one visit in sixteen is a stranger's. Intent shows as things put into the cart or saved.
"""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import orjson

from omnichannel.contracts.events import EventName
from sandbox.shop.banner import ANALYTICS, CONSENTS, Banner
from sandbox.shop.behaviour import Bools, Floats, History, Ints
from sandbox.shop.catalogue import CURRENCY, Catalogue
from sandbox.shop.people import DAY, NEVER, People
from sandbox.shop.sales import APP, WEB, WEEK, Sales

IDENTIFY, LIST, SEARCH, VIEW, ADD, WISH, CHECKOUT, ORDER = range(8)
EVENTS = (
    "",
    EventName.PRODUCT_LIST_VIEWED,
    EventName.PRODUCTS_SEARCHED,
    EventName.PRODUCT_VIEWED,
    EventName.PRODUCT_ADDED,
    EventName.PRODUCT_ADDED_TO_WISHLIST,
    EventName.CHECKOUT_STARTED,
    EventName.ORDER_COMPLETED,
)
EVENTS_PER_VISIT = 2.75
STRANGERS = 1 / 16
CAMPAIGNS = (
    ("newsletter", "newsletter", "email"),
    ("brand-search", "search", "cpc"),
    ("social", "social", "paid-social"),
    ("sale", "newsletter", "email"),
)
"""Name, source and medium, as the address of a visit's first page says them."""


@dataclass(frozen=True)
class Sessions:
    """Visits in time order; `customer` is -1 for strangers, `order` is -1 where nothing was bought."""

    customer: Ints
    device: Ints
    start: Ints
    step: Ints
    known: Bools
    order: Ints
    counts: Ints

    def of(self, which: slice) -> "Sessions":
        """Some of the visits."""
        return Sessions(*(values[which] for values in vars(self).values()))


def sessions(rng: np.random.Generator, lived: History, crowd: People, sold: Sales, start: int, events: int) -> Sessions:
    """Draws about as many visits as make `events` messages."""
    bought = np.flatnonzero((sold.channel == WEB) | (sold.channel == APP))
    of_orders = int((sold.line_count[bought] * 2 + 5).sum())
    scale = max(events - of_orders, 0) / (lived.visits.sum() * EVENTS_PER_VISIT / (1 - STRANGERS) + 1e-9)
    browse = np.maximum(rng.poisson(lived.visits * scale), _begins_to_want(lived))
    week, customer = np.nonzero(browse)
    times = browse[week, customer]
    week, customer = np.repeat(week, times), np.repeat(customer, times)
    keen = lived.intent[week, customer]
    strangers = int(len(week) * STRANGERS / (1 - STRANGERS))
    week = np.concatenate([week, rng.integers(0, len(lived.visits), strangers)])
    customer = np.concatenate([customer, np.full(strangers, -1)])
    keen = np.concatenate([keen, rng.random(strangers) < 0.05])
    n = len(week)
    hour = np.clip(rng.normal(17, 4.2, n), 0.1, 23.2)
    begins = start + week * WEEK + rng.integers(0, 7, n) * DAY + (hour * 3600).astype(np.int64)
    keen &= begins < _bought_at(lived, sold, start, week, customer)
    counts = np.zeros((n, 8), dtype=np.int64)
    counts[:, LIST], counts[:, SEARCH] = rng.random(n) < 0.3, rng.random(n) < 0.15
    counts[:, VIEW] = 1 + rng.poisson(0.8 + 0.6 * keen)
    counts[:, ADD], counts[:, WISH] = rng.random(n) < np.where(keen, 0.7, 0.01), rng.random(n) < np.where(keen, 0.45, 0.008)
    order = np.full(n, -1)
    paid = np.zeros((len(bought), 8), dtype=np.int64)
    paid[:, LIST], paid[:, VIEW] = 1, sold.line_count[bought] + rng.integers(0, 3, len(bought))
    paid[:, ADD], paid[:, CHECKOUT], paid[:, ORDER] = sold.line_count[bought], 1, 1
    counts, order = np.concatenate([counts, paid]), np.concatenate([order, bought])
    customer = np.concatenate([customer, sold.customer[bought]])
    signed_in = np.where(np.concatenate([keen, np.zeros(len(bought), dtype=bool)]), 0.95, 0.7)
    known = (customer >= 0) & ((rng.random(len(customer)) < signed_in) | (order >= 0))
    step = rng.integers(6, 50, len(customer))
    begins = np.concatenate([begins, sold.at[bought] - (paid.sum(axis=1) - 1) * step[n:]])
    by_time = np.argsort(begins, kind="stable")
    first = np.zeros(len(customer), dtype=bool)
    known_in_time = np.flatnonzero(known[by_time])
    first[by_time[known_in_time[np.unique(customer[by_time[known_in_time]], return_index=True)[1]]]] = True
    counts[:, IDENTIFY] = first | (known & (rng.random(len(customer)) < 0.08) & (order < 0))
    device = np.where(customer >= 0, rng.integers(0, 2, len(customer)) % crowd.devices[customer], 0)
    kept = by_time[begins[by_time] >= start]
    return Sessions(customer[kept], device[kept], begins[kept], step[kept], known[kept], order[kept], counts[kept])


def _begins_to_want(lived: History) -> Bools:
    """Weeks in which somebody begins to want something and looks at it: wanting shows, or nobody could know of it."""
    before = np.vstack([np.zeros_like(lived.intent[:1]), lived.intent[:-1]])
    return lived.intent & ~before & (lived.visits > 0)


def _bought_at(lived: History, sold: Sales, start: int, week: Ints, customer: Ints) -> Ints:
    """When each visit's customer bought in the visit's week: from then on nothing is wanted any more."""
    first = np.full(lived.ordered.shape, NEVER)
    in_week = np.clip((sold.at - start) // WEEK, 0, len(first) - 1)
    np.minimum.at(first, (in_week, sold.customer), sold.at)
    return np.where(customer >= 0, first[week, customer], NEVER)


@cache
def _clock() -> list[str]:
    """The text of every second of a day; the milliseconds are as good as random."""
    return [f"T{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}.{s * 7919 % 1000:03d}Z" for s in range(DAY)]


@dataclass(frozen=True)
class Writer:
    """Turns sessions into lines; everything that repeats is made into text once."""

    rng: np.random.Generator
    crowd: People
    products: Catalogue
    sold: Sales
    banner: Banner

    def lines(self, visits: Sessions) -> list[str]:
        """One JSON line a message, in the sessions' order."""
        rng, counts = self.rng, visits.counts
        n, per_visit = len(visits.start), counts.sum(axis=1)
        total, session = int(per_visit.sum()), np.repeat(np.arange(n), per_visit)
        kind = np.repeat(np.tile(np.arange(8), n), counts.ravel())
        begin = np.cumsum(per_visit) - per_visit
        rank = np.arange(total) - begin[session]
        before = np.cumsum(counts, axis=1) - counts
        within = rank - before[session, kind]
        product = self._products(visits, session, kind, within, begin + before[:, VIEW])
        at = visits.start[session] + rank * visits.step[session]
        payload = self._payloads(visits, session, kind, product)
        identity, context = self._identities(visits), self._contexts(visits)
        days = np.unique(np.concatenate([at, at + 3]) // DAY)
        day_text = dict(zip(days.tolist(), np.datetime_as_string(days.astype("datetime64[D]")).tolist(), strict=True))
        clock = _clock()
        heads = [f'","type":"track","event":"{name}",' if name else '","type":"identify",' for name in EVENTS]
        ids = rng.bytes(8 * total).hex()
        received = at + 1 + within % 3
        rows = zip(
            range(0, 16 * total, 16),
            kind.tolist(),
            session.tolist(),
            (at // DAY).tolist(),
            (at % DAY).tolist(),
            (received // DAY).tolist(),
            (received % DAY).tolist(),
            payload.tolist(),
            strict=True,
        )
        return [
            f'{{"messageId":"ajs-{ids[i : i + 16]}{heads[k]}{identity[s]}"timestamp":"{day_text[d]}{clock[t]}",'
            f'"sentAt":"{day_text[d]}{clock[t]}","receivedAt":"{day_text[rd]}{clock[rt]}",{context[s]}{what}}}'
            for i, k, s, d, t, rd, rt, what in rows
        ]

    def _products(self, visits: Sessions, session: Ints, kind: Ints, within: Ints, first_view: Ints) -> Ints:
        """Views are drawn; what is added or saved was viewed in that visit; a bought basket was viewed line by line."""
        rng, sold = self.rng, self.sold
        customer = visits.customer[session]
        luck = rng.random(len(session))
        category = np.where(
            (customer >= 0) & (luck < 0.7), self.crowd.favourite[customer], rng.integers(0, len(self.products.by_category), len(session))
        )
        product = self.products.draw(rng, category)
        order = visits.order[session]
        bought = (order >= 0) & (kind == VIEW) & (within < sold.line_count[order])
        product[bought] = sold.line_product[sold.first_line[order[bought]] + within[bought]]
        taken = np.flatnonzero((kind == ADD) | (kind == WISH))
        views = np.maximum(visits.counts[session[taken], VIEW], 1)
        product[taken] = product[first_view[session[taken]] + within[taken] % views]
        return product

    @cached_property
    def _shown(self) -> list[dict[str, object]]:
        """Every product as it stands in a message."""
        frame = self.products.frame
        return [
            {"product_id": p, "name": n, "category": c, "price": v, "currency": CURRENCY}
            for p, n, c, v in zip(*(frame[c].tolist() for c in ("product_id", "name", "category_l1", "price")), strict=True)
        ]

    @cached_property
    def _repeated(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """For every product the text of a view, of one put into the cart, of its category's list and of a search that finds it."""
        viewed = [orjson.dumps(item).decode() for item in self._shown]
        added = [orjson.dumps({**item, "quantity": 1}).decode() for item in self._shown]
        listed = [f'{{"list_id":"{str(item["category"]).lower()}","category":"{item["category"]}"}}' for item in self._shown]
        searched = [f'{{"query":"{str(item["name"]).split(" No.")[0].lower()}"}}' for item in self._shown]
        first, second, third, fourth = (
            np.array([',"properties":' + text for text in texts], dtype=object) for texts in (viewed, added, listed, searched)
        )
        return first, second, third, fourth

    @cached_property
    def _countries(self) -> list[str]:
        return [str(country) for country in self.crowd.frame["country"]]

    def _payloads(self, visits: Sessions, session: Ints, kind: Ints, product: Ints) -> np.ndarray:
        payload = np.empty(len(session), dtype=object)
        viewed, added, listed, searched = self._repeated
        for which, texts in ((VIEW, viewed), (ADD, added), (WISH, viewed), (LIST, listed), (SEARCH, searched)):
            mask = kind == which
            payload[mask] = texts[product[mask]]
        for at in np.flatnonzero(kind == IDENTIFY).tolist():
            payload[at] = ',"traits":' + orjson.dumps(self._traits(int(visits.customer[session[at]]))).decode()
        for at in np.flatnonzero(kind >= CHECKOUT).tolist():
            payload[at] = ',"properties":' + orjson.dumps(self._order(int(visits.order[session[at]]))).decode()
        return payload

    def _traits(self, customer: int) -> dict[str, str]:
        traits = {"country": self._countries[customer]}
        return {"email": self.crowd.email[customer], **traits} if self.crowd.email[customer] else traits

    def _order(self, order: int) -> dict[str, object]:
        lines = range(self.sold.first_line[order], self.sold.first_line[order] + self.sold.line_count[order])
        value = int(self.sold.total_cents[order]) / 100
        return {
            "order_id": f"O{1_000_000 + order}",
            "value": value,
            "revenue": value,
            "currency": CURRENCY,
            "products": [{**self._shown[self.sold.line_product[line]], "quantity": int(self.sold.line_quantity[line])} for line in lines],
        }

    def _identities(self, visits: Sessions) -> list[str]:
        refs, stranger = self.crowd.refs_at(visits.customer, visits.start).tolist(), (visits.start // 3).tolist()
        rows = zip(refs, visits.customer.tolist(), visits.device.tolist(), visits.known.tolist(), stranger, strict=True)
        return [
            f'"userId":"{ref}","anonymousId":"device-{c:06d}-{d}",'
            if known
            else f'"anonymousId":"device-{c:06d}-{d}",'
            if c >= 0
            else f'"anonymousId":"visitor-{s:x}",'
            for ref, c, d, known, s in rows
        ]

    def _contexts(self, visits: Sessions) -> list[str]:
        n = len(visits.start)
        mobile = (visits.device == 1) | ((visits.customer >= 0) & self.crowd.phone_first[visits.customer])
        luck: Floats = self.rng.random(n)
        campaign = np.where(luck < 0.25, (luck * 16).astype(np.int64), -1)
        consent = self.banner.codes(visits.customer, visits.start, self.rng.random(n) < ANALYTICS)
        desktop = '"channel":"browser","context":{"device":{"type":"desktop"},'
        app = '"channel":"mobile","context":{"device":{"type":"mobile","id":"IDFV-'
        sources = [*(f'"campaign":{{"name":"{name}","source":"{source}","medium":"{by}"}},' for name, source, by in CAMPAIGNS), ""]
        consents = [f'"consent":{text},' for text in CONSENTS]
        columns = (visits.customer, visits.device, visits.start, mobile, campaign, consent)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return [
            f'{app}{c:06X}-{d}"}},{sources[k]}{consents[a]}"sessionId":"{c:06x}-{t}"}}'
            if m
            else f'{desktop}{sources[k]}{consents[a]}"sessionId":"{c & 0xFFFFFF:06x}-{t}"}}'
            for c, d, t, m, k, a in rows
        ]
