"""The pace towards Segment: agreed with the workspace, lowered when Segment asks, and never raised within a run."""

import pytest

from omnichannel.activation.segment_pace import LEAST_SHARE, Pace


def test_each_lowering_halves_the_pace_and_is_kept():
    kept = []
    pace = Pace(agreed=400, keep=kept.append)

    pace.lower()
    pace.lower()

    assert (pace.now, kept) == (100, [200, 100])


def test_a_pace_does_not_fall_below_its_least_share_nor_is_that_kept_again():
    kept = []
    pace = Pace(agreed=160, keep=kept.append)

    for _ in range(20):
        pace.lower()

    assert (pace.now, kept) == (160 * LEAST_SHARE, [80, 40, 20, 10])


@pytest.mark.parametrize(("kept", "now"), [(100, 100), (1e9, 400), (0.1, 25)])
def test_what_an_earlier_call_kept_counts_within_what_is_agreed(kept, now):
    assert Pace(agreed=400, now=kept).now == now


@pytest.mark.parametrize("agreed", [0, -1, float("nan")])
def test_a_pace_that_is_none_is_an_error(agreed):
    with pytest.raises(ValueError, match="expected a number above 0"):
        Pace(agreed=agreed)
