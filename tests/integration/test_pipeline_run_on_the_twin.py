"""The committed definitions, run by the SageMaker twin from trusted Iceberg tables to a version, a score run and audiences."""

import io
import json
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import urllib3

from omnichannel.aws import clients, iceberg
from omnichannel.contracts.datasets import DATASETS
from omnichannel.contracts.identity import LINKS_TABLE
from omnichannel.contracts.pipelines import Definition
from omnichannel.contracts.scores import SCORE_COLUMNS, Model
from omnichannel.onboarding.migrate import migrate
from pipelines import bundle
from tests.integration.sagemaker_twin import BUCKET, IMAGE, OVER, ROLE, XGBOOST, World, serve
from tests.unit.pipelines.shops import AS_OF, Shop, lively_shop

DEFINITIONS = Path(bundle.__file__).parent / "definitions"
CUSTOMERS = 120
DATABASE = "trusted"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, endpoint: str) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("twin")
    urllib3.request("POST", f"{endpoint}/moto-api/reset")
    with pytest.MonkeyPatch.context() as patch, serve(directory, endpoint) as running:
        # moto keeps one account's tables from another's, and the account is that of the keys: those of the jobs' role.
        sts = boto3.client("sts", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        keys = sts.assume_role(RoleArn=ROLE, RoleSessionName="test")["Credentials"]
        patch.setenv("AWS_ENDPOINT_URL", endpoint)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
        patch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
        patch.setenv("AWS_SESSION_TOKEN", keys["SessionToken"])
        clients.forget()
        running.s3.create_bucket(Bucket=BUCKET)
        clients.client("glue").create_database(DatabaseInput={"Name": DATABASE})
        _trust(lively_shop(CUSTOMERS))
        _artifacts(running, directory)
        yield running
    clients.forget()


def _trust(shop: Shop) -> None:
    catalog = iceberg.catalog()
    migrate(catalog, DATABASE, BUCKET)
    rows = {**{d.table: shop.rows.get(d.table, []) for d in DATASETS}, LINKS_TABLE: shop.links}
    for name, given in rows.items():
        table = catalog.load_table((DATABASE, name))
        if given:
            table.append(pa.Table.from_pylist(given, schema=table.schema().as_arrow()))


def _artifacts(world: World, directory: Path) -> None:
    world.s3.upload_file(str(bundle.write_bundle(directory / "sourcedir.tar.gz")), BUCKET, "code/0a1b2c.gz")
    empty = io.BytesIO()
    with zipfile.ZipFile(empty, "w"):
        pass
    world.s3.put_object(Bucket=BUCKET, Key="code/wheels.zip", Body=empty.getvalue())
    for model in Model:
        world.sagemaker.create_model_package_group(ModelPackageGroupName=f"omni-{model}")
    for definition in Definition:
        committed = (DEFINITIONS / f"{definition}.json").read_text()
        world.sagemaker.create_pipeline(PipelineName=str(definition), RoleArn=ROLE, PipelineDefinition=committed)


def _run(world: World, definition: Definition, run: str, **parameters: str) -> dict[str, Any]:
    given = {
        "AsOf": AS_OF.isoformat(), "Run": run, "LakeBucket": BUCKET, "GlueDatabase": DATABASE, "RoleArn": ROLE,
        "CodeUri": f"s3://{BUCKET}/code/0a1b2c.gz", "WheelsUri": f"s3://{BUCKET}/code/wheels.zip", "ProcessingImage": IMAGE,
        "FeatureImage": IMAGE, **(_of(definition)), **parameters,
    }  # fmt: skip
    arn = world.start(str(definition), **given)
    deadline = time.monotonic() + 420
    while (execution := world.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn))["PipelineExecutionStatus"] not in OVER:
        assert time.monotonic() < deadline, world.steps(arn)
        time.sleep(0.2)
    return {**execution, "Steps": world.steps(arn)}


def _of(definition: Definition) -> dict[str, str]:
    """What one kind of pipeline needs beside. A shop of so few customers is calibrated within what chance allows."""
    if definition.trains:
        few = {"TuningJobs": "2", "MaximumEce": "0.4", "MaximumAuc": "1.0"}
        return {"TrainingImage": XGBOOST, "ModelPackageGroup": f"omni-{definition.trains}", "Champion": "none", **few}
    return {"TrainingImage": XGBOOST, "Reasons": "all"} if definition.scores else {}


