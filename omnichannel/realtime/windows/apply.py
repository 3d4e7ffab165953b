"""A batch of live events into the windows of those who did them: customers who consented, and visitors until they are known."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from botocore.exceptions import BotoCoreError, ClientError

from omnichannel.aws.clients import cause
from omnichannel.aws.customers import customer_named, customers_of
from omnichannel.aws.dynamodb import Unprocessed, batch_get
from omnichannel.aws.telling import NotTold
from omnichannel.contracts.events import DetailType
from omnichannel.contracts.store import ANONYMOUS
from omnichannel.decisions.openings import zone_or
from omnichannel.playbook.triggers import Kind, Trigger, Triggers
from omnichannel.realtime.windows import state
from omnichannel.realtime.windows.others import micros
from omnichannel.realtime.windows.rows import Link, Row
from omnichannel.realtime.windows.settle import Contended, Desk, settle
from omnichannel.realtime.windows.state import Sighting, State
from omnichannel.recommendations.customer import STRANGER, Customer
from omnichannel.recommendations.relay import Received

AGAIN = (ClientError, BotoCoreError, Unprocessed, Contended, NotTold)
"""What a later delivery may get over."""


@dataclass(frozen=True, kw_only=True)
class Tables:
    """What is looked up of customers and products."""

    dynamodb: Any
    customers: str
    products: str


@dataclass(kw_only=True)
class Applied:
    """What became of a batch: events by outcome, the receipts of those to bring again, and why."""

    counts: Counter[str] = field(default_factory=Counter)
    again: list[str] = field(default_factory=list)
    causes: Counter[str] = field(default_factory=Counter)


@dataclass(kw_only=True)
class _Person:
    """Whose events these are, with the visitors that they turned out to be."""

    seen: list[Sighting] = field(default_factory=list)
    receipts: list[str] = field(default_factory=list)
    visitors: set[str] = field(default_factory=set)


def apply(batch: Sequence[Received], tables: Tables, triggers: Triggers, desk: Desk) -> Applied:
    """Applies every event that is not too late; one person's failure is only theirs."""
    applied = Applied()
    intime = [each for each in batch if micros(each.event.at) >= desk.horizon]
    applied.counts["late"] = len(batch) - len(intime)
    # The door's clock may be a little ahead of this one, and nobody is looked at before what they did.
    desk = replace(desk, now=max([desk.now, *(micros(each.event.at) for each in intime)]))
    people = _people(intime, tables, desk, applied)
    zones = _zones(tables, {who for who in people if not who.startswith(ANONYMOUS)}, triggers)
    fallback = ZoneInfo(triggers.timezone)
    for who, person in people.items():
        try:
            _join(who, person.visitors, triggers, desk, zones.get(who, fallback))
            applied.counts["told"] += _settle(who, person.seen, triggers, desk, zones.get(who, fallback))
            applied.counts["applied"] += len(person.seen)
        except AGAIN as failure:
            applied.again += person.receipts
            applied.causes[cause(failure)] += 1
    return applied


def merges(records: Iterable[Mapping[str, Any]]) -> tuple[dict[str, tuple[str, str]], list[Mapping[str, Any]]]:
    """Those of a queue's batch that say who was merged into whom, by receipt (the old id, the survivor's), and the other records."""
    found, others = {}, []
    for record in records:
        try:
            told = json.loads(record["body"])
            detail = told["detail"] if told["detail-type"] == DetailType.MERGED else {}
            found[str(record["messageId"])] = (str(detail["merged"]), str(detail["customer_id"]))
        except (ValueError, TypeError, KeyError):
            others.append(record)
    return found, others


def merge(merged: str, survivor: str, tables: Tables, triggers: Triggers, desk: Desk) -> int:
    """What a merged customer did is the survivor's; gives how many rules it mattered to. Raises what `AGAIN` has."""
    rows = desk.rows.read((merged, name) for name in triggers.rules)
    held = [row for row in rows.values() if row.version]
    zone = _zones(tables, [survivor] if held else [], triggers).get(survivor, ZoneInfo(triggers.timezone))
    for row in held:
        _take_over(survivor, triggers.rules[row.rule], row, desk, zone)
    return len(held)


def look_again(who: str, rule: Trigger, desk: Desk) -> bool:
    """What a timer does: time has passed and nothing else. Gives whether a change was told."""
    row = desk.rows.read([(who, rule.name)])[who, rule.name]
    return bool(row.version) and settle(desk, rule, row, lambda held: held)


