"""The decision written plainly, one customer and one action at a time: slow, and with nothing in common with the columns."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from omnichannel.consent.gate import allows
from omnichannel.contracts.decisions import Decision, Rule
from omnichannel.decisions.gather import Known
from omnichannel.experiments.assignment import arm_at, held_out, position
from omnichannel.playbook.choices import Action, Playbook

YOUNGEST = {"under-18": 0, "18-24": 18, "25-34": 25, "35-44": 35, "45-54": 45, "55-64": 55, "65-plus": 65}
ADDRESS = {"email": "email", "sms": "phone", "push": "push_token"}
PATHS = {
    "lifecycle": "segments.lifecycle", "frequency": "segments.frequency", "country": "profile.country", "region": "profile.region",
    "language": "profile.language", "churn_band": "scores.churn.band", "repurchase_band": "scores.repurchase.band",
    "orders": "aggregates.orders", "subscriptions": "aggregates.subscriptions", "days_since_order": "aggregates.last_order_at",
    "days_since_first_order": "aggregates.first_order_at", "renews_within_days": "aggregates.renews_at",
}  # fmt: skip


def at_path(item: Mapping[str, Any], path: str) -> Any:
    found: Any = item
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def days_between(earlier: datetime, later: datetime) -> float | None:
    days = (later.timestamp() - earlier.timestamp()) / 86_400
    return days if days >= 0 else None


def fact(known: Known, name: str, at: datetime) -> Any:
    if name == "event":
        return known.event or None
    value = at_path(known.item, PATHS[name])
    if value is None:
        return None
    if name.startswith("days_since"):
        return days_between(datetime.fromisoformat(value), at)
    if name == "renews_within_days":
        return days_between(at, datetime.fromisoformat(value))
    return float(value) if isinstance(value, int | float | Decimal) else value


def holds(value: Any, operator: str, number: float, names: Sequence[str]) -> bool:
    if value is None:
        return False
    return {
        "at_least": lambda: value >= number, "at_most": lambda: value <= number, "equals": lambda: value == number,
        "in": lambda: value in names, "not_in": lambda: value not in names,
    }[operator]()  # fmt: skip


def closed(action: Action, playbook: Playbook, at: datetime, zone: ZoneInfo) -> Rule | None:
    local = at.astimezone(zone)
    minute, quiet, window = local.hour * 60 + local.minute, playbook.channels[action.channel].quiet, action.window
    if quiet and (quiet.start <= minute < quiet.end if quiet.start < quiet.end else minute >= quiet.start or minute < quiet.end):
        return Rule.QUIET_HOURS
    if window and local.weekday() not in window.days:
        return Rule.OUTSIDE_WINDOW
    if window and window.hours and not window.hours.start <= minute < window.hours.end:
        return Rule.OUTSIDE_WINDOW
    return None


def opens(action: Action, playbook: Playbook, at: datetime, zone: ZoneInfo) -> datetime | None:
    """Minute by minute."""
    if closed(action, playbook, at, zone) is None:
        return at
    minute = at.replace(second=0, microsecond=0)
    for n in range(1, 24 * 60 + 1):
        later = minute + timedelta(minutes=n)
        if later <= at + timedelta(days=1) and closed(action, playbook, later, zone) is None:
            return later
    return None


def shelf(known: Known, action: Action, products: Mapping[str, Any], popular: Sequence[str]) -> list[str]:
    held = known.item.get("recommended")
    again = (held or {}).get("again", [])
    listed: list[str] = list(popular if held is None else held["items"])
    if action.items == "again":
        listed = list(again)
    if action.items == "complement":
        bought = list(known.products) or list((held or {}).get("bought", [])) or list(again)
        together = [other for kind in ("together", "related") for one in bought for other in products.get(one, {}).get(kind, [])]
        listed = [other for other in dict.fromkeys(together) if other not in bought]
    age = YOUNGEST.get((known.item.get("profile") or {}).get("age_band"), -1)
    there = []
    for product in (products[each] for each in listed[:20] if each in products):
        stock, youngest = product.get("stock"), product.get("min_age")
        if product.get("active") is False or (youngest is not None and age < youngest):
            continue
        if stock is None or stock >= action.stock_floor:
            there.append(product["product_id"])
    return there[:5]


def refusals(known: Known, action: Action, playbook: Playbook, at: datetime, items: Sequence[str], zone: ZoneInfo, live: bool) -> set[Rule]:
    item, channel, tried = known.item, playbook.channels[action.channel], playbook.experiments.of_campaign(action.campaign)
    arm = arm_at(position(tried.salt, item["customer_id"]), tried.arms)
    age = YOUNGEST.get((item.get("profile") or {}).get("age_band"))
    lists = known.live_segments | set(item.get("live_segments", ()))
    shut = item.get("suppressed") or {}
    rules = {
        Rule.HOLDOUT: held_out(playbook.experiments.salt, playbook.experiments.holdout_share, item["customer_id"]),
        Rule.CONTROL_GROUP: arm != action.arm if action.arm else arm == "control",
        Rule.NO_CONSENT: not allows(item.get("consents") or {}, channel.purpose, channel.name),
        Rule.NO_ADDRESS: not item.get(ADDRESS[channel.name]),
        Rule.SUPPRESSED: channel.name in shut or "any" in shut or bool(lists & set(action.suppressed_by)),
        Rule.NOT_ELIGIBLE: not all(holds(fact(known, c.fact, at), c.operator, c.number, c.names) for c in action.eligible),
        Rule.UNDER_AGE: bool(action.minimum_age) and (age is None or age < action.minimum_age),
        Rule.REGION: any(
            places is not None and ((place := fact(known, name, at)) is None or not places.allows(place))
            for name, places in (("country", action.countries), ("region", action.regions))
        ),
        Rule.LOW_STOCK: action.items != "none" and not items,
        Rule.FREQUENCY_CAP: any(
            sum(at - c.at < timedelta(days=cap.days) for c in known.contacts if where in (None, c.channel)) >= cap.most
            for where, caps in ((None, playbook.caps), (channel.name, channel.caps))
            for cap in caps
        ),
        Rule.COOL_DOWN: any(at - c.at < timedelta(days=action.cool_down_days) for c in known.contacts if c.action == action.name),
    }
    found = {rule for rule, fires in rules.items() if fires}
    shut_now = closed(action, playbook, at, zone)
    if shut_now and (live or opens(action, playbook, at, zone) is None):
        found.add(shut_now)
    return found


def worth(
    known: Known, action: Action, playbook: Playbook, items: Sequence[str], products: Mapping[str, Any]
) -> tuple[float, float] | None:
    score = at_path(known.item, f"scores.{action.probability.model}.score")
    average = at_path(known.item, f"aggregates.spend.{playbook.currency}.average_order")
    base: Any = 1.0
    if action.value.of == "average_order":
        base = average
    if action.value.of == "item_price":
        base = (
            products[items[0]].get("price")
            if items and products[items[0]].get("currency", playbook.currency) == playbook.currency
            else None
        )
    if score is None or base is None:
        return None
    chance = float(score) if action.probability.of == "event" else 1.0 - float(score)
    return min(max(chance * action.probability.factor, 0.0), 1.0), float(base) * action.value.times - action.cost


def decide_one(
    known: Known, playbook: Playbook, at: datetime, products: Mapping[str, Any], popular: Sequence[str], *, live: bool = False
) -> Decision:
    name = (known.item.get("profile") or {}).get("timezone") or playbook.timezone
    zone = ZoneInfo(name)
    refused: dict[str, tuple[Rule, ...]] = {}
    allowed: list[tuple[float, float, float, Action, list[str]]] = []
    for action in playbook.actions:
        items = shelf(known, action, products, popular) if action.items != "none" else []
        rules, chance = refusals(known, action, playbook, at, items, zone, live), worth(known, action, playbook, items, products)
        if chance is None:
            rules.add(Rule.NOT_ELIGIBLE)
        if rules:
            refused[action.name] = tuple(rule for rule in Rule if rule in rules)
        elif chance and (score := chance[0] * chance[1] * action.weight) > 0:
            allowed.append((score, *chance, action, items))
    customer_id = known.item["customer_id"]
    arms = playbook.experiments.arms(customer_id, playbook.campaigns)
    base = {"customer_id": customer_id, "at": at.astimezone(UTC).isoformat(), "refused": refused, "arms": arms, "playbook": playbook.digest}
    if not allowed:
        return Decision(**base)
    chosen = max(allowed, key=lambda one: one[0])
    place = position(f"{playbook.experiments.salt}/exploration/{at.astimezone(UTC).date()}", customer_id)
    explored = place < playbook.exploration
    if explored:
        chosen = allowed[min(int(place / playbook.exploration * len(allowed)), len(allowed) - 1)]
    others = [one for one in allowed if one is not chosen]
    second = max(others, key=lambda one: one[0], default=None)
    score, p, value, action, items = chosen
    later = opens(action, playbook, at, zone)
    assert later is not None
    return Decision(
        **base, action=action.name, campaign=action.campaign, channel=action.channel, p=round(p, 6), value=round(value, 6),
        score=round(score, 6), explored=explored, items=tuple(items),
        not_before=later.astimezone(UTC).isoformat() if later > at else "",
        runner_up=second[3].name if second else "", runner_up_score=round(second[0], 6) if second else 0.0,
    )  # fmt: skip
