"""Messages of sources beside the web shop: guest checkouts, sign-ins at the tills, mailings, impressions in the app.

Each is a message of Segment's spec; their names and properties keep the tracking plan.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
import pandas as pd

from omnichannel.contracts.datasets import EVENTS
from omnichannel.contracts.events import EventName
from omnichannel.contracts.tracking_plan import RECOMMENDATION_CLICKED, RECOMMENDATIONS_VIEWED, UNSUBSCRIBED
from sandbox.shop.banner import CONSENTS, Banner
from sandbox.shop.behaviour import Floats
from sandbox.shop.catalogue import CURRENCY, Catalogue
from sandbox.shop.guests import Guests
from sandbox.shop.identities import TABLETS, SignIns, device_of
from sandbox.shop.landing import Sheet, iso
from sandbox.shop.people import DAY, People
from sandbox.shop.sales import WEEK

IMPRESSIONS_A_CUSTOMER = 0.4
CLICKED = 0.12
SHOWN = 4

Message = dict[str, Any]


def sheet(source: str, rng: np.random.Generator, messages: list[Message], end: int) -> Sheet:
    """One file of a source, received on the last day, its messages in time order."""
    ordered = sorted(messages, key=lambda message: str(message["timestamp"]))
    ids = rng.bytes(8 * len(ordered)).hex()
    lines = [orjson.dumps({"messageId": f"srv-{ids[16 * n : 16 * n + 16]}", **m}).decode() for n, m in enumerate(ordered)]
    return Sheet(f"{EVENTS.prefix}{source}/{(end // DAY - 1) * DAY * 1000}/part-000.gz", EVENTS, lines)


def _message(kind: str, at: int, **more: Any) -> Message:
    return {"type": kind, "timestamp": iso(at), "receivedAt": iso(at + 2), **more}


def guest_checkouts(bought: Guests) -> Iterator[Message]:
    """What the shop's server says of guests' orders."""
    items: dict[str, list[Message]] = {}
    for row in bought.order_lines.to_dict("records"):
        item = {"product_id": row["product_id"], "quantity": row["quantity"], "price": row["unit_price"]}
        items.setdefault(str(row["order_id"]), []).append(item)
    for who, row in zip(bought.who.tolist(), bought.orders.to_dict("records"), strict=True):
        order, amount = str(row["order_id"]), row["total"]
        said = {"order_id": order, "email": row["email"], "total": amount, "currency": CURRENCY, "products": items[order]}
        about = {"anonymousId": f"guest-{who:05d}", "channel": "server", "event": EventName.ORDER_COMPLETED, "properties": said}
        yield _message("track", int(row["ordered_at"]), **about)


def till_sign_ins(seen: SignIns, crowd: People) -> Iterator[Message]:
    """Customers who tell a till's tablet who they are: many of them, one device."""
    refs = crowd.refs_at(seen.customer, seen.at).tolist()
    for ref, tablet, at in zip(refs, seen.tablet.tolist(), seen.at.tolist(), strict=True):
        name = TABLETS[tablet]
        context = {"device": {"type": "tablet", "id": device_of(name)}}
        about = {"userId": ref, "anonymousId": name, "channel": "mobile", "context": context}
        yield _message("identify", at, **about, traits={"signed_in_at": name.removeprefix("tablet-")})
        yield _message("screen", at + 1, **about, name="Loyalty sign-in")


def mailings(feedback: pd.DataFrame, crowd: People) -> Iterator[Message]:
    """Links that were followed and lists that were left, as the mail tool tells Segment; `feedback` has the customers' numbers."""
    named = {"click": "Email Link Clicked", "unsubscribe": UNSUBSCRIBED}
    told = feedback[feedback["type"].isin(list(named)) & (feedback["channel"] == "email")]
    refs = crowd.refs_at(told["customer"].to_numpy(), told["at"].to_numpy()).tolist()
    for ref, row in zip(refs, told.to_dict("records"), strict=True):
        said = {"campaign_id": row["campaign"], "campaign_name": row["campaign"], "email_id": row["message_id"]}
        said |= {"link_url": "https://shop.example/new"} if row["type"] == "click" else {"list_id": "newsletter"}
        about = {"userId": ref, "context": {"traits": {"email": row["address"]}}, "channel": "server"}
        yield _message("track", int(row["at"]), **about, event=named[str(row["type"])], properties=said)


def impressions(
    rng: np.random.Generator, crowd: People, visits: Floats, products: Catalogue, start: int, banner: Banner
) -> Iterator[Message]:
    """Recommended products that came into sight in the app, and those that were tapped; where people visit, there they see them."""
    size = round(visits.shape[1] * IMPRESSIONS_A_CUSTOMER)
    weight = np.cumsum(visits.ravel())
    chosen = np.minimum(np.searchsorted(weight, rng.random(size) * weight[-1]), visits.size - 1)
    chosen = chosen[crowd.phone_first[chosen % visits.shape[1]]]
    week, customer, size = chosen // visits.shape[1], chosen % visits.shape[1], len(chosen)
    at = start + week * WEEK + rng.integers(DAY, WEEK - DAY, size)
    refs, consents = crowd.refs_at(customer, at).tolist(), banner.codes(customer, at, np.zeros(size, dtype=bool)).tolist()
    shown = products.draw(rng, np.repeat(crowd.favourite[customer], SHOWN)).reshape(size, SHOWN)
    names, clicked = products.frame["product_id"].to_numpy(), rng.random(size) < CLICKED
    answers = rng.bytes(6 * size).hex()
    for n, (c, second) in enumerate(zip(customer.tolist(), at.tolist(), strict=True)):
        said = {"recommendation_id": f"RID-{answers[12 * n : 12 * n + 12]}", "placement": "home"}
        items = [{"product_id": str(names[p]), "position": place} for place, p in enumerate(shown[n].tolist(), start=1)]
        context = {"device": {"type": "mobile", "id": f"IDFV-{c:06X}-0"}, "consent": orjson.Fragment(CONSENTS[consents[n]])}
        about = {"userId": refs[n], "anonymousId": f"device-{c:06d}-0", "channel": "mobile", "context": context}
        yield _message("track", second, **about, event=RECOMMENDATIONS_VIEWED, properties={**said, "products": items})
        if clicked[n]:
            yield _message("track", second + 9, **about, event=RECOMMENDATION_CLICKED, properties={**said, **items[0]})
