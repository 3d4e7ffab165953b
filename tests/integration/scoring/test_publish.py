"""The publishing step from the folders of earlier steps to a score run in the lake."""

import hashlib
import json
from collections.abc import Callable

import numpy as np
import pytest

from omnichannel.aws import s3 as objects
from omnichannel.contracts.scores import SCORE_COLUMNS, run_digest
from omnichannel.scoring.model import ModelVersionError
from omnichannel.scoring.stored import bucket_of, values_of
from pipelines import returned
from pipelines.returned import IdsDifferError, UnusableFeaturesError, UnusableScoresError
from tests.integration.scoring.conftest import World
from tests.unit.scoring.archives import CUT_OFFS, FEATURES, model_archive


def test_a_run_has_every_customer_once_and_its_manifest_says_what_it_is(world: World):
    manifest = world.publish("--reasons", "all")

    rows = world.rows(manifest)
    scores = dict(zip(world.ids, world.model.predict(world.matrix).tolist(), strict=True))
    assert list(rows) == world.ids
    assert {i: row["score"] for i, row in rows.items()} == scores
    assert {tuple(row) for row in rows.values()} == {SCORE_COLUMNS}
    assert (manifest["rows"], manifest["rows_in"], manifest["model_package"]) == (60, 60, "arn:package/7")
    assert manifest["cut_offs"] == CUT_OFFS
    assert manifest["digest"] == run_digest(hashlib.sha256(world.get(key)).hexdigest() for key in manifest["parts"])


def test_bands_and_deciles_are_those_of_the_manifest(world: World):
    manifest = world.publish("--reasons", "none")

    for row in world.rows(manifest).values():
        band = "high" if row["score"] >= 0.6 else "medium" if row["score"] >= 0.3 else "low"
        decile = max(d for d, start in manifest["decile_starts"] if start <= row["score"])
        assert (row["band"], row["decile"]) == (band, decile)


def test_everything_is_there_before_the_manifest(world: World, monkeypatch: pytest.MonkeyPatch):
    put: list[str] = []
    really = objects.put
    monkeypatch.setattr(objects, "put", lambda s3, bucket, key, *rest: (put.append(key), really(s3, bucket, key, *rest)))

    manifest = world.publish("--reasons", "none")

    beside = [key.rpartition("/")[2] for key in put if key.startswith("scores/")]
    stored = sorted(key.rpartition("/")[2] for key in put if key.startswith("features/"))
    assert beside == ["part-000.parquet", "_evaluation.json", "_drift.json", "_manifest.json"]
    assert stored == ["_features.json", "bucket-0000.jsonl.gz", "model.tar.gz"]
    assert put[-1].endswith("_manifest.json")
    assert all(key.startswith(manifest["features"]) for key in put if key.startswith("features/"))


