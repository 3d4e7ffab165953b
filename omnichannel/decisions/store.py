"""What a decision reads: customers' items, their contacts and the products that they may be shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from omnichannel.activation import contacts
from omnichannel.aws.dynamodb import Item, batch_get
from omnichannel.aws.products import popular
from omnichannel.decisions.columns import Columns
from omnichannel.decisions.gather import ATTRIBUTES, Known, columns, going_with, seeds, wanted
from omnichannel.decisions.readable import Reader
from omnichannel.playbook.choices import Playbook

PRODUCT = ("product_id", "price", "currency", "stock", "active", "min_age", "complement", "together", "related")
"""What is read of a product's item."""
MOST_REDIRECTS = 3
"""A reference leads to a customer, and the customer to the one that it was merged into."""


@dataclass(kw_only=True)
class Store:
    """The tables; products are read once, so that a store is for one part or one question. `reader` counts what could not be read."""

    dynamodb: Any
    customers_table: str
    products_table: str
    sent_table: str
    reader: Reader = field(default_factory=Reader, init=False)
    _products: dict[str, Item] = field(default_factory=dict, init=False, repr=False)
    _asked: set[str] = field(default_factory=set, init=False, repr=False)
    _popular: list[str] | None = field(default=None, init=False, repr=False)

    def customers(self, customer_ids: Iterable[str]) -> dict[str, Item]:
        """The items of those that have one, by id."""
        keys = ({"customer_id": customer_id} for customer_id in dict.fromkeys(customer_ids))
        return {item["customer_id"]: item for item in batch_get(self.dynamodb, self.customers_table, keys, ATTRIBUTES)}

    def named(self, key: str) -> Item | None:
        """The customer of an id or an outside identifier's redirect, which is followed; None for nobody."""
        for _ in range(MOST_REDIRECTS):
            found = next(iter(batch_get(self.dynamodb, self.customers_table, [{"customer_id": key}], (*ATTRIBUTES, "customer"))), None)
            if found is None or "customer" not in found:
                return found
            key = str(found["customer"])
        return None

    def with_contacts(self, customers: Sequence[Known]) -> list[Known]:
        """The same customers with the messages that they got."""
        held = contacts.read(self.dynamodb, self.sent_table, (known.item["customer_id"] for known in customers))
        return [replace(known, contacts=held.get(known.item["customer_id"], ())) for known in customers]

    def columns(self, customers: Sequence[Known], playbook: Playbook) -> Columns:
        """The customers as the playbook looks at them, with every product that they may be shown."""
        self._read({each for known in customers for each in wanted(known, self.popular)})
        self._read({each for known in customers for each in going_with(seeds(known), self._products)})
        return columns(customers, playbook, self._products, self.popular, self.reader)

    @property
    def popular(self) -> Sequence[str]:
        """The ids of popular products, for who has no recommendations."""
        if self._popular is None:
            self._popular = popular(self.dynamodb, self.products_table)
        return self._popular

    def _read(self, product_ids: set[str]) -> None:
        new = sorted(product_ids - self._asked)
        self._asked.update(new)
        self._products |= products(self.dynamodb, self.products_table, new)


def products(dynamodb: Any, table: str, product_ids: Iterable[str]) -> Mapping[str, Item]:
    """The items of those products that exist, by id."""
    keys = ({"product_id": product_id} for product_id in product_ids)
    return {item["product_id"]: item for item in batch_get(dynamodb, table, keys, PRODUCT)}
