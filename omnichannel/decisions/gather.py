"""Customers' items, contacts and products as the columns of a decision."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from omnichannel.activation.contacts import Contact
from omnichannel.activation.suppression import suppressed
from omnichannel.consent.gate import allows, readable
from omnichannel.contracts.consent import ADDRESSES
from omnichannel.contracts.segments import AGE_BANDS, OLDEST_BAND
from omnichannel.decisions.chance import Floats, keys_of
from omnichannel.decisions.columns import NONE, Bools, Columns, Contacts, Ints, Products, Texts
from omnichannel.decisions.plan import AGE, Plan, plan_of
from omnichannel.decisions.readable import UNREADABLE, Reader, named, texts
from omnichannel.playbook.choices import Channel, Items, Playbook
from omnichannel.playbook.facts import EVENT, FACTS, LIVE_SEGMENTS, Kind

ATTRIBUTES = (
    "customer_id", "profile", "aggregates", "consents", "segments", "customer_segments", "scores", "recommended", "suppressed",
    LIVE_SEGMENTS, *ADDRESSES.values(),
)  # fmt: skip
"""What is read of a customer's item."""
MOST_ITEMS = 20
NOBODYS_AGE = 1_000
YOUNGEST = {
    name: float(young)
    for (young, _), (_, name) in zip([(0, ""), *AGE_BANDS], [*AGE_BANDS, (0, OLDEST_BAND)], strict=True)
}  # fmt: skip
"""The youngest that somebody in an age band may be."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """One customer: the item, the contacts, and what only a live decision knows: the event it reacts to, and its products."""

    item: Mapping[str, Any] = field(repr=False)
    contacts: Sequence[Contact] = ()
    event: str = ""
    products: Sequence[str] = ()
    live_segments: frozenset[str] = frozenset()


def columns(
    customers: Sequence[Known],
    playbook: Playbook,
    products: Mapping[str, Mapping[str, Any]],
    popular: Sequence[str],
    reader: Reader | None = None,
) -> Columns:
    """N customers as the playbook looks at them; `products` holds the items of every product that they may be shown.

    What cannot be read is unknown, and noted by the reader.
    """
    plan, read = plan_of(playbook), reader or Reader()
    items = [each.item for each in customers]
    shelf = _products(products, playbook.currency, read)
    places = {product_id: place for place, product_id in enumerate(shelf.ids)}
    return Columns(
        ids=[item["customer_id"] for item in items], keys=keys_of(item["customer_id"] for item in items),
        numbers=_numbers(items, plan, read), moments=_moments(items, plan, read), texts=_texts(customers, plan, read),
        names=_names(customers, plan, read),
        average_order=_floats(
            read.number("average_order", _at(item, ("aggregates", "spend", playbook.currency, "average_order"))) for item in items
        ),
        consents={(each.purpose, each.name): _bools(_allowed(item, each, read) for item in items) for each in plan.channels},
        addresses={each.name: _bools(_reachable(item, each, read) for item in items) for each in plan.channels},
        suppressed={each.name: _bools(suppressed(item, each.name) for item in items) for each in plan.channels},
        zones=_coded(read.text("timezone", _at(item, ("profile", "timezone"))) for item in items), contacts=_contacts(customers, plan),
        items=_items(customers, plan, products, popular, places, read), products=shelf,
    )  # fmt: skip


def wanted(known: Known, popular: Sequence[str]) -> set[str]:
    """The products that have to be read before the customer's columns can be made; those that go with them come after."""
    recommended = _recommended(known, popular, Reader())
    return {*recommended[Items.RECOMMENDED], *recommended[Items.AGAIN], *seeds(known)}


def seeds(known: Known) -> Sequence[str]:
    """What complements have to go with: the products of the event, else what was bought last, else what is usually bought."""
    held = named(known.item.get("recommended"))
    return list(known.products) or texts(held.get("bought")) or texts(held.get("again"))


