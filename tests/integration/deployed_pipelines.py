"""The committed pipeline definitions deployed to the SageMaker twin, over trusted Iceberg tables that moto's Glue knows."""

import io
import json
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pytest
import urllib3

from omnichannel.aws import clients, iceberg
from omnichannel.contracts.datasets import DATASETS
from omnichannel.contracts.identity import LINKS_TABLE
from omnichannel.contracts.pipelines import Definition
from omnichannel.contracts.scores import Model
from omnichannel.onboarding.migrate import migrate
from pipelines import bundle
from tests.integration.sagemaker_twin import BUCKET, IMAGE, OVER, ROLE, XGBOOST, World, serve
from tests.unit.pipelines.shops import AS_OF, Shop

DEFINITIONS = Path(bundle.__file__).parent / "definitions"
DATABASE = "trusted"


@contextmanager
def deployed(directory: Path, endpoint: str) -> Iterator[World]:
    """A twin with every definition and group of versions; no table is there yet."""
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
        _artifacts(running, directory)
        yield running
    clients.forget()


def trust(shop: Shop, database: str = DATABASE) -> None:
    """Makes the trusted tables in a Glue database of that name, with the shop's rows."""
    clients.client("glue").create_database(DatabaseInput={"Name": database})
    catalog = iceberg.catalog()
    migrate(catalog, database, BUCKET)
    rows = {**{d.table: shop.rows.get(d.table, []) for d in DATASETS}, LINKS_TABLE: shop.links}
    for name, given in rows.items():
        table = catalog.load_table((database, name))
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


def run(world: World, definition: Definition, name: str, **parameters: str) -> dict[str, Any]:
    """An execution that has ended, with its `Steps` by name."""
    given = {
        "AsOf": AS_OF.isoformat(), "Run": name, "LakeBucket": BUCKET, "GlueDatabase": DATABASE, "RoleArn": ROLE,
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


def reasons(execution: dict[str, Any]) -> list[str]:
    """What each failed step gives as its reason."""
    return [f"{name}: {step['FailureReason']}" for name, step in execution["Steps"].items() if "FailureReason" in step]


def manifests(world: World, prefix: str) -> dict[str, dict[str, Any]]:
    """The manifests below a prefix of the lake, by key."""
    listed = world.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
    return {o["Key"]: json.loads(world.text(o["Key"])) for o in listed.get("Contents", ()) if o["Key"].endswith("/_manifest.json")}


def registered(world: World, execution: dict[str, Any]) -> dict[str, Any]:
    """The version that a training has registered, which it has without a failed step."""
    assert reasons(execution) == []
    arn = execution["Steps"]["Register"]["Metadata"]["RegisterModel"]["Arn"]
    found: dict[str, Any] = world.sagemaker.describe_model_package(ModelPackageName=arn)
    return found


def model_data(version: dict[str, Any]) -> str:
    """The URI of a version's archive."""
    return str(version["InferenceSpecification"]["Containers"][0]["ModelDataUrl"])
