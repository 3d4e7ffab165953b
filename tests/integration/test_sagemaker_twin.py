"""Pipelines that really run, seen through boto3."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.integration.sagemaker_twin import BUCKET, ROLE, World, alive, condition, fail, get, parameter, processing, serve

WRITE = """
    import sys, pathlib
    target, *words = sys.argv[1:]
    pathlib.Path(target, "said.txt").write_text(" ".join(words))
"""
OUT = "/opt/ml/processing/out"


@pytest.fixture
def world(tmp_path: Path, endpoint: str) -> Iterator[World]:
    with serve(tmp_path, endpoint) as running:
        yield running


def test_a_step_reads_its_inputs_and_its_outputs_are_in_s3(world: World) -> None:
    world.put("in/a.txt", "one")
    world.put("in/deep/b.txt", "two")
    script = world.script(
        "list.py",
        """
        import pathlib, sys
        found = sorted(p.relative_to(sys.argv[1]).as_posix() + "=" + p.read_text() for p in pathlib.Path(sys.argv[1]).rglob("*.txt"))
        pathlib.Path(sys.argv[2], "found").write_text(";".join(found))
    """,
    )

    execution, _ = world.run([processing("List", script, ["/opt/ml/processing/data", OUT], {"data": f"s3://{BUCKET}/in"})])

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert world.text("out/List/found") == "a.txt=one;deep/b.txt=two"


def test_parameters_joins_and_outputs_of_other_steps_are_resolved(world: World) -> None:
    script = world.script("write.py", WRITE)
    joined = {"Std:Join": {"On": "/", "Values": [get("Parameters.Model"), get("Parameters.Depth"), get("Execution.PipelineName")]}}
    uri = get("Steps.First.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri")
    second = processing("Second", script, [OUT, "got"], {"first": uri}, DependsOn=["First"])
    steps = [second, processing("First", script, [OUT, joined])]

    execution, by_name = world.run(steps, [parameter("Model"), parameter("Depth", "Integer", DefaultValue=3)], Model="churn")

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert list(by_name) == ["First", "Second"]
    assert world.text("out/First/said.txt") == "churn/3/test"


def test_independent_steps_run_at_the_same_time(world: World) -> None:
    # Each waits for a file that the other one writes: one after the other, neither would end well.
    script = world.script(
        "meet.py",
        """
        import pathlib, sys, time
        mine, other = (pathlib.Path(sys.argv[1], name) for name in sys.argv[2:])
        mine.touch()
        end = time.monotonic() + 20
        while not other.exists():
            if time.monotonic() > end: sys.exit("alone")
            time.sleep(0.02)
    """,
    )
    place = world.directory / "place"
    place.mkdir()

    execution, _ = world.run([processing("A", script, [str(place), "a", "b"]), processing("B", script, [str(place), "b", "a"])])

    assert execution["PipelineExecutionStatus"] == "Succeeded"


def test_a_condition_on_a_property_file_takes_one_branch_and_leaves_the_other(world: World) -> None:
    script = world.script(
        "evaluate.py",
        """
        import json, pathlib, sys
        pathlib.Path(sys.argv[1], "evaluation.json").write_text(json.dumps({"auc": {"value": 0.81}, "curve": [1, 2]}))
    """,
    )
    files = [{"PropertyFileName": "Report", "OutputName": "out", "FilePath": "evaluation.json"}]
    auc = {"Std:JsonGet": {"PropertyFile": get("Steps.Evaluate.PropertyFiles.Report"), "Path": "auc.value"}}
    good = {"Type": "GreaterThanOrEqualTo", "LeftValue": auc, "RightValue": get("Parameters.Least")}
    register = processing("Register", script, [OUT])
    gate = condition("Gate", [good], [register], [fail("TooWeak", "auc too low")])

    execution, by_name = world.run(
        [processing("Evaluate", script, [OUT], PropertyFiles=files), gate], [parameter("Least", "Float", DefaultValue=0.7)]
    )

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert list(by_name) == ["Evaluate", "Gate", "Register"]
    assert by_name["Gate"]["Metadata"] == {"Condition": {"Outcome": "True"}}


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ({"Type": "Equals", "LeftValue": get("Parameters.Word"), "RightValue": "yes"}, "True"),
        ({"Type": "In", "QueryValue": get("Parameters.Word"), "Values": ["no", "never"]}, "False"),
        ({"Type": "Not", "Expression": {"Type": "LessThan", "LeftValue": 1, "RightValue": 2}}, "False"),
        (
            {
                "Type": "Or",
                "Conditions": [
                    {"Type": "GreaterThan", "LeftValue": 1, "RightValue": 2},
                    {"Type": "LessThanOrEqualTo", "LeftValue": 2, "RightValue": 2},
                ],
            },
            "True",
        ),
    ],
)
def test_every_kind_of_condition_is_known(world: World, value: dict[str, object], outcome: str) -> None:
    _, by_name = world.run([condition("Gate", [value], [], [])], [parameter("Word", DefaultValue="yes")])

    assert by_name["Gate"]["Metadata"]["Condition"]["Outcome"] == outcome


def test_a_fail_step_fails_the_execution_with_its_message(world: World) -> None:
    message = {"Std:Join": {"On": " ", "Values": ["not good enough:", get("Parameters.Auc")]}}

    execution, by_name = world.run([fail("Weak", message)], [parameter("Auc", "Float", DefaultValue=0.5)])

    assert (execution["PipelineExecutionStatus"], execution["FailureReason"]) == ("Failed", "Step failure: One or multiple steps failed.")
    assert by_name["Weak"]["FailureReason"] == "not good enough: 0.5"


def test_a_script_that_exits_with_one_fails_its_step_in_its_own_words_and_nothing_after_it_runs(world: World) -> None:
    script = world.script(
        "broken.py",
        """
        import os, pathlib, sys
        pathlib.Path(os.environ["MESSAGE"]).write_text("no customers before 2011-01-01")
        sys.exit(1)
    """,
    )
    broken = processing("Broken", script)
    broken["Arguments"]["Environment"] = {"MESSAGE": "/opt/ml/output/message"}

    execution, by_name = world.run([broken, processing("After", script, DependsOn=["Broken"])])

    assert execution["PipelineExecutionStatus"] == "Failed"
    assert list(by_name) == ["Broken"]
    assert by_name["Broken"]["FailureReason"] == "AlgorithmError: no customers before 2011-01-01, exit code: 1"


def test_a_script_that_says_nothing_fails_with_the_last_line_of_its_log(world: World) -> None:
    script = world.script("raises.py", "raise KeyError('customer_id')")

    _, by_name = world.run([processing("Raises", script)])

    assert by_name["Raises"]["FailureReason"] == "AlgorithmError: KeyError: 'customer_id', exit code: 1"


def test_an_input_that_is_not_there_fails_the_step_and_names_the_prefix(world: World) -> None:
    script = world.script("write.py", WRITE)

    _, by_name = world.run([processing("Reads", script, [OUT], {"data": f"s3://{BUCKET}/nowhere"})])

    assert f'No S3 objects found under S3 URL "s3://{BUCKET}/nowhere"' in by_name["Reads"]["FailureReason"]


def test_an_image_without_a_stand_in_fails_the_step(world: World) -> None:
    step = processing("Foreign", world.script("write.py", WRITE), [OUT])
    step["Arguments"]["AppSpecification"]["ImageUri"] = "docker.io/library/python:3.13"

    _, by_name = world.run([step])

    assert "no stand-in for the image 'docker.io/library/python:3.13'" in by_name["Foreign"]["FailureReason"]


def test_a_job_has_the_credentials_of_its_role_and_knows_where_aws_is(world: World) -> None:
    script = world.script(
        "who.py",
        """
        import boto3, os, pathlib, sys
        identity = boto3.client("sts").get_caller_identity()["Arn"]
        pathlib.Path(sys.argv[1], "said.txt").write_text(identity + " " + os.environ["AWS_REGION"])
    """,
    )

    world.run([processing("Who", script, [OUT])])

    assert world.text("out/Who/said.txt").split("/")[1:] == ["pipeline", "SageMaker us-east-1"]


def test_processing_configuration_files_are_written_with_paths_of_the_jobs_folder(world: World) -> None:
    script = world.script(
        "config.py",
        """
        import json, pathlib, sys
        config = json.loads(pathlib.Path(sys.argv[2], "processingjobconfig.json").read_text())
        resources = json.loads(pathlib.Path(sys.argv[2], "resourceconfig.json").read_text())
        path = config["ProcessingInputs"][0]["S3Input"]["LocalPath"]
        pathlib.Path(sys.argv[1], "said.txt").write_text(f"{path == sys.argv[3]} {resources['hosts']}")
    """,
    )

    world.run([processing("Config", script, [OUT, "/opt/ml/config", "/opt/ml/processing/code"])])

    assert world.text("out/Config/said.txt") == "True ['algo-1']"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"Size": "3", "Colour": "red"}, "Unknown pipeline parameters \\['Colour'\\]"),
        ({}, "\\['Size'\\] have neither a value nor a default"),
        ({"Size": "big"}, "Size is of type Integer, got 'big'"),
        ({"Size": "3", "Model": "else"}, "Model must be one of \\['churn'\\]"),
    ],
)
def test_wrong_parameters_start_nothing(world: World, values: dict[str, str], words: str) -> None:
    world.create("test", [fail("X", "x")], [parameter("Size", "Integer"), parameter("Model", DefaultValue="churn", EnumValues=["churn"])])

    with pytest.raises(ClientError, match=words):
        world.start("test", **values)

    assert world.sagemaker.list_pipeline_executions(PipelineName="test")["PipelineExecutionSummaries"] == []


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([{**fail("A", "a"), "DependsOn": ["B"]}, {**fail("B", get("Steps.A.X"))}], "a cyclic dependency: A -> B -> A|B -> A -> B"),
        ([fail("A", get("Parameters.None"))], "step A uses Parameters.None, which the pipeline does not have"),
        ([{**fail("A", "a"), "DependsOn": ["Gone"]}], "depends on \\['Gone'\\]"),
        ([fail("A", "a"), fail("A", "b")], "two steps are called 'A'"),
        ([{"Name": "A", "Type": "Callback", "Arguments": {}}], "type 'Callback'"),
        ([{"Name": "A", "Type": "Model", "Arguments": {"PrimaryContainr": {}}}], "PrimaryContainr"),
    ],
)
def test_a_definition_that_could_never_run_is_refused(world: World, steps: list[dict[str, object]], words: str) -> None:
    with pytest.raises(ClientError, match=words) as refused:
        world.create("test", steps)

    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_the_same_token_starts_one_execution(world: World) -> None:
    world.create("test", [fail("X", "x")])
    token = "a" * 32

    arns = {
        world.sagemaker.start_pipeline_execution(PipelineName="test", ClientRequestToken=token)["PipelineExecutionArn"] for _ in range(2)
    }

    assert len(arns) == 1
    assert len(world.sagemaker.list_pipeline_executions(PipelineName="test")["PipelineExecutionSummaries"]) == 1


def test_an_update_changes_the_next_execution_and_leaves_the_last_ones_definition(world: World) -> None:
    world.create("test", [fail("Old", "x")])
    first = world.start("test")
    definition = json.dumps({"Version": "2020-12-01", "Steps": [fail("New", "x")]})

    world.sagemaker.update_pipeline(PipelineName="test", PipelineDefinition=definition)
    second = world.start("test")

    kept = world.sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=first)
    assert "Old" in kept["PipelineDefinition"]
    assert world.finish(second)["PipelineExecutionStatus"] == "Failed"
    assert list(world.steps(second)) == ["New"]
    assert world.sagemaker.describe_pipeline(PipelineName="test")["PipelineDefinition"] == definition


def test_the_parameters_of_an_execution_can_be_read_back(world: World) -> None:
    world.create("test", [fail("X", "x")], [parameter("Size", "Integer", DefaultValue=3), parameter("Fast", "Boolean")])

    arn = world.start("test", Fast="TRUE")

    listed = world.sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)["PipelineParameters"]
    assert listed == [{"Name": "Size", "Value": "3"}, {"Name": "Fast", "Value": "true"}]


def sleeper(world: World) -> str:
    """A script that writes its process id, starts a child in the background and then waits for ever."""
    return world.script(
        "sleep.py",
        """
        import os, pathlib, subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        pathlib.Path(sys.argv[1]).write_text(f"{os.getpid()} {child.pid}")
        time.sleep(600)
    """,
    )


def running_pids(world: World, arn: str, path: Path) -> list[int]:
    world.until(arn, lambda _: path.exists() and len(path.read_text().split()) == 2)
    return [int(pid) for pid in path.read_text().split()]


def test_a_stopped_execution_leaves_no_process(world: World) -> None:
    pids_file = world.directory / "pids"
    world.create("test", [processing("Sleep", sleeper(world), [str(pids_file)])])
    arn = world.start("test")
    pids = running_pids(world, arn, pids_file)

    world.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)

    assert world.finish(arn)["PipelineExecutionStatus"] == "Stopped"
    assert world.steps(arn)["Sleep"]["StepStatus"] == "Stopped"
    assert [pid for pid in pids if alive(pid)] == []


def test_a_job_that_runs_longer_than_allowed_is_ended(world: World) -> None:
    step = processing("Sleep", sleeper(world), [str(world.directory / "pids")])
    step["Arguments"]["StoppingCondition"] = {"MaxRuntimeInSeconds": 1}

    execution, by_name = world.run([step])

    assert execution["PipelineExecutionStatus"] == "Failed"
    assert by_name["Sleep"]["FailureReason"] == "MaxRuntimeExceeded: more than 1 seconds"


def test_the_role_of_the_pipeline_has_to_be_allowed_to_create_the_jobs(tmp_path: Path, endpoint: str) -> None:
    with serve(tmp_path, endpoint, denied=("sagemaker:CreateProcessingJob",)) as world:
        _, by_name = world.run([processing("Reads", world.script("write.py", WRITE), [OUT])])

    assert "assumed-role/pipeline/sandbox is not authorized to perform: sagemaker:CreateProcessingJob" in by_name["Reads"]["FailureReason"]


def test_a_caller_without_permission_starts_nothing(tmp_path: Path, endpoint: str) -> None:
    with serve(tmp_path, endpoint, denied=("sagemaker:StartPipelineExecution",)) as world:
        world.create("test", [fail("X", "x")])

        with pytest.raises(ClientError, match="StartPipelineExecution on resource: arn:aws:sagemaker:us-east-1:000000000000:pipeline/test"):
            world.start("test")


def test_pipelines_are_listed_described_and_deleted(world: World) -> None:
    world.create("Churn", [fail("X", "x")])

    described = world.sagemaker.describe_pipeline(PipelineName="Churn")
    listed = world.sagemaker.list_pipelines()["PipelineSummaries"]
    world.sagemaker.delete_pipeline(PipelineName="Churn")

    assert (described["PipelineArn"], described["RoleArn"]) == ("arn:aws:sagemaker:us-east-1:000000000000:pipeline/churn", ROLE)
    assert [each["PipelineName"] for each in listed] == ["Churn"]
    with pytest.raises(ClientError, match="does not exist") as gone:
        world.sagemaker.describe_pipeline(PipelineName="Churn")
    assert gone.value.response["Error"]["Code"] == "ResourceNotFound"
