"""Plain values as DynamoDB's attribute values and back, as boto3's own serializer has them: importing that imports all of boto3."""

from collections.abc import Callable, Mapping
from decimal import Clamped, Context, Decimal, Inexact, Overflow, Rounded, Underflow
from typing import Any

NUMBERS = Context(Emin=-128, Emax=126, prec=38, traps=[Clamped, Overflow, Inexact, Rounded, Underflow])
"""What DynamoDB keeps of a number without loss."""


def serialize(value: Any) -> dict[str, Any]:
    """Of None, booleans, whole and decimal numbers, texts, bytes, lists, mappings, and sets of numbers or of texts.

    Raises `TypeError` for anything else, floats among it, and `decimal.DecimalException` for a number that would lose digits.
    """
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | Decimal):
        return {"N": _number(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bytes | bytearray):
        return {"B": bytes(value)}
    return _of_many(value)


def _of_many(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return {"M": {name: serialize(member) for name, member in value.items()}}
    if isinstance(value, list | tuple):
        return {"L": [serialize(member) for member in value]}
    if isinstance(value, set | frozenset) and all(isinstance(member, str) for member in value):
        return {"SS": list(value)}
    if isinstance(value, set | frozenset) and all(isinstance(member, int | Decimal) for member in value):
        return {"NS": [_number(member) for member in value]}
    raise TypeError(f"DynamoDB has no {type(value).__name__}; expected a text, a whole or decimal number, a boolean, a list or a mapping")


def _number(value: int | Decimal) -> str:
    number = NUMBERS.create_decimal(value)
    if not number.is_finite():
        raise TypeError(f"DynamoDB has no {number}; expected a finite number")
    return str(number)


def deserialize(value: Mapping[str, Any]) -> Any:
    """The plain value: numbers as `Decimal`, sets as sets. Raises `TypeError` for a kind that DynamoDB does not have."""
    ((kind, content),) = value.items()
    if kind not in _PLAIN:
        raise TypeError(f"unknown kind of attribute value {kind!r}; expected one of {', '.join(_PLAIN)}")
    return _PLAIN[kind](content)


def _same(content: Any) -> Any:
    return content


_PLAIN: dict[str, Callable[[Any], Any]] = {
    "S": _same,
    "N": NUMBERS.create_decimal,
    "BOOL": _same,
    "NULL": lambda _: None,
    "B": bytes,
    "L": lambda content: [deserialize(member) for member in content],
    "M": lambda content: {name: deserialize(member) for name, member in content.items()},
    "SS": set,
    "NS": lambda content: {NUMBERS.create_decimal(member) for member in content},
    "BS": lambda content: {bytes(member) for member in content},
}
