"""Score runs in the lake become an audience: complete, deterministic, or refused with the reason."""

import json

import pytest

from omnichannel.activation.audience import UnusableScores
from omnichannel.activation.parts import members


def test_the_audience_is_what_its_index_says(retailer):
    retailer.customers(25)

    index = retailer.audience("run-1", retailer.score_everyone(25))

    assert {name: value for name, value in index.items() if name != "order"} == {
        "run": "run-1",
        "as_of": "2026-03-01",
        "parts": [f"activation/run=run-1/audience/part-{number:03d}.jsonl.gz" for number in range(3)],
        "customers": 25,
    }
    assert json.loads(retailer.object("activation/run=run-1/parts.json")) == index


def test_the_same_run_again_writes_the_same_bytes(retailer):
    retailer.customers(25)
    keys = retailer.score_everyone(25)

    retailer.audience("run-1", keys)
    first = retailer.lake("activation/")
    retailer.audience("run-1", keys)

    assert retailer.lake("activation/") == first


def test_a_redirect_item_is_no_customer(retailer):
    retailer.customer(0)
    retailer.customer(1, customer_id="customer_ref#CRM-0", customer_ref=None)

    index = retailer.audience("run-1", retailer.score_everyone(1))

    assert index["customers"] == 1


def test_no_customers_are_an_audience_of_none(retailer):
    index = retailer.audience("run-1", retailer.score_everyone(0))

    assert (index["parts"], index["customers"]) == ([], 0)


@pytest.mark.parametrize(
    ("announced", "message"),
    [
        ({"rows": 3}, "3 rows announced, 2 found"),
        ({"as_of": "2026-02-01"}, "scores as of 2026-02-01, expected 2026-03-01"),
    ],
)
def test_a_run_that_is_not_what_its_manifest_says_is_refused(retailer, announced, message):
    key = retailer.scores("churn", [("c_1", 0.1), ("c_2", 0.2)], announced=announced)

    with pytest.raises(UnusableScores, match=message):
        retailer.audience("run-1", {"churn": key})


def test_a_customer_scored_twice_is_refused(retailer):
    key = retailer.scores("churn", [("c_1", 0.1), ("c_1", 0.2)])

    with pytest.raises(UnusableScores, match="1 customers twice"):
        retailer.audience("run-1", {"churn": key})


def test_a_missing_score_is_refused(retailer):
    key = retailer.scores("churn", [("c_1", 0.1), (None, 0.2)])

    with pytest.raises(UnusableScores, match="1 values missing"):
        retailer.audience("run-1", {"churn": key})


def _traits(retailer, index):
    return {member.customer_id: member.traits for part in index["parts"] for member in members(retailer.object(part))}


def test_the_newest_segments_that_are_not_after_the_date_go_along(retailer):
    retailer.customers(2)
    keys = retailer.score_everyone(2)
    retailer.segments({"c_0000": "Lookers", "c_0001": "Regulars"}, as_of="2026-02-01", run="old")
    retailer.segments({"c_0000": "Regulars", "c_0009": "Lookers"}, run="new")
    retailer.segments({"c_0000": "Nobody", "c_0001": "Others"}, as_of="2026-04-01", run="later")

    traits = _traits(retailer, retailer.audience("run-1", keys))

    assert {customer: each.get("customer_segment") for customer, each in traits.items()} == {"c_0000": "Regulars", "c_0001": None}


def test_segments_of_the_date_are_waited_for(retailer, monkeypatch):
    monkeypatch.setenv("SEGMENTS_SECONDS", "1800")
    retailer.customers(2)
    keys = retailer.score_everyone(2)

    asked = retailer.audience("run-1", keys)
    retailer.segments({"c_0000": "Regulars", "c_0001": "Lookers"})
    index = retailer.audience("run-1", keys)

    assert asked == {"run": "run-1", "as_of": "2026-03-01", "waiting": "segments"}
    assert index["customers"] == 2
    assert {traits["customer_segment"] for traits in _traits(retailer, index).values()} == {"Regulars", "Lookers"}