def test_many_customers_make_several_parts_and_buckets(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(returned, "ROWS_A_PART", 30)
    monkeypatch.setattr(returned, "ROWS_A_BUCKET", 10)

    manifest = world.publish("--reasons", "all")

    index = world.json(manifest["features"] + "_features.json")
    assert len(manifest["parts"]) == 3
    assert set(world.rows(manifest)) == set(world.ids)
    assert index["buckets"] >= 6
    assert index["features"] == list(FEATURES)
    for i, row in zip(world.ids, world.matrix, strict=True):
        packed = world.get(f"{manifest['features']}bucket-{bucket_of(i, index['buckets']):04d}.jsonl.gz")
        assert np.array_equal(values_of(packed, i) or [], row, equal_nan=True)


def test_the_same_inputs_give_the_same_run_to_the_byte(world: World):
    manifest = world.publish("--reasons", "all")
    before = {key: world.get(key) for key in world.listed()}
    for key in before:
        world.s3.delete_object(Bucket="lake", Key=key)

    assert world.publish("--reasons", "all") == manifest
    assert {key: world.get(key) for key in world.listed()} == before


def test_whom_we_may_contact_is_told_why(world: World):
    allowed = world.ids[::2]
    world.consent(*allowed)

    rows = world.rows(world.publish("--reasons", "contactable"))

    told = {i for i, row in rows.items() if row["reasons"]}
    assert told == {i for i in allowed if rows[i]["band"] != "low"}
    assert told
    assert {reason[0] for i in told for reason in rows[i]["reasons"]} <= {"+", "-"}
    assert {reason[1:] for i in told for reason in rows[i]["reasons"]} <= set(FEATURES)
    assert max(len(rows[i]["reasons"]) for i in told) == 3


def test_nobody_is_explained_while_nobody_has_consented(world: World):
    manifest = world.publish("--reasons", "contactable")

    assert not any(row["reasons"] for row in world.rows(manifest).values())


def test_another_consent_makes_another_run(world: World):
    first = world.publish("--reasons", "contactable")
    world.consent("c_001")

    assert world.publish("--reasons", "contactable")["run"] != first["run"]


def test_the_evaluation_of_the_archive_lies_beside_the_parts(world: World):
    manifest = world.publish("--reasons", "none")

    (key,) = (key for key in world.listed("scores/") if key.endswith("_evaluation.json"))
    evaluation = world.json(key)
    assert evaluation["roc_auc"] == manifest["metrics"]["roc_auc"] == 0.7
    assert evaluation["scored"]["rows"] == sum(evaluation["scored"]["bands"].values()) == 60
    assert "curves" not in manifest["metrics"]


def test_drift_is_told_against_the_archive_and_worst_first(world: World):
    edges = {"edges": [1.0], "shares": [0.5, 0.5]}
    world.train(reference={"rows": 5000, "features": {"recency_days": edges, "orders_30d": edges}, "score": edges})
    world.transform()

    manifest = world.publish("--reasons", "none")

    (key,) = (key for key in world.listed("scores/") if key.endswith("_drift.json"))
    report = world.json(key)
    indexes = [feature["psi"] for feature in report["features"]]
    assert indexes == sorted(indexes, reverse=True)
    assert manifest["drift"]["worst_psi"] == indexes[0]
    assert manifest["drift"]["verdict"] == report["verdict"] == "large"
    assert len(report["unreferenced"]) == len(FEATURES) - 2


def test_without_a_reference_drift_says_so(world: World):
    assert world.publish("--reasons", "none")["drift"]["verdict"] == "no reference"


def lose_one(world: World) -> None:
    path = world.folder / "scored" / "customers.csv.out"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))


def spoil_a_score(world: World) -> None:
    path = world.folder / "scored" / "customers.csv.out"
    path.write_text(path.read_text().replace("c_000,", "c_000,9", 1))


def rename_a_feature(world: World) -> None:
    (world.folder / "meta" / "features.json").write_text(json.dumps([{"name": name} for name in (*FEATURES[:-1], "other")]))


def train_another_version(world: World) -> None:
    model_archive(world.folder / "trained", layout={"layout": 99})


@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        (lose_one, IdsDifferError, "60 customers were sent to scoring: 1 did not come back, 0 others did"),
        (spoil_a_score, UnusableScoresError, "1 of 60 scores"),
        (rename_a_feature, UnusableFeaturesError, "missing days_since_visit, unknown other"),
        (train_another_version, ModelVersionError, "99"),
    ],
)
def test_what_cannot_be_published_is_named_and_leaves_nothing(
    world: World, spoil: Callable[[World], None], error: type[Exception], message: str
):
    spoil(world)

    with pytest.raises(error, match=message):
        world.publish("--reasons", "none")

    assert world.listed() == []


def test_infinite_features_are_unknown_and_named(world: World):
    world.matrix[3, 1], world.matrix[4, 1] = np.inf, -np.inf
    world.transform()

    manifest = world.publish("--reasons", "none")

    (key,) = (key for key in world.listed("scores/") if key.endswith("_evaluation.json"))
    assert world.json(key)["scored"]["infinite_as_unknown"] == {"orders_30d": 2}
    assert world.rows(manifest)["c_003"]["score"] == world.model.predict(world.matrix)[3]
