"""Runs that come in another order than their scores: the sink and the items end with the newest."""

import json
from datetime import UTC, datetime

import pytest

from lambdas import file_bridge, segment_bridge, segment_files
from omnichannel.activation import sent
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.parts import Part
from omnichannel.activation.sent import Sent
from omnichannel.aws import clients
from omnichannel.aws import s3 as objects
from omnichannel.contracts import zones
from omnichannel.contracts.ledger import Sink

COUNT = 3
D1, D2, D3 = "2026-03-01", "2026-03-02", "2026-03-03"
BRIDGES = {Sink.SEGMENT: segment_bridge, Sink.FILE: file_bridge}


class Runs:
    """Activation runs by name: their scores, their date, and when those were written."""

    def __init__(self, retailer):
        self.retailer = retailer
        retailer.customers(COUNT)
        for number in range(COUNT):
            retailer.customer(number, email=f"c{number}@example.com")

    def made(self, run, score, as_of=D1, written="08"):
        keys = self.retailer.score_everyone(COUNT, score=score, run=f"s-{run}", as_of=as_of)
        index = self.retailer.audience(run, keys, as_of=as_of)
        self.ordered(index, f"{as_of}|{written}|{run}" if written else None)
        return index

    def ordered(self, index, order):
        known = {name: value for name, value in index.items() if name != "order"}
        body = json.dumps({**known, **({"order": order} if order else {})}).encode()
        objects.put(clients.client("s3"), "lake", zones.audience_index(index["run"]), body, objects.JSON)

    def deliver(self, index, sink):
        self.retailer.activate(index, BRIDGES[sink])
        flow = sink.flow
        return set(self.retailer.outcomes(flow, index["run"], sink.value).values())

    def held(self, sink):
        return self.retailer.sent()["c_0000", sink.value]


@pytest.fixture
def runs(retailer):
    return Runs(retailer)


@pytest.mark.parametrize("sink", BRIDGES)
def test_a_run_that_found_everything_unchanged_is_newer_than_one_of_a_date_before_it(runs, segment, sink):
    d1, d2, d3 = runs.made("run-1", 0.5), runs.made("run-2", 0.9, D2), runs.made("run-3", 0.5, D3)

    said = [runs.deliver(each, sink) for each in (d1, d3, d2)]

    assert said == [{"delivered"}, {"unchanged"}, {"superseded"}]
    assert (runs.held(sink)["run"], runs.held(sink)["as_of"]) == ("run-1", D3)


@pytest.mark.parametrize("sink", BRIDGES)
def test_of_two_runs_of_one_date_the_later_written_scores_stay(runs, segment, sink):
    early, late = runs.made("run-a", 0.5, written="08"), runs.made("run-b", 0.9, written="09")

    said = [runs.deliver(each, sink) for each in (late, early, late)]

    assert said == [{"delivered"}, {"superseded"}, {"delivered"}]


def test_runs_without_an_order_go_by_their_date_alone(runs, segment):
    first, second = runs.made("run-a", 0.5, written="09"), runs.made("run-b", 0.9, written="")

    assert [runs.deliver(each, Sink.SEGMENT) for each in (first, second)] == [{"delivered"}, {"delivered"}]


def test_an_unchanged_run_writes_its_order_once(runs, segment, monkeypatch):
    first, later = runs.made("run-1", 0.5), runs.made("run-2", 0.5, D2)
    runs.deliver(first, Sink.SEGMENT)
    written = []
    together = sent.write_together
    monkeypatch.setattr(sent, "write_together", lambda client, actions: written.append(len(actions)) or together(client, actions))

    said = [runs.deliver(later, Sink.SEGMENT), runs.deliver(later, Sink.SEGMENT), runs.deliver(first, Sink.SEGMENT)]

    assert said == [{"unchanged"}, {"unchanged"}, {"delivered"}]
    assert written == [COUNT]