def going_with(seeds: Sequence[str], products: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What complements those products, what is bought together with them, what is related to them, and never one of them again."""
    found = (each for name in ("complement", "together", "related") for seed in seeds for each in texts(products.get(seed, {}).get(name)))
    return [each for each in dict.fromkeys(found) if each not in set(seeds)][:MOST_ITEMS]


def _allowed(item: Mapping[str, Any], channel: Channel, read: Reader) -> bool:
    consents = item.get("consents", {})
    allowed = allows(consents, channel.purpose, channel.name)
    if not allowed and not readable(consents, channel.purpose, channel.name):
        read.unreadable["consents"] += 1
    return allowed


def _reachable(item: Mapping[str, Any], channel: Channel, read: Reader) -> bool:
    name = ADDRESSES[channel.name]
    return bool((read.text(name, item.get(name)) or "").strip())


def _recommended(known: Known, popular: Sequence[str], read: Reader) -> dict[Items, Sequence[str]]:
    held, happened = read.mapping("recommended", known.item.get("recommended")), list(known.products)[:MOST_ITEMS]
    if held is None:
        return {Items.RECOMMENDED: popular[:MOST_ITEMS], Items.AGAIN: (), Items.EVENT: happened}
    best, again = (read.texts(f"recommended.{name}", held.get(name)) for name in ("items", "again"))
    return {Items.RECOMMENDED: best[:MOST_ITEMS], Items.AGAIN: again[:MOST_ITEMS], Items.EVENT: happened}


def _items(
    customers: Sequence[Known], plan: Plan, products: Mapping[str, Any], popular: Sequence[str], places: Mapping[str, int], read: Reader
) -> dict[Items, Ints]:
    kinds = {shelf.items for shelf in plan.shelves} | {Items.RECOMMENDED}
    listed: dict[Items, list[Sequence[str]]] = {kind: [] for kind in kinds - {Items.NONE}}
    for known in customers:
        found = _recommended(known, popular, read)
        for kind, rows in listed.items():
            rows.append(going_with(seeds(known), products) if kind is Items.COMPLEMENT else found[kind])
    return {kind: _placed(rows, places) for kind, rows in listed.items()}


def _placed(rows: Sequence[Sequence[str]], places: Mapping[str, int]) -> Ints:
    found = np.full((len(rows), MOST_ITEMS), NONE, np.int32)
    for row, ids in enumerate(rows):
        found[row, : len(ids)] = [places.get(product_id, NONE) for product_id in ids]
    return found


def _products(products: Mapping[str, Mapping[str, Any]], currency: str, read: Reader) -> Products:
    """Of a stock that cannot be read nothing is there, and an age that cannot be read nobody has."""
    sold = [each for each in products.values() if each.get("active") is not False]
    missing = {"stock": -1, "price": None, "currency": currency}
    listed = [*sold, missing]
    return Products(
        ids=[each["product_id"] for each in sold],
        stock=_floats(_told(read.number("stock", each["stock"]), -1) if each.get("stock") is not None else np.inf for each in listed),
        min_age=np.array([_least_age(each.get("min_age"), read) for each in listed], np.int32),
        price=_floats(read.number("price", each.get("price") if each.get("currency", currency) == currency else None) for each in listed),
    )


def _least_age(value: Any, read: Reader) -> int:
    return NONE if value is None else int(min(_told(read.number("min_age", value), NOBODYS_AGE), NOBODYS_AGE))


def _told(value: float, otherwise: float) -> float:
    return otherwise if np.isnan(value) else value


def _numbers(items: Sequence[Mapping[str, Any]], plan: Plan, read: Reader) -> dict[str, Floats]:
    asked = {name for name in plan.facts if FACTS[name].kind is Kind.NUMBER} | {f"{model}_propensity" for model, _ in plan.chances}
    found = {name: _floats(read.number(name, _at(item, FACTS[name].path)) for item in items) for name in asked}
    ages = (read.text("age_band", _at(item, ("profile", "age_band"))) for item in items)
    return {**found, AGE: _floats(YOUNGEST.get(age or "", np.nan) for age in ages)}


def _moments(items: Sequence[Mapping[str, Any]], plan: Plan, read: Reader) -> dict[str, Floats]:
    asked = [name for name in plan.facts if FACTS[name].kind in (Kind.SINCE, Kind.UNTIL)]
    return {name: _floats(read.moment(name, _at(item, FACTS[name].path)) for item in items) for name in asked}


def _texts(customers: Sequence[Known], plan: Plan, read: Reader) -> dict[str, Texts]:
    asked = [name for name in plan.facts if FACTS[name].kind is Kind.TEXT]
    return {
        name: _coded(known.event or None if name == EVENT else read.text(name, _at(known.item, FACTS[name].path)) for known in customers)
        for name in asked
    }


def _names(customers: Sequence[Known], plan: Plan, read: Reader) -> dict[tuple[str, str], Bools]:
    asked = {name for test in plan.tests if test.condition.fact == LIVE_SEGMENTS for name in test.condition.names}
    held = [known.live_segments | set(_spells(known.item.get(LIVE_SEGMENTS), read)) for known in customers] if asked else []
    return {(LIVE_SEGMENTS, name): _bools(name in names for names in held) for name in asked}


def _spells(held: Any, read: Reader) -> list[str]:
    """The names of live segments, which stand on an item with their times."""
    return read.texts(LIVE_SEGMENTS, list(held) if isinstance(held, Mapping) else held)


def _contacts(customers: Sequence[Known], plan: Plan) -> Contacts:
    channels = {channel.name: place for place, channel in enumerate(plan.channels)}
    actions = {name: place for place, name in enumerate(plan.names)}
    rows = [
        (owner, channels.get(contact.channel, NONE), actions.get(contact.action, NONE), contact.at.timestamp())
        for owner, known in enumerate(customers)
        for contact in known.contacts
    ]
    owner, channel, action, at = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Contacts(
        owner=np.array(owner, np.int32), channel=np.array(channel, np.int32), action=np.array(action, np.int32), at=np.array(at, float)
    )


def _at(item: Mapping[str, Any], path: Sequence[str]) -> Any:
    found: Any = item
    for name in path:
        if not isinstance(found, dict):
            return UNREADABLE
        found = found.get(name)
        if found is None:
            return None
    return found


def _coded(values: Iterable[str | None]) -> Texts:
    words: dict[str, int] = {}
    codes = [NONE if value is None else words.setdefault(value, len(words)) for value in values]
    return Texts(codes=np.array(codes, np.int32), words=list(words))


def _floats(values: Iterable[float]) -> Floats:
    return np.fromiter(values, np.float64)


def _bools(values: Iterable[bool]) -> Bools:
    return np.fromiter(values, np.bool_)
