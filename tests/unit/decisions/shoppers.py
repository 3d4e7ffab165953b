"""Customers, products and playbooks for decisions: plain ones to change, and drawn ones."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from omnichannel.activation.contacts import Contact
from omnichannel.decisions.decide import decide
from omnichannel.decisions.decided import Decided
from omnichannel.decisions.gather import Known, columns
from omnichannel.playbook.actions import parsed
from omnichannel.playbook.choices import Playbook
from omnichannel.playbook.experiments import parsed as experiments

NOON = datetime(2026, 11, 18, 11, 0, tzinfo=UTC)
"""A Wednesday, in Berlin and in London within all hours."""
YES = {"granted": True, "at": "2026-01-01T00:00:00+00:00"}
NO = {"granted": False, "at": "2026-02-01T00:00:00+00:00"}
PRODUCTS: dict[str, dict[str, Any]] = {
    f"P{n}": {
        "product_id": f"P{n}", "stock": Decimal([50, 3, 0, 7, 40, 12][n % 6]), "price": f"{10 + n}.50",
        "currency": "USD" if n == 4 else "EUR", "active": n != 5, **({"min_age": Decimal(18)} if n % 4 == 3 else {}),
        "together": [f"P{(n + k) % 12}" for k in (1, 3)], "related": [f"P{(n + 5) % 12}", "gone"],
    }
    for n in range(12)
}  # fmt: skip
PRODUCTS["P10"].pop("stock")
POPULAR = [f"P{n}" for n in (6, 2, 0, 9, 11, 3, 8)]
ACTION: dict[str, Any] = {
    "campaign": "plain", "channel": "email", "message": "m", "probability": {"model": "churn"}, "value": 10, "items": "none",
}  # fmt: skip
NOBODY_OUT: dict[str, Any] = {"salt": "s", "holdout": {"share": 0}, "control": 0}


def playbook(actions: Mapping[str, Mapping[str, Any]], *, tried: Mapping[str, Any] = NOBODY_OUT, **head: Any) -> Playbook:
    """Actions, each with what differs from the plain one."""
    listed = {name: {**ACTION, **each} for name, each in actions.items()}
    content = {"currency": "EUR", "timezone": "Europe/Berlin", "channels": {"email": {}, "sms": {}}, "stock_floor": 5, **head}
    return parsed({**deepcopy(content), "actions": deepcopy(listed)}, experiments(tried))


def shopper(customer_id: str = "c1", **changed: Any) -> dict[str, Any]:
    """The item of somebody who may be reached everywhere and bought last week."""
    return {
        "customer_id": customer_id, "email": "a@example.org", "phone": "+491", "consents": {"marketing/any": YES},
        "profile": {"country": "DE", "region": "BE", "age_band": "35-44", "timezone": "Europe/Berlin", "language": "de"},
        "segments": {"lifecycle": "active", "frequency": "frequent"},
        "aggregates": {
            "orders": Decimal(4), "spend": {"EUR": {"average_order": Decimal("80.00")}}, "subscriptions": Decimal(1),
            "first_order_at": "2026-03-01T10:00:00+00:00", "last_order_at": "2026-11-10T10:00:00+00:00",
            "renews_at": "2026-12-20T00:00:00+00:00",
        },
        "scores": {"churn": {"score": Decimal("0.4"), "band": "medium"}, "repurchase": {"score": Decimal("0.7"), "band": "high"}},
        "recommended": {"items": ["P0", "P3", "P6"], "again": ["P1", "P7"]},
        **changed,
    }  # fmt: skip


def contact(days_ago: float, *, action: str = "", channel: str = "email", at: datetime = NOON) -> Contact:
    return Contact(action=action, campaign="", channel=channel, at=at - timedelta(days=days_ago), run="r", message_id=f"m{days_ago}")


def decided(customers: Sequence[Known], rules: Playbook, at: datetime = NOON, *, live: bool = False) -> Decided:
    return decide(columns(customers, rules, PRODUCTS, POPULAR), rules, at, live=live)


IDS = st.integers(0, 10**6).map(lambda n: f"c{n}")
MAYBE = st.booleans()


def some(**given: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any of the names, each with its value."""
    return st.fixed_dictionaries({}, optional=given)


