"""`playbook/promotions.yaml`: products that are shown more than they would be by themselves, checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from omnichannel.contracts.recommendations import Placement
from omnichannel.playbook.document import FOLDER, UnusablePlaybook, mapping, names, read, refuse_unknown, within

FILE = "promotions"
MOST_SHARE, MOST_PRODUCTS = 0.5, 50
_SAYS = ("placements", "from", "until", "share", "items")
_TEXTS, _NUMBERS = ("category_l1", "brand"), ("price", "stock")
_FILTER = ("products", *_TEXTS, *_NUMBERS)


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """One business rule: `share` of the slots of those placements, from the first to the last day (both included, UTC).

    `products` are offered whether or not anything else recommends them; without any, those of the products at hand that fit.
    `texts` are allowed values and `ranges` least and most, by attribute of the product; all must hold.
    """

    name: str
    placements: frozenset[Placement]
    first: date
    last: date
    share: float
    products: tuple[str, ...] = ()
    texts: Mapping[str, frozenset[str]]
    ranges: Mapping[str, tuple[float, float]]

    def runs(self, placement: Placement, day: date) -> bool:
        """Whether it is shown there on that day."""
        return placement in self.placements and self.first <= day <= self.last

    def fits(self, product: Mapping[str, Any]) -> bool:
        """Whether it is about a product; a value that is not known fits nothing but the lack of a rule."""
        named = not self.products or product.get("product_id") in self.products
        texts = all(product.get(name) in values for name, values in self.texts.items())
        return named and texts and all(_lies(product.get(name), *ends) for name, ends in self.ranges.items())


def load(folder: Path = FOLDER) -> tuple[Promotion, ...]:
    """Every promotion, the first in the file first; raises `UnusablePlaybook`."""
    content = read(FILE, folder)
    refuse_unknown(content, ("promotions",), f"{FILE}.yaml")
    listed = mapping(content.get("promotions"), f"{FILE}.promotions")
    return tuple(_promotion(name, value, f"{FILE}.promotions.{name}") for name, value in listed.items())


@cache
def promotions() -> tuple[Promotion, ...]:
    """Those of the playbook that travels with the code, read once a process."""
    return load()


def running(placement: Placement, day: date, among: Sequence[Promotion]) -> list[Promotion]:
    """Those that are shown in a placement on a day."""
    return [each for each in among if each.runs(placement, day)]


def _promotion(name: str, value: Any, place: str) -> Promotion:
    given = mapping(value, place)
    refuse_unknown(given, _SAYS, place)
    if missing := [each for each in _SAYS if each not in given]:
        raise UnusablePlaybook(f"{place} lacks {', '.join(missing)}")
    first, last = (_day(given[each], f"{place}.{each}") for each in ("from", "until"))
    if last < first:
        raise UnusablePlaybook(f"{place}.until is {last}, before {first}; expected a later day")
    wanted = mapping(given["items"], f"{place}.items")
    refuse_unknown(wanted, _FILTER, f"{place}.items")
    if not wanted:
        raise UnusablePlaybook(f"{place}.items is empty; expected some of {', '.join(_FILTER)}")
    return Promotion(
        name=name,
        placements=_placements(given["placements"], f"{place}.placements"),
        first=first,
        last=last,
        share=_share(given["share"], f"{place}.share"),
        products=_products(wanted, f"{place}.items.products"),
        texts={each: frozenset(names(wanted[each], f"{place}.items.{each}")) for each in _TEXTS if each in wanted},
        ranges={each: _range(wanted[each], f"{place}.items.{each}") for each in _NUMBERS if each in wanted},
    )


def _placements(value: Any, place: str) -> frozenset[Placement]:
    listed = names(value, place)
    if unknown := [each for each in listed if each not in set(Placement)]:
        raise UnusablePlaybook(f"{place} has {', '.join(unknown)}; expected some of {', '.join(Placement)}")
    return frozenset(map(Placement, listed))


def _products(wanted: Mapping[str, Any], place: str) -> tuple[str, ...]:
    listed = names(wanted["products"], place) if "products" in wanted else ()
    if len(listed) > MOST_PRODUCTS:
        raise UnusablePlaybook(f"{place} has {len(listed)} products; expected at most {MOST_PRODUCTS}, or a category")
    return listed


def _share(value: Any, place: str) -> float:
    share = _number(value, place)
    within(share, 0.01, MOST_SHARE, place)
    return share


def _range(value: Any, place: str) -> tuple[float, float]:
    ends = mapping(value, place)
    refuse_unknown(ends, ("at_least", "at_most"), place)
    low, high = (_number(ends.get(name, beyond), f"{place}.{name}") for name, beyond in (("at_least", 0), ("at_most", float("inf"))))
    if not ends or low > high:
        raise UnusablePlaybook(f"{place} is empty; expected at_least, at_most or both, the first not above the second")
    return low, high


def _number(value: Any, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnusablePlaybook(f"{place} is {value!r:.60}; expected a number")
    return float(value)


def _day(value: Any, place: str) -> date:
    if type(value) is not date:  # a moment is one too
        raise UnusablePlaybook(f"{place} is {value!r:.60}; expected a day such as 2026-12-01, without quotes")
    return value


def _lies(value: Any, low: float, high: float) -> bool:
    return value is not None and low <= float(value) <= high
