"""The products of the shop as its page shows them: by category, by words, by id."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omnichannel.aws.dynamodb import scan
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError

PAGE = 24
"""Products of a page."""
SHOWN = ("product_id", "name", "category_l1", "category_l2", "brand", "price", "currency")
Product = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """What can be bought, the most popular first."""

    products: Mapping[str, Product]

    @classmethod
    def of(cls, items: Iterable[Mapping[str, Any]], popular: Sequence[str]) -> "Shelf":
        """From the items of the table of products; what is not sold, sold out or without a price stays away."""
        rank = {product_id: n for n, product_id in enumerate(popular)}
        sold = [
            item for item in items if item.get("active") and item.get("price") and (item.get("stock") is None or int(item["stock"]) > 0)
        ]
        ranked = sorted(sold, key=lambda item: (rank.get(item["product_id"], len(rank)), item["product_id"]))
        return cls(products={str(item["product_id"]): _shown(item) for item in ranked})

    @property
    def categories(self) -> list[str]:
        """Those of most products first."""
        counted = Counter(product["category_l1"] for product in self.products.values() if product.get("category_l1"))
        return [name for name, _ in sorted(counted.items(), key=lambda each: (-each[1], each[0]))]

    @property
    def names(self) -> dict[str, str]:
        """The products' names by id."""
        return {product_id: product["name"] for product_id, product in self.products.items() if "name" in product}

    def page(self, *, category: str = "", query: str = "") -> list[Product]:
        """The first products of a category, or those in which every word of a query stands; mixed, where neither is said."""
        words = query.casefold().split()
        found = [each for each in self.products.values() if category in ("", each.get("category_l1")) and _has(each, words)]
        return (found if category or words else _mixed(found))[:PAGE]


def of_cloud(cloud: Cloud) -> Shelf:
    """The shelf of a deployment; raises `SandboxError` where nothing is sold yet."""
    from omnichannel.aws.products import popular

    store, table = cloud.client("dynamodb"), cloud.deployment.products_table
    items = (item for item in scan(store, table, (*SHOWN, "active", "stock")) if not str(item["product_id"]).startswith("#"))
    shelf = Shelf.of(items, popular(store, table))
    if not shelf.products:
        raise SandboxError(
            "Opening the shop", "no product with a price is in the sandbox", hint="omni demo, or omni load and omni rebuild view"
        )
    return shelf


def _mixed(products: Sequence[Product]) -> list[Product]:
    """The best of each category in turn."""
    place: Counter[str] = Counter()
    turns: list[tuple[int, int, Product]] = []
    for product in products:
        turns.append((place[product.get("category_l1", "")], len(turns), product))
        place[product.get("category_l1", "")] += 1
    return [product for _, _, product in sorted(turns, key=lambda each: each[:2])]


def _has(product: Product, words: Sequence[str]) -> bool:
    text = " ".join(product.values()).casefold()
    return all(word in text for word in words)


def _shown(item: Mapping[str, Any]) -> Product:
    return {name: str(item[name]) for name in SHOWN if item.get(name) is not None}
