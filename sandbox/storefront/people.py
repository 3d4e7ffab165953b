"""Customers of the shop that one can be: by the first name alone, and by the shop's own id."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from omnichannel.aws.dynamodb import batch_get, scan
from omnichannel.consent.gate import allows
from omnichannel.contracts.events import EventName
from omnichannel.contracts.store import IdType, link_key
from omnichannel.decisions.decide import decide
from omnichannel.decisions.gather import Known
from omnichannel.decisions.store import Store
from omnichannel.playbook.actions import playbook
from omnichannel.playbook.triggers import triggers
from sandbox.cloud import Cloud

OFFERED, REFUSING = 8, 2
"""How many are offered, and how many of them have not allowed personalization."""
LOOKED_AT = 100
"""Of how many it is asked whether an event of theirs would lead to a message."""
_READ = ("customer_id", "customer", "customer_ref", "profile", "consents", "aggregates")
Person = dict[str, Any]


def offered(items: Iterable[Mapping[str, Any]], answered: Collection[str] = ()) -> list[Person]:
    """Those who would be answered, then those who bought most, some who refuse among them: what a choice needs to know, and no more."""
    ranked = sorted(_nameable(items), key=lambda item: (item["customer_id"] not in answered, -_orders(item), str(item["customer_id"])))
    willing = [each for each in ranked if _personal(each)]
    refusing = [each for each in ranked if not _personal(each)][:REFUSING]
    return [_person(each) for each in (*willing[: OFFERED - len(refusing)], *refusing)]


def of_cloud(cloud: Cloud, now: datetime) -> list[Person]:
    """The people to offer out of a deployment's customers."""
    scanned = scan(cloud.client("dynamodb"), cloud.deployment.customers_table, _READ)
    items = [item for item in scanned if "customer" not in item]
    return offered(items, _answered(cloud, items, now))


def _answered(cloud: Cloud, items: Iterable[Mapping[str, Any]], now: datetime) -> set[str]:
    """Ids of customers for whom some message would be allowed now, if they entered every live segment by an order."""
    best = sorted(filter(_personal, _nameable(items)), key=_orders, reverse=True)[:LOOKED_AT]
    tables = cloud.deployment
    store = Store(
        dynamodb=cloud.client("dynamodb"), customers_table=tables.customers_table, products_table=tables.products_table,
        sent_table=tables.sent_table,
    )  # fmt: skip
    live = frozenset(rule.segment for rule in triggers().rules.values())
    held = store.customers(str(each["customer_id"]) for each in best)
    known = [Known(item=item, event=EventName.ORDER_COMPLETED, products=store.popular[:1], live_segments=live) for item in held.values()]
    if not known:
        return set()
    found = decide(store.columns(store.with_contacts(known), playbook()), playbook(), now, live=True)
    return {decision.customer_id for decision in map(found.decision, range(len(known))) if decision.action}


def customer_of(cloud: Cloud, user_id: str) -> str:
    """Our id of a user of the shop; empty for somebody whom onboarding has not seen."""
    if not user_id:
        return ""
    keys = [{"customer_id": link_key(IdType.CUSTOMER_REF, user_id)}]
    found = list(batch_get(cloud.client("dynamodb"), cloud.deployment.customers_table, keys, ("customer",)))
    return str(found[0].get("customer", "")) if found else ""


def _nameable(items: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [item for item in items if item.get("customer_ref") and (item.get("profile") or {}).get("first_name")]


def _person(item: Mapping[str, Any]) -> Person:
    return {
        "user_id": str(item["customer_ref"]), "first_name": str(item["profile"]["first_name"]), "orders": _orders(item),
        "personalization": _personal(item), "marketing": allows(item.get("consents") or {}, "marketing", "email"),
    }  # fmt: skip


def _orders(item: Mapping[str, Any]) -> int:
    return int((item.get("aggregates") or {}).get("orders") or 0)


def _personal(item: Mapping[str, Any]) -> bool:
    return allows(item.get("consents") or {}, "personalization", "web")
