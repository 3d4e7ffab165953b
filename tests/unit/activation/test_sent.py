"""Where a customer stands at a sink decides whether a run sends."""

import pytest

from omnichannel.activation.delivery import message_id, traits_hash
from omnichannel.activation.sent import Sent, Standing, standing
from omnichannel.activation.traits import rounded, scored


def _held(**changes):
    return Sent(
        **{"customer_id": "c", "sink": "segment", "traits_hash": "h", "message_id": "m", "run": "r1", "as_of": "2026-03-01", "at": "t"}
        | changes
    )


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (None, Standing.DUE),
        (_held(), Standing.DELIVERED),
        (_held(run="r0"), Standing.UNCHANGED),
        (_held(run="r0", as_of="2026-03-02"), Standing.UNCHANGED),
        (_held(traits_hash="other", run="r0", as_of="2026-02-28"), Standing.DUE),
        (_held(traits_hash="other", run="r0"), Standing.DUE),
        (_held(traits_hash="other", run="r2", as_of="2026-03-02"), Standing.SUPERSEDED),
    ],
)
def test_a_customer_is_due_unless_the_sink_holds_the_same_or_newer(held, expected):
    assert standing(held, run="r1", as_of="2026-03-01", traits_hash="h") is expected


def test_the_date_of_the_scores_alone_is_no_change():
    today, tomorrow = ({"churn_band": "low", "propensity_as_of": day} for day in ("2026-03-01", "2026-03-02"))

    assert traits_hash(today) == traits_hash(tomorrow)


@pytest.mark.parametrize("other", [{"churn_band": "high"}, {}, {"churn_band": "low", "churn_propensity": 0.1}, {"repurchase_band": "low"}])
def test_any_other_trait_is_a_change(other):
    assert traits_hash({"churn_band": "low"}) != traits_hash(other)


def test_the_order_of_traits_is_no_change():
    assert traits_hash({"churn_band": "low", "churn_propensity": 0.1}) == traits_hash({"churn_propensity": 0.1, "churn_band": "low"})


def test_a_message_id_is_the_same_for_the_same_delivery_and_no_other():
    ids = {
        message_id(*args)
        for args in [
            ("s", "u", "h", "d"),
            ("s", "u", "h", "d"),
            ("t", "u", "h", "d"),
            ("s", "v", "h", "d"),
            ("s", "u", "i", "d"),
            ("s", "u", "h", "e"),
        ]
    }

    assert len(ids) == 5
    assert {len(name) for name in ids} == {22}


def test_message_ids_and_hashes_never_change_between_releases():
    values = traits_hash({"churn_propensity": 0.731, "churn_band": "high"})

    assert values == "a4c6db415f3ec3468bc8c0aa3c053a8a7ba222bc"
    assert message_id("segment", "CRM-1", values, "2026-03-01") == "t_t_G3immUYOHjgfRdQFXz"


def test_scores_are_compared_and_sent_with_three_decimals():
    assert (rounded(0.12349), scored("churn", 0.99951, "high")) == (0.123, {"churn_propensity": 1.0, "churn_band": "high"})
