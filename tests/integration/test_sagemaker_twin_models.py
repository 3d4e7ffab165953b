"""Training, registering, models and batch transform, seen through boto3."""

import io
import json
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.sagemaker_twin import BUCKET, ROLE, XGBOOST, World, get, parameter, serve

TRAIN = """
    import argparse, json, os, pathlib
    parser = argparse.ArgumentParser()
    parser.add_argument("--offset", type=float)
    parser.add_argument("--model-dir", default=os.environ["SM_MODEL_DIR"])
    parser.add_argument("--train", default=os.environ["SM_CHANNEL_TRAIN"])
    args = parser.parse_args()
    rows = [float(line.split(",")[1]) for path in pathlib.Path(args.train).glob("*.csv") for line in path.read_text().split()]
    pathlib.Path(args.model_dir, "model.json").write_text(json.dumps({"mean": sum(rows) / len(rows) + args.offset}))
    pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "seen.json").write_text(json.dumps(dict(os.environ)))
    print("auc=0.5")
    print("auc=0.75")
"""
SERVE = """
    import json, pathlib
    calls = 0
    def model_fn(model_dir):
        return json.loads(pathlib.Path(model_dir, "model.json").read_text())
    def input_fn(body, content_type):
        return [[float(cell) for cell in line.split(",")] for line in body.splitlines()]
    def predict_fn(rows, model):
        global calls
        calls += 1
        return [f"{sum(row) - model['mean']},{calls}" for row in rows]
    def output_fn(prediction, accept):
        return "\\n".join(prediction), accept
"""


@pytest.fixture
def world(tmp_path: Path, endpoint: str) -> Iterator[World]:
    with serve(tmp_path, endpoint) as running:
        yield running


def training(source: str, **hyperparameters: str) -> dict[str, Any]:
    return {
        "Name": "Train",
        "Type": "Training",
        "Arguments": {
            "RoleArn": ROLE,
            "AlgorithmSpecification": {
                "TrainingImage": XGBOOST,
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "auc", "Regex": "auc=([0-9.]+)"}],
            },
            "HyperParameters": {"sagemaker_program": "train.py", "sagemaker_submit_directory": source, **hyperparameters},
            "InputDataConfig": [
                {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/train/"}}}
            ],
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
            "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5},
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        },
    }


def model(source: str, data: Any) -> dict[str, Any]:
    environment = {"SAGEMAKER_PROGRAM": "serve.py", "SAGEMAKER_SUBMIT_DIRECTORY": source}
    container = {"Image": XGBOOST, "ModelDataUrl": data, "Environment": environment}
    return {"Name": "Model", "Type": "Model", "Arguments": {"ExecutionRoleArn": ROLE, "PrimaryContainer": container}}


def transform(**arguments: Any) -> dict[str, Any]:
    source = {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/score/"}}}
    return {
        "Name": "Score",
        "Type": "Transform",
        "Arguments": {
            "ModelName": get("Steps.Model.ModelName"),
            "TransformInput": {**source, "ContentType": "text/csv", "SplitType": "Line"},
            "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/scored", "Accept": "text/csv", "AssembleWith": "Line"},
            "TransformResources": {"InstanceCount": 1, "InstanceType": "ml.m5.large"},
            **arguments,
        },
    }


