"""What each sink holds of each customer: read before sending, written as soon as the sink has acknowledged.

Two runs may overtake each other between a read and a write, so a record never gives way to one of older scores. Which scores are older
is said by the runs' order (`omnichannel.contracts.scores.activation_order`), and by the date alone where one of the two has none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from typing import Any, Self

from omnichannel.activation.delivery import message_id
from omnichannel.activation.parts import Part
from omnichannel.aws import dynamodb as tables
from omnichannel.aws.transactions import ACTIONS, Action, write_together
from omnichannel.contracts.ledger import Sink


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """The latest delivery to one customer at one sink; `at` is when it was acknowledged.

    `as_of` and `order` are of the newest run that found these traits: the one that delivered them, or one since that changed nothing.
    `action` is what the sink was told to do, on which `channel`; `cleared` are the channels (with spaces) on which it was taken back.
    `decided` is when what is next was decided, `apart` the hash of what only runs send (`omnichannel.activation.live`).
    """

    customer_id: str
    sink: str
    traits_hash: str
    message_id: str
    run: str
    as_of: str
    at: str
    order: str = ""
    action: str = ""
    channel: str = ""
    cleared: str = ""
    decided: str = ""
    apart: str = ""

    @classmethod
    def by(cls, part: Part, sink: Sink, *, customer_id: str, traits_hash: str, message_id: str, at: datetime) -> Self:
        """A delivery of that part's run, acknowledged at that time."""
        return cls(
            customer_id=customer_id, sink=sink.value, traits_hash=traits_hash, message_id=message_id,
            run=part.run, as_of=part.as_of, order=part.order, at=at.isoformat(),
        )  # fmt: skip


class Standing(Enum):
    """Where a customer stands at a sink before a run's delivery."""

    DUE = auto()
    DELIVERED = auto()
    UNCHANGED = auto()
    SUPERSEDED = auto()


def standing(held: Sent | None, *, run: str, as_of: str, traits_hash: str, order: str = "") -> Standing:
    """Delivered by this very run, unchanged since another, superseded by newer scores, or due."""
    if held is None:
        return Standing.DUE
    if traits_hash and held.traits_hash == traits_hash:
        return Standing.DELIVERED if held.run == run else Standing.UNCHANGED
    return Standing.SUPERSEDED if _newer(held.as_of, held.order, as_of, order) else Standing.DUE


def message_name(held: Sent | None, *, sink: str, sink_id: str, run: str, as_of: str, values: str) -> str:
    """The id of a delivery of those values (a traits hash): the one that this run's delivery went out with, else one of its own.

    What the sink held before is part of it, by its message id: a try again before the acknowledgement was kept has the same id, and
    values that return on the same date have another one each time.
    """
    if held and standing(held, run=run, as_of=as_of, traits_hash=values) is Standing.DELIVERED:
        return held.message_id
    return message_id(sink, sink_id, values, as_of, before=held.message_id if held else "")


def read(dynamodb: Any, table: str, sink: str, customer_ids: Iterable[str]) -> dict[str, Sent]:
    """What the sink holds of those customers, by customer id."""
    keys = ({"customer_id": customer_id, "sink": sink} for customer_id in customer_ids)
    return {item["customer_id"]: Sent(**item) for item in tables.batch_get(dynamodb, table, keys, _ATTRIBUTES)}


def marked(dynamodb: Any, table: str, sink: Sink, values: Mapping[str, str], part: Part) -> dict[str, Sent]:
    """What the sink holds of those customers, by customer id; `values` are their traits hashes in that part.

    What it holds unchanged of an older run is marked as of this one first, so that no run between the two takes its place. It costs two
    write units a customer, once a run.
    """
    held = read(dynamodb, table, sink.value, values)
    unchanged = [each for each in held.values() if each.traits_hash and each.traits_hash == values[each.customer_id] and _older(each, part)]
    missed = []
    for lot in tables.batches(unchanged, ACTIONS):
        refused = write_together(dynamodb, [_mark(table, each, part) for each in lot]).places
        held |= {each.customer_id: replace(each, as_of=part.as_of, order=part.order) for each in lot}
        missed += [lot[place].customer_id for place in refused]
    return held | (read(dynamodb, table, sink.value, missed) if missed else {})


def announce(dynamodb: Any, table: str, sink: Sink, replaced: Mapping[str, str], part: Part) -> None:
    """Takes the hashes off the records of customers to whom that part's run sends now; `replaced` are the hashes, by customer id.

    Whoever is broken off before the acknowledgement is kept leaves it open what the sink holds: the next run sends, an older one does not.
    Noted again, or of who has another record by now that is not an older run's, it changes nothing.
    """
    for lot in tables.batches(replaced.items(), ACTIONS):
        write_together(dynamodb, [_announced(table, _place(who, sink.value), values, part) for who, values in lot])


def announce_first(dynamodb: Any, table: str, first: Iterable[Sent]) -> None:
    """The same of customers of whom there was no record: from now on there is one, without a hash and without a message.

    It takes the place of one that an older run has begun meanwhile, whose acknowledgement is late then.
    """
    for lot in tables.batches(first, ACTIONS):
        write_together(dynamodb, [_begun(table, each) for each in lot])


