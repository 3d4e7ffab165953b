"""The products of a batch of messages, read once: what can be bought now, with name, price and address as a language writes them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from omnichannel.campaigns import values
from omnichannel.campaigns.tokens import Language, Token, Tokens

Product = Mapping[str, Any]
Products = Callable[[Iterable[str]], Mapping[str, Product]]
"""Those of the products that exist, by id, as they are now (`omnichannel.aws.products.catalog`)."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A product in a message; not `priced` when the price is the fallback's words."""

    product_id: str
    name: str
    price: str
    url: str
    priced: bool = True


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """Products as they were read, and what messages show of them."""

    tokens: Tokens
    found: Mapping[str, Product]
    _shown: dict[tuple[str, str], Shown | None] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def read(cls, products: Products, product_ids: Iterable[str], tokens: Tokens) -> Self:
        """With one read; none for nothing."""
        wanted = list(dict.fromkeys(product_ids))
        return cls(tokens=tokens, found=products(wanted) if wanted else {})

    def first(self, product_ids: Sequence[str], language: Language) -> list[Shown]:
        """The first that can be bought now, as many as a message shows; one that cannot gives way to the next."""
        items: list[Shown] = []
        for product_id in product_ids:
            item = self._item(product_id, language)
            if item and item not in items:
                items.append(item)
                if len(items) == self.tokens.items_shown:
                    break
        return items

    def _item(self, product_id: str, language: Language) -> Shown | None:
        key = product_id, language.name
        if key not in self._shown:
            self._shown[key] = shown(product_id, self.found.get(product_id), self.tokens, language)
        return self._shown[key]


def shown(product_id: str, product: Product | None, tokens: Tokens, language: Language) -> Shown | None:
    """What a message shows of a product; None for one that cannot be bought, has no name or no address."""
    if not product or not sellable(product):
        return None
    name = values.plain(str(product.get("name") or ""), values.LONGEST_PRODUCT)
    url = values.product_url(product_id, tokens)
    price = values.price(product.get("price"), product.get("currency"), tokens, language)
    return Shown(product_id, name, price or language.fallbacks[Token.PRICE], url, bool(price)) if name and url else None


def sellable(product: Product) -> bool:
    """Whether it can be bought now; a shop that tells no stock levels at all has everything."""
    return bool(product.get("active")) and (product.get("stock") is None or int(product["stock"]) > 0)
