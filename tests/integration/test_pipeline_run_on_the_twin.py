"""Both committed definitions, run by the SageMaker twin from trusted Iceberg tables to a score run."""

import io
import json
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
from omnichannel.contracts.identity import LINKS_TABLE
from omnichannel.contracts.scores import SCORE_COLUMNS, Model
from omnichannel.onboarding.migrate import migrate
from pipelines import bundle
from tests.integration.sagemaker_twin import BUCKET, IMAGE, OVER, ROLE, XGBOOST, World, serve
from tests.unit.pipelines.shops import AS_OF, DATASETS, Shop, lively_shop

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
        definition = (DEFINITIONS / f"{model}.json").read_text()
        world.sagemaker.create_pipeline(PipelineName=str(model), RoleArn=ROLE, PipelineDefinition=definition)


def _run(world: World, model: Model, run: str, **parameters: str) -> dict[str, Any]:
    given = {
        "AsOf": AS_OF.isoformat(), "Run": run, "LakeBucket": BUCKET, "GlueDatabase": DATABASE, "RoleArn": ROLE,
        "CodeUri": f"s3://{BUCKET}/code/0a1b2c.gz", "WheelsUri": f"s3://{BUCKET}/code/wheels.zip", "ProcessingImage": IMAGE,
        "TrainingImage": XGBOOST, "ModelPackageGroup": f"omni-{model}", **parameters,
    }  # fmt: skip
    arn = world.start(str(model), **given)
    deadline = time.monotonic() + 300
    while (execution := world.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn))["PipelineExecutionStatus"] not in OVER:
        assert time.monotonic() < deadline, world.steps(arn)
        time.sleep(0.2)
    return {**execution, "Steps": world.steps(arn)}


def _reasons(execution: dict[str, Any]) -> list[str]:
    return [f"{name}: {step['FailureReason']}" for name, step in execution["Steps"].items() if "FailureReason" in step]


def _manifests(world: World, model: Model) -> dict[str, dict[str, Any]]:
    listed = world.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"scores/model={model}/")
    return {o["Key"]: json.loads(world.text(o["Key"])) for o in listed.get("Contents", ()) if o["Key"].endswith("/_manifest.json")}


def test_a_pipeline_leaves_a_score_run_with_every_customer_once(world: World) -> None:
    execution = _run(world, Model.CHURN, "first")

    assert _reasons(execution) == []
    ((key, manifest),) = _manifests(world, Model.CHURN).items()
    parts = [pq.read_table(io.BytesIO(world.s3.get_object(Bucket=BUCKET, Key=p)["Body"].read())) for p in manifest["parts"]]
    table = pa.concat_tables(parts)
    ids = table.column("customer_id").to_pylist()
    assert key == f"scores/model=churn/as_of={AS_OF}/run={manifest['run']}/_manifest.json"
    assert tuple(table.column_names) == SCORE_COLUMNS
    assert len(ids) == len(set(ids)) == manifest["rows"]
    assert {i.removeprefix("c_") for i in ids} <= {f"R{n:04d}" for n in range(CUSTOMERS)}
    assert json.loads(world.text(key.replace("manifest", "evaluation")))["scored"]["rows"] == manifest["rows"]


def test_the_gate_refuses_with_the_bounds_and_where_the_numbers_are(world: World) -> None:
    execution = _run(world, Model.REPURCHASE, "refused", MinimumAuc="0.96")

    message = execution["Steps"]["Refused"]["Metadata"]["Fail"]["ErrorMessage"]
    assert "at least 0.96 (MinimumAuc)" in message
    assert f"s3://{BUCKET}/pipelines/repurchase/refused/evaluation/evaluation.json" in message
    assert "Publish" not in execution["Steps"]


def test_a_date_without_history_fails_with_the_dates_that_work(world: World) -> None:
    execution = _run(world, Model.CHURN, "early", AsOf="2023-12-01")

    assert "an as-of date between" in execution["Steps"]["Features"]["FailureReason"]
