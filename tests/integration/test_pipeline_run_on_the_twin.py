"""The committed definitions, run by the SageMaker twin from trusted Iceberg tables to a version, a score run and audiences."""

import io
import json
import tarfile
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from omnichannel.contracts.pipelines import Definition
from omnichannel.contracts.scores import SCORE_COLUMNS
from tests.integration.deployed_pipelines import deployed, manifests, model_data, reasons, registered, run, trust
from tests.integration.sagemaker_twin import BUCKET, World
from tests.unit.pipelines.shops import AS_OF, lively_shop

CUSTOMERS = 120


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, endpoint: str) -> Iterator[World]:
    with deployed(tmp_path_factory.mktemp("twin"), endpoint) as running:
        trust(lively_shop(CUSTOMERS))
        yield running


@pytest.fixture(scope="module")
def version(world: World) -> dict[str, Any]:
    """The version that a first training of the repurchase model registers."""
    return registered(world, run(world, Definition.REPURCHASE_TRAIN, "first"))


def test_training_registers_a_version_that_says_where_it_comes_from(world: World, version: dict[str, Any]) -> None:
    about = version["CustomerMetadataProperties"]
    evaluation = json.loads(world.text(version["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"].removeprefix(f"s3://{BUCKET}/")))
    snapshot = json.loads(world.text("pipelines/repurchase-train/first/meta/snapshot.json"))

    assert (about["as_of"], about["run"], about["data_snapshot"]) == (AS_OF.isoformat(), "first", snapshot["digest"])
    assert (version["ModelApprovalStatus"], evaluation["gate"]["passed"]) == ("Approved", "true")
    assert json.loads(world.text(about["model_card"].removeprefix(f"s3://{BUCKET}/")))


def test_the_archive_was_trained_with_the_best_trial_in_hand(world: World, version: dict[str, Any]) -> None:
    archive = world.s3.get_object(Bucket=BUCKET, Key=model_data(version).removeprefix(f"s3://{BUCKET}/"))["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        names = {name.removeprefix("./") for name in opened.getnames()}
    trials = world.s3.list_objects_v2(Bucket=BUCKET, Prefix="pipelines/repurchase-train/first/tuning/")["Contents"]

    assert {"xgboost.json", "features.json", "parameters.json", "evaluation.json", "reference.json", "card.json"} <= names
    assert len([t for t in trials if t["Key"].endswith("/output/model.tar.gz")]) == 2


@pytest.fixture(scope="module")
def scored(world: World, version: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The score runs that scoring with that version leaves: manifests by key."""
    given = {"ModelDataUrl": model_data(version), "ModelVersion": version["ModelPackageArn"]}
    assert reasons(run(world, Definition.REPURCHASE_SCORE, "scored", **given)) == []
    return manifests(world, "scores/model=repurchase/")


def test_scoring_leaves_a_score_run_with_every_customer_once(
    world: World, version: dict[str, Any], scored: dict[str, dict[str, Any]]
) -> None:
    ((key, manifest),) = scored.items()
    parts = [pq.read_table(io.BytesIO(world.s3.get_object(Bucket=BUCKET, Key=p)["Body"].read())) for p in manifest["parts"]]
    table = pa.concat_tables(parts)
    ids = table.column("customer_id").to_pylist()

    assert key == f"scores/model=repurchase/as_of={AS_OF}/run={manifest['run']}/_manifest.json"
    assert tuple(table.column_names) == SCORE_COLUMNS
    assert len(ids) == len(set(ids)) == manifest["rows"]
    assert {i.removeprefix("c_") for i in ids} <= {f"R{n:04d}" for n in range(CUSTOMERS)}
    assert manifest["model_package"] == version["ModelPackageArn"]


def test_audiences_leave_segments_and_lookalikes(world: World, scored: dict[str, dict[str, Any]]) -> None:
    assert scored

    execution = run(world, Definition.AUDIENCES, "made")

    assert reasons(execution) == []
    assert len(manifests(world, f"segments/as_of={AS_OF}/")) == 1
    assert len(manifests(world, f"lookalikes/as_of={AS_OF}/")) == 1


def test_the_gate_refuses_in_the_evaluations_words(world: World, version: dict[str, Any]) -> None:
    execution = run(world, Definition.REPURCHASE_TRAIN, "refused", MinimumAuc="0.9999", Champion=model_data(version))

    message = execution["Steps"]["Refused"]["Metadata"]["Fail"]["ErrorMessage"]
    evaluation = json.loads(world.text("pipelines/repurchase-train/refused/evaluation/evaluation.json"))
    assert message == evaluation["gate"]["refusal"]
    assert "0.9999" in message
    assert "Register" not in execution["Steps"]


def test_a_date_without_history_fails_with_the_dates_that_work(world: World) -> None:
    execution = run(world, Definition.CHURN_TRAIN, "early", AsOf="2023-12-01")

    assert "an as-of date between" in execution["Steps"]["Features"]["FailureReason"]
