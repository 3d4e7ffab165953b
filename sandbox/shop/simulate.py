"""One simulated retailer: products, people, what they did, and the streams of chance that are left for telling about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np

from sandbox.shop import behaviour, catalogue, guests, identities, people, sales
from sandbox.shop.people import DAY
from sandbox.shop.truth import Identity

LOAD_AFTER_DAYS = 56
STREAMS, LATER_STREAMS = 16, 16


@dataclass(frozen=True)
class Shop:
    """A simulated retailer from `start` to `end` (seconds since 1970).

    `streams` and `later` are the streams of chance that are left; who draws from which is fixed, so that a change in one part leaves
    the others as they were.
    """

    streams: Iterator[np.random.Generator]
    later: Iterator[np.random.Generator]
    start: int
    end: int
    products: catalogue.Catalogue
    who: behaviour.Character
    lived: behaviour.History
    crowd: people.People
    sold: sales.Sales
    guests: guests.Guests
    tablets: identities.SignIns
    identity: Identity

    @property
    def load_at(self) -> int:
        """When the full loads were taken."""
        return self.start + LOAD_AFTER_DAYS * DAY


def simulate(seed: int, customers: int, as_of: date, weeks: int) -> Shop:
    """Everything that happened in the weeks before `as_of`."""
    spawned = np.random.default_rng(seed).spawn(STREAMS + LATER_STREAMS)
    streams, later = iter(spawned[:STREAMS]), iter(spawned[STREAMS:])
    end = int(datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC).timestamp())
    start = end - weeks * sales.WEEK
    products = catalogue.catalogue(next(streams), int(np.clip(customers // 10, 120, 5_000)))
    who = behaviour.characters(next(streams), customers, weeks)
    lived = behaviour.live(next(streams), who, weeks, datetime.fromtimestamp(start, UTC).timetuple().tm_yday // 7)
    crowd = people.people(next(streams), who, start, len(products.by_category))
    crowd, same, office = identities.doubled(next(later), crowd, start, end)
    strangers = guests.guests(next(later), products, customers, start, end)
    tablets = identities.sign_ins(next(later), crowd, start, end)
    sold = sales.sales(next(streams), who, lived, crowd, products, start)
    identity = Identity(same_person=same, guests=len(strangers.emails), shared=[office, *identities.shared_tablets(tablets)])
    return Shop(streams, later, start, end, products, who, lived, crowd, sold, strangers, tablets, identity)
