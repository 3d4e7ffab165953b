"""What a click says to Segment: messages of its e-commerce spec, made of what the shop knows of its products."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from omnichannel.contracts.consent import PREFERENCE_EVENT, REFUSING_EVENTS
from omnichannel.contracts.events import EventName

Product = Mapping[str, Any]
Message = dict[str, Any]

LOGIN, CONSENT, UNSUBSCRIBE = "login", "consent", "unsubscribe"
EVENTS: Mapping[str, str] = {
    "list": EventName.PRODUCT_LIST_VIEWED,
    "search": EventName.PRODUCTS_SEARCHED,
    "view": EventName.PRODUCT_VIEWED,
    "wish": EventName.PRODUCT_ADDED_TO_WISHLIST,
    "add": EventName.PRODUCT_ADDED,
    "remove": "Product Removed",
    "checkout": EventName.CHECKOUT_STARTED,
    "buy": EventName.ORDER_COMPLETED,
    CONSENT: PREFERENCE_EVENT,
    UNSUBSCRIBE: REFUSING_EVENTS[0],
}
"""What the page calls it, and what Segment calls it."""
ACTIONS = (*EVENTS, LOGIN)
CATEGORIES = ("Personalization", "Marketing")
"""What visitors are asked for, as a consent platform names it."""
_ONE = ("view", "wish", "add", "remove")
_SEVERAL = ("list", "checkout", "buy")


class Unsaid(Exception):
    """A click that cannot be told; the text says what was wrong and what would work."""


@dataclass(frozen=True, kw_only=True)
class Who:
    """The visitor as the page knows them: the browser, the user once logged in, the visit, and what they allow by category."""

    anonymous_id: str
    user_id: str = ""
    session_id: str = ""
    consent: Mapping[str, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Who":
        """From the page's JSON; raises `Unsaid`."""
        if not isinstance(given, Mapping):
            raise Unsaid("expected who as an object with anonymous_id")
        answers = given.get("consent") or {}
        ids = {name: given.get(name) or "" for name in ("anonymous_id", "user_id", "session_id")}
        if not all(isinstance(each, str) and len(each) <= 100 for each in ids.values()) or not ids["anonymous_id"]:
            raise Unsaid("expected anonymous_id, and user_id and session_id as text of at most 100 characters")
        if not isinstance(answers, dict) or not all(each in CATEGORIES and isinstance(yes, bool) for each, yes in answers.items()):
            raise Unsaid(f"expected consent as true or false by {' and '.join(CATEGORIES)}")
        return cls(**ids, consent=answers)


@dataclass(frozen=True, kw_only=True)
class Click:
    """What somebody did: products are ids with quantities, in their order; `shown` the list that one was chosen from."""

    action: str
    products: tuple[tuple[str, int], ...] = ()
    place: str = ""
    query: str = ""
    recommendation_id: str = ""
    shown: tuple[str, ...] = ()
    email: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Click":
        """From the page's JSON; raises `Unsaid`."""
        action, lines, shown = given.get("action"), given.get("products") or [], given.get("shown") or []
        if action not in ACTIONS:
            raise Unsaid(f"unknown action; expected one of {', '.join(ACTIONS)}")
        if not isinstance(lines, list) or not all(isinstance(each, list) and len(each) == 2 for each in lines):
            raise Unsaid("expected products as [id, quantity] pairs")
        if not isinstance(shown, list):
            raise Unsaid("expected shown as a list of ids")
        texts = {name: str(given.get(name) or "")[:200] for name in ("place", "query", "recommendation_id", "email")}
        products = tuple((str(product_id), _quantity(quantity)) for product_id, quantity in lines)
        click = cls(action=action, products=products, shown=tuple(map(str, shown)), **texts)
        if (action in _ONE and len(products) != 1) or (action in _SEVERAL and not products):
            raise Unsaid(f"{action} names {len(products)} products; expected {'one' if action in _ONE else 'at least one'}")
        return click


def message(click: Click, who: Who, catalogue: Mapping[str, Product], *, id: str, at: datetime) -> Message:
    """The Segment message of a click at an aware time; raises `Unsaid` for products that are not in the shop."""
    if unknown := [product_id for product_id, _ in click.products if product_id not in catalogue]:
        raise Unsaid(f"{len(unknown)} of the products are not sold here; expected ids of the shop's own")
    common = _common(who, id=id, at=at)
    if click.action == LOGIN:
        if not who.user_id:
            raise Unsaid("a login without user_id; expected the user's id in the shop")
        return {**common, "type": "identify", "traits": {"email": click.email} if click.email else {}}
    return {**common, "type": "track", "event": str(EVENTS[click.action]), "properties": _properties(click, catalogue, id)}


def _common(who: Who, *, id: str, at: datetime) -> Message:
    stamp = at.astimezone(UTC).isoformat()
    context: dict[str, Any] = {"sessionId": who.session_id or who.anonymous_id, "library": {"name": "omni-shop", "version": "1"}}
    if who.consent:
        context["consent"] = {"categoryPreferences": dict(who.consent)}
    ids = {"userId": who.user_id} if who.user_id else {}
    return {"messageId": id, "anonymousId": who.anonymous_id, **ids, "timestamp": stamp, "sentAt": stamp, "context": context}


def _properties(click: Click, catalogue: Mapping[str, Product], id: str) -> dict[str, Any]:
    lines = [_line(catalogue[product_id], quantity) for product_id, quantity in click.products]
    if click.action in (CONSENT, UNSUBSCRIBE):
        return {}
    if click.action == "search":
        return {"query": click.query}
    if click.action == "list":
        return {"list_id": click.place or "home", "products": [{**line, "position": n} for n, line in enumerate(lines, 1)]}
    if click.action in ("checkout", "buy"):
        total = round(sum(line["price"] * line["quantity"] for line in lines), 2)
        return {"order_id": f"order-{id}", "total": total, "currency": lines[0]["currency"], "products": lines}
    return {**lines[0], **_chosen(click)}


def _chosen(click: Click) -> dict[str, Any]:
    """Where it was chosen from, as far as that is known."""
    found = {"recommendation_id": click.recommendation_id, "impressions": list(click.shown), "list_id": click.place}
    return {name: value for name, value in found.items() if value}


def _line(product: Product, quantity: int) -> dict[str, Any]:
    said = {"category": product.get("category_l1"), "brand": product.get("brand")}
    return {
        "product_id": product["product_id"], "name": product["name"], **{name: value for name, value in said.items() if value},
        "price": float(product["price"]), "currency": product["currency"], "quantity": quantity,
    }  # fmt: skip


def _quantity(given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= 99:
        raise Unsaid("a quantity that is none; expected 1 to 99")
    return given


def products_named(traced: Message) -> Iterable[str]:
    """The names of a message's products, to show."""
    properties = traced.get("properties") or {}
    return [str(each["name"]) for each in properties.get("products") or [properties] if "name" in each]
