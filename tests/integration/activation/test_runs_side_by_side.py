"""Two runs at one customer at once: of what Segment may hold of the newer one, nothing counts as unchanged."""

from datetime import UTC, datetime

import pytest

from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.parts import Member, Part
from omnichannel.activation.segment_bridge import Bridge, remember
from omnichannel.contracts.ledger import Sink
from omnichannel.experiments.holdout import Holdout
from tests.faults.channels import account

NOW = datetime(2026, 3, 4, tzinfo=UTC)
ALLOWED = {"personalization/web": {"granted": True, "at": "2026-01-01T00:00:00Z"}}


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "root")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with account(tmp_path) as made:
        yield made


def bridge(shop, run, as_of):
    part = Part(run=run, as_of=as_of, key=f"audience/run={run}/part-000.jsonl.gz")
    outcomes = Outcomes(part=part, sink=Sink.SEGMENT, now=lambda: NOW)
    return Bridge(outcomes=outcomes, state=shop.state, holdout=Holdout(salt="t", share=0.0))


def due(made, customer, score):
    member = Member(customer_id=customer, customer_ref="ref", traits={"churn_propensity": score}, decision=None)
    return list(made.due([member]))


def sent_whole(shop, made, customer, score):
    events = due(made, customer, score)
    made.leaving(events)
    remember(events, made.outcomes, shop.state)


@pytest.mark.parametrize("known", [False, True])
def test_a_newer_run_that_broke_off_behind_an_older_one_leaves_it_open_what_segment_holds(shop, known):
    [customer] = shop.customers([1], consents=ALLOWED)
    if known:
        sent_whole(shop, bridge(shop, "before", "2026-02-20"), customer, 0.5)
    older, newer = bridge(shop, "older", "2026-03-01"), bridge(shop, "newer", "2026-03-02")
    of_older, of_newer = due(older, customer, 0.1), due(newer, customer, 0.9)

    older.leaving(of_older)
    newer.leaving(of_newer)
    remember(of_older, older.outcomes, shop.state)

    assert due(bridge(shop, "third", "2026-03-03"), customer, 0.1)


@pytest.mark.parametrize("known", [False, True])
def test_a_second_worker_of_a_run_that_was_acknowledged_opens_nothing_again(shop, known):
    [customer] = shop.customers([1], consents=ALLOWED)
    if known:
        sent_whole(shop, bridge(shop, "before", "2026-02-20"), customer, 0.5)
    one, other = bridge(shop, "run", "2026-03-01"), bridge(shop, "run", "2026-03-01")
    events, again = due(one, customer, 0.1), due(other, customer, 0.1)
    one.leaving(events)
    remember(events, one.outcomes, shop.state)

    other.leaving(again)

    assert due(bridge(shop, "third", "2026-03-03"), customer, 0.1) == []
