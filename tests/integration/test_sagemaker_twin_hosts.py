"""Training jobs with several hosts, seen through boto3."""

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.sagemaker_twin import BUCKET, World, alive, serve, wait_for
from tests.integration.test_sagemaker_twin_models import training

MEET = """
    import json, os, pathlib, socket
    hosts, me = json.loads(os.environ["SM_HOSTS"]), os.environ["SM_CURRENT_HOST"]
    resources = json.loads(pathlib.Path(os.environ["SM_INPUT_CONFIG_DIR"], "resourceconfig.json").read_text())
    assert (resources["hosts"], resources["current_host"]) == (hosts, me), resources
    port = 5000  # the same one in every job, as it may be in AWS
    if me == hosts[0]:
        with socket.create_server((socket.gethostbyname(me), port)) as server:
            connection, _ = server.accept()
            heard = connection.recv(100).decode()
        pathlib.Path(os.environ["SM_MODEL_DIR"], "heard.json").write_text(json.dumps({"from": heard, "hosts": len(hosts)}))
    else:
        while True:
            try:
                connection = socket.create_connection((socket.gethostbyname(hosts[0]), port))
                break
            except ConnectionRefusedError:
                continue
        connection.send(me.encode())
"""
LIST = """
    import json, os, pathlib
    seen = sorted(path.name for path in pathlib.Path(os.environ["SM_CHANNEL_TRAIN"]).rglob("*.csv"))
    master = json.loads(os.environ["SM_TRAINING_ENV"])["is_master"]
    pathlib.Path(os.environ["SM_MODEL_DIR"], f"{'first' if master else 'second'}.json").write_text(json.dumps(seen))
"""


@pytest.fixture
def world(tmp_path: Path, endpoint: str) -> Iterator[World]:
    with serve(tmp_path, endpoint) as running:
        for name in "abc":
            running.put(f"train/{name}.csv", "1,2\n")
        yield running


def on_two_hosts(world: World, code: str, name: str = "Train", **source: str) -> dict[str, Any]:
    step = training(world.archive("source.tar.gz", train=code))
    step["Name"] = name
    step["Arguments"]["ResourceConfig"]["InstanceCount"] = 2
    step["Arguments"]["InputDataConfig"][0]["DataSource"]["S3DataSource"] |= source
    return step


def archive_of(world: World, step: dict[str, Any]) -> dict[str, Any]:
    name = step["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    uri = world.sagemaker.describe_training_job(TrainingJobName=name)["ModelArtifacts"]["S3ModelArtifacts"]
    body = world.s3.get_object(Bucket=BUCKET, Key=uri.removeprefix(f"s3://{BUCKET}/"))["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as packed:
        files = {each.name: packed.extractfile(each) for each in packed}
        return {each: json.loads(file.read()) for each, file in files.items() if file}


def test_two_hosts_find_each_other_and_two_jobs_may_use_the_same_port(world: World) -> None:
    execution, steps = world.run([on_two_hosts(world, MEET, "One"), on_two_hosts(world, MEET, "Other")])

    heard = [archive_of(world, steps[name])["heard.json"] for name in ("One", "Other")]
    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert [each["hosts"] for each in heard] == [2, 2]
    assert heard[0]["from"] != heard[1]["from"]


def test_objects_are_replicated_or_dealt_out_and_what_hosts_write_becomes_one_archive(world: World) -> None:
    sharded = on_two_hosts(world, LIST, "Sharded", S3DataDistributionType="ShardedByS3Key")

    _, steps = world.run([on_two_hosts(world, LIST), sharded])

    assert archive_of(world, steps["Train"]) == {"first.json": ["a.csv", "b.csv", "c.csv"], "second.json": ["a.csv", "b.csv", "c.csv"]}
    assert archive_of(world, steps["Sharded"]) == {"first.json": ["a.csv", "c.csv"], "second.json": ["b.csv"]}


def test_names_that_clash_fail_the_job(world: World) -> None:
    code = "import os, pathlib; pathlib.Path(os.environ['SM_MODEL_DIR'], 'model.json').write_text('1')"

    _, steps = world.run([on_two_hosts(world, code)])

    assert "several hosts wrote model.json" in steps["Train"]["FailureReason"]


def test_one_host_that_fails_ends_the_others_and_says_why(world: World) -> None:
    pids = world.directory / "pids"
    pids.mkdir()
    code = f"""
        import json, os, pathlib, sys, time
        pathlib.Path({str(pids)!r}, str(os.getpid())).touch()
        while len(os.listdir({str(pids)!r})) < 2:
            time.sleep(0.01)
        if os.environ["SM_CURRENT_HOST"] == json.loads(os.environ["SM_HOSTS"])[1]:
            sys.exit("the second host has no rows")
        time.sleep(600)
    """

    execution, steps = world.run([on_two_hosts(world, code)])

    assert execution["PipelineExecutionStatus"] == "Failed"
    assert "the second host has no rows" in steps["Train"]["FailureReason"]
    assert [path.name for path in pids.iterdir() if alive(int(path.name))] == []


def test_a_stopped_job_ends_all_of_its_hosts(world: World) -> None:
    pids = world.directory / "pids"
    pids.mkdir()
    code = f"import os, pathlib, time; pathlib.Path({str(pids)!r}, str(os.getpid())).touch(); time.sleep(600)"
    world.create("test", [on_two_hosts(world, code)])
    arn = world.start("test")
    wait_for(lambda: len(list(pids.iterdir())) == 2)

    world.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)

    assert world.finish(arn)["PipelineExecutionStatus"] == "Stopped"
    assert [path.name for path in pids.iterdir() if alive(int(path.name))] == []


def test_the_log_of_a_job_has_what_every_host_printed(world: World) -> None:
    code = "import os; print('auc=0.5', os.environ['SM_CURRENT_HOST'])"

    _, steps = world.run([on_two_hosts(world, code)])

    name = steps["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    described = world.sagemaker.describe_training_job(TrainingJobName=name)
    (log,) = world.directory.rglob("log.txt")
    assert log.read_text().count("auc=0.5 127.") == 2
    assert described["FinalMetricDataList"][0]["Value"] == 0.5
