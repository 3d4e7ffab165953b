"""`playbook/tokens.yaml`: the words that templates may ask for, how each language writes them, and what stands there without them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from string import Formatter
from typing import Any

from omnichannel.playbook.document import FOLDER, UnusablePlaybook, filled, mapping, read, refuse_unknown, within

NAME = "tokens"
MOST_ITEMS = 10
CHANNELS = ("email", "sms", "push")
MUST_UNSUBSCRIBE = ("email", "sms")
"""Channels on which every message says how to get no more of them; a push is switched off on the phone."""
UNSUBSCRIBE = "{{unsubscribe}}"
"""What the channel replaces by the customer's own link, or by its words for it."""
_LANGUAGE = re.compile("[a-z]{2}")


class Token(StrEnum):
    """What templates may ask for and not everybody has. `price` is that of one of the items."""

    FIRST_NAME = "first_name"
    ITEMS = "items"
    PRICE = "price"
    OFFER = "offer"
    RENEWAL_DATE = "renewal_date"


MAY_BE_EMPTY = (Token.FIRST_NAME, Token.OFFER)
"""Their fallback may be no text: a template asks first."""


@dataclass(frozen=True, kw_only=True)
class Language:
    """How one language writes money, shares and dates; `fallbacks` by token."""

    name: str
    money: str
    decimal: str
    thousands: str
    percent: str
    date: str
    months: tuple[str, ...]
    fallbacks: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """All of the file; `languages` by their two letters, `unsubscribe` by channel."""

    language: str
    items_shown: int
    product_url: str
    without_cents: frozenset[str]
    symbols: Mapping[str, str]
    unsubscribe: Mapping[str, str]
    languages: Mapping[str, Language]


def parsed(content: Mapping[str, Any]) -> Tokens:
    """From the file's content; raises `UnusablePlaybook`."""
    given = dict(content)
    symbols = _texts(given.pop("symbols", {}), "symbols")
    unsubscribe = _texts(given.pop("unsubscribe", None), "unsubscribe")
    refuse_unknown(unsubscribe, CHANNELS, "unsubscribe")
    for channel in MUST_UNSUBSCRIBE:
        if not unsubscribe.get(channel, "").strip():
            raise UnusablePlaybook(f"unsubscribe.{channel} is empty; expected a way out, such as {UNSUBSCRIBE!r}")
    languages = {name: _language(name, value) for name, value in mapping(given.pop("languages", None), "languages").items()}
    head = filled(_Head, given, f"{NAME}.yaml")
    within(head.items_shown, 1, MOST_ITEMS, "items_shown")
    if head.language not in languages:
        raise UnusablePlaybook(f"language is {head.language!r}; expected one of languages: {', '.join(languages)}")
    if not head.product_url.startswith("https://") or _places(head.product_url, "product_url") != {"product_id"}:
        raise UnusablePlaybook(f"product_url is {head.product_url!r}; expected https://… with {{product_id}} in it")
    return Tokens(
        language=head.language, items_shown=head.items_shown, product_url=head.product_url,
        without_cents=frozenset(head.without_cents.split()), symbols=symbols,
        unsubscribe=dict.fromkeys(CHANNELS, "") | unsubscribe, languages=languages,
    )  # fmt: skip


def load(folder: Path = FOLDER) -> Tokens:
    """The file in a folder; raises `UnusablePlaybook`."""
    return parsed(read(NAME, folder))


@dataclass(frozen=True, kw_only=True)
class _Head:
    language: str
    items_shown: int
    product_url: str
    without_cents: str = ""


@dataclass(frozen=True, kw_only=True)
class _Format:
    money: str
    decimal: str
    thousands: str
    percent: str
    date: str
    months: str


_PLACES = {"money": {"amount", "symbol"}, "percent": {"number"}, "date": {"day", "month", "year"}}


def _language(name: str, value: Any) -> Language:
    place = f"languages.{name}"
    if not _LANGUAGE.fullmatch(name):
        raise UnusablePlaybook(f"{place} is no language; expected its two letters, such as de")
    given = mapping(value, place)
    fallbacks = _fallbacks(given.pop("fallbacks", None), f"{place}.fallbacks")
    form = filled(_Format, given, place)
    for field, places in _PLACES.items():
        if _places(getattr(form, field), f"{place}.{field}") != places:
            wanted = ", ".join(f"{{{each}}}" for each in sorted(places))
            raise UnusablePlaybook(f"{place}.{field} is {getattr(form, field)!r}; expected a text with {wanted}")
    months = tuple(form.months.split())
    if len(months) != 12:
        raise UnusablePlaybook(f"{place}.months has {len(months)} words; expected 12")
    return Language(
        name=name, money=form.money, decimal=form.decimal, thousands=form.thousands, percent=form.percent, date=form.date, months=months,
        fallbacks=fallbacks,
    )  # fmt: skip


def _fallbacks(value: Any, place: str) -> dict[str, str]:
    found = _texts(value, place)
    refuse_unknown(found, tuple(map(str, Token)), place)
    missing = [token for token in Token if not found.get(token, "").strip() and not (token in found and token in MAY_BE_EMPTY)]
    if missing:
        raise UnusablePlaybook(f"{place} lacks {', '.join(missing)}; expected a text for what somebody has not")
    return found


def _texts(value: Any, place: str) -> dict[str, str]:
    found = mapping(value, place)
    for name, text in found.items():
        if not isinstance(text, str) or "\n" in text:
            raise UnusablePlaybook(f"{place}.{name} is {text!r:.60}; expected a text of one line")
    return found


def _places(text: str, place: str) -> set[str]:
    """The names in braces of a format."""
    try:
        return {name for _, name, form, conversion in Formatter().parse(text) if name is not None and not form and not conversion}
    except ValueError as broken:
        raise UnusablePlaybook(f"{place} is {text!r}: {broken}") from broken
