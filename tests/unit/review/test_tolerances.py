"""Tolerances are numbers that somebody can mean; anything else is refused with what would work."""

from dataclasses import asdict

import pytest

from omnichannel.review.tolerances import BadTolerances, Tolerances

AGREED = {
    "score_psi": 0.1, "population_change": 0.1, "band_share_change": 0.05, "movers": 0.2, "group_mean_change": 0.05,
    "drifted_features": 0, "model_age_days": 35,
}  # fmt: skip


def test_they_travel_as_json():
    tolerances = Tolerances(**AGREED)

    assert Tolerances.of_json(tolerances.to_json()) == tolerances
    assert asdict(tolerances) == AGREED


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("score_psi", 5), ("score_psi", 0), ("population_change", -0.1), ("movers", 1.0), ("movers", "0.2"), ("movers", True),
        ("band_share_change", float("nan")), ("group_mean_change", 0.6), ("drifted_features", 1.5), ("model_age_days", 0),
        ("model_age_days", 4000),
    ],
)  # fmt: skip
def test_what_approves_anything_or_nothing_is_refused_by_name(name, value):
    with pytest.raises(BadTolerances, match=f"{name} is .*expected"):
        Tolerances(**(AGREED | {name: value}))
