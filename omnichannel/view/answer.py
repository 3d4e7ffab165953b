"""A customer as the profiles API shows them: the groups that were asked for, in plain JSON values."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from omnichannel.view.fields import Field
from omnichannel.view.question import Question, Unanswerable
from omnichannel.view.scores import SEGMENTED

_ATTRIBUTES: Mapping[Field, tuple[str, ...]] = {
    **{field: (field.value,) for field in Field},
    Field.SEGMENTS: ("segments", SEGMENTED),
    Field.CONTACT: ("email", "phone"),
    Field.REFS: ("customer_ref", "refs"),
}
_ALWAYS = ("customer_id", "customer", "updated_at")

Read = Callable[[str, tuple[str, ...]], Mapping[str, Any] | None]
"""Reads those attributes of the item with that key; None when there is none."""


def answer(question: Question, read: Read) -> dict[str, Any]:
    """`customer_id`, `updated_at` and each field that is known. A redirect is followed, one of a merge to its end.

    Raises `Unanswerable` (404) for nobody.
    """
    attributes = wanted(question.fields)
    return shown(_found(question.key, lambda key: read(key, attributes)), question.fields)


def wanted(fields: Iterable[Field]) -> tuple[str, ...]:
    """The attributes of an item that those fields are made of."""
    return tuple(dict.fromkeys((*_ALWAYS, *(name for field in fields for name in _ATTRIBUTES[field]))))


def shown(item: Mapping[str, Any], fields: Iterable[Field]) -> dict[str, Any]:
    """A customer's item as the API answers it: what is known of those fields."""
    groups = {field.value: _group(item, field) for field in fields}
    known = {name: group for name, group in groups.items() if group not in (None, {})}
    return {"customer_id": item["customer_id"], "updated_at": item.get("updated_at"), **plain(known)}


def _found(key: str, read: Callable[[str], Mapping[str, Any] | None]) -> Mapping[str, Any]:
    followed: set[str] = set()
    while key not in followed:
        followed.add(key)
        item = read(key)
        if item is None:
            break
        if "customer" not in item:
            return item
        key = str(item["customer"])
    raise Unanswerable(404, "Unknown customer", "nobody is known by this; a new customer is known after the next rebuild of the view")


def _group(item: Mapping[str, Any], field: Field) -> Any:
    names = _ATTRIBUTES[field]
    if field is Field.SEGMENTS:  # of two writers, each with an attribute of its own
        return {kind: segment for name in names for kind, segment in (item.get(name) or {}).items()}
    return item.get(names[0]) if len(names) == 1 else {name: item[name] for name in names if name in item}


def plain(value: Any) -> Any:
    """The value with DynamoDB's decimals as JSON's numbers."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {name: plain(member) for name, member in value.items()}
    return [plain(member) for member in value] if isinstance(value, list) else value