def test_a_script_trains_on_its_channel_and_the_model_is_in_s3(world: World) -> None:
    world.put("train/a.csv", "c1,1\nc2,3\n")
    source = world.archive("source.tar.gz", train=TRAIN)

    execution, steps = world.run([training(source, offset="10")])

    job = world.sagemaker.describe_training_job(TrainingJobName=steps["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2])
    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{BUCKET}/models/{job['TrainingJobName']}/output/model.tar.gz"
    assert [(metric["MetricName"], metric["Value"]) for metric in job["FinalMetricDataList"]] == [("auc", 0.75)]
    assert unpacked(world, job["ModelArtifacts"]["S3ModelArtifacts"])["model.json"] == b'{"mean": 12.0}'


def test_a_training_script_finds_what_the_toolkit_promises_in_its_environment(world: World) -> None:
    world.put("train/a.csv", "c1,1\n")
    source = world.archive("source.tar.gz", train=TRAIN)

    _, steps = world.run([training(source, offset="10")])

    job = world.sagemaker.describe_training_job(TrainingJobName=steps["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2])
    output = job["ModelArtifacts"]["S3ModelArtifacts"].replace("model.tar.gz", "output.tar.gz")
    seen = json.loads(unpacked(world, output)["seen.json"])
    assert (seen["SM_HP_OFFSET"], seen["SM_CURRENT_HOST"], json.loads(seen["SM_HOSTS"])) == ("10", "algo-1", ["algo-1"])
    assert int(seen["SM_NUM_CPUS"]) == os.cpu_count()
    assert json.loads(seen["SM_TRAINING_ENV"])["hyperparameters"] == {"offset": 10}
    assert not any("/opt/ml" in value for value in seen.values())


def test_a_training_script_that_fails_speaks_through_its_failure_file(world: World) -> None:
    world.put("train/a.csv", "c1,1\n")
    source = world.archive(
        "source.tar.gz",
        train="""
        import os, pathlib, sys
        pathlib.Path(os.environ["SM_OUTPUT_DIR"], "failure").write_text("one class only")
        sys.exit(2)
    """,
    )

    execution, steps = world.run([training(source)])

    assert execution["PipelineExecutionStatus"] == "Failed"
    assert steps["Train"]["FailureReason"] == "AlgorithmError: one class only, exit code: 2"


def test_without_a_failure_file_the_toolkits_words_name_the_exception(world: World) -> None:
    world.put("train/a.csv", "c1,1\n")
    source = world.archive("source.tar.gz", train="raise ValueError('no rows')")

    _, steps = world.run([training(source)])

    assert (
        'ExecuteUserScriptError: ExitCode 1 ErrorMessage "ValueError: no rows" Command "python3 train.py"'
        in steps["Train"]["FailureReason"]
    )


def test_a_source_archive_that_is_no_archive_fails_the_job(world: World) -> None:
    world.put("train/a.csv", "c1,1\n")

    _, steps = world.run([training(world.put("code/source.tar.gz", "not an archive"))])

    assert f"ClientError: s3://{BUCKET}/code/source.tar.gz cannot be unpacked" in steps["Train"]["FailureReason"]


def test_no_file_of_a_source_archive_gets_out_of_its_folder(world: World) -> None:
    world.put("train/a.csv", "c1,1\n")
    source = world.archive("source.tar.gz", train=TRAIN, **{"../../../escaped": "x = 1"})

    _, steps = world.run([training(source)])

    assert "cannot be unpacked" in steps["Train"]["FailureReason"]
    assert list(world.directory.rglob("escaped.py")) == []


def test_batch_transform_keeps_the_customer_and_adds_the_score(world: World) -> None:
    world.put("train/a.csv", "c1,1\n")
    world.put("score/part-0.csv", "c1,1,2\nc2,3,4\n")
    world.put("score/deep/part-1.csv", '"c,3",5,6\n')
    source = world.archive("source.tar.gz", train=TRAIN, serve=SERVE)
    join = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,3]"}

    execution, _ = world.run(
        [training(source, offset="0"), model(source, get("Steps.Train.ModelArtifacts.S3ModelArtifacts")), transform(DataProcessing=join)]
    )

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert world.text("scored/part-0.csv.out") == "c1,2.0\nc2,6.0\n"
    assert world.text("scored/deep/part-1.csv.out") == '"c,3",10.0\n'


@pytest.mark.parametrize(
    ("strategy", "calls"), [({"BatchStrategy": "SingleRecord"}, "12"), ({"BatchStrategy": "MultiRecord", "MaxPayloadInMB": 1}, "11")]
)
def test_the_batch_strategy_decides_how_many_records_the_model_sees_at_once(world: World, strategy: dict[str, Any], calls: str) -> None:
    world.put("score/part-0.csv", "1\n2\n")
    source = world.archive("source.tar.gz", serve=SERVE)

    world.run([model(source, packed_model(world)), transform(DataProcessing={"OutputFilter": "$[-1]"}, **strategy)])

    assert world.text("scored/part-0.csv.out").replace("\n", "") == calls


def test_a_model_that_refuses_its_input_fails_the_job_in_its_own_words(world: World) -> None:
    world.put("score/part-0.csv", "1,x\n")
    source = world.archive("source.tar.gz", serve=SERVE)

    _, steps = world.run([model(source, packed_model(world)), transform()])

    assert steps["Score"]["FailureReason"] == "AlgorithmError: ValueError: could not convert string to float: 'x'"


def test_a_model_that_cannot_be_loaded_fails_the_job_and_says_why(world: World) -> None:
    world.put("score/part-0.csv", "1\n")
    source = world.archive("source.tar.gz", serve="import nothing_of_that_name")

    _, steps = world.run([model(source, packed_model(world)), transform()])

    assert "ModuleNotFoundError: No module named 'nothing_of_that_name'" in steps["Score"]["FailureReason"]


def test_an_xgboost_model_needs_only_a_model_fn(world: World) -> None:
    world.put("train/a.csv", "0,1\n1,2\n0,1\n1,2\n")
    world.put("score/part-0.csv", "c1,1\nc2,2\n")
    train = """
        import os, pathlib, numpy, xgboost
        data = numpy.loadtxt(next(pathlib.Path(os.environ["SM_CHANNEL_TRAIN"]).glob("*.csv")), delimiter=",")
        matrix = xgboost.DMatrix(data[:, 1:], label=data[:, 0])
        booster = xgboost.train({"objective": "binary:logistic", "min_child_weight": 0, "nthread": 1}, matrix, num_boost_round=20)
        booster.save_model(pathlib.Path(os.environ["SM_MODEL_DIR"], "model.ubj"))
    """
    load = """
        import pathlib, xgboost
        def model_fn(model_dir):
            booster = xgboost.Booster()
            booster.load_model(pathlib.Path(model_dir, "model.ubj"))
            return booster
    """
    source = world.archive("source.tar.gz", train=train, serve=load)
    join = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}

    execution, steps = world.run(
        [training(source), model(source, get("Steps.Train.ModelArtifacts.S3ModelArtifacts")), transform(DataProcessing=join)]
    )

    assert execution["PipelineExecutionStatus"] == "Succeeded", steps
    scores = dict(line.split(",") for line in world.text("scored/part-0.csv.out").split())
    assert float(scores["c1"]) < 0.2 < 0.8 < float(scores["c2"])


def test_a_registered_model_waits_for_approval_and_gets_it(world: World) -> None:
    world.sagemaker.create_model_package_group(ModelPackageGroupName="churn")
    specification = {
        "Containers": [{"Image": XGBOOST, "ModelDataUrl": packed_model(world)}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    arguments = {"ModelPackageGroupName": get("Parameters.Group"), "InferenceSpecification": specification}
    step = {"Name": "Register", "Type": "RegisterModel", "Arguments": arguments}

    _, steps = world.run([step], [parameter("Group", DefaultValue="churn")])
    arn = steps["Register"]["Metadata"]["RegisterModel"]["Arn"]
    before = world.sagemaker.describe_model_package(ModelPackageName=arn)
    world.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")

    approved = world.sagemaker.list_model_packages(ModelPackageGroupName="churn", ModelApprovalStatus="Approved")
    assert arn == "arn:aws:sagemaker:us-east-1:000000000000:model-package/churn/1"
    assert before["ModelApprovalStatus"] == "PendingManualApproval"
    assert before["InferenceSpecification"]["Containers"][0]["ModelDataETag"]
    assert [each["ModelPackageArn"] for each in approved["ModelPackageSummaryList"]] == [arn]


def test_registering_in_a_group_that_is_not_there_is_refused(world: World) -> None:
    with pytest.raises(ClientError, match="model-package-group/none does not exist"):
        world.sagemaker.create_model_package(ModelPackageGroupName="none")


def test_tags_are_kept(world: World) -> None:
    made = world.sagemaker.create_model_package_group(ModelPackageGroupName="churn", Tags=[{"Key": "app", "Value": "omni"}])

    world.sagemaker.add_tags(ResourceArn=made["ModelPackageGroupArn"], Tags=[{"Key": "env", "Value": "sandbox"}])

    tags = world.sagemaker.list_tags(ResourceArn=made["ModelPackageGroupArn"])["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"app": "omni", "env": "sandbox"}


def packed_model(world: World) -> str:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        info = tarfile.TarInfo("model.json")
        content = b'{"mean": 1.0}'
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    world.s3.put_object(Bucket=BUCKET, Key="models/model.tar.gz", Body=packed.getvalue())
    return f"s3://{BUCKET}/models/model.tar.gz"


def unpacked(world: World, uri: str) -> dict[str, bytes]:
    body = world.s3.get_object(Bucket=BUCKET, Key=uri.removeprefix(f"s3://{BUCKET}/"))["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive.getmembers() if member.isfile()}  # type: ignore[union-attr]
