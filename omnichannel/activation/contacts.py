"""The last messages that each customer got, over all campaigns and senders: what frequency caps and cool-downs count.

One item a customer in the table of what was sent, beside those of the sinks, under a sort key of its own.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self

from omnichannel.aws.dynamodb import Item, batch_get, batches, encode
from omnichannel.aws.transactions import ACTIONS, TRIES, Action, Contended, write_together
from omnichannel.contracts.feedback import CLOCKS, REPORTED

CONTACTS_KEY = "#contacts"
HEIR, MOST_MERGES = "customer", 5
"""The attribute with the survivor's id, of the item of a customer who was merged; and how often one leads to another one."""
KEPT_DAYS, KEPT = 60, 50
"""A contact is forgotten when so many days older than the newest one, or when there are so many newer ones."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """One message to one customer: what for, where, when (aware), by which run; `message_id` is the one it was sent under.

    `action`, `campaign` and `run` are empty where somebody else sent it and did not say.
    """

    action: str
    campaign: str
    channel: str
    at: datetime
    run: str
    message_id: str

    @classmethod
    def of(cls, message_id: str, found: Mapping[str, Any]) -> Self:
        """From what the table holds under a message id."""
        return cls(message_id=message_id, **{**found, "at": datetime.fromisoformat(found["at"])})

    def stored(self) -> Item:
        """What the table holds under the message id; times in UTC."""
        return {name: value for name, value in asdict(self).items() if name != "message_id"} | {"at": self.at.astimezone(UTC).isoformat()}


Contacts = tuple[Contact, ...]
"""A customer's contacts, the oldest first."""
Room = Callable[[Contact, Contacts], bool]
"""Whether there is room for a contact beside those that a customer has."""


class Reserved(NamedTuple):
    """Customers for whom there was no room, and those whose contact was not there before."""

    refused: frozenset[str]
    new: frozenset[str]


def read(dynamodb: Any, sent_table: str, customer_ids: Iterable[str]) -> dict[str, Contacts]:
    """The contacts of those customers that had any, by customer id; of one who was merged into another, the other's."""
    found = _items(dynamodb, sent_table, customer_ids)
    for _ in range(MOST_MERGES):
        heirs = {customer_id: item[HEIR] for customer_id, item in found.items() if HEIR in item}
        if not heirs:
            break
        theirs = _items(dynamodb, sent_table, heirs.values())
        found = {name: item for name, item in found.items() if name not in heirs} | {
            name: theirs[heir] for name, heir in heirs.items() if heir in theirs
        }
    return {customer_id: _contacts(item) for customer_id, item in found.items()}


def record(dynamodb: Any, sent_table: str, contacts: Iterable[tuple[str, Contact]]) -> int:
    """Adds contacts by customer id, once a message id; gives how many customers' items had to be written.

    Whoever writes to the same customer meanwhile loses nothing: the item is read and added to again.
    """
    by_customer: dict[str, list[Contact]] = {}
    for customer_id, contact in contacts:
        by_customer.setdefault(customer_id, []).append(contact)
    return sum(_record(dynamodb, sent_table, dict(lot)) for lot in batches(by_customer.items(), ACTIONS))


def reserve(dynamodb: Any, sent_table: str, wanted: Mapping[str, Contact], room: Room) -> Reserved:
    """Notes contacts before they happen, where there is room at that very moment; one that is there by its message id stays as it is.

    Of two senders who want a customer's last place, one gets it: the item is written only as it was when room was found.
    """
    found = [_reserve(dynamodb, sent_table, dict(lot), room) for lot in batches(wanted.items(), ACTIONS)]
    return Reserved(frozenset().union(*(each.refused for each in found)), frozenset().union(*(each.new for each in found)))


def withdraw(dynamodb: Any, sent_table: str, wanted: Mapping[str, str]) -> None:
    """Takes back reserved contacts (message ids by customer id) of what was certainly not sent."""
    for lot in batches(wanted.items(), ACTIONS):
        pending = dict(lot)
        for _ in range(TRIES):
            owned = _owned(dynamodb, sent_table, pending)
            there = {owned[who][0]: who for who, name in pending.items() if name in (owned[who][1] or {}).get("contacts", {})}
            lost = write_together(dynamodb, [_without(sent_table, owned[who], pending[who]) for who in there.values()]).places
            missed = {who for place, who in enumerate(there.values()) if place in lost}
            pending = {who: name for who, name in pending.items() if who in missed or there.get(owned[who][0], who) != who}
            if not pending:
                break
        else:
            raise Contended(len(pending))


def hand_on(dynamodb: Any, sent_table: str, merged: str, survivor: str) -> None:
    """Gives a survivor the contacts of who was merged into them; from then on what is recorded of the one is recorded of the other.

    Whoever writes to the one meanwhile loses nothing: what was added is handed on too. Where the survivor's own contacts had been
    handed on, when they were one customer with somebody before, they come back.
    """
    for _ in range(TRIES):
        held = _items(dynamodb, sent_table, (merged, survivor))
        item, heir = held.get(merged), held.get(survivor)
        if item is not None and item.get(HEIR) == survivor:
            return
        if heir is not None and HEIR in heir:
            back = read(dynamodb, sent_table, [survivor]).get(survivor, ())
            write_together(dynamodb, [_written(sent_table, survivor, heir, {"contacts": _stored(back)})])
            continue
        record(dynamodb, sent_table, ((survivor, each) for each in _contacts(item)))
        if not write_together(dynamodb, [_written(sent_table, merged, item, {HEIR: survivor})]).places:
            return
    raise Contended(1)


