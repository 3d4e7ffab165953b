"""What is known of customers and products as words of a message: on one line, in their place, and never code.

Whatever was typed into a registration form may stand here. Messages are templates again for the channel that sends them, so braces go;
so does everything that ends a line, is not seen, or turns the direction of what follows.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from unicodedata import bidirectional, category
from urllib.parse import quote
from zoneinfo import ZoneInfo

from omnichannel.campaigns.tokens import Language, Tokens
from omnichannel.playbook.campaigns import Offer

LONGEST_NAME, LONGEST_PRODUCT, LONGEST_URL = 40, 60, 200
"""Characters: the longest first names and product titles are cut, a longer address is left out."""
DEAREST = Decimal(10) ** 9
_KEPT = "\u200c\u200d"
"""Joiners: emoji and several scripts are written with them."""
_ISOLATE, _END = "\u2068", "\u2069"
_CACHED = 50_000
_PEOPLE = frozenset("'’-·‐ ")


@lru_cache(_CACHED)
def plain(text: str, most: int) -> str:
    """The text on one line, at most so many characters; letters that are written from the right stay among themselves."""
    if not (text.isprintable() and text.isascii()):
        text = "".join(map(_seen, text))
    words = " ".join(text.translate(_BRACES).split())
    while words and (words[0] in _KEPT or category(words[0])[0] == "M"):
        words = words[1:].lstrip()  # a mark would join the letter before it, which is the template's
    words = words.rstrip(_KEPT + " ")
    cut = words if len(words) <= most else words[: most - 1].rstrip(_KEPT + " ") + "…"
    return f"{_ISOLATE}{cut}{_END}" if any(bidirectional(char) in ("R", "AL", "AN") for char in cut) else cut


@lru_cache(_CACHED)
def first_name(text: str) -> str:
    """A name as people write theirs, emoji left out; empty for what is none: an address, a link, a number, markup."""
    name = plain("".join(char for char in text if category(char) not in ("So", "Sk")), LONGEST_NAME)
    bare = name.strip(_ISOLATE + _END)
    if not any(char.isalpha() for char in bare) or _INITIAL.search(bare):
        return ""
    return name if all(category(char)[0] in "LM" or char in _PEOPLE or char in _KEPT or char in ".…" for char in bare) else ""


def price(value: object, currency: object, tokens: Tokens, language: Language) -> str:
    """`€1,249.00`; empty for what is no price."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return ""
    if not amount.is_finite() or not 0 <= amount < DEAREST or not re.fullmatch("[A-Za-z]{3}", str(currency)):
        return ""
    return _money(amount, str(currency).upper(), tokens, language)


def offered(offer: Offer | None, tokens: Tokens, language: Language) -> str:
    """`10%`, `€5`; empty without an offer."""
    if offer is None:
        return ""
    if offer.percent:
        return language.percent.format(number=f"{offer.percent:g}".replace(".", language.decimal))
    return _money(Decimal(str(offer.amount)), offer.currency, tokens, language, round_alone=True)


def local_date(at: str, zone: ZoneInfo | None, language: Language, *, after: datetime) -> str:
    """The day (in the zone, without one in UTC) of an ISO 8601 moment; empty for none, and for one that is not `after` it."""
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return ""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment <= after:
        return ""
    try:
        there = moment.astimezone(zone or UTC)
    except OverflowError:
        return ""
    return language.date.format(day=there.day, month=language.months[there.month - 1], year=there.year)


@lru_cache(1024)
def zone_of(name: str) -> ZoneInfo | None:
    """The time zone of that name, None for what is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def product_url(product_id: str, tokens: Tokens) -> str:
    """Where the product is shown; empty when the address would be too long."""
    url = tokens.product_url.format(product_id=quote(product_id, safe="", errors="replace"))
    return url if len(url) <= LONGEST_URL else ""


def _money(amount: Decimal, currency: str, tokens: Tokens, language: Language, *, round_alone: bool = False) -> str:
    whole = currency in tokens.without_cents or (round_alone and amount == amount.to_integral_value())
    digits = f"{amount:,.{0 if whole else 2}f}".translate({ord(","): language.thousands, ord("."): language.decimal})
    return language.money.format(amount=digits, symbol=tokens.symbols.get(currency, f"{currency} ")).strip()


def _seen(char: str) -> str:
    kind = category(char)
    if kind in ("Cc", "Zl", "Zp", "Zs"):
        return " "
    return "" if kind[0] == "C" and char not in _KEPT else char


_BRACES = str.maketrans("", "", "{}")
_INITIAL = re.compile(r"\.[^ ]|^\.")
"""A dot stands behind an initial; between letters it makes an address that mail programs turn into a link."""
