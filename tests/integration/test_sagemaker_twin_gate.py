"""What a gate needs of a pipeline: texts of a report as conditions and as the reason of a failure; and inputs with nothing in them."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from tests.integration.sagemaker_twin import BUCKET, World, condition, fail, get, parameter, processing, serve

OUT = "/opt/ml/processing/out"
REPORT = """
    import json, pathlib, sys
    target, passed = sys.argv[1:]
    report = {"gate": {"passed": passed, "refusal": "log loss 0.41 is above that of the baseline, 0.39"}}
    pathlib.Path(target, "evaluation.json").write_text(json.dumps(report))
"""
FILES = [{"PropertyFileName": "Report", "OutputName": "out", "FilePath": "evaluation.json"}]


@pytest.fixture
def world(tmp_path: Path, endpoint: str) -> Iterator[World]:
    with serve(tmp_path, endpoint) as running:
        yield running


def report(path: str) -> dict[str, Any]:
    return {"Std:JsonGet": {"PropertyFile": get("Steps.Evaluate.PropertyFiles.Report"), "Path": path}}


def gated(world: World, passed: str, message: Any) -> list[dict[str, Any]]:
    evaluate = processing("Evaluate", world.script("report.py", REPORT), [OUT, passed], PropertyFiles=FILES)
    equal = {"Type": "Equals", "LeftValue": report("gate.passed"), "RightValue": "true"}
    return [evaluate, condition("Gate", [equal], [], [fail("Refused", message)])]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (report("gate.refusal"), "log loss 0.41 is above that of the baseline, 0.39"),
        (
            {"Std:Join": {"On": " ", "Values": ["Refused:", report("gate.refusal"), get("Parameters.Model")]}},
            "Refused: log loss 0.41 is above that of the baseline, 0.39 churn",
        ),
    ],
)
def test_a_fail_step_speaks_in_the_words_of_a_report(world: World, message: Any, words: str) -> None:
    execution, steps = world.run(gated(world, "false", message), [parameter("Model", DefaultValue="churn")])

    assert execution["PipelineExecutionStatus"] == "Failed"
    assert steps["Refused"]["FailureReason"] == words


def test_a_condition_compares_a_text_of_a_report(world: World) -> None:
    execution, steps = world.run(gated(world, "true", report("gate.refusal")))

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert list(steps) == ["Evaluate", "Gate"]


def test_a_path_that_the_report_lacks_fails_the_condition_and_names_it(world: World) -> None:
    steps = gated(world, "true", "x")
    steps[1]["Arguments"]["Conditions"][0]["LeftValue"] = report("gate.verdict")

    _, by_name = world.run(steps)

    assert "verdict" in by_name["Gate"]["FailureReason"]


def test_a_parameter_without_a_default_is_given_at_the_start_or_nothing_starts(world: World) -> None:
    world.create("test", [fail("Says", get("Parameters.ModelVersion"))], [parameter("ModelVersion")])

    with pytest.raises(ClientError, match="neither a value nor a default"):
        world.start("test")
    arn = world.start("test", ModelVersion="7")

    world.finish(arn)
    assert world.steps(arn)["Says"]["FailureReason"] == "7"


def test_a_prefix_with_nothing_but_a_folder_marker_is_no_input(world: World) -> None:
    world.s3.put_object(Bucket=BUCKET, Key="empty/", Body=b"")

    _, steps = world.run([processing("Reads", world.script("report.py", REPORT), [OUT, "true"], {"data": f"s3://{BUCKET}/empty/"})])

    assert f'No S3 objects found under S3 URL "s3://{BUCKET}/empty/"' in steps["Reads"]["FailureReason"]


def test_a_table_without_rows_is_an_input_like_any_other(world: World) -> None:
    empty = io.BytesIO()
    pq.write_table(pa.table({"customer_id": pa.array([], pa.string())}), empty)
    world.s3.put_object(Bucket=BUCKET, Key="rows/validation.parquet", Body=empty.getvalue())
    script = world.script(
        "count.py",
        """
        import pathlib, sys
        import pyarrow.parquet as pq
        table = pq.read_table(sys.argv[2])
        pathlib.Path(sys.argv[1], "said.txt").write_text(f"{table.num_rows} {table.column_names}")
    """,
    )

    world.run([processing("Counts", script, [OUT, "/opt/ml/processing/data"], {"data": f"s3://{BUCKET}/rows/"})])

    assert world.text("out/Counts/said.txt") == "0 ['customer_id']"
