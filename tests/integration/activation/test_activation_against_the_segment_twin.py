"""The sender against the sandbox's Segment, which throttles, refuses and silently drops as the real one does."""

import gzip
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace

import pytest
import urllib3

from lambdas import segment_bridge
from omnichannel.activation.sender import Sender
from omnichannel.ledger.tally import closes
from sandbox.twins.context import TwinContext
from sandbox.twins.records import Records
from sandbox.twins.segment import SegmentTwin
from sandbox.twins.store import Store

COUNT = 40


class Connection:
    """Hands a request to the twin, as its server would."""

    def __init__(self, twin):
        self.twin = twin

    def request(self, method, url, *, body, headers, **_):
        lower = {name.lower(): value for name, value in headers.items()}
        answer = self.twin.handle(method, urllib3.util.parse_url(url).path, lower, gzip.decompress(body))
        return SimpleNamespace(status=answer.status, headers=urllib3.HTTPHeaderDict(answer.headers))


@pytest.fixture
def twin(retailer, time, tmp_path, monkeypatch):
    """A twin on the test's clock, which only moves when the sender waits."""

    def now():
        return datetime(2026, 3, 2, tzinfo=UTC) + timedelta(seconds=time.seconds)

    with ExitStack() as opened:
        records, store = Records(tmp_path / "received.jsonl", now), Store(tmp_path / "state.sqlite")
        twin = SegmentTwin(TwinContext(directory=tmp_path, records=records, store=store, cloud=None, now=now))
        for each in (records, store, twin):
            opened.callback(each.close)
        twin.control("configure", {"write_keys": ["canary-write-key"]})
        monkeypatch.setattr(segment_bridge, "Sender", partial(Sender, clock=time, sleep=time.sleep, now=now))
        monkeypatch.setattr(segment_bridge, "_connections", lambda: Connection(twin))
        yield twin


@pytest.fixture
def everyone(retailer):
    retailer.customers(COUNT)
    return retailer.audience("run-1", retailer.score_everyone(COUNT))


def _outcome(retailer, index, twin):
    """The ledger's row, and what the twin took: the two must tell the same."""
    retailer.activate(index, segment_bridge)
    (row,) = retailer.close(index, "segment")
    return row, Counter(event["messageId"] for event in twin.inspect("delivered", {}))


def test_the_twin_drops_nothing_of_what_is_sent(retailer, twin, everyone):
    row, delivered = _outcome(retailer, everyone, twin)

    assert (row["delivered"], len(delivered), closes(row)) == (COUNT, COUNT, True)
    assert twin.inspect("counters", {}) == {"accepted": COUNT, "requests": 4, "answered 200": 4}


def test_a_slow_workspace_gets_everything_in_its_own_time(retailer, twin, everyone, time):
    twin.control("configure", {"events_per_second": 5})

    row, delivered = _outcome(retailer, everyone, twin)

    counters = twin.inspect("counters", {})
    assert counters["answered 429"] > 0
    assert (row["delivered"], set(delivered.values())) == (COUNT, {1})


def test_an_answer_that_is_lost_makes_duplicates_that_the_twin_knows(retailer, twin, everyone):
    twin.control("configure", {"answers": [{"status": 503, "accept": True}] * 3})

    row, delivered = _outcome(retailer, everyone, twin)

    assert (row["delivered"], set(delivered.values())) == (COUNT, {1})
    assert twin.inspect("counters", {})["duplicate"] > 0


def test_a_second_run_of_the_same_scores_is_no_request(retailer, twin, everyone):
    _outcome(retailer, everyone, twin)
    requests = twin.inspect("counters", {})["requests"]

    later = retailer.audience("run-2", retailer.score_everyone(COUNT, run="s2"))
    row, _ = _outcome(retailer, later, twin)

    assert row["withheld"] == {"unchanged": COUNT}
    assert twin.inspect("counters", {})["requests"] == requests
