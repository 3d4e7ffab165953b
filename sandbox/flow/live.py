"""A few live events of one customer, sent as Segment's webhook sends them, and followed to Personalize."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from omnichannel.contracts.events import EventName
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.flow import http
from sandbox.flow.ledgers import events_rows
from sandbox.flow.progress import Tell
from sandbox.flow.waiting import until

RELAY_SECONDS = 120.0


@dataclass(frozen=True)
class Shown:
    """A product as an event carries it."""

    product_id: str
    name: str
    price: str


def messages(user_id: str, products: Sequence[Shown], *, run: str, now: datetime) -> list[dict[str, Any]]:
    """A visit of that customer: each product viewed, the last one put into the cart. The run is part of every id."""
    names = [EventName.PRODUCT_VIEWED] * len(products) + [EventName.PRODUCT_ADDED]
    return [
        _message(user_id, name, product, run=run, number=number, at=now + timedelta(seconds=number))
        for number, (name, product) in enumerate(zip(names, [*products, products[-1]], strict=True))
    ]


def send(cloud: Cloud, visit: Iterable[dict[str, Any]], tell: Tell) -> int:
    """POST each message with its signature; raises `SandboxError` with the door's own words unless it took it."""
    secret = cloud.client("secretsmanager").get_secret_value(SecretId=cloud.deployment.webhook_secret)["SecretString"]
    key, door, sent = json.loads(secret)["current"], f"{cloud.deployment.event_door_url.rstrip('/')}/segment", 0
    for message in visit:
        body = json.dumps(message).encode()
        signature = hmac.new(key.encode(), body, hashlib.sha1).hexdigest()
        answer = http.post(cloud, door, body, {"content-type": "application/json", "x-signature": signature})
        if answer.status >= 300:
            raise SandboxError("Live events", f"the event door answered {answer.status}: {answer.body}", hint="omni logs EventDoor")
        sent += 1
        tell(f"{sent} accepted by the door")
    return sent


def relayed(cloud: Cloud, ids: set[str], tell: Tell) -> list[dict[str, Any]]:
    """Wait until the events ledger accounts for every id, and give its rows."""

    def rows() -> list[dict[str, Any]]:
        return [row for row in events_rows(cloud) if row["message_id"] in ids]

    found = until(
        rows,
        lambda got: {row["message_id"] for row in got} >= ids,
        step="Live events",
        seconds=RELAY_SECONDS,
        describe=lambda got: f"the ledger knows {len(got)} of {len(ids)} events",
        hint="omni status shows the relay's queue and dead letters, omni logs PersonalizeRelay what it said",
    )
    tell(f"{len(found)} relayed to Personalize")
    return found


def _message(user_id: str, name: EventName, product: Shown, *, run: str, number: int, at: datetime) -> dict[str, Any]:
    stamp = at.astimezone(UTC).isoformat()
    return {
        "messageId": f"demo-{run}-{number}",
        "type": "track",
        "event": name.value,
        "userId": user_id,
        "anonymousId": f"anon-{user_id}",
        "timestamp": stamp,
        "sentAt": stamp,
        "context": {"sessionId": f"demo-{run}", "device": {"type": "mobile"}},
        "properties": {"product_id": product.product_id, "name": product.name, "price": float(product.price)},
    }
