"""Tuning jobs and the Tuning step, seen through boto3."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.twins.store import Store
from tests.integration.sagemaker_twin import BUCKET, ROLE, XGBOOST, World, alive, fail, get, processing, serve, wait_for

BOWL = """
    import argparse, os, pathlib
    parser = argparse.ArgumentParser()
    parser.add_argument("-x", type=float)
    parser.add_argument("-n", type=int)
    parser.add_argument("--scale", type=float)
    args = parser.parse_args()
    pathlib.Path(os.environ["SM_MODEL_DIR"], "x.txt").write_text(str(args.x))
    for epoch in (3, 2, 1):
        print(f"loss={args.scale * (epoch - 1 + (args.x - 0.3) ** 2 + abs(args.n - 4)):.6f}")
"""
OVER = ("Completed", "Failed", "Stopped")


@pytest.fixture
def world(tmp_path: Path, endpoint: str) -> Iterator[World]:
    with serve(tmp_path, endpoint) as running:
        yield running


def config(trials: int = 4, **more: Any) -> dict[str, Any]:
    return {
        "Strategy": "Random",
        "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": trials, "MaxParallelTrainingJobs": 2},
        "ParameterRanges": {
            "ContinuousParameterRanges": [{"Name": "x", "MinValue": "0", "MaxValue": "1"}],
            "IntegerParameterRanges": [{"Name": "n", "MinValue": "2", "MaxValue": "6"}],
        },
        "RandomSeed": 7,
        **more,
    }


def definition(world: World, code: str = BOWL, **static: str) -> dict[str, Any]:
    source = world.archive("source.tar.gz", train=code)
    return {
        "StaticHyperParameters": {"sagemaker_program": "train.py", "sagemaker_submit_directory": source, "scale": "1.0", **static},
        "AlgorithmSpecification": {
            "TrainingImage": XGBOOST,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.eE+-]+|nan)"}],
        },
        "RoleArn": ROLE,
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/trials"},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }


def tune(world: World, given: dict[str, Any], training: dict[str, Any], name: str = "churn") -> dict[str, Any]:
    """A tuning job at its end."""
    world.sagemaker.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name, HyperParameterTuningJobConfig=given, TrainingJobDefinition=training
    )
    return dict(wait_for(lambda: over(world, name)))


def over(world: World, name: str = "churn") -> dict[str, Any] | None:
    job: dict[str, Any] = world.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    return job if job["HyperParameterTuningJobStatus"] in OVER else None


def trials_of(world: World, name: str = "churn", **request: Any) -> list[dict[str, Any]]:
    answer = world.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName=name, **request)
    return list(answer["TrainingJobSummaries"])


def value(trial: dict[str, Any]) -> float:
    return float(trial["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])


def test_a_tuning_job_tries_hyperparameters_and_names_the_best_training_job(world: World) -> None:
    job = tune(world, config(), definition(world))

    tried = trials_of(world)
    assert job["HyperParameterTuningJobStatus"] == "Completed", job.get("FailureReason")
    best = job["BestTrainingJob"]
    assert (job["HyperParameterTuningJobStatus"], len(tried)) == ("Completed", 4)
    assert value(best) == min(map(value, tried))
    assert job["TrainingJobStatusCounters"] == {"Completed": 4, "InProgress": 0, "NonRetryableError": 0, "Stopped": 0, "RetryableError": 0}
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 4, "Pending": 0, "Failed": 0}
    x, n = float(best["TunedHyperParameters"]["x"]), int(best["TunedHyperParameters"]["n"])
    assert value(best) == pytest.approx((x - 0.3) ** 2 + abs(n - 4), abs=1e-5)


def test_every_trial_is_a_training_job_of_its_own(world: World) -> None:
    job = tune(world, config(), definition(world))

    tried = trials_of(world)
    described = world.sagemaker.describe_training_job(TrainingJobName=tried[2]["TrainingJobName"])
    assert all(re.fullmatch(rf"churn-00{n}-[0-9a-f]{{8}}", each["TrainingJobName"]) for n, each in enumerate(tried, start=1))
    assert described["TuningJobArn"] == job["HyperParameterTuningJobArn"]
    assert described["HyperParameters"] == {
        **definition(world)["StaticHyperParameters"],
        **tried[2]["TunedHyperParameters"],
        "_tuning_objective_metric": "loss",
    }
    assert world.s3.head_object(Bucket=BUCKET, Key=f"trials/{tried[2]['TrainingJobName']}/output/model.tar.gz")["ContentLength"] > 0


@pytest.mark.parametrize("strategy", ["Random", "Bayesian"])
def test_the_same_seed_tries_the_same_hyperparameters(world: World, strategy: str) -> None:
    jobs = [tune(world, config(6, Strategy=strategy), definition(world), name) for name in ("first", "second")]

    first, second = ([each["TunedHyperParameters"] for each in trials_of(world, job["HyperParameterTuningJobName"])] for job in jobs)
    assert first == second
    assert len({each["x"] for each in first}) == 6


def test_training_jobs_are_listed_by_their_objective(world: World) -> None:
    tune(world, config(), definition(world))

    rising = trials_of(world, SortBy="FinalObjectiveMetricValue", SortOrder="Ascending")
    falling = trials_of(world, SortBy="FinalObjectiveMetricValue", SortOrder="Descending", MaxResults=1)

    assert [value(each) for each in rising] == sorted(value(each) for each in rising)
    assert falling == rising[-1:]


def test_a_maximized_objective_is_best_where_it_is_highest(world: World) -> None:
    objective = {"Type": "Maximize", "MetricName": "loss"}

    job = tune(world, config(HyperParameterTuningJobObjective=objective), definition(world))

    assert value(job["BestTrainingJob"]) == max(map(value, trials_of(world)))
    assert job["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]["Type"] == "Maximize"


def test_the_median_rule_stops_a_trial_that_falls_behind(world: World) -> None:
    # The fourth trial would take ten minutes if nobody stopped it.
    code = """
        import os, time
        fourth = "-004-" in os.environ["TRAINING_JOB_NAME"]
        print(f"loss={9 if fourth else 1}")
        if fourth:
            time.sleep(600)
    """
    limits = {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 1}

    job = tune(world, config(ResourceLimits=limits, TrainingJobEarlyStoppingType="Auto"), definition(world, code))

    statuses = [(each["TrainingJobStatus"], each["ObjectiveStatus"]) for each in trials_of(world)]
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert statuses == [("Completed", "Succeeded")] * 3 + [("Stopped", "Succeeded")]


def test_a_trial_that_was_over_before_the_median_rule_looked_counts_as_stopped(world: World) -> None:
    code = """
        import os
        print("loss=9" if "-004-" in os.environ["TRAINING_JOB_NAME"] else "loss=1")
        print("loss=0.5")
    """
    limits = {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 1}

    tune(world, config(ResourceLimits=limits, TrainingJobEarlyStoppingType="Auto"), definition(world, code))

    fourth = trials_of(world)[3]
    assert (fourth["TrainingJobStatus"], value(fourth)) == ("Stopped", 9.0)


def test_a_tuning_job_ends_when_its_best_objective_stays_the_best(world: World) -> None:
    code = "print('loss=1')"
    criteria = {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}
    limits = {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 1}

    job = tune(world, config(ResourceLimits=limits, TuningJobCompletionCriteria=criteria), definition(world, code))

    assert (job["HyperParameterTuningJobStatus"], len(trials_of(world))) == ("Completed", 4)
    assert job["TuningJobCompletionDetails"] == {"NumberOfTrainingJobsObjectiveNotImproving": 3}


def test_a_tuning_job_gives_up_after_five_training_jobs_that_fail_and_says_why(world: World) -> None:
    job = tune(world, config(20), definition(world, "raise SystemExit('no rows in train.parquet')"))

    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("No training job succeeded after")
    assert "no rows in train.parquet" in job["FailureReason"]
    assert len(trials_of(world)) < 8
    assert {each["ObjectiveStatus"] for each in trials_of(world)} == {"Failed"}
    assert "BestTrainingJob" not in job


@pytest.mark.parametrize("printed", ["nothing of interest", "loss=nan", "loss=1e400"])
def test_trials_without_a_usable_objective_count_as_failed(world: World, printed: str) -> None:
    job = tune(world, config(2), definition(world, f"print({printed!r})"))

    tried = trials_of(world)
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert "No objective metrics found after running 2 training jobs" in job["FailureReason"]
    assert [(each["TrainingJobStatus"], each["ObjectiveStatus"]) for each in tried] == [("Completed", "Failed")] * 2
    assert "not found in the log" in tried[0]["FailureReason"]


def test_one_good_trial_among_failing_ones_is_enough(world: World) -> None:
    code = """
        import os, sys
        sys.exit("broken") if "-002-" not in os.environ["TRAINING_JOB_NAME"] else print("loss=2.5")
    """

    job = tune(world, config(3), definition(world, code))

    assert (job["HyperParameterTuningJobStatus"], value(job["BestTrainingJob"])) == ("Completed", 2.5)
    assert job["TrainingJobStatusCounters"]["NonRetryableError"] == 2


def test_a_stopped_tuning_job_stops_its_training_jobs(world: World) -> None:
    pids = world.directory / "pids"
    pids.mkdir()
    code = f"""
        import os, pathlib, time
        pathlib.Path({str(pids)!r}, str(os.getpid())).touch()
        time.sleep(600)
    """
    world.sagemaker.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="churn", HyperParameterTuningJobConfig=config(), TrainingJobDefinition=definition(world, code)
    )
    wait_for(lambda: len(list(pids.iterdir())) == 2)

    world.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="churn")

    job = wait_for(lambda: over(world))
    assert job["HyperParameterTuningJobStatus"] == "Stopped"
    assert [each["TrainingJobStatus"] for each in trials_of(world)] == ["Stopped", "Stopped"]
    assert [path.name for path in pids.iterdir() if alive(int(path.name))] == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Strategy": "Hyperband"}, "does not do the strategy Hyperband"),
        ({"HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "auc"}}, "A metric is required"),
        ({"ResourceLimits": {"MaxParallelTrainingJobs": 2}}, "MaxNumberOfTrainingJobs"),
        ({"ParameterRanges": {"ContinuousParameterRanges": [{"Name": "x", "MinValue": "1", "MaxValue": "0"}]}}, "smaller one first"),
        (
            {"ParameterRanges": {"ContinuousParameterRanges": [{"Name": "scale", "MinValue": "1", "MaxValue": "2"}]}},
            "StaticHyperParameters",
        ),
        ({"Strategy": "Sobol"}, "enum value set"),
    ],
)
def test_a_request_that_cannot_be_tuned_is_refused(world: World, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ClientError, match=words) as refused:
        tune(world, {**config(), **changes}, definition(world))

    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert world.sagemaker.list_hyper_parameter_tuning_jobs()["HyperParameterTuningJobSummaries"] == []


def test_names_of_tuning_jobs_are_never_free_again(world: World) -> None:
    tune(world, config(1), definition(world))

    with pytest.raises(ClientError, match="ResourceInUse"):
        tune(world, config(1), definition(world), "Churn")


def test_tuning_jobs_are_listed_with_their_counters(world: World) -> None:
    tune(world, config(1), definition(world))

    (listed,) = world.sagemaker.list_hyper_parameter_tuning_jobs(StatusEquals="Completed", NameContains="hur")[
        "HyperParameterTuningJobSummaries"
    ]

    assert (listed["HyperParameterTuningJobName"], listed["Strategy"], listed["ObjectiveStatusCounters"]["Succeeded"]) == (
        "churn",
        "Random",
        1,
    )


def test_a_tuning_job_that_a_killed_server_left_behind_has_failed(tmp_path: Path, endpoint: str) -> None:
    with serve(tmp_path, endpoint) as world:
        tune(world, config(1), definition(world))
    store = Store(tmp_path / "twins" / "sagemaker" / "state.sqlite")
    store.update("tuning", "churn", lambda job: {**job, "HyperParameterTuningJobStatus": "InProgress"})
    store.close()

    with serve(tmp_path, endpoint) as world:
        job = over(world)

    assert job is not None
    assert (job["HyperParameterTuningJobStatus"], job["ObjectiveStatusCounters"]["Succeeded"]) == ("Failed", 1)
    assert "twin server ended" in job["FailureReason"]


def step(world: World, **more: Any) -> dict[str, Any]:
    arguments = {"HyperParameterTuningJobConfig": config(), "TrainingJobDefinition": {**definition(world), **more}}
    return {"Name": "Tune-churn", "Type": "Tuning", "Arguments": arguments}


WRITE = """
    import pathlib, sys
    pathlib.Path(sys.argv[1], "said.txt").write_text(" ".join(sys.argv[2:]))
