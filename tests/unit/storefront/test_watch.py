import gzip
import json
from types import SimpleNamespace

import pytest

from sandbox.storefront import watch as watching
from sandbox.storefront.journal import DONE, SKIPPED, Hop, Journal
from sandbox.storefront.watch import Watch

AT = "2026-11-20T10:00:00.000005+00:00"


class Lake:
    """Parts of ledgers by key."""

    def __init__(self):
        self.parts = {}

    def put(self, key, *rows):
        self.parts[key] = gzip.compress("\n".join(map(json.dumps, rows)).encode())

    def get_paginator(self, _):
        return self

    def paginate(self, **asked):
        return [{"Contents": [{"Key": key} for key in self.parts if key.startswith(asked["Prefix"])]}]

    def get_object(self, **asked):
        return {"Body": SimpleNamespace(read=lambda: self.parts[asked["Key"]])}


@pytest.fixture
def scene(monkeypatch):
    """A journal with one click of a customer, the lake, and what watches them."""
    monkeypatch.setattr(watching, "EVERY_SECONDS", 0)
    monkeypatch.setattr(watching.twins, "ask", lambda cloud, what: [])
    monkeypatch.setattr(Watch, "read_customer", lambda self, customer_id: None)
    lake, journal = Lake(), Journal(lambda: 1.0)
    cloud = SimpleNamespace(client=lambda _: lake, deployment=SimpleNamespace(lake_bucket="lake"))
    journal.is_now("anon-1", "C1", "c_1")
    journal.begin("anon-1", id="m1", title="Order Completed", about="Pan", at=AT)
    return journal, lake, Watch(cloud, journal, None, {})


def hops(journal):
    return {name: hop.state for name, hop in journal.visitor("anon-1").traces[-1].hops.items()}


def on_bus(name="Order Completed"):
    return "omnichannel.events", "Interaction", {"message_id": "m1", "name": name}


def decided(**more):
    detail = {
        "customer_id": "c_1",
        "event_id": "d1",
        "caused_at": AT,
        "action": "complement",
        "campaign": "care",
        "channel": "email",
        **more,
    }
    return "omnichannel.decisions", "Decided", detail


def test_a_row_that_was_written_before_the_bus_was_heard_still_counts(scene):
    journal, lake, watch = scene
    lake.put("ledger/flow=events/run=1/sink=personalize/a.jsonl.gz", {"message_id": "m1", "status": "delivered", "customer_id": "c_1"})

    watch._look()
    before = hops(journal)["relay"]
    watch._heard(*on_bus())
    watch._look()

    assert (before, hops(journal)["relay"]) == ("waiting", DONE)


def test_what_personalize_does_not_learn_from_is_told_at_the_bus(scene):
    journal, _, watch = scene

    watch._heard(*on_bus("Checkout Started"))

    assert hops(journal)["relay"] == SKIPPED


def test_a_message_is_found_by_the_decision_that_asked_for_it(scene):
    journal, lake, watch = scene
    watch._heard(*decided())
    lake.put("ledger/flow=messaging/run=live-2026-11-20/sink=pinpoint/d1.jsonl.gz", {"sink": "pinpoint", "status": "delivered"})

    watch._look()

    assert (hops(journal)["decision"], hops(journal)["message"]) == (DONE, DONE)


def test_a_segment_that_was_entered_belongs_to_its_event(scene):
    journal, _, watch = scene

    watch._heard("omnichannel.segments", "SegmentEntered", {"customer_id": "c_1", "segment": "Just bought", "at": AT})

    assert journal.visitor("anon-1").traces[-1].hops["segment"] == Hop(state=DONE, text="into “Just bought”", seconds=0.0)


def test_what_became_of_somebody_else_is_left_alone(scene):
    journal, _, watch = scene

    watch._heard(*decided(customer_id="c_2"))

    assert hops(journal)["decision"] == "waiting"
