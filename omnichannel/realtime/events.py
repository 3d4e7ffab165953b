"""Our own event: what a live Segment message says that somebody acts on, and nothing else.

Names, addresses and traits stay behind: what goes on the bus carries ids, times, products and amounts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from omnichannel.contracts.datasets import MESSAGE_TYPES
from omnichannel.contracts.events import DetailType, EventName
from omnichannel.contracts.reasons import Reason
from omnichannel.identity.normalise import plain

MAX_ID = 256
"""Personalize's limit for every id."""
MAX_MESSAGE_ID = 100
"""Segment's limit for `messageId`."""
MAX_PRODUCTS = 100
MAX_CATEGORIES = 50
"""Categories of a consent object that are read; consent platforms have about five."""
AHEAD = timedelta(days=1)
"""How far a clock may be ahead; within it the event happened when we received it."""
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
"""What is older comes from a clock that was never set."""
# Epoch seconds reach this number in the year 5138; a larger one counts milliseconds.
_MILLISECONDS = 1e11
_NAMES = frozenset(EventName)
# Written as unions they would be made anew for every value.
_NUMBERS, _IDS = (str, int, float), (str, int)


class Unusable(Exception):
    """A message that can never become an event; the text says what was wrong, never what the message said."""

    def __init__(self, reason: Reason, text: str) -> None:
        self.reason = reason
        super().__init__(text)


@dataclass(frozen=True, kw_only=True)
class Product:
    """One product of an event."""

    product_id: str
    quantity: float | None = None
    price: float | None = None


@dataclass(frozen=True, kw_only=True)
class Event:
    """One live event. `at` is an aware time; empty strings mean "not said", or for ids "said in a word that names nobody";
    `value` is the event's amount in `currency`, `preferences` what the consent object says by category, `shown` the products
    among which one was chosen.
    """

    message_id: str
    type: str
    name: str
    user_id: str
    anonymous_id: str
    at: datetime
    session_id: str = ""
    products: tuple[Product, ...] = ()
    order_id: str = ""
    value: float | None = None
    currency: str = ""
    recommendation_id: str = ""
    shown: tuple[str, ...] = ()
    context: Mapping[str, str] = field(default_factory=dict)
    preferences: Mapping[str, bool] = field(default_factory=dict)

    @property
    def detail_type(self) -> DetailType:
        """What kind of event it is on the bus."""
        return DetailType.INTERACTION if self.type == "track" and self.name in _NAMES else DetailType.OTHER

    def to_detail(self) -> dict[str, Any]:
        """The event as the bus carries it: plain JSON values."""
        # Not asdict, which copies every value and costs more than all the rest.
        return {**vars(self), "at": self.at.isoformat(), "products": [vars(product) for product in self.products]}

    @classmethod
    def from_detail(cls, detail: Mapping[str, Any]) -> Self:
        """The event that `to_detail` wrote; a foreign detail raises `TypeError`, `KeyError` or `ValueError`."""
        products = tuple(Product(**product) for product in detail["products"])
        shown = tuple(detail.get("shown", ()))
        return cls(**{**detail, "at": datetime.fromisoformat(detail["at"]), "products": products, "shown": shown})


def parse(message: object, *, received_at: datetime) -> Event:
    """A decoded Segment message as our event; raises `Unusable` with the reason."""
    if not isinstance(message, dict):
        raise Unusable(Reason.MALFORMED_JSON, f"expected one JSON object, got {_kind(message)}")
    kind = message.get("type")
    if kind not in MESSAGE_TYPES:
        raise Unusable(Reason.UNKNOWN_VALUE, f"unknown type; expected one of {', '.join(MESSAGE_TYPES)}")
    properties, context = _object(message, "properties"), _object(message, "context")
    event = Event(
        message_id=_message_id(message),
        type=str(kind),
        name=_name(message, str(kind)),
        user_id=plain(_id(message, "userId")) or "",
        anonymous_id=plain(_id(message, "anonymousId")) or "",
        at=_when(message, received_at),
        session_id=_id(context, "sessionId"),
        products=_products(properties),
        order_id=_id(properties, "order_id"),
        value=_number(properties, "value", "total", "revenue"),
        currency=_word(properties, "currency", 3),
        recommendation_id=_word(properties, "recommendation_id", 40),
        shown=_shown(properties),
        context=_device(context),
        preferences=_preferences(context),
    )
    if not event.user_id and not event.anonymous_id:
        raise Unusable(Reason.MISSING_IDENTITY, "neither userId nor anonymousId; expected at least one")
    return event


def _message_id(message: Mapping[str, Any]) -> str:
    value = _id(message, "messageId", limit=MAX_MESSAGE_ID)
    if not value:
        raise Unusable(Reason.MISSING_VALUE, "no messageId; expected Segment's id of the message")
    return value


def _name(message: Mapping[str, Any], kind: str) -> str:
    """The name of a track call; other messages have none that we act on."""
    if kind != "track":
        return ""
    name = message.get("event")
    if not isinstance(name, str) or not name.strip():
        raise Unusable(Reason.MISSING_EVENT_NAME, "a track message without event; expected the event's name")
    return name.strip()[:MAX_ID]