def kept(contacts: Iterable[Contact]) -> Contacts:
    """The contacts that are worth keeping, the oldest first: of one message id ours, else the earliest, the newest 50 of 60 days.

    What somebody reports of a message that we recorded ourselves, under whatever id, is no contact more.
    """
    once: dict[str, Contact] = {}
    for contact in contacts:
        before = once.get(contact.message_id)
        if before is None or (not before.action and (contact.action or contact.at < before.at)):
            once[contact.message_id] = contact
    ordered = sorted(_without_reports(once.values()), key=lambda contact: (contact.at, contact.message_id))
    return tuple(contact for contact in ordered[-KEPT:] if ordered[-1].at - contact.at <= timedelta(days=KEPT_DAYS))


def _without_reports(contacts: Collection[Contact]) -> Iterator[Contact]:
    ours: dict[tuple[str, str], list[datetime]] = {}
    for contact in contacts:
        if contact.action:
            ours.setdefault((contact.campaign, contact.channel), []).append(contact.at)
    for contact in contacts:
        sent = () if contact.action else ours.get((contact.campaign, contact.channel), ())
        if not any(-CLOCKS <= contact.at - at <= REPORTED for at in sent):
            yield contact


def _reserve(dynamodb: Any, table: str, pending: Mapping[str, Contact], room: Room) -> Reserved:
    refused, new = set[str](), set[str]()
    for _ in range(TRIES):
        owned, puts = _owned(dynamodb, table, pending), dict[str, str]()
        for who, contact in pending.items():
            owner, item = owned[who]
            held = _contacts(item)
            if contact.message_id not in {each.message_id for each in held}:
                if room(contact, held):
                    # Two who were merged into one take their turns.
                    puts.setdefault(owner, who)
                else:
                    refused.add(who)
        going = list(puts.values())
        lost = write_together(dynamodb, [_put(table, *owned[who], [pending[who]]) for who in going]).places
        new.update(who for place, who in enumerate(going) if place not in lost)
        again = {going[place] for place in lost} | {who for who in pending if puts.get(owned[who][0], who) != who}
        pending = {who: contact for who, contact in pending.items() if who in again - refused}
        if not pending:
            return Reserved(frozenset(refused), frozenset(new))
    raise Contended(len(pending))


def _without(table: str, owned: tuple[str, Item | None], message_id: str) -> Action:
    owner, item = owned
    return _written(table, owner, item, {"contacts": _stored(each for each in _contacts(item) if each.message_id != message_id)})


def _owned(dynamodb: Any, table: str, customer_ids: Iterable[str]) -> dict[str, tuple[str, Item | None]]:
    """Under whose id each customer's contacts stand (of who was merged, the survivor's), and the item, if there is one."""
    at = {customer_id: customer_id for customer_id in customer_ids}
    items = _items(dynamodb, table, at)
    for _ in range(MOST_MERGES):
        ahead = {who: item[HEIR] for who, owner in at.items() if HEIR in (item := items.get(owner, {}))}
        if not ahead:
            break
        at |= ahead
        items |= _items(dynamodb, table, ahead.values())
    return {who: (owner, items.get(owner)) for who, owner in at.items()}


def _record(dynamodb: Any, table: str, wanted: Mapping[str, Sequence[Contact]]) -> int:
    pending, written = dict(wanted), 0
    for _ in range(TRIES + MOST_MERGES):
        held = _items(dynamodb, table, pending)
        if any(HEIR in item for item in held.values()):
            pending = _of_heirs(pending, held)
            continue
        customers = [customer_id for customer_id, new in pending.items() if _added(held.get(customer_id), new) is not None]
        refused = write_together(dynamodb, [_put(table, each, held.get(each), pending[each]) for each in customers]).places
        written += len(customers) - len(refused)
        pending = {customers[place]: pending[customers[place]] for place in sorted(refused)}
        if not pending:
            return written
    raise Contended(len(pending))


def _added(item: Item | None, new: Iterable[Contact]) -> Contacts | None:
    """The item's contacts with the new ones; None when that changes nothing."""
    held = _contacts(item)
    together = kept((*held, *new))
    return None if item is not None and together == held else together


def _of_heirs(wanted: Mapping[str, Sequence[Contact]], held: Mapping[str, Item]) -> dict[str, Sequence[Contact]]:
    """What is to be added, by the survivors of those who were merged."""
    found: dict[str, list[Contact]] = {}
    for customer_id, new in wanted.items():
        found.setdefault(held.get(customer_id, {}).get(HEIR, customer_id), []).extend(new)
    return dict(found)


def _put(table: str, customer_id: str, item: Item | None, new: Iterable[Contact]) -> Action:
    return _written(table, customer_id, item, {"contacts": _stored(_added(item, new) or ())})


def _stored(contacts: Iterable[Contact]) -> Item:
    return {contact.message_id: contact.stored() for contact in contacts}


def _written(table: str, customer_id: str, item: Item | None, values: Item) -> Action:
    """The item with those values, if it is still as it was read."""
    version = 0 if item is None else int(item["version"])
    unchanged: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(customer_id)"}
    if item is not None:
        unchanged = {
            "ConditionExpression": "#version = :held",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": encode({":held": version}),
        }
    put = {"customer_id": customer_id, "sink": CONTACTS_KEY, "version": version + 1, **values}
    return {"Put": {"TableName": table, "Item": encode(put), **unchanged}}


def _items(dynamodb: Any, table: str, customer_ids: Iterable[str]) -> dict[str, Item]:
    keys = ({"customer_id": customer_id, "sink": CONTACTS_KEY} for customer_id in dict.fromkeys(customer_ids))
    return {item["customer_id"]: item for item in batch_get(dynamodb, table, keys)}


def _contacts(item: Item | None) -> Contacts:
    held = (item or {}).get("contacts", {})
    return tuple(sorted((Contact.of(name, found) for name, found in held.items()), key=lambda contact: (contact.at, contact.message_id)))
