"""The shop's counter: says a click to Segment and to the event door, and asks for recommendations, with the sandbox's own credentials."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from urllib3.exceptions import HTTPError

from omnichannel.contracts.recommendations import Placement
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.flow import http
from sandbox.flow.recommend import recommendations
from sandbox.storefront import people, seen
from sandbox.storefront.journal import DONE, Journal
from sandbox.storefront.messages import Click, Message, Unsaid, Who, message, products_named
from sandbox.storefront.shelf import Shelf
from sandbox.storefront.watch import Watch

TRIES = 3
"""How often a message is sent that nobody has answered."""


class Counter:
    """What the page's requests come down to. The secrets stay here."""

    def __init__(self, cloud: Cloud, shelf: Shelf, journal: Journal, watch: Watch) -> None:
        self._cloud, self._shelf, self._journal, self._watch = cloud, shelf, journal, watch

    def take(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """One click: to Segment, then through the door. Gives the message's id and the door's status; raises `Unsaid`."""
        who, click, now = Who.of(given.get("who") or {}), Click.of(given), datetime.now(UTC)
        told = message(click, who, self._shelf.products, id=f"shop-{uuid4().hex}", at=now)
        self.meet(who.anonymous_id, who.user_id)
        self._journal.begin(
            who.anonymous_id, id=told["messageId"], title=_title(told), about=_about(click, told), at=now.isoformat(timespec="microseconds")
        )
        self._to_segment(told)
        answer = self._to_door(told)
        hop = seen.by_door(answer.status, answer.body)
        self._journal.saw(told["messageId"], "door", hop.state, hop.text)
        if hop.state != DONE:
            self._journal.ends_at(told["messageId"], "door", "")
            self._watch.look_who(who.anonymous_id)
        return {"message_id": told["messageId"], "status": answer.status, "order_id": (told.get("properties") or {}).get("order_id", "")}

    def meet(self, anonymous_id: str, user_id: str) -> None:
        """Who is at the browser now."""
        customer_id = people.customer_of(self._cloud, user_id)
        self._journal.is_now(anonymous_id, user_id, customer_id)
        if customer_id:
            self._watch.read_customer(customer_id)

    def visitor(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Who is at a browser, and what is known of them; raises `Unsaid`."""
        who = Who.of(query)
        self.meet(who.anonymous_id, who.user_id)
        self._watch.look_who(who.anonymous_id)
        return self._journal.told(who.anonymous_id)

    def recommend(self, placement: str, query: Mapping[str, str]) -> dict[str, Any]:
        """The deployed API's answer, by the user once logged in, else by the browser.

        What the API refuses it refuses again, so that trying costs little. Raises `SandboxError` with its problem, and `Unsaid` for another
        address than a placement's: whatever is asked here is signed.
        """
        if placement not in set(Placement):
            raise Unsaid(f"unknown placement; expected one of {', '.join(Placement)}")
        who = {"customer_ref": query["user_id"]} if query.get("user_id") else {"anonymous_id": query.get("anonymous_id", "")}
        rest = {name: query[name] for name in ("product_id", "limit", "exclude") if query.get(name)}
        for _ in range(TRIES - 1):
            # A function of the sandbox may take longer to start than an answer is waited for; the next time it has started.
            with suppress(HTTPError, SandboxError):
                return recommendations(self._cloud, placement, **who, **rest)
        return recommendations(self._cloud, placement, **who, **rest)

    def _to_segment(self, told: Message) -> None:
        """As analytics.js does; Segment's twin keeps the profile."""
        if self._cloud.sandbox is None:
            raise SandboxError("The storefront", "this is an AWS account; the shop is only in a sandbox")
        url = f"{self._cloud.sandbox.twin_url}/segment/v1/{told['type']}"
        key = base64.b64encode(f"{self._write_key}:".encode()).decode()
        answer = self._post(url, json.dumps(told).encode(), {"content-type": "application/json", "authorization": f"Basic {key}"})
        if answer.status >= 300:
            raise SandboxError("The storefront", f"Segment's twin answered {answer.status}", hint="omni status")

    def _to_door(self, told: Message) -> http.Answer:
        """As Segment's webhook does: the raw body, signed."""
        body = json.dumps(told).encode()
        signature = hmac.new(self._signing_key.encode(), body, hashlib.sha1).hexdigest()
        door = f"{self._cloud.deployment.event_door_url.rstrip('/')}/segment"
        return self._post(door, body, {"content-type": "application/json", "x-signature": signature})

    def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> http.Answer:
        """The same message again where nothing came back, or a 503: as analytics.js and Segment do. Its id makes it count once."""
        for _ in range(TRIES - 1):
            try:
                answer = http.post(self._cloud, url, body, headers)
            except HTTPError:
                continue
            if answer.status != HTTPStatus.SERVICE_UNAVAILABLE:
                return answer
        return http.post(self._cloud, url, body, headers)

    @cached_property
    def _write_key(self) -> str:
        return str(self._secret(self._cloud.deployment.segment_secret)["write_key"])

    @cached_property
    def _signing_key(self) -> str:
        return str(self._secret(self._cloud.deployment.webhook_secret)["current"])

    def _secret(self, name: str) -> dict[str, Any]:
        return dict(json.loads(self._cloud.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]))


def _title(told: Message) -> str:
    return str(told.get("event") or "identify")


def _about(click: Click, told: Message) -> str:
    """What it was about, in the page's words; of a person nothing."""
    names = list(products_named(told))
    if click.action == "list":
        return f"{len(names)} products, {click.place or 'home'}"
    if click.action == "search":
        return f"“{click.query}”"
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")
