"""Each check says what changed in words, with its value and what is still within."""

import pytest

from omnichannel.review import checks
from omnichannel.review.checks import Side
from omnichannel.review.compare import Moved, Spread
from omnichannel.review.tolerances import Tolerances
from tests.unit.review.test_tolerances import AGREED

TOLERANCES = Tolerances(**AGREED)
MANIFEST = {"run": "r2", "as_of": "2026-03-08", "published": "xgboost", "metrics": {"as_of": "2026-03-01"}}


def spread(rows=1000, **bands):
    return Spread(rows=rows, mean=0.4, bands={"low": 700, "medium": 200, "high": 100} | bands, histogram=[50] * 20)


def moved(**changes):
    return Moved(**{"score_psi": 0.01, "chance_psi": 0.03, "both": 1000, "new": 0, "gone": 0, "movers": {"low -> high": 10}} | changes)


def looked_at(now=None, last=None, between=None, **manifest):
    now = Side(manifest=MANIFEST | manifest, spread=now or spread()) if not isinstance(now, Side) else now
    last = Side(manifest=MANIFEST, spread=last or spread()) if not isinstance(last, Side) else last
    return {check.name: check for check in checks.against("churn", now, last, between or moved(), TOLERANCES)}


def test_a_day_like_the_last_is_within():
    found = looked_at()

    assert checks.outside(found.values()) == []
    assert found["movers"].says == "10 of 1,000 customers who were scored before are in another band (1.0%)"
    assert found["published"].says == "Published by xgboost, as before"


@pytest.mark.parametrize(
    ("name", "changed", "says"),
    [
        ("score_shift", {"between": moved(score_psi=0.3)}, "The scores are spread differently from the last run"),
        ("population", {"now": spread(rows=1200)}, "1,200 customers were scored, 1,000 in the last run (+200)"),
        ("bands", {"now": spread(high=180, low=620)}, "The band "),
        ("movers", {"between": moved(movers={"low -> high": 150, "high -> low": 100})}, "250 of 1,000"),
        ("published", {"published": "rfm"}, "Published by rfm; the last run was by xgboost"),
    ],
)
def test_what_is_beyond_its_tolerance_is_outside_and_says_so(name, changed, says):
    found = looked_at(**changed)

    assert not found[name].within
    assert found[name].says.startswith(says)


def test_at_its_tolerance_a_value_is_still_within():
    assert looked_at(now=spread(rows=1100))["population"].within
    assert not looked_at(now=spread(rows=1101))["population"].within


def test_a_small_run_is_allowed_what_chance_alone_would_do():
    found = looked_at(between=moved(score_psi=0.2, chance_psi=0.34))["score_shift"]

    assert (found.within, found.tolerance) == (True, 0.34)


def test_groups_count_when_they_are_large_enough_in_both_runs():
    def side(**means):
        groups = [{"group": "lifecycle", "value": v, "customers": 10 if v == "few" else 100, "mean_score": m} for v, m in means.items()]
        return Side(manifest=MANIFEST, spread=spread(), groups=groups)

    found = looked_at(now=side(active=0.3, new=0.52, few=0.9), last=side(active=0.29, new=0.4, few=0.1))["groups"]

    assert not found.within
    assert found.says == "The mean score of lifecycle new is 0.520, 0.400 in the last run"
    assert "groups" not in looked_at(now=side(few=0.9), last=side(few=0.1))


def test_a_run_tells_of_drift_and_of_the_age_of_its_model():
    manifest = MANIFEST | {"as_of": "2026-05-01", "drift": {"drifted": ["recency_days", "orders_90d", "aov", "returns_90d"]}}

    found = {check.name: check for check in checks.of_itself("churn", manifest, TOLERANCES)}

    assert found["drift"].says == "4 features drifted since training: recency_days, orders_90d, aov, …"
    assert found["model_age"].says == "The model learned from what was known 61 days before"
    assert not found["drift"].within
    assert not found["model_age"].within


def test_drift_that_was_approved_before_is_said_and_does_not_count():
    manifest = MANIFEST | {"drift": {"drifted": ["tenure_days", "aov"]}}

    known, new = (next(checks.of_itself("churn", manifest, TOLERANCES, before)) for before in (["aov", "tenure_days"], ["tenure_days"]))

    assert (known.within, known.says) == (True, "No feature began to drift; 2 others had when the last run was approved")
    assert (new.within, new.value) == (False, 1)
    assert new.says == "1 feature drifted since training: aov; 1 other had when the last run was approved"


def test_infinite_values_are_for_a_person_to_look_at():
    manifest = {"as_of": "2026-05-01", "infinite_as_unknown": {"aov": 3, "orders_90d": 1_200}}

    (found,) = checks.of_itself("churn", manifest, TOLERANCES)

    assert (found.name, found.value, found.within) == ("infinite", 1_203, False)
    assert found.says == "Infinite values of 2 features count as unknown, as the model reads them: orders_90d (1,200), aov (3)"


def test_what_a_run_does_not_say_is_not_checked():
    assert list(checks.of_itself("churn", {"as_of": "2026-05-01"}, TOLERANCES)) == []


def test_nobody_before_and_nobody_now_is_no_division_by_zero():
    empty = Spread(rows=0, mean=0.0, bands={"low": 0, "medium": 0, "high": 0}, histogram=[0] * 20)

    found = looked_at(now=empty, last=empty, between=moved(score_psi=0.0, both=0, movers={}))

    assert checks.outside(found.values()) == []