def write(dynamodb: Any, table: str, deliveries: Iterable[Sent]) -> frozenset[str]:
    """Remembers acknowledged deliveries, one a customer; gives the customers whom a run of newer scores had reached meanwhile.

    Their record stays the newer one, but without its hash: which of the two the sink took last is not known, so the next run sends
    again. A transaction of a hundred conditional writes costs twice the write units of a blind batch, and saves the race.
    """
    overtaken: set[str] = set()
    for lot in tables.batches(deliveries, ACTIONS):
        refused = write_together(dynamodb, [_put(table, delivery) for delivery in lot])
        late = [lot[place] for place in sorted(refused.places)]
        write_together(dynamodb, [_reopened(table, delivery) for delivery in late])
        overtaken.update(delivery.customer_id for delivery in late)
    return frozenset(overtaken)


def _begun(table: str, each: Sent) -> Action:
    condition = f"attribute_not_exists(customer_id) OR {_WAS_OLDER if each.order else _WAS_EARLIER}"
    return {"Put": {"TableName": table, "Item": _item(each), **_where(condition, each.as_of, each.order)}}


def _item(delivery: Sent) -> dict[str, Any]:
    values = ((name, getattr(delivery, name)) for name in _ATTRIBUTES)
    return {name: {"S": value} for name, value in values if value or name not in _OPTIONAL}


def _put(table: str, delivery: Sent) -> Action:
    condition = f"attribute_not_exists(#as_of) OR NOT ({_IS_NEWER if delivery.order else _IS_LATER})"
    return {"Put": {"TableName": table, "Item": _item(delivery), **_where(condition, delivery.as_of, delivery.order)}}


def _mark(table: str, held: Sent, part: Part) -> Action:
    where = _unless_newer(held.traits_hash, part)
    return {"Update": {"TableName": table, "Key": _key(held), "UpdateExpression": "SET #as_of = :as_of, #order = :order", **where}}


def _announced(table: str, key: Action, values: str, part: Part) -> Action:
    where = _unless_newer(values, part)
    where["ConditionExpression"] = f"({where['ConditionExpression']}) OR {_WAS_OLDER if part.order else _WAS_EARLIER}"
    where["ExpressionAttributeValues"][":none"] = {"S": ""}
    return {"Update": {"TableName": table, "Key": key, "UpdateExpression": "SET #hash = :none, #as_of = :as_of, #order = :order", **where}}


def _unless_newer(values: str, part: Part) -> dict[str, Any]:
    """Where the record has that hash, and is of no newer run than the part's; names and values of the part's date and order."""
    where = _where(f"#hash = :hash AND NOT ({_IS_NEWER if part.order else _IS_LATER})", part.as_of, part.order)
    where["ExpressionAttributeNames"] |= {"#hash": "traits_hash", "#order": "order"}
    where["ExpressionAttributeValues"] |= {":hash": {"S": values}, ":order": {"S": part.order}}
    return where


def _reopened(table: str, delivery: Sent) -> Action:
    condition = _where(_IS_NEWER if delivery.order else _IS_LATER, delivery.as_of, delivery.order)
    condition["ExpressionAttributeNames"]["#hash"] = "traits_hash"
    condition["ExpressionAttributeValues"][":none"] = {"S": ""}
    return {"Update": {"TableName": table, "Key": _key(delivery), "UpdateExpression": "SET #hash = :none", **condition}}


def _key(held: Sent) -> dict[str, Any]:
    return _place(held.customer_id, held.sink)


def _place(customer_id: str, sink: str) -> dict[str, Any]:
    return {"customer_id": {"S": customer_id}, "sink": {"S": sink}}


def _where(condition: str, as_of: str, order: str) -> dict[str, Any]:
    names, values = {"#as_of": "as_of"}, {":as_of": {"S": as_of}}
    if order:
        names, values = {**names, "#order": "order"}, {**values, ":order": {"S": order}}
    return {"ConditionExpression": condition, "ExpressionAttributeNames": names, "ExpressionAttributeValues": values}


def _newer(as_of: str, order: str, than_as_of: str, than_order: str) -> bool:
    return (as_of, order) > (than_as_of, than_order) if order and than_order else as_of > than_as_of


def _older(held: Sent, part: Part) -> bool:
    return _newer(part.as_of, part.order, held.as_of, held.order) or (held.as_of == part.as_of and not held.order and bool(part.order))


_IS_LATER = "#as_of > :as_of"
_IS_NEWER = f"{_IS_LATER} OR (#as_of = :as_of AND #order > :order)"
"""What `_newer` says, of a record; one without an order is never greater."""
_WAS_EARLIER = "#as_of < :as_of"
_WAS_OLDER = f"{_WAS_EARLIER} OR (#as_of = :as_of AND #order < :order)"
"""The same the other way round: of an older run, whatever it has noted since this one looked."""
_ATTRIBUTES = tuple(Sent.__dataclass_fields__)
_OPTIONAL = frozenset({"action", "channel", "cleared", "decided", "apart"})