def few(**given: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """At most three of the names, each with its value."""
    names = st.lists(st.sampled_from(sorted(given)), max_size=3, unique=True)
    return names.flatmap(lambda drawn: st.fixed_dictionaries({name: given[name] for name in drawn}))


def _moments(first: int, last: int) -> st.SearchStrategy[str]:
    return st.integers(first * 24, last * 24).map(lambda hours: (NOON + timedelta(hours=hours)).isoformat())


_DECIMALS = st.integers(0, 1000).map(lambda n: Decimal(n) / 1000)
_LISTS = st.lists(st.sampled_from([*PRODUCTS, "gone"]), max_size=6, unique=True)
_BANDS = st.sampled_from(["low", "medium", "high"])
ITEMS = st.builds(
    lambda customer_id, known, rest: {**(shopper(customer_id) if known else {"customer_id": customer_id}), **rest},
    IDS,
    st.sampled_from([True, True, True, False]),
    few(
        email=st.sampled_from(["", "a@example.org"]), phone=st.just("+491"), push_token=st.just("t"),
        consents=some(**{name: st.sampled_from([YES, YES, NO]) for name in ("marketing/email", "marketing/sms", "marketing/any")}),
        suppressed=st.dictionaries(st.sampled_from(["email", "sms", "any"]), st.just({"reason": "bounce", "at": "2026-01-01"}), max_size=1),
        profile=some(
            country=st.sampled_from(["DE", "FR", "GB"]), region=st.sampled_from(["BE", "LND"]), language=st.just("de"),
            age_band=st.sampled_from(["under-18", "18-24", "65-plus"]),
            timezone=st.sampled_from(["Europe/London", "Asia/Tokyo", "Europe/Berlin"]),
        ),
        segments=some(lifecycle=st.sampled_from(["new", "active", "dormant"]), frequency=st.sampled_from(["frequent", "one-time"])),
        aggregates=some(
            orders=st.integers(0, 5).map(Decimal), subscriptions=st.integers(0, 1).map(Decimal),
            spend=st.sampled_from([{}, {"EUR": {"average_order": Decimal("64.20")}}, {"USD": {"average_order": Decimal(9)}}]),
            last_order_at=_moments(-60, 1), first_order_at=_moments(-200, -60), renews_at=_moments(-1, 100),
        ),
        scores=some(
            churn=st.builds(lambda score, band: {"score": score, "band": band}, _DECIMALS, _BANDS),
            repurchase=st.builds(lambda score, band: {"score": score, "band": band}, _DECIMALS, _BANDS),
        ),
        recommended=st.builds(lambda items, again, bought: {"items": items, "again": again, **bought}, _LISTS, _LISTS, some(bought=_LISTS)),
        live_segments=st.lists(st.sampled_from(["open-complaint", "other"]), max_size=1),
    ),
)  # fmt: skip
CONTACTS = st.lists(
    st.builds(
        lambda hours, action, channel: contact(hours / 24, action=action, channel=channel),
        st.integers(0, 40 * 24), st.sampled_from(["a", "b", "c", "elsewhere"]), st.sampled_from(["email", "sms", "letter"]),
    ),
    max_size=4,
)  # fmt: skip
KNOWN = st.builds(
    lambda item, contacts, event, bought: Known(item=item, contacts=contacts, event=event, products=bought),
    ITEMS, CONTACTS, st.sampled_from(["", "Order Completed"]), st.lists(st.sampled_from(list(PRODUCTS)), max_size=2, unique=True),
)  # fmt: skip
_CAPS = st.lists(st.fixed_dictionaries({"days": st.integers(1, 30), "most": st.integers(0, 9)}), max_size=2)
_HOURS = st.sampled_from(["none", {"from": "21:00", "until": "08:00"}, {"from": "11:30", "until": "12:30"}])
_ELIGIBLE = few(
    lifecycle=st.sampled_from([{"in": ["new", "active"]}, {"not_in": ["dormant"]}]), churn_band=st.just({"in": ["high", "medium"]}),
    orders=st.sampled_from([{"at_least": 1}, {"at_least": 1, "at_most": 3}, {"equals": 2}]), days_since_order=st.just({"at_most": 7}),
    renews_within_days=st.just({"at_most": 90}), event=st.just({"in": ["Order Completed"]}),
)  # fmt: skip
_CHANCE = {
    "model": st.sampled_from(["churn", "repurchase"]), "of": st.sampled_from(["event", "not_event"]),
    "factor": st.sampled_from([0.1, 1.0, 3.0]),
}  # fmt: skip
_WEDNESDAYS = {"days": ["wed", "fri"], "from": "09:00", "until": "18:00"}
_ACTIONS = st.builds(
    lambda given, plain, sometimes: {**ACTION, **given, **({"items": "none", "value": 7} if plain else {}), **sometimes},
    st.fixed_dictionaries(
        {
            "campaign": st.sampled_from(["plain", "tried"]), "channel": st.sampled_from(["email", "sms"]),
            "probability": st.fixed_dictionaries(
                _CHANCE
            ),
            "items": st.sampled_from(["recommended", "complement", "again", "recommended"]),
            "value": st.sampled_from([5, 5.5, {"of": "average_order", "times": 0.2}, {"of": "item_price", "times": 0.5}]),
        }
    ),
    MAYBE,
    few(
        eligible=_ELIGIBLE, cost=st.sampled_from([1, 3.5]), weight=st.sampled_from([0, 0.5, 2]), minimum_age=st.sampled_from([0, 18, 40]),
        countries=st.sampled_from([{"only": ["DE"]}, {"not": ["FR"]}]), regions=st.just({"not": ["LND"]}), stock_floor=st.integers(0, 20),
        cool_down_days=st.integers(0, 30), suppressed_by=st.just(["open-complaint"]),
        window=st.sampled_from([{"days": ["sat"]}, {"from": "14:00", "until": "16:00"}, _WEDNESDAYS]),
    ),
)  # fmt: skip
TRIED = {
    "salt": "drawn", "holdout": {"share": 0.1}, "control": 0.2,
    "experiments": {
        "trial": {
            "campaign": "tried", "arms": {"one": 0.4, "control": 0.2, "two": 0.4}, "metric": "conversion", "window_days": 7,
            "minimum_effect": 0.1, "alpha": 0.05, "power": 0.8,
        },
    },
}  # fmt: skip
PLAYBOOKS = st.builds(
    lambda a, b, c, arm, caps, email, sms, explore: playbook(
        {"a": {**a, "campaign": "tried", **({"arm": arm} if arm else {})}, "b": {**b, "campaign": "plain"}, "c": c},
        tried=TRIED, caps=caps, exploration=explore, channels={"email": email, "sms": sms},
    ),
    _ACTIONS, _ACTIONS, _ACTIONS, st.sampled_from(["", "one", "two"]), _CAPS,
    st.fixed_dictionaries({"quiet_hours": _HOURS, "caps": _CAPS}), st.fixed_dictionaries({"quiet_hours": _HOURS, "caps": _CAPS}),
    st.sampled_from([0.0, 0.3]),
)  # fmt: skip
MOMENTS = st.integers(0, 7 * 24 * 60).map(lambda minutes: NOON + timedelta(minutes=minutes))