"""


@pytest.mark.parametrize("best", ["Steps.Tune-churn.BestTrainingJob", "Steps.Tune-churn.TrainingJobSummaries[0]"])
def test_a_step_tunes_and_the_next_one_gets_the_best_archive_and_its_hyperparameters(world: World, best: str) -> None:
    archive = {"Std:Join": {"On": "/", "Values": [f"s3://{BUCKET}/trials", get(f"{best}.TrainingJobName"), "output/model.tar.gz"]}}
    arguments = ["/opt/ml/processing/out", get(f"{best}.TunedHyperParameters['x']"), archive]
    after = processing("After", world.script("write.py", WRITE), arguments, {"model": archive})

    execution, steps = world.run([step(world), after])

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    arn = steps["Tune-churn"]["Metadata"]["TuningJob"]["Arn"]
    job = world.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=arn.rpartition("/")[2])
    first = job["BestTrainingJob"]
    expected = f"{first['TunedHyperParameters']['x']} s3://{BUCKET}/trials/{first['TrainingJobName']}/output/model.tar.gz"
    assert world.text("out/After/said.txt") == expected
    assert re.fullmatch(r"[a-z0-9]{12}-Tune-ch-[0-9a-f]{10}", job["HyperParameterTuningJobName"])


def test_a_step_whose_tuning_job_fails_fails_with_its_reason(world: World) -> None:
    broken = step(world)
    broken["Arguments"]["TrainingJobDefinition"] = definition(world, "raise SystemExit('one class only')")

    execution, steps = world.run([broken, {**fail("After", "x"), "DependsOn": ["Tune-churn"]}])

    assert execution["PipelineExecutionStatus"] == "Failed"
    assert list(steps) == ["Tune-churn"]
    assert "one class only" in steps["Tune-churn"]["FailureReason"]


def test_a_stopped_execution_stops_its_tuning_job(world: World) -> None:
    slow = step(world)
    slow["Arguments"]["TrainingJobDefinition"] = definition(world, "import time; print('loss=1', flush=True); time.sleep(600)")
    world.create("test", [slow])
    arn = world.start("test")
    jobs = world.sagemaker.list_hyper_parameter_tuning_jobs
    running = wait_for(lambda: jobs()["HyperParameterTuningJobSummaries"])
    wait_for(lambda: trials_of(world, running[0]["HyperParameterTuningJobName"]))

    world.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)

    assert world.finish(arn)["PipelineExecutionStatus"] == "Stopped"
    assert jobs()["HyperParameterTuningJobSummaries"][0]["HyperParameterTuningJobStatus"] == "Stopped"


def test_the_role_of_the_pipeline_has_to_be_allowed_to_tune(tmp_path: Path, endpoint: str) -> None:
    with serve(tmp_path, endpoint, denied=("sagemaker:CreateHyperParameterTuningJob",)) as world:
        _, steps = world.run([step(world)])

    assert (
        "sagemaker:CreateHyperParameterTuningJob on resource: arn:aws:sagemaker:us-east-1:000000000000:hyper-parameter-tuning-job/"
        in (steps["Tune-churn"]["FailureReason"])
    )
