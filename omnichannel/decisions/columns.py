"""Customers as columns: what a decision looks at, a value a customer, unknown ones marked as such."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from omnichannel.decisions.chance import Floats, Keys
from omnichannel.playbook.choices import Items

Bools = np.ndarray[Any, np.dtype[np.bool_]]
Ints = np.ndarray[Any, np.dtype[np.int32]]
NONE = -1
"""The code of an unknown text, and the place of no product: the last entry of every table that is looked up by codes."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Texts:
    """A text a customer: `codes` are places in `words`, `NONE` where it is unknown."""

    codes: Ints
    words: Sequence[str]

    def among(self, table: Sequence[bool]) -> Bools:
        """What `table` says of each customer's word; an unknown one is not among anything."""
        return np.array([*table, False])[self.codes]


@dataclass(frozen=True, kw_only=True, eq=False)
class Contacts:
    """Messages that customers got, ordered by `owner` (the customer's row): places of channel and action in the playbook, or `NONE`.

    `at` is in seconds since 1970.
    """

    owner: Ints
    channel: Ints
    action: Ints
    at: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Products:
    """Products by place; the last entry of every array is no product. Prices are in the playbook's currency, NaN in another one.

    `stock` is infinite where none was ever told, and -1 where the product is not sold any more; `min_age` is -1 for all ages.
    """

    ids: Sequence[str]
    stock: Floats
    min_age: Ints
    price: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Columns:
    """N customers. `moments` are seconds since 1970; NaN is unknown in numbers, moments and money.

    `numbers` has `age` beside the facts: the youngest that the customer may be. `names` tells by fact and name who has it, `consents`
    by purpose and channel, `addresses` and `suppressed` by channel. `items` are places of products, best first, N x K, by kind.
    """

    ids: Sequence[str]
    keys: Keys
    numbers: Mapping[str, Floats]
    moments: Mapping[str, Floats]
    texts: Mapping[str, Texts]
    names: Mapping[tuple[str, str], Bools]
    average_order: Floats
    consents: Mapping[tuple[str, str], Bools]
    addresses: Mapping[str, Bools]
    suppressed: Mapping[str, Bools]
    zones: Texts
    contacts: Contacts
    items: Mapping[Items, Ints]
    products: Products

    def __len__(self) -> int:
        return len(self.keys)

    def lots(self, size: int) -> Iterator["Columns"]:
        """The customers in lots that fit into a processor's cache."""
        if len(self) <= size:
            yield self
            return
        for start in range(0, len(self), size):
            yield self._rows(start, min(start + size, len(self)))

    def _rows(self, start: int, stop: int) -> "Columns":
        rows = slice(start, stop)
        return Columns(
            ids=self.ids[rows], keys=self.keys[rows], average_order=self.average_order[rows], products=self.products,
            numbers=_each(self.numbers, rows), moments=_each(self.moments, rows), names=_each(self.names, rows),
            consents=_each(self.consents, rows), addresses=_each(self.addresses, rows), suppressed=_each(self.suppressed, rows),
            texts={name: Texts(codes=each.codes[rows], words=each.words) for name, each in self.texts.items()},
            zones=Texts(codes=self.zones.codes[rows], words=self.zones.words),
            contacts=self._contacts(start, stop), items=_each(self.items, rows),
        )  # fmt: skip

    def _contacts(self, start: int, stop: int) -> Contacts:
        held = self.contacts
        first, last = np.searchsorted(held.owner, (start, stop))
        rows = slice(int(first), int(last))
        return Contacts(owner=held.owner[rows] - np.int32(start), channel=held.channel[rows], action=held.action[rows], at=held.at[rows])


def _each(columns: Mapping[Any, Any], rows: slice) -> dict[Any, Any]:
    return {name: column[rows] for name, column in columns.items()}
