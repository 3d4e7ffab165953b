"""What the parts of the loop say, in the page's words: plain values in, texts out."""

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.storefront.journal import DONE, FAILED, SKIPPED, WAITING, Hop

ACCEPTED, IGNORED, NOT_TAKEN = "accepted", "ignored: nobody acts on it", "not taken"
NOT_FOR_PERSONALIZE = "nothing that Personalize learns from"
UNKNOWN = "no customer yet: kept for the browser"
WITHHELD = {
    "no-consent": "withheld: no consent to personalization",
    "nothing-chosen": "a list: goes along with what is chosen from it",
    "unmapped-event": NOT_FOR_PERSONALIZE,
    "duplicate-event": "had come before",
}


def by_door(status: int, body: Any) -> Hop:
    """The event door's answer."""
    if status == 200 and isinstance(body, Mapping) and body.get("accepted"):
        return Hop(state=DONE, text=ACCEPTED)
    if status == 200:
        return Hop(state=SKIPPED, text=IGNORED)
    title = body.get("title", "") if isinstance(body, Mapping) else ""
    return Hop(state=FAILED, text=f"{NOT_TAKEN}: {status} {title}".strip())


def by_relay(row: Mapping[str, Any]) -> Hop:
    """A row of the ledger of live events."""
    reason = row.get("reason") or ""
    if row["status"] == "delivered":
        whose = "as the customer" if row.get("customer_id") else "by session alone"
        return Hop(state=DONE, text=f"Personalize has it, {whose}")
    return Hop(state=SKIPPED if row["status"] == "withheld" else FAILED, text=WITHHELD.get(reason, f"{row['status']}: {reason}"))


def by_messenger(row: Mapping[str, Any]) -> Hop:
    """A row of the ledger of live messages."""
    if row["status"] == "delivered":
        return Hop(state=DONE, text=f"{row['sink']} has it")
    return Hop(state=SKIPPED if row["status"] == "withheld" else FAILED, text=f"{row['status']}: {row.get('reason') or 'no reason'}")


def by_decision(detail: Mapping[str, Any]) -> tuple[str, Hop]:
    """A `Decision` on the bus: what was decided, and how the message stands."""
    if not detail.get("action"):
        why = sorted({rule for rules in (detail.get("refused") or {}).values() for rule in rules} - {"not-eligible"})
        return "nothing to say now", Hop(state=SKIPPED, text=f"none: {', '.join(why) or 'no action fits'}")
    later = f", not before {detail['not_before'][:16]}" if detail.get("not_before") else ""
    return f"{detail['action']} ({detail['campaign']})", Hop(state=WAITING, text=f"{detail['channel']} of {detail['campaign']}{later}")


def customer(item: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """What the panel shows of a customer's item, products by their names."""
    spells = sorted((item.get("live_segments") or {}).items())
    return {
        "live_segments": [{"name": name, "since": spell["since"], "until": spell["until"]} for name, spell in spells],
        "next_action": _action(item.get("next_action") or {}, names),
        "consents": {name: bool(each.get("granted")) for name, each in sorted((item.get("consents") or {}).items())},
    }


def _action(action: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The last decision that an event led to; empty before there is one."""
    if not action:
        return {}
    said = {name: str(action.get(name) or "") for name in ("action", "campaign", "channel", "caused_at", "not_before")}
    return {**said, "items": [names.get(str(each), str(each)) for each in action.get("items") or ()]}


def identity(profiles: Iterable[Mapping[str, Any]], events: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Who the sinks take a browser for: Segment's profiles that know it, and Personalize's users of its session."""
    held, put = list(profiles), list(events)
    return {
        "segment_profiles": len(held),
        "segment_user_ids": sorted({each for profile in held for each in profile["user_ids"]}),
        "segment_anonymous_ids": sorted({each for profile in held for each in profile["anonymous_ids"]}),
        "personalize_users": sorted({each["userId"] for each in put if each.get("userId")}),
        "personalize_events": len(put),
        "personalize_before_login": sum(not each.get("userId") for each in put),
    }
