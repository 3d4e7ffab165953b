"""An activation starts once every model has a finished score run of the date; the newest of each counts."""

from datetime import UTC, date, datetime

import pytest

from omnichannel.activation.starter import Activation, Manifest, NotAManifest, newest, parse
from omnichannel.contracts.scores import Model
from omnichannel.contracts.zones import score_manifest

DAY = date(2026, 3, 1)


def _manifest(model, run, hour=0):
    return Manifest(datetime(2026, 3, 2, hour, tzinfo=UTC), score_manifest(model, DAY, run), model, DAY, run)


def _activation(churn="a", repurchase="b"):
    return Activation(as_of=DAY, manifests=newest([_manifest(Model.CHURN, churn), _manifest(Model.REPURCHASE, repurchase)]))


def test_the_key_of_a_manifest_names_its_run():
    assert parse(score_manifest(Model.CHURN, DAY, "run-7")) == (Model.CHURN, DAY, "run-7")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "scores/model=churn/as_of=2026-03-01/run=r/part-000.parquet",
        "scores/model=weather/as_of=2026-03-01/run=r/_manifest.json",
        "scores/model=churn/as_of=2026-13-01/run=r/_manifest.json",
        "scores/model=churn/as_of=2026-03-01/run=a/b/_manifest.json",
        "other/scores/model=churn/as_of=2026-03-01/run=r/_manifest.json",
    ],
)
def test_any_other_key_is_refused_by_its_name(key):
    with pytest.raises(NotAManifest, match="expected scores/model="):
        parse(key)


def test_the_latest_written_manifest_of_a_model_is_used_whatever_its_name():
    found = newest([_manifest(Model.CHURN, "a", hour=9), _manifest(Model.CHURN, "z", hour=3), _manifest(Model.REPURCHASE, "b")])

    assert {model.value: manifest.run for model, manifest in found.items()} == {"churn": "a", "repurchase": "b"}


def test_the_same_score_runs_make_the_same_execution():
    assert _activation().execution == _activation().execution
    assert len({_activation().execution, _activation(churn="other").execution, _activation(repurchase="other").execution}) == 3


def test_an_execution_is_named_within_the_limits_and_told_what_to_activate():
    wanted = _activation()

    assert wanted.execution.startswith("a-")
    assert len(wanted.execution) == 40
    assert wanted.input == {
        "run": wanted.execution[2:18],
        "as_of": "2026-03-01",
        "manifests": {"churn": score_manifest("churn", DAY, "a"), "repurchase": score_manifest("repurchase", DAY, "b")},
    }