def _reasons(execution: dict[str, Any]) -> list[str]:
    return [f"{name}: {step['FailureReason']}" for name, step in execution["Steps"].items() if "FailureReason" in step]


def _manifests(world: World, prefix: str) -> dict[str, dict[str, Any]]:
    listed = world.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
    return {o["Key"]: json.loads(world.text(o["Key"])) for o in listed.get("Contents", ()) if o["Key"].endswith("/_manifest.json")}


@pytest.fixture(scope="module")
def version(world: World) -> dict[str, Any]:
    """The version that a first training of the repurchase model registers."""
    execution = _run(world, Definition.REPURCHASE_TRAIN, "first")
    assert _reasons(execution) == []
    arn = execution["Steps"]["Register"]["Metadata"]["RegisterModel"]["Arn"]
    found: dict[str, Any] = world.sagemaker.describe_model_package(ModelPackageName=arn)
    return found


def _data(version: dict[str, Any]) -> str:
    return str(version["InferenceSpecification"]["Containers"][0]["ModelDataUrl"])


def test_training_registers_a_version_that_says_where_it_comes_from(world: World, version: dict[str, Any]) -> None:
    about = version["CustomerMetadataProperties"]
    evaluation = json.loads(world.text(version["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"].removeprefix(f"s3://{BUCKET}/")))
    snapshot = json.loads(world.text("pipelines/repurchase-train/first/meta/snapshot.json"))

    assert (about["as_of"], about["run"], about["data_snapshot"]) == (AS_OF.isoformat(), "first", snapshot["digest"])
    assert (version["ModelApprovalStatus"], evaluation["gate"]["passed"]) == ("Approved", "true")
    assert json.loads(world.text(about["model_card"].removeprefix(f"s3://{BUCKET}/")))


def test_the_archive_was_trained_with_the_best_trial_in_hand(world: World, version: dict[str, Any]) -> None:
    archive = world.s3.get_object(Bucket=BUCKET, Key=_data(version).removeprefix(f"s3://{BUCKET}/"))["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        names = {name.removeprefix("./") for name in opened.getnames()}
    trials = world.s3.list_objects_v2(Bucket=BUCKET, Prefix="pipelines/repurchase-train/first/tuning/")["Contents"]

    assert {"xgboost.json", "features.json", "parameters.json", "evaluation.json", "reference.json", "card.json"} <= names
    assert len([t for t in trials if t["Key"].endswith("/output/model.tar.gz")]) == 2


@pytest.fixture(scope="module")
def scored(world: World, version: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The score runs that scoring with that version leaves: manifests by key."""
    given = {"ModelDataUrl": _data(version), "ModelVersion": version["ModelPackageArn"]}
    assert _reasons(_run(world, Definition.REPURCHASE_SCORE, "scored", **given)) == []
    return _manifests(world, "scores/model=repurchase/")


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

    execution = _run(world, Definition.AUDIENCES, "made")

    assert _reasons(execution) == []
    assert len(_manifests(world, f"segments/as_of={AS_OF}/")) == 1
    assert len(_manifests(world, f"lookalikes/as_of={AS_OF}/")) == 1


def test_the_gate_refuses_in_the_evaluations_words(world: World, version: dict[str, Any]) -> None:
    execution = _run(world, Definition.REPURCHASE_TRAIN, "refused", MinimumAuc="0.9999", Champion=_data(version))

    message = execution["Steps"]["Refused"]["Metadata"]["Fail"]["ErrorMessage"]
    evaluation = json.loads(world.text("pipelines/repurchase-train/refused/evaluation/evaluation.json"))
    assert message == evaluation["gate"]["refusal"]
    assert "0.9999" in message
    assert "Register" not in execution["Steps"]


def test_a_date_without_history_fails_with_the_dates_that_work(world: World) -> None:
    execution = _run(world, Definition.CHURN_TRAIN, "early", AsOf="2023-12-01")

    assert "an as-of date between" in execution["Steps"]["Features"]["FailureReason"]