def test_a_record_of_before_runs_had_an_order_is_read_and_gives_way(runs, segment):
    record = {"customer_id": "c_0000", "sink": "segment", "traits_hash": "h", "message_id": "m", "run": "old", "as_of": D1, "at": "t"}
    clients.client("dynamodb").put_item(TableName="sent", Item={name: {"S": value} for name, value in record.items()})

    assert runs.deliver(runs.made("run-1", 0.5), Sink.SEGMENT) == {"delivered"}
    assert runs.held(Sink.SEGMENT)["order"] == f"{D1}|08|run-1"


def _sent(customer_id, order, values, as_of=D1):
    return Sent(
        customer_id=customer_id, sink="segment", traits_hash=values, message_id=f"m-{values}", run=order, as_of=as_of, at="t", order=order
    )  # fmt: skip


def test_a_write_of_an_older_run_of_the_same_date_leaves_the_newer_record_without_its_hash(retailer):
    dynamodb = clients.client("dynamodb")
    sent.write(dynamodb, "sent", [_sent("c_1", "b", "newer")])

    overtaken = sent.write(dynamodb, "sent", [_sent("c_1", "a", "older")])

    held = retailer.sent()["c_1", "segment"]
    assert overtaken == {"c_1"}
    assert (held["order"], held["traits_hash"]) == ("b", "")


def test_another_run_that_delivers_between_our_read_and_our_mark_is_seen(retailer):
    dynamodb = clients.client("dynamodb")
    sent.write(dynamodb, "sent", [_sent("c_1", "a", "A"), _sent("c_2", "a", "A")])

    class Meanwhile:
        def __getattr__(self, name):
            return getattr(dynamodb, name)

        def transact_write_items(self, **request):
            if any("Update" in action for action in request["TransactItems"]):
                sent.write(dynamodb, "sent", [_sent("c_1", "b", "B")])
            return dynamodb.transact_write_items(**request)

    part = Part(run="c", as_of=D1, key="p", order="c")
    held = sent.marked(Meanwhile(), "sent", Sink.SEGMENT, {"c_1": "A", "c_2": "A"}, part)

    assert {customer: (each.traits_hash, each.order) for customer, each in held.items()} == {"c_1": ("B", "b"), "c_2": ("A", "c")}
    assert retailer.sent()["c_2", "segment"]["order"] == "c"


def test_values_that_return_on_one_date_are_taken_by_a_segment_that_drops_repeats(runs, segment):
    for number, score in enumerate((0.5, 0.9, 0.5, 0.9)):
        runs.deliver(runs.made(f"run-{number}", score, written=f"1{number}"), Sink.SEGMENT)

    taken = {event["messageId"]: event["traits"]["churn_propensity"] for event in segment.taken if event["userId"] == "CRM-0"}
    assert list(taken.values()) == [0.5, 0.9, 0.5, 0.9]


def test_files_written_again_by_a_run_that_changed_values_keep_their_ids(runs, retailer):
    first, second = runs.made("run-1", 0.5), runs.made("run-2", 0.9, written="09")
    for index in (first, second):
        retailer.activate(index, segment_files)
    before = retailer.lake("activation/run=run-2/segment/")

    retailer.activate(second, segment_files)

    assert retailer.lake("activation/run=run-2/segment/") == before


def test_the_audience_knows_when_the_newest_of_its_scores_were_written(retailer):
    retailer.customers(COUNT)
    keys = retailer.score_everyone(COUNT)
    s3 = clients.client("s3")
    written = max(s3.head_object(Bucket="lake", Key=key)["LastModified"] for key in keys.values())

    index = retailer.audience("run-1", keys)

    assert index["order"] == f"{D1}|{written.isoformat()}|run-1"
    assert json.loads(retailer.object("activation/run=run-1/parts.json"))["order"] == index["order"]


def test_a_record_is_made_of_its_part():
    part = Part(run="r", as_of=D1, key="p", order="o")
    outcomes = Outcomes(part=part, sink=Sink.FILE, now=lambda: datetime(2026, 3, 1, tzinfo=UTC))

    record = Sent.by(outcomes.part, outcomes.sink, customer_id="c", traits_hash="h", message_id="m", at=outcomes.now())

    assert record == Sent(
        customer_id="c", sink="file", traits_hash="h", message_id="m", run="r", as_of=D1, at="2026-03-01T00:00:00+00:00", order="o"
    )  # fmt: skip
