"""One customer's score now: equal to the batch's where nothing happened, and named answers where there is none."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from lambdas import score_customer
from omnichannel.contracts.environment.propensity import ScoreCustomerEnv
from omnichannel.contracts.scores import Model
from omnichannel.privacy import rewrite, unpack
from omnichannel.privacy.fields import Kind
from omnichannel.privacy.matcher import Matcher
from omnichannel.privacy.subject import Subject
from omnichannel.privacy.unpack import Stored
from omnichannel.scoring.model import ModelVersionError
from omnichannel.scoring.on_demand import NoScoreRun, OnDemand, Question, UnusableQuestion, contents_digest
from pipelines import archive
from tests.integration.scoring.conftest import LAKE, World
from tests.unit.scoring.archives import model_archive, model_folder

CALIBRATION = {"xgboost": {"slope": 0.83, "intercept": -0.11}, "rfm_logistic": {"slope": 1.21, "intercept": 0.07}}


def ask(world: World, customer_id: str, *events: dict[str, Any], model: str = "churn") -> dict[str, Any]:
    return OnDemand(world.s3, LAKE).answer(Question.of({"customer_id": customer_id, "model": model, "events": list(events)}))


BLEND = {"with": ["rfm_logistic", "bg_nbd"], "weight": 0.6}


@pytest.mark.parametrize(
    ("published", "more"),
    [
        ("xgboost", {}),
        ("xgboost", {"calibration": CALIBRATION}),
        ("xgboost", {"blend": BLEND, "calibration": CALIBRATION}),
        ("rfm_logistic", {}),
        ("rfm_logistic", {"calibration": CALIBRATION}),
    ],
)
def test_where_nothing_happened_every_score_is_that_of_the_batch(world: World, published: str, more: dict[str, Any]):
    world.train(published={"published": published}, **more)
    world.transform()
    manifest = world.publish("--reasons", "all")
    scorer = OnDemand(world.s3, LAKE)

    for customer_id, row in world.rows(manifest).items():
        found = scorer.answer(Question(customer_id=customer_id, model=Model.CHURN))

        assert found["score"] == row["score"]
        assert {name: found[name] for name in ("band", "decile", "reasons")} == {name: row[name] for name in ("band", "decile", "reasons")}
        assert found["decile_bounds"][0] <= found["score"] <= found["decile_bounds"][1]
        assert (found["run"], found["as_of"], found["applied"]) == (manifest["run"], manifest["as_of"], [])


def test_events_change_the_features_that_they_tell_of_and_so_the_score(world: World):
    world.publish("--reasons", "none")
    unknown = np.isnan(world.matrix).any(axis=1)
    place = int(np.flatnonzero(~unknown & (world.matrix[:, 0] > 1))[0])

    found = ask(world, world.ids[place], {"name": "Order Completed", "at": "2026-11-01T10:00:00+00:00", "value": 20.0})

    changed = world.matrix[place].copy()
    changed[[0, 5]], changed[[1, 2]], changed[3] = 0.0, changed[[1, 2]] + 1, changed[3] + 20
    assert {change["feature"] for change in found["applied"]} == {
        "recency_days",
        "orders_30d",
        "orders_365d",
        "spend_365d",
        "days_since_visit",
    }
    assert found["score"] == world.model.predict(changed[None])[0]


def test_what_happened_before_the_date_is_in_the_features_already(world: World):
    world.publish("--reasons", "none")

    found = ask(world, "c_001", {"name": "Order Completed", "at": "2026-10-31T23:59:59+00:00", "value": 20.0})

    assert found["applied"] == []


def test_a_customer_who_was_not_scored_gets_a_named_answer(world: World):
    manifest = world.publish("--reasons", "none")

    found = ask(world, "c_nobody")

    assert (found["status"], found["run"]) == ("unknown-customer", manifest["run"])
    assert "score" not in found


def test_an_empty_bucket_is_a_customer_who_was_not_scored(world: World):
    manifest = world.publish("--reasons", "none")
    world.s3.delete_object(Bucket=LAKE, Key=f"{manifest['features']}bucket-0000.jsonl.gz")

    assert ask(world, "c_001")["status"] == "unknown-customer"


def test_an_erased_customer_leaves_the_bucket_and_the_others_stay(world: World, tmp_path: Path):
    manifest = world.publish("--reasons", "none")
    key = f"{manifest['features']}bucket-0000.jsonl.gz"
    source = tmp_path / "bucket"
    source.write_bytes(world.get(key))
    stored = Stored(stream=lambda: source.open("rb"), local=lambda: source)
    matcher = Matcher(Subject(customer_ids=("c_007",), values={Kind.CUSTOMER_ID: frozenset({"c_007"})}))

    done = rewrite.without(stored, unpack.form_of(stored), matcher, tmp_path / "out")
    world.s3.upload_file(str(tmp_path / "out"), LAKE, key)

    assert (done.removed, done.kept) == (1, 59)
    assert ask(world, "c_007")["status"] == "unknown-customer"
    assert ask(world, "c_008")["score"] == world.model.predict(world.matrix)[8]


def test_a_run_that_is_named_scores_though_there_is_a_newer_one(world: World):
    older = world.publish("--reasons", "none", as_of=date(2026, 10, 25))
    newer = world.publish("--reasons", "none")
    asked = {"customer_id": "c_001", "model": "churn"}

    found = OnDemand(world.s3, LAKE).answer(Question.of({**asked, "run": older["run"], "as_of": "2026-10-25"}))

    assert found["run"] == older["run"] != newer["run"]
    with pytest.raises(NoScoreRun, match="run gone of churn as of 2026-10-25 is not there"):
        OnDemand(world.s3, LAKE).answer(Question.of({**asked, "run": "gone", "as_of": "2026-10-25"}))


@pytest.mark.parametrize(
    "run", [{"run": "r1"}, {"as_of": "2026-11-01"}, {"run": "r1", "as_of": "soon"}, {"run": "a/b", "as_of": "2026-11-01"}]
)
def test_a_run_is_named_by_its_id_and_its_date(run: dict[str, str]):
    with pytest.raises(UnusableQuestion, match="run and as_of: expected both"):
        Question.of({"customer_id": "c_001", "model": "churn", **run})


def test_the_newest_run_is_that_of_the_latest_date_which_has_finished(world: World):
    older = world.publish("--reasons", "none", as_of=date(2026, 10, 25))
    newest = world.publish("--reasons", "none", as_of=date(2026, 11, 1))
    world.publish("--reasons", "none", as_of=date(2026, 10, 18))

    assert ask(world, "c_001")["as_of"] == "2026-11-01"

    world.s3.delete_object(Bucket=LAKE, Key=next(key for key in world.listed("scores/") if newest["run"] in key and "_manifest" in key))
    assert ask(world, "c_001")["run"] == older["run"]


def test_a_model_that_was_never_scored_has_no_run(world: World):
    world.publish("--reasons", "none")

    with pytest.raises(NoScoreRun, match="no finished score run of repurchase"):
        ask(world, "c_001", model="repurchase")


def test_a_model_of_another_version_than_the_run_is_an_error_that_names_both(world: World):
    manifest = world.publish("--reasons", "none")
    model_archive(world.folder / "other", calibration=CALIBRATION)
    world.s3.upload_file(str(world.folder / "other" / "model.tar.gz"), LAKE, f"{manifest['features']}model.tar.gz")

    with pytest.raises(ModelVersionError, match=f"the run was scored by {manifest['model_version']}"):
        ask(world, "c_001")


def test_a_model_is_loaded_once_for_its_version(world: World, monkeypatch: pytest.MonkeyPatch):
    world.publish("--reasons", "none")
    world.publish("--reasons", "none", as_of=date(2026, 11, 2))
    scorer, loads = OnDemand(world.s3, LAKE), []
    load = "omnichannel.scoring.on_demand.load"
    monkeypatch.setattr(load, lambda packed, version: loads.append(version) or world.model)

    for customer_id in ("c_001", "c_002", "c_003"):
        scorer.answer(Question(customer_id=customer_id, model=Model.CHURN))

    assert len(loads) == 1


def test_a_version_is_the_digest_that_publishing_gave_it(tmp_path: Path):
    folder = model_folder(tmp_path / "model")
    (folder / "code").mkdir()
    (folder / "code" / "inference.py").write_text("x = 1\n")

    assert contents_digest(folder) == archive.digest(archive.folder_files(folder))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"model": "churn"}, "customer_id is missing"),
        ({"customer_id": "c_1", "model": "love"}, "expected one of churn, repurchase"),
        ({"customer_id": "c_1", "model": ["churn"]}, "expected one of churn, repurchase"),
        ({"customer_id": "c_1", "model": "churn", "events": {"name": "x"}}, "expected a list"),
    ],
)
def test_a_question_that_is_none_says_what_was_expected(asked: dict[str, Any], message: str):
    with pytest.raises(UnusableQuestion, match=message):
        Question.of(asked)


def test_the_function_answers_with_its_own_lake(world: World, monkeypatch: pytest.MonkeyPatch):
    world.publish("--reasons", "none")
    for name, value in ScoreCustomerEnv(lake_bucket=LAKE).variables().items():
        monkeypatch.setenv(name, value)
    score_customer.scorer.cache_clear()

    found = score_customer.handler({"customer_id": "c_007", "model": "churn"}, SimpleNamespace())  # type: ignore[arg-type]

    assert found["score"] == world.model.predict(world.matrix)[7]
