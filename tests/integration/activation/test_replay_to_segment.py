"""A run that Segment did not take, replayed through the bridge: only its failures go out, once, and the ledger closes."""

from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas import segment_bridge
from omnichannel.activation.parts import index
from omnichannel.aws import clients
from omnichannel.contracts import zones
from omnichannel.contracts.ledger import Sink
from omnichannel.ledger.close import SinkFailed
from omnichannel.ledger.replaying import Replay, gather
from tests.integration.activation.conftest import LAKE, Retailer, Segment


def _gathered(run: str, number: int = 1, *, superseded: bool = False) -> list[str]:
    s3 = clients.client("s3")
    for key in index(s3, LAKE, run)["parts"]:
        s3.copy_object(Bucket=LAKE, CopySource={"Bucket": LAKE, "Key": key}, Key=zones.decided_part(run, zones.part_name(key)))
    of = Replay(run=run, number=number, superseded=superseded, at=datetime.now(UTC), s3=s3, lake=LAKE)
    return gather(of, [Sink.SEGMENT])["segment"]


@pytest.fixture
def refused(retailer: Retailer, segment: Segment) -> dict[str, Any]:
    """A run of 25 customers in three parts, of which Segment took the first and then refused the write key."""
    retailer.customers(25)
    index = retailer.audience("r1", retailer.score_everyone(25))
    retailer.activate({**index, "parts": index["parts"][:1]}, segment_bridge)
    segment.script = [401, 401, 401, 401, 401, 401]
    retailer.activate({**index, "parts": index["parts"][1:]}, segment_bridge)
    segment.script = []
    with pytest.raises(SinkFailed, match="15 unauthorized"):
        retailer.close(index, "segment")
    return index


def test_only_failures_are_sent_once_and_the_ledger_closes(refused: dict[str, Any], retailer: Retailer, segment: Segment) -> None:
    before = len(segment.taken)

    parts = _gathered("r1")
    retailer.activate({**refused, "parts": parts}, segment_bridge)

    [row] = retailer.close(refused, "segment")
    assert (before, len(segment.taken), len(set(segment.ids)), row["delivered"]) == (10, 25, 25, 25)


def test_replayed_once_more_nothing_is_left_to_send(refused: dict[str, Any], retailer: Retailer, segment: Segment) -> None:
    retailer.activate({**refused, "parts": _gathered("r1")}, segment_bridge)

    assert _gathered("r1", 2) == []
    assert len(segment.taken) == 25


def test_of_a_run_that_was_superseded_nothing_is_sent(refused: dict[str, Any], retailer: Retailer, segment: Segment) -> None:
    assert _gathered("r1", superseded=True) == []

    [row] = retailer.close(refused, "segment")
    assert (len(segment.taken), row["delivered"], row["withheld"]) == (10, 10, {"superseded": 15})


def test_a_newer_score_at_the_sink_is_not_overwritten(refused: dict[str, Any], retailer: Retailer, segment: Segment) -> None:
    newer = retailer.audience("r2", retailer.score_everyone(25, score=0.9, run="s2", as_of="2026-03-02"), as_of="2026-03-02")
    retailer.activate(newer, segment_bridge)
    taken = len(segment.taken)

    retailer.activate({**refused, "parts": _gathered("r1")}, segment_bridge)

    [row] = retailer.close(refused, "segment")
    assert (len(segment.taken), row["delivered"], row["withheld"]) == (taken, 10, {"superseded": 15})
