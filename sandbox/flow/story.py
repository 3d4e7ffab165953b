"""One customer's way through the loop, from a live event to the message, told from what the parts recorded."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omnichannel.aws import dynamodb
from omnichannel.contracts.scores import Model
from omnichannel.contracts.store import POPULAR_KEY, IdType, link_key
from sandbox.cloud import Cloud
from sandbox.flow.live import Shown

CANDIDATES = 50


@dataclass(frozen=True)
class Hero:
    """The customer that the story is about, and the products that the demonstration shows to them."""

    customer_id: str
    customer_ref: str
    products: tuple[Shown, ...]


def choose(cloud: Cloud, delivered: Sequence[Mapping[str, Any]]) -> Hero | None:
    """The customer with the highest repurchase score that Segment holds, and three popular products in stock; None without either."""
    scored = [record for record in delivered if record.get("traits", {}).get("repurchase_propensity") is not None]
    store, table = cloud.client("dynamodb"), cloud.deployment.products_table
    popular = list(dynamodb.batch_get(store, table, [{"product_id": POPULAR_KEY}]))
    ids = [{"product_id": product_id} for product_id in (popular[0]["items"][:CANDIDATES] if popular else [])]
    products = [Shown(p["product_id"], p["name"], str(p["price"])) for p in dynamodb.batch_get(store, table, ids) if p.get("price")]
    if not scored or not products:
        return None
    best = max(scored, key=lambda record: (record["traits"]["repurchase_propensity"], record["userId"]))
    return Hero(_customer_id(cloud, best["userId"]), best["userId"], tuple(sorted(products, key=lambda p: p.product_id)[:3]))


def tell(
    hero: Hero,
    *,
    message: Mapping[str, Any] | None,
    endpoint: Mapping[str, Any] | None,
    relayed: Sequence[Mapping[str, Any]],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    models: Mapping[Model, str],
) -> list[dict[str, str]]:
    """The story as steps with a title, a time, a sentence and what was recorded."""
    steps = [
        _step("Scored", "", f"Customer {hero.customer_id} was scored by " + " and ".join(f"{m} ({p})" for m, p in models.items()) + ".")
    ]
    if message:
        steps.append(
            _step(
                "Segment received the traits", message.get("at", ""), "One identify call, by the retailer's own id.", message.get("traits")
            )
        )
    if endpoint:
        shown = {name: endpoint[name] for name in ("Attributes", "Metrics") if name in endpoint}
        steps.append(_step("The messaging channel can act on it", endpoint.get("at", ""), "The endpoint carries bands and scores.", shown))
    steps.append(_step("Recommended before the visit", "", _names(before)))
    names = ", ".join(product.name for product in hero.products)
    steps.append(
        _step("The customer visits the shop", "", f"Looks at {names}, and puts the last one into the cart: live events through the door.")
    )
    steps.append(_step("Relayed to Personalize", relayed[-1]["at"] if relayed else "", f"{len(relayed)} events: " + _outcomes(relayed)))
    steps.append(_step("Recommended after the visit", "", _names(after)))
    return steps


def _customer_id(cloud: Cloud, customer_ref: str) -> str:
    key = {"customer_id": link_key(IdType.CUSTOMER_REF, customer_ref)}
    found = list(dynamodb.batch_get(cloud.client("dynamodb"), cloud.deployment.customers_table, [key]))
    return str(found[0]["customer"]) if found else ""


def _names(answer: Mapping[str, Any]) -> str:
    return "; ".join(f"{item['name']} ({item['price']} {item['currency']}, {item['source']})" for item in answer["items"])


def _outcomes(rows: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(sorted({f"{row['status']}{' ' + row['reason'] if row.get('reason') else ''}" for row in rows}))


def _step(title: str, at: str, text: str, detail: object = None) -> dict[str, str]:
    return {"title": title, "at": at, "text": text, "detail": json.dumps(detail, indent=1) if detail else ""}