def _people(batch: Sequence[Received], tables: Tables, desk: Desk, applied: Applied) -> dict[str, _Person]:
    people: dict[str, _Person] = defaultdict(_Person)
    owner = _owners(batch, tables, desk)
    category = _categories(tables, batch)
    for each in batch:
        event = each.event
        customer, link = owner(each)
        if customer is STRANGER or (customer is None and not event.anonymous_id):
            applied.counts["unknown"] += 1
        elif customer is not None and not customer.consents_to_personalization:
            applied.counts["no_consent"] += 1
        else:
            person = people[customer.customer_id if customer else ANONYMOUS + event.anonymous_id]
            products = tuple(product.product_id for product in event.products)
            categories = tuple(category.get(product, "") for product in products)
            person.seen.append(
                Sighting(
                    at=micros(event.at), message=event.message_id, name=event.name, session=event.session_id,
                    products=products, categories=categories,
                )
            )  # fmt: skip
            person.receipts.append(each.receipt)
            if customer and event.anonymous_id and link != Link(customer_id=customer.customer_id, joined=True):
                person.visitors.add(event.anonymous_id)
    return people


def _owners(batch: Sequence[Received], tables: Tables, desk: Desk) -> Callable[[Received], tuple[Customer | None, Link | None]]:
    """The customer of an event: by its ids, else, of what nobody signed in for, by whom its browser turned out to be."""
    customer_of = customers_of(tables.dynamodb, tables.customers)([each.event for each in batch])
    links = desk.rows.links(each.event.anonymous_id for each in batch if each.event.anonymous_id)
    unknown = {each.event.anonymous_id for each in batch if customer_of(each.event) is None and not each.event.user_id}
    named = {id_: customer_named(tables.dynamodb, tables.customers, links[id_].customer_id, "") for id_ in unknown & links.keys()}

    def owner(each: Received) -> tuple[Customer | None, Link | None]:
        link = links.get(each.event.anonymous_id)
        found = customer_of(each.event)
        if found is None and link:
            found = STRANGER if each.event.user_id else named.get(each.event.anonymous_id)
        return found, link

    return owner


def _settle(who: str, seen: Sequence[Sighting], triggers: Triggers, desk: Desk, zone: ZoneInfo) -> int:
    """Every rule that one of the events concerns."""
    names = {sighting.name for sighting in seen}
    rules = [rule for rule in triggers.rules.values() if rule.names & names]
    rows = desk.rows.read((who, rule.name) for rule in rules)
    return sum(settle(desk, rule, rows[who, rule.name], partial(_with, rule=rule, seen=seen, zone=zone)) for rule in rules)


def _with(held: State, rule: Trigger, seen: Sequence[Sighting], zone: ZoneInfo) -> State:
    for each in seen:
        held = state.add(held, rule, each, zone)
    return held


def _join(who: str, visitors: Iterable[str], triggers: Triggers, desk: Desk, zone: ZoneInfo) -> None:
    """What a browser did before its login is its customer's. Once the link is there nobody adds to the visitor's rows any more."""
    for visitor in sorted(visitors):
        desk.rows.link(visitor, Link(customer_id=who, joined=False), desk.now)
        rows = desk.rows.read((ANONYMOUS + visitor, name) for name in triggers.rules)
        for (_, name), row in rows.items():
            if row.version:
                _take_over(who, triggers.rules[name], row, desk, zone)
        desk.rows.link(visitor, Link(customer_id=who, joined=True), desk.now)


def _take_over(who: str, rule: Trigger, row: Row, desk: Desk, zone: ZoneInfo) -> None:
    own = desk.rows.read([(who, rule.name)])[who, rule.name]
    settle(desk, rule, own, lambda held: state.joined(held, row.state, rule, zone))
    desk.rows.delete(row)


def _categories(tables: Tables, batch: Sequence[Received]) -> Mapping[str, str]:
    wanted = sorted({product.product_id for each in batch for product in each.event.products})
    keys = ({"product_id": each} for each in wanted)
    found = batch_get(tables.dynamodb, tables.products, keys, ("product_id", "category_l1"))
    return {item["product_id"]: str(item.get("category_l1") or "") for item in found}


def _zones(tables: Tables, customers: Iterable[str], triggers: Triggers) -> dict[str, ZoneInfo]:
    """Where they live, as far as a rule asks for it."""
    if all(rule.kind is not Kind.CALENDAR for rule in triggers.rules.values()):
        return {}
    found = batch_get(tables.dynamodb, tables.customers, ({"customer_id": each} for each in sorted(customers)), ("customer_id", "profile"))
    return {
        item["customer_id"]: zone_or(str((item.get("profile") or {}).get("timezone") or triggers.timezone), triggers.timezone)
        for item in found
    }
