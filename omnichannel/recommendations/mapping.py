"""Which event is which of Personalize's event types, as `playbook/interactions.yaml` says it and the relay's environment carries it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Self


class Value(StrEnum):
    """What an interaction is worth: nothing that counts, the product's price, or the price times how many."""

    NONE = "none"
    PRICE = "price"
    AMOUNT = "amount"


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """Personalize's event type of one event, and the value that it is sent with."""

    type: str
    value: Value = Value.NONE


@dataclass(frozen=True, kw_only=True)
class InteractionMap:
    """Event types by the event's name, and the names of events that say which products were shown."""

    types: Mapping[str, Mapped]
    shown: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """Every event that the relay reads."""
        return frozenset(self.types) | self.shown

    def to_json(self) -> str:
        """For a function's environment."""
        types = {name: [mapped.type, mapped.value] for name, mapped in sorted(self.types.items())}
        return json.dumps({"types": types, "shown": sorted(self.shown)}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` wrote; another text raises `ValueError`, `KeyError` or `TypeError`."""
        given = json.loads(text)
        types = {name: Mapped(type=kind, value=Value(value)) for name, (kind, value) in given["types"].items()}
        return cls(types=types, shown=frozenset(given["shown"]))


@cache
def interaction_map(text: str) -> InteractionMap:
    """The mapping of a function's environment, read once."""
    return InteractionMap.from_json(text)
