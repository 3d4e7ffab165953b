"""Watches the loop for the journal: the bus by a tap, the ledger and the twins while something is on its way."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlencode

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from omnichannel.aws.dynamodb import Unprocessed, batch_get
from omnichannel.contracts import zones
from omnichannel.contracts.events import BUS_SOURCE, DECISIONS_SOURCE, DetailType
from omnichannel.contracts.ledger import LIVE, Flow
from omnichannel.ledger.parts import unpacked
from omnichannel.playbook.interactions import interactions
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.flow import twins
from sandbox.storefront import seen
from sandbox.storefront.journal import DONE, SKIPPED, Journal
from sandbox.storefront.tap import Tap

EVERY_SECONDS = 0.5
"""How often the ledger is looked at while an event is on its way there."""
_FAILURES = (ClientError, BotoCoreError, HTTPError, SandboxError, Unprocessed)
_ITEM = ("customer_id", "live_segments", "next_action", "consents")
_log = logging.getLogger(__name__)


class Watch:
    """Two threads: one hears the bus, one looks at the ledger. Both end with `close`."""

    def __init__(self, cloud: Cloud, journal: Journal, tap: Tap, names: Mapping[str, str]) -> None:
        self._cloud, self._journal, self._tap, self._names = cloud, journal, tap, names
        self._over = threading.Event()
        self._events = Parts(cloud, f"{zones.LEDGER}/flow={Flow.EVENTS}/")
        self._messages = Parts(cloud, f"{zones.LEDGER}/flow={Flow.MESSAGING}/run={LIVE}")
        self._learned = interactions().names
        # A part may be there before the bus was heard of it: rows wait until somebody asks for them.
        self._relayed: dict[str, Mapping[str, Any]] = {}
        self._sent: dict[str, Mapping[str, Any]] = {}
        self._threads = [threading.Thread(target=self._go_on, args=(each,), daemon=True) for each in (self._hear, self._look)]

    def start(self) -> None:
        """Begins; what was in the ledger before is not looked at."""
        self._events.forget_what_is_there()
        self._messages.forget_what_is_there()
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Ends both threads, the one at the bus after its long poll."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def read_customer(self, customer_id: str) -> None:
        """Tells the journal what the customer's item holds now."""
        keys = [{"customer_id": customer_id}]
        for item in batch_get(self._cloud.client("dynamodb"), self._cloud.deployment.customers_table, keys, _ITEM):
            self._journal.knows(customer_id, seen.customer(item, self._names))

    def look_who(self, anonymous_id: str) -> None:
        """Tells the journal who the sinks take a browser for."""
        profiles = twins.ask(self._cloud, "segment/profiles?" + urlencode({"anonymousId": anonymous_id}))
        events = twins.ask(self._cloud, "personalize-events/events?" + urlencode({"sessionId": anonymous_id}))
        self._journal.is_one(anonymous_id, seen.identity(profiles, events))

    def _go_on(self, turn: Callable[[], None]) -> None:
        """A part of the sandbox that does not answer is asked again: the page says what it has seen until then."""
        while not self._over.is_set():
            try:
                turn()
            except _FAILURES as failure:
                _log.warning("the loop is not seen at the moment: %s", type(failure).__name__)
                self._over.wait(EVERY_SECONDS)

    def _hear(self) -> None:
        for told in self._tap.read():
            self._heard(told["source"], told["detail-type"], told["detail"])

    def _heard(self, source: str, kind: str, detail: Mapping[str, Any]) -> None:
        if source == BUS_SOURCE:
            self._on_bus(detail)
        elif source == DECISIONS_SOURCE and detail["customer_id"] in self._journal.customers():
            self._decided(detail)
        elif detail["customer_id"] in self._journal.customers():
            entered = kind == DetailType.SEGMENT_ENTERED
            what, at = f"{'into' if entered else 'out of'} “{detail['segment']}”", datetime.fromisoformat(detail["at"])
            title = f"{detail['segment']}: {'entered' if entered else 'left'}"
            self._journal.changed(detail["customer_id"], at.isoformat(timespec="microseconds"), what, title)
            self.read_customer(detail["customer_id"])

    def _on_bus(self, detail: Mapping[str, Any]) -> None:
        self._journal.saw(detail["message_id"], "bus", DONE, "on the bus")
        if detail["name"] not in self._learned:
            self._journal.saw(detail["message_id"], "relay", SKIPPED, seen.NOT_FOR_PERSONALIZE)

    def _decided(self, detail: Mapping[str, Any]) -> None:
        self.read_customer(detail["customer_id"])
        text, sent = seen.by_decision(detail)
        self._journal.decided(detail["customer_id"], detail["caused_at"], detail["event_id"], text, sent)

    def _look(self) -> None:
        waiting = {message_id: browser for browser, message_id in self._journal.open_at("relay", after="bus")}
        if waiting:
            self._relayed |= {row["message_id"]: row for _, row in self._events.new()}
        for message_id in waiting.keys() & self._relayed.keys():
            self._at_relay(waiting[message_id], self._relayed.pop(message_id))
        awaited = self._journal.messages_awaited()
        if awaited:
            self._sent |= {PurePosixPath(key).name.partition(".")[0]: row for key, row in self._messages.new()}
        for decision in awaited & self._sent.keys():
            self._journal.messaged(decision, seen.by_messenger(self._sent.pop(decision)))
        self._over.wait(EVERY_SECONDS)

    def _at_relay(self, browser: str, row: Mapping[str, Any]) -> None:
        hop = seen.by_relay(row)
        self._journal.saw(row["message_id"], "relay", hop.state, hop.text)
        if not self._journal.visitor(browser).customer_id:
            self._journal.ends_at(row["message_id"], "relay", seen.UNKNOWN)
        self.look_who(browser)


class Parts:
    """The parts of a ledger, each read once."""

    def __init__(self, cloud: Cloud, prefix: str) -> None:
        self._s3, self._bucket, self._prefix = cloud.client("s3"), cloud.deployment.lake_bucket, prefix
        self._read: set[str] = set()

    def forget_what_is_there(self) -> None:
        """Parts of before are read already."""
        self._read.update(self._keys())

    def new(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The rows of parts that were written since, each with the part's key."""
        for key in self._keys():
            if key not in self._read:
                for row in unpacked(self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()):
                    yield key, row
                self._read.add(key)

    def _keys(self) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", ()) if item["Key"].endswith(".jsonl.gz")]
