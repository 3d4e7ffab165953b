"""One customer's way through the loop, from a live event to the message, told from what the parts recorded."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omnichannel.aws import dynamodb
from omnichannel.contracts.scores import Model
from omnichannel.contracts.store import POPULAR_KEY, IdType, link_key
from sandbox.cloud import Cloud
from sandbox.flow.live import Shown

SHOWN = 3


@dataclass(frozen=True)
class Hero:
    """The customer that the story is about, and the products that the demonstration shows to them."""

    customer_id: str
    customer_ref: str
    products: tuple[Shown, ...]


def choose(cloud: Cloud, delivered: Sequence[Mapping[str, Any]]) -> Hero | None:
    """Of the customers whom Segment holds, the likeliest to buy again among those with the fewest orders, so that one visit shows.

    With them three popular products of one category that they are shown. None where there is nobody, or no product with a price.
    """
    scores = {r["userId"]: r["traits"]["repurchase_propensity"] for r in delivered if "repurchase_propensity" in r.get("traits", {})}
    known = [item for item in _customers(cloud, scores) if item.get("customer_ref") in scores]
    products = _products(cloud)
    if not known or not products:
        return None
    best = min(known, key=lambda item: (_orders(item), -scores[item["customer_ref"]], item["customer_id"]))
    return Hero(best["customer_id"], best["customer_ref"], products)


def _orders(item: Mapping[str, Any]) -> int:
    return int(item.get("aggregates", {}).get("orders", 0))


def endpoint_of(hero: Hero, endpoints: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The hero's newest endpoint of the messaging channel."""
    own = [endpoint for endpoint in endpoints if endpoint.get("User", {}).get("UserId") == hero.customer_id]
    return own[-1] if own else None


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


def _customers(cloud: Cloud, refs: Iterable[str]) -> list[dict[str, Any]]:
    store, table = cloud.client("dynamodb"), cloud.deployment.customers_table
    links = dynamodb.batch_get(store, table, ({"customer_id": link_key(IdType.CUSTOMER_REF, ref)} for ref in refs))
    keys = [{"customer_id": customer} for customer in sorted({link["customer"] for link in links})]
    return list(dynamodb.batch_get(store, table, keys, ("customer_id", "customer_ref", "aggregates")))


def _products(cloud: Cloud) -> tuple[Shown, ...]:
    """The most popular products of the category that has most of them, up to three, the most popular first."""
    store, table = cloud.client("dynamodb"), cloud.deployment.products_table
    popular = list(dynamodb.batch_get(store, table, [{"product_id": POPULAR_KEY}]))
    ranked = list(popular[0]["items"]) if popular else []
    found = dynamodb.batch_get(store, table, ({"product_id": product_id} for product_id in ranked))
    priced = sorted((p for p in found if p.get("price")), key=lambda p: ranked.index(p["product_id"]))
    sizes = Counter(p["category_l1"] for p in priced)
    largest = next((p["category_l1"] for p in priced if sizes[p["category_l1"]] == max(sizes.values())), "")
    return tuple(Shown(p["product_id"], p["name"], str(p["price"])) for p in priced if p["category_l1"] == largest)[:SHOWN]


def _names(answer: Mapping[str, Any]) -> str:
    return "; ".join(f"{item['name']} ({item['price']} {item['currency']}, {item['source']})" for item in answer["items"])


def _outcomes(rows: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(sorted({f"{row['status']}{' ' + row['reason'] if row.get('reason') else ''}" for row in rows}))


def _step(title: str, at: str, text: str, detail: object = None) -> dict[str, str]:
    return {"title": title, "at": at, "text": text, "detail": json.dumps(detail, indent=1) if detail else ""}
