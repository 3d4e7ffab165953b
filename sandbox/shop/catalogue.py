"""Products of the generated shop: categories, brands, prices, companions and stock."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sandbox.shop.behaviour import Floats, Ints

CURRENCY = "EUR"
CATEGORIES: dict[str, tuple[tuple[str, ...], tuple[str, ...], float]] = {
    "Kitchen": (("Cookware", "Coffee", "Knives"), ("Pan", "Pot", "Grinder", "Kettle", "Board", "Bowl"), 35.0),
    "Garden": (("Plants", "Tools", "Outdoor living"), ("Trowel", "Planter", "Lantern", "Hose", "Chair", "Seed Set"), 28.0),
    "Beauty": (("Skin", "Hair", "Fragrance"), ("Serum", "Balm", "Shampoo", "Mask", "Oil", "Soap"), 18.0),
    "Sport": (("Running", "Yoga", "Cycling"), ("Jacket", "Mat", "Bottle", "Shorts", "Gloves", "Socks"), 42.0),
    "Home": (("Textiles", "Lighting", "Storage"), ("Lamp", "Basket", "Throw", "Cushion", "Shelf", "Vase"), 46.0),
    "Toys": (("Building", "Puzzles", "Plush"), ("Puzzle", "Blocks", "Bear", "Kite", "Game", "Train"), 24.0),
    "Pantry": (("Tea", "Sweets", "Spices"), ("Tea", "Biscuits", "Honey", "Pepper", "Chocolate", "Jam"), 9.0),
    "Wine": (("Red", "White", "Sparkling"), ("Riesling", "Merlot", "Rosé", "Cava", "Pinot", "Port"), 14.0),
}
STYLES = ("Nordic", "Classic", "Little", "Grand", "Wild", "Quiet", "Copper", "Linen", "Amber", "Cobalt", "Olive", "Stone")
BRANDS = tuple(f"{a} & {b}" for a in ("Alder", "Birch", "Cedar", "Damson", "Elm", "Fern") for b in ("Hale", "Moor", "North"))
LOCATIONS = ("warehouse", "store-01", "store-02")


@dataclass(frozen=True)
class Catalogue:
    """Products by number: `frame` in the columns of `catalog/products`, and what the simulation needs of each."""

    frame: pd.DataFrame
    category: Ints
    cents: Ints
    companion: Ints
    by_category: list[Ints]
    weights: list[Floats]

    def draw(self, rng: np.random.Generator, category: Ints) -> Ints:
        """One product for each wanted category number, popular ones more often."""
        chosen = np.empty(len(category), dtype=np.int64)
        for number, (members, cumulative) in enumerate(zip(self.by_category, self.weights, strict=True)):
            wanted = np.flatnonzero(category == number)
            at = np.searchsorted(cumulative, rng.random(len(wanted)))
            chosen[wanted] = members[np.minimum(at, len(members) - 1)]
        return chosen


def catalogue(rng: np.random.Generator, size: int) -> Catalogue:
    """Draws `size` products, spread evenly over the categories; popularity falls like 1/rank."""
    names = list(CATEGORIES)
    category = np.arange(size, dtype=np.int64) % len(names)
    brand, style = rng.integers(0, len(BRANDS), size), rng.integers(0, len(STYLES), size)
    detail, noun = rng.integers(0, 3, size), rng.integers(0, 6, size)
    typical = np.array([CATEGORIES[name][2] for name in names])
    cents = np.maximum(95, np.round(typical[category] * rng.lognormal(0, 0.5, size)) * 100 - 5).astype(np.int64)
    rows = [CATEGORIES[names[c]] for c in category]
    frame = pd.DataFrame(
        {
            "product_id": [f"P{i:05d}" for i in range(size)],
            "name": [f"{STYLES[style[i]]} {rows[i][1][noun[i]]} No. {i}" for i in range(size)],
            "category_l1": [names[c] for c in category],
            "category_l2": [rows[i][0][detail[i]] for i in range(size)],
            "brand": [BRANDS[b] for b in brand],
            "price": cents / 100,
            "currency": CURRENCY,
            "image_url": [f"https://images.shop.example/P{i:05d}.jpg" for i in range(size)],
            "min_age": pd.array([18 if names[c] == "Wine" else None for c in category], dtype="Int64"),
            "active": rng.random(size) >= 0.03,
        }
    )
    members = [np.flatnonzero(category == number) for number in range(len(names))]
    weights = [np.cumsum(w := 1 / np.arange(1, len(m) + 1)) / w.sum() for m in members]
    companion = np.empty(size, dtype=np.int64)
    for group in members:
        companion[group] = rng.permutation(group)
    return Catalogue(frame, category, cents, companion, members, weights)