def _when(message: Mapping[str, Any], received_at: datetime) -> datetime:
    """When it happened: Segment's corrected `timestamp`, else the sender's own, else when we received it."""
    given = next((message[key] for key in ("timestamp", "originalTimestamp") if message.get(key) not in (None, "")), None)
    if given is None:
        return received_at
    at = moment(given)
    if at < OLDEST or at > received_at + AHEAD:
        raise Unusable(Reason.TIME_OUT_OF_RANGE, f"timestamp outside {OLDEST:%Y-%m-%d} to a day from now")
    return min(at, received_at)


def moment(value: object) -> datetime:
    """An ISO 8601 time (UTC unless it says otherwise), or epoch seconds or milliseconds, as an aware time in UTC; raises `Unusable`."""
    try:
        if isinstance(value, str) and not (text := value.strip()).replace(".", "", 1).isdigit():
            at = datetime.fromisoformat(text)
            return at if at.tzinfo is UTC else (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        seconds = float("" if isinstance(value, bool) else value)  # type: ignore[arg-type]
        return datetime.fromtimestamp(seconds / 1000 if seconds >= _MILLISECONDS else seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise Unusable(Reason.WRONG_TYPE, "unreadable timestamp; expected ISO 8601 or epoch seconds or milliseconds") from None


def _products(properties: Mapping[str, Any]) -> tuple[Product, ...]:
    """The products of the properties: the one they name, or each of `products`, first mention first, none twice."""
    listed = properties.get("products")
    rows = [properties, *listed] if isinstance(listed, list) else [properties]
    found: dict[str, Product] = {}
    for row in rows:
        if not isinstance(row, dict):
            raise Unusable(Reason.WRONG_TYPE, f"products holds {_kind(row)}; expected objects with product_id")
        product_id = _id(row, "product_id")
        if product_id and product_id not in found:
            found[product_id] = Product(product_id=product_id, quantity=_number(row, "quantity"), price=_number(row, "price"))
    if len(found) > MAX_PRODUCTS:
        raise Unusable(Reason.TOO_LARGE, f"{len(found)} products; expected at most {MAX_PRODUCTS}")
    return tuple(found.values())


def _shown(properties: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids in `impressions`, in their order, none twice; what is no list says nothing."""
    listed = properties.get("impressions")
    if not isinstance(listed, list):
        return ()
    texts = (each.strip() for each in listed[:MAX_PRODUCTS] if isinstance(each, str))
    return tuple(dict.fromkeys(each for each in texts if 0 < len(each) <= MAX_ID and each.isprintable()))


def _device(context: Mapping[str, Any]) -> dict[str, str]:
    device = _object(context, "device").get("type")
    return {"device": device[:40]} if isinstance(device, str) and device else {}


def _preferences(context: Mapping[str, Any]) -> dict[str, bool]:
    """The consent object's answers by category; what is no answer is none."""
    consent = context.get("consent")
    answers = consent.get("categoryPreferences") if isinstance(consent, dict) else None
    if not isinstance(answers, dict):
        return {}
    given = list(answers.items())[:MAX_CATEGORIES]
    return {category: answer for category, answer in given if isinstance(answer, bool) and len(category) <= MAX_ID}


def _object(container: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = container.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unusable(Reason.WRONG_TYPE, f"{key} is {_kind(value)}; expected an object")
    return value


def _id(container: Mapping[str, Any], key: str, *, limit: int = MAX_ID) -> str:
    """An id as text (numbers are spelt out), empty when absent; ids are never cut, since a cut id is another one."""
    value = container.get(key)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, _IDS):
        raise Unusable(Reason.WRONG_TYPE, f"{key} is {_kind(value)}; expected text")
    if isinstance(value, int) and value.bit_length() > 64:
        raise Unusable(Reason.ID_TOO_LONG, f"{key} is a number of {value.bit_length()} bits; expected text, or at most 64 bits")
    text = str(value).strip()
    if len(text) > limit:
        raise Unusable(Reason.ID_TOO_LONG, f"{key} has {len(text)} characters; expected at most {limit}")
    if "\x00" in text or not (text.isascii() or _whole(text)):
        raise Unusable(Reason.WRONG_TYPE, f"{key} holds a NUL or half a character; expected text in UTF-8")
    return text


def _whole(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _word(container: Mapping[str, Any], key: str, limit: int) -> str:
    """A short text nobody depends on: dropped rather than cut when it is not one."""
    value = container.get(key)
    return value if isinstance(value, str) and len(value) <= limit else ""


def _number(container: Mapping[str, Any], *keys: str) -> float | None:
    """The first of those values that is a finite number, or spells one."""
    for key in keys:
        value = container.get(key)
        if value is None or isinstance(value, bool) or not isinstance(value, _NUMBERS):
            continue
        try:
            number = float(value)
        except (ValueError, OverflowError):
            continue
        if abs(number) < 1e15:  # also false for NaN and infinity, which JSON cannot carry
            return number
    return None


def _kind(value: object) -> str:
    """What JSON calls a value of this type."""
    names = {dict: "an object", list: "an array", str: "text", bool: "a boolean", int: "a number", float: "a number", type(None): "null"}
    return names.get(type(value), type(value).__name__)
