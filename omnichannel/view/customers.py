"""The customer items: who they are, what they bought, what they allowed."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from omnichannel.consent.state import states
from omnichannel.contracts.store import link_key
from omnichannel.identity.resolve import Identity
from omnichannel.view.inputs import Inputs, consent_log, rows

Item = dict[str, Any]


_FROM_CRM = ("email", "phone", "first_name", "timezone", "country", "language")


def customer_items(inputs: Inputs, who: Identity, now: datetime) -> Iterator[Item]:
    """One item a customer; `orders`, `spend` and `last_order_at` are of completed orders in every channel."""
    crm = {row["customer_ref"]: row for row in rows(inputs.customers)}
    bought = _bought(inputs, who)
    consents = states(
        consent_log(inputs),
        lambda r: who.customer(customer_ref=r.customer_ref, email=r.email, anonymous_id=r.anonymous_id),
    )
    for customer_id, ref in who.refs.items():
        person = crm.get(ref, {})
        orders = bought.get(customer_id, _NOTHING)
        yield {
            "customer_id": customer_id,
            "customer_ref": ref,
            **{name: person.get(name) for name in _FROM_CRM},
            "email": person.get("email") or orders["email"],
            "consents": consents.get(customer_id, {}),
            "orders": orders["orders"],
            "spend": orders["spend"],
            "last_order_at": orders["last"].astimezone(UTC).isoformat() if orders["last"] else None,
            "updated_at": now.isoformat(),
        }


_NOTHING: Item = {"orders": 0, "spend": Decimal(0), "last": None, "email": None}


def _bought(inputs: Inputs, who: Identity) -> Mapping[str, Item]:
    """By customer: how many completed orders, their totals, the last one's time, and the last e-mail address given with any order."""
    found: dict[str, Item] = {}
    addresses: dict[str, datetime] = {}
    for order in rows(inputs.orders):
        customer = who.customer(customer_ref=order["customer_ref"], loyalty_card=order["loyalty_card"], email=order["email"])
        if customer is None:
            continue
        sums = found.setdefault(customer, dict(_NOTHING))
        at = order["ordered_at"]
        if order["email"] and (customer not in addresses or at >= addresses[customer]):
            sums["email"], addresses[customer] = order["email"], at
        if order["status"] == "completed":
            sums["orders"] += 1
            sums["spend"] += order["total"]
            sums["last"] = max(at, sums["last"] or at)
    return found


def link_items(who: Identity, now: datetime) -> Iterator[Item]:
    """One item per outside identifier: what the live relay looks up with a single get."""
    stamp = now.isoformat()
    for link in who.links.values():
        yield {"customer_id": link_key(link.id_type, link.id_value), "customer": link.customer_id, "updated_at": stamp}
